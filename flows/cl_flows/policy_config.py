"""The sections of gate.yaml that say what counts: presets, waivers, the clean split. No plugins here."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from cl_core.verdict import Waiver

_Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):  # else `true` would be a share of 100 %
        raise ValueError("a share from 0 to 1 is wanted")  # noqa: TRY004 - pydantic explains these
    return value


Share = Annotated[float, BeforeValidator(_refuse_bool), Field(ge=0, le=1)]


class WaiverSection(_Section):
    """Somebody's word that an objection of a check does not count until a day."""

    check: _Said = Field(description="name of the check")
    reason: _Said = Field(description="why the objection may stand")
    owner: _Said = Field(description="who answers for it")
    until: date = Field(description="last day on which it counts, such as 2026-12-31")
    where: dict[str, str] = Field(
        default_factory=dict,
        description="the part of the data, such as {class: cat}; all of it when left out",
    )

    @field_validator("where", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # YAML reads a class called 7 as a number and one called no as a truth value.
        if isinstance(value, dict):
            return {str(key): item if isinstance(item, bool) else str(item) for key, item in value.items()}
        return value

    def record(self) -> Waiver:
        """Return the waiver as the checks know it."""
        return Waiver(self.check, self.reason, self.owner, self.until, tuple(sorted(self.where.items())))


class CleanSection(_Section):
    """Which rows the clean split sets aside: by one rule."""

    quarantine: Literal["flagged"] | None = Field(None, description="flagged: every row called a label issue")
    worst: Share | None = Field(None, description="share of rows of the lowest label quality, 0 to 1")
    quality_below: Share | None = Field(None, description="rows of a label quality under this, 0 to 1")

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        rules = [self.quarantine, self.worst, self.quality_below]
        if sum(rule is not None for rule in rules) != 1:
            raise ValueError("give one rule: quarantine: flagged, worst: 0.02 or quality_below: 0.2")
        return self
