"""Options of the loaders ``pictures`` and ``sounds``: what `data` in gate.yaml may say."""

import re
from typing import Literal

from pydantic import Field, field_validator

from cl_plugins.options import Options

PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm",
)  # fmt: skip
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au")


class MediaOptions(Options):
    """Options of the loaders ``pictures`` and ``sounds``."""

    path: str = Field(
        description="folder with a folder a class, or a table (.csv, .parquet, .jsonl, ...) with a column "
        "of file names; a folder may be an fsspec URL such as s3://bucket/photos"
    )
    class_folder: Literal["top", "parent"] = Field(
        "top", description="folder: which folder names the class, the topmost or the one a file lies in"
    )
    label: str | None = Field(None, description="table: column with the given labels; guessed when left out")
    file: str | None = Field(
        None, description="table: column with the file names; file, path or the like when left out"
    )
    folder_path: str | None = Field(
        None, description="table: folder or URL that file names start from; the table's folder if left out"
    )
    id: str | None = Field(None, description="table: column that identifies a row; the file name if left out")
    true_labels: str | None = Field(None, description="table: column with the right labels, for benchmarks")
    groups: str | None = Field(
        None, description="table: column of what a row belongs to; such rows are held out together"
    )
    group_pattern: str | None = Field(
        None,
        description="regular expression with one group, searched in each file name, that finds what the "
        "file belongs to: '_(\\w+)_' finds the speaker of 7_theo_12.wav",
    )
    name: str | None = Field(
        None, min_length=1, description="name of the data set; that of the folder or table when left out"
    )

    @field_validator("group_pattern")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        if groups != 1:
            raise ValueError(f"has {groups} groups, wanted one pair of brackets around what names the group")
        return pattern
