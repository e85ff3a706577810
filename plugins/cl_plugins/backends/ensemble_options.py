"""Options of the backend ``ensemble``: who its members are and what each one's word counts."""

import math
from typing import Literal, Self

from pydantic import Field, InstanceOf, model_validator

from cl_core.hooks import Member
from cl_plugins.options import Options


class EnsembleOptions(Options):
    """Options of the backend ``ensemble``."""

    members: tuple[InstanceOf[Member], ...] = Field(
        min_length=2, description="two backends or more, each with its own options"
    )
    weights: Literal["equal", "by_log_loss"] | tuple[float, ...] = Field(
        "equal",
        description="what each member counts; by_log_loss: the shares under which the given labels are "
        "most probable",
    )

    @model_validator(mode="after")
    def _one_weight_a_member(self) -> Self:
        given = self.weights
        if isinstance(given, str):
            return self
        if len(given) != len(self.members):
            raise ValueError(f"{len(given)} weights for {len(self.members)} members")
        if not all(math.isfinite(w) and w >= 0 for w in given) or sum(given) <= 0:
            raise ValueError("weights must be 0 or more, and one of them more than 0")
        return self


def all_repeat(options: EnsembleOptions) -> bool:
    """Whether every member gives the same answer next time."""
    return all(member.backend.repeats(member.options) for member in options.members)
