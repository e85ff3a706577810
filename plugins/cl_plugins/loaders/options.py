"""Options of the built-in loaders: what `data` in gate.yaml may say and what is refused."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cl_plugins.options import Options, Seed

# What spreadsheets, R and pandas write for "no value". "None" is not among them on purpose: it is a
# class name in many data sets ("no defect").
MISSING_LABELS = ("", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL")


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
