"""The section `corrections` of gate.yaml: which patches lie over the labels, and what they may do."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Name = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]


class CorrectionsSection(BaseModel):
    """Patches over the labels: a file, a list of files, or files with what they may do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[Path, ...] = Field(
        min_length=1, description="CSV files of id,old,new,action,who,when,why; each lies over those before"
    )
    new_classes: tuple[_Name, ...] = Field(
        (), description="classes that a patch may bring in though no row of the data has them"
    )
    rejudges: str | None = Field(
        None,
        min_length=1,
        description="run whose labels the last file corrects: `labelgate regate` sets it, and the data must "
        "still be those of that run",
    )

    @model_validator(mode="before")
    @classmethod
    def _files_alone(cls, value: Any) -> Any:
        if isinstance(value, str | Path):
            return {"files": [value]}
        return {"files": value} if isinstance(value, list | tuple) else value
