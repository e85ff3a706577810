"""Options of the built-in loaders: what `data` in gate.yaml may say and what is refused."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SecretStr

from cl_plugins.options import Options, Seed

# Of files that the loader `table` reads.
TABLE_ENDINGS = (
    *(".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".pq", ".arrow", ".feather", ".ipc"),
    *(".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"),
)
# What spreadsheets, R and pandas write for "no value". "None" is not among them on purpose: it is a
# class name in many data sets ("no defect").
MISSING_LABELS = ("", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL")


# YAML reads an unquoted 1 as a number; as the name of a class it is "1".
ClassName: TypeAlias = Annotated[str, Field(coerce_numbers_to_str=True)]


class ColumnOptions(Options):
    """What every loader of rows and columns asks: which column is what."""

    label: str | None = Field(
        None, description="column with the given labels; one called label, class, target, ... when left out"
    )
    id: str | None = Field(
        None, description="column that identifies a row; a unique one called id, uuid, ... when left out"
    )
    features: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="columns to learn from, and the only ones read; all others when left out",
    )
    drop: tuple[str, ...] = Field((), description="columns not to learn from")
    keep: tuple[str, ...] = Field(
        (), description="columns to read beside `features`, for slices; they are not learned from"
    )
    text: str | None = Field(None, description="column of texts, to be learned from as text and alone")
    groups: str | None = Field(
        None, description="column that says which rows belong together: they are held out together"
    )
    times: str | None = Field(
        None, description="column of dates or numbers: whole periods are held out together"
    )
    classes: tuple[ClassName, ...] | None = Field(
        None, min_length=2, description="class names in a fixed order; any other label is refused"
    )
    true_labels: str | None = Field(None, description="column with the right labels, for benchmarks only")
    pred_probs_columns: str | dict[str, str] | None = Field(
        None,
        description="columns with probabilities: a pattern such as p_{class}, or a column for each class",
    )
    name: str | None = Field(
        None, min_length=1, description="name of the data set; the source's when left out"
    )


class TableOptions(ColumnOptions):
    """Options of the loader ``table``."""

    path: Path | str = Field(
        description="CSV, TSV, JSON Lines (.gz too), Parquet, Arrow or Feather file; a folder or a glob of "
        "such parts; or a URL of any"
    )
    separator: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="between two cells; tab for .tsv and comma otherwise, or what cuts the header into cells",
    )
    encoding: str = Field("utf-8", description="of a CSV or TSV file, such as utf-8 or cp1252")
    missing_labels: tuple[str, ...] = Field(
        MISSING_LABELS, description="words in the label column of a CSV or TSV file that mean: no label"
    )


class SqlOptions(ColumnOptions):
    """Options of the loader ``sql``."""

    url: SecretStr = Field(
        description="of the database: postgresql+psycopg://user:${PASSWORD}@host/database; never shown"
    )
    table: str | None = Field(
        None, description="table or view to read, with its schema if need be: lab.reviews"
    )
    query: str | None = Field(None, description="one SELECT statement, instead of `table`")


class HuggingFaceOptions(ColumnOptions):
    """Options of the loader ``huggingface``."""

    path: Path = Field(description="folder that datasets.save_to_disk wrote")
    split: str | None = Field(None, description="split of a DatasetDict; the only one when left out")


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
    audio: str | None = Field(
        None, description="array with the samples of all clips, one behind the other; audio when it is there"
    )
    offsets: str | None = Field(
        None, description="array that says where clips start and end, shape (n + 1,); offsets if it is there"
    )
    rate: int | str | None = Field(
        None, description="samples a second, or the array that holds them; rate when it is there"
    )
    groups: str | None = Field(
        None, description="array of what each row belongs to; rows of one group are held out together"
    )
    times: str | None = Field(
        None, description="array of numbers or datetime64, shape (n,); whole periods are held out together"
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


class KeptOptions(Options):
    """Options of the loader ``kept``."""

    path: Path = Field(description="folder of rows that a run kept: OUTPUT/rows/DIGEST")
    name: str | None = Field(None, min_length=1, description="name of the data set; as it was when left out")
