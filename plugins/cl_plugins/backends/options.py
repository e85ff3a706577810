"""Options of the built-in backends: what `model` in gate.yaml may say and what is refused."""

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field

from cl_plugins.options import FoldOptions, Options

EstimatorName: TypeAlias = Literal["auto", "gradient_boosting", "extra_trees", "logistic", "kernel"]


class TabularOptions(FoldOptions):
    """Options of the backend ``tabular``."""

    estimator: EstimatorName = Field(
        "auto", description="auto: extra_trees for tables, kernel for pictures and arrays, logistic for text"
    )


class PrecomputedOptions(Options):
    """Options of the backend ``precomputed``."""

    path: Path | None = Field(
        None, description=".npy or .npz file with probabilities (n, k); those of the data set when left out"
    )
    array: str = Field("pred_probs", description="array of an .npz file")
    classes: tuple[str, ...] | None = Field(
        None, description="class names in the order of the columns; the data set's order when left out"
    )
    out_of_sample: bool | None = Field(
        None, description="true when no row's probabilities come from a model that saw its label"
    )
