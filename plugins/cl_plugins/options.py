"""Options that plugins share, and the model under all of them. Nothing heavy imported."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**32)]  # what NumPy and scikit-learn both take


class Options(BaseModel):
    """What all options share: they cannot change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
