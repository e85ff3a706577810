"""What a gate.yaml says about Great Expectations: `true`, `false`, or a section. Runs nothing."""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class GreatExpectationsSection(BaseModel):
    """How Great Expectations takes part; ``true`` and ``false`` stand for `enabled` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="also run the limits through Great Expectations and refuse a disagreement"
    )
    data_docs: bool = Field(
        default=False, description="leave Great Expectations' own page about the run in the run's folder"
    )
    suite: str | None = Field(
        None, description="a suite of yours to run on the raw table first: its JSON, or its name in `context`"
    )
    context: Path | None = Field(None, description="folder of the file context that holds the suite")
    imports: tuple[str, ...] = Field((), description="modules that define expectations of the suite")
    parameters: dict[str, Any] = Field(default_factory=dict, description="values of the suite's parameters")

    @model_validator(mode="before")
    @classmethod
    def _from_truth_value(cls, value: Any) -> Any:
        return {"enabled": value} if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _suite_can_run(self) -> Self:
        if self.suite is None and (self.context is not None or self.imports or self.parameters):
            raise ValueError("context, imports and parameters belong to a suite: name it")
        if self.suite is not None and not self.enabled:
            raise ValueError("a suite cannot run with `enabled: false`")
        return self
