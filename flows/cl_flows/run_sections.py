"""Sections of gate.yaml on how a run goes about its work: what it keeps, how long it waits. No behaviour."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class CacheSection(BaseModel):
    """Probabilities kept for the next run on the same data and model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="whether to keep and use them")
    folder: Path | None = Field(
        None, description="where they lie; `cache` in the output folder when left out"
    )
    max_gigabytes: float = Field(
        5.0, gt=0, allow_inf_nan=False, description="beyond this, what was not used for longest goes"
    )


class LimitsSection(BaseModel):
    """Seconds after which a plugin, or the whole run, is taken to hang; it then ends without a verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    load: float = Field(3600.0, gt=0, le=1e6, description="seconds for the loader")
    predict: float = Field(21600.0, gt=0, le=1e6, description="seconds for the model backend")
    estimate: float = Field(3600.0, gt=0, le=1e6, description="seconds for the noise estimator")
    check: float = Field(600.0, gt=0, le=1e6, description="seconds for each check")
    publish: float = Field(300.0, gt=0, le=1e6, description="seconds for each publisher")
    run: float | None = Field(
        None, gt=0, le=1e6, description="seconds for everything up to the verdict; no limit when left out"
    )
    answers: float = Field(
        7 * 86_400.0, ge=1, le=1e8, description="seconds that a run waits for people (gate.undecided: pause)"
    )
