"""Options of the built-in plugins: what gate.yaml may say and what is refused. Nothing heavy imported."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

# What spreadsheets, R and pandas write for "no value". "None" is not among them on purpose: it is a
# class name in many data sets ("no defect").
MISSING_LABELS = ("", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL")

EstimatorName: TypeAlias = Literal["auto", "gradient_boosting", "extra_trees", "logistic", "kernel"]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**32)]  # what NumPy and scikit-learn both take


class Options(BaseModel):
    """What all options share: they cannot change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableOptions(Options):
    """Options of the loader ``table``."""

    path: Path = Field(description="file that ends in .csv, .csv.gz, .tsv, .parquet or .pq")
    label: str = Field(description="column with the given labels")
    id: str | None = Field(None, description="column that identifies a row; rows are numbered when left out")
    features: tuple[str, ...] | None = Field(
        None, min_length=1, description="columns to learn from; all others when left out"
    )
    drop: tuple[str, ...] = Field((), description="columns not to learn from")
    true_labels: str | None = Field(None, description="column with the right labels, for benchmarks only")
    pred_probs_columns: str | dict[str, str] | None = Field(
        None,
        description="columns with probabilities: a pattern such as p_{class}, or a column for each class",
    )
    separator: str | None = Field(
        None, min_length=1, max_length=1, description="between two cells; tab for .tsv and comma otherwise"
    )
    encoding: str = Field("utf-8", description="of a text file, such as utf-8 or cp1252")
    missing_labels: tuple[str, ...] = Field(
        MISSING_LABELS, description="words in the label column of a text file that mean: no label"
    )
    name: str | None = Field(None, min_length=1, description="name of the data set; the file's when left out")


class NpzOptions(Options):
    """Options of the loader ``npz``: which array is what."""

    path: Path = Field(description="file that ends in .npz, written by numpy.savez")
    labels: str = Field("labels", description="array with the given labels, shape (n,)")
    pred_probs: str | None = Field(
        None, description="array with probabilities, shape (n, k); pred_probs when it is there"
    )
    ids: str | None = Field(None, description="array with a unique id a row; ids when it is there")
    classes: str | None = Field(
        None, description="array with class names in column order; classes when it is there"
    )
    images: str | None = Field(None, description="array with a picture a row; images when it is there")
    features: str | None = Field(
        None, description="array to learn from, rows first; features when it is there"
    )
    true_labels: str | None = Field(
        None, description="array with the right labels, for benchmarks; true_labels when it is there"
    )
    name: str | None = Field(None, min_length=1, description="name of the data set; the file's when left out")


class BundledOptions(Options):
    """Options of the loader ``bundled``."""

    name: Literal["digits", "iris", "wine", "breast_cancer"] = Field(
        "digits", description="data set that comes with scikit-learn"
    )
    inject_noise: float = Field(0.0, ge=0, le=1, description="share of labels to flip on purpose, in 0..1")
    seed: Seed = Field(0, description="of the flips")


class FoldOptions(Options):
    """What every backend that fits models asks: how rows are held out."""

    folds: int = Field(5, ge=2, le=50, description="parts of the data; each is predicted from the others")
    seed: Seed = Field(0, description="of the split and of the model")
    split: Literal["auto", "class", "group", "time"] = Field(
        "auto",
        description="how rows are held out: with the same share of every class, whole groups, or whole "
        "periods; auto: groups or times when the data have them",
    )
    gap: int = Field(0, ge=0, description="split by time: rows before and after a period that stay unused")
    past_only: bool = Field(
        default=False, description="split by time: learn from earlier periods only, not from later ones"
    )


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


class AppendMarkdownOptions(Options):
    """Options of the publisher ``append_markdown``."""

    path: Path = Field(description="file to append the summary to, such as ${GITHUB_STEP_SUMMARY}")
