"""The configuration of a gate: one frozen model at the edge, unknown keys refused. No plugins here."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cl_core.errors import ConfigError
from cl_core.telling import When
from cl_flows.config_errors import explained
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.database.place import Database, history_in, refuse_literal_password
from cl_flows.gx_section import GreatExpectationsSection
from cl_flows.policy_config import CleanSection, WaiverSection
from cl_flows.run_sections import CacheSection, LimitsSection


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _PluginSection(BaseModel):
    """A plugin's name beside the plugin's own options, which the plugin validates."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the plugin."""
        return dict(self.model_extra or {})


class DataSection(_PluginSection):
    """Where the labelled data come from; all other keys are options of the loader."""

    loader: str | None = Field(None, description="loader by name; by the ending of `path` when left out")


class ModelSection(_PluginSection):
    """Which model judges the labels; all other keys are options of the backend."""

    backend: str | None = Field(
        None, description="backend by name; probabilities that came with the data, else by the kind of data"
    )


class EstimateSection(_PluginSection):
    """How the noise rate is estimated; all other keys are options of the estimator."""

    method: str = Field("auto", description="noise estimator by name")


class GateSection(_Section):
    """The rule of the gate."""

    max_noise_rate: float = Field(ge=0, le=1, description="largest accepted share of wrong labels, 0 to 1")

    @field_validator("max_noise_rate", mode="before")
    @classmethod
    def _no_truth_value(cls, value: Any) -> Any:
        if isinstance(value, bool):  # else `true` would be a limit of 100 %
            raise ValueError("a share from 0 to 1 is wanted")  # noqa: TRY004 - pydantic explains these
        return value

    decide_on: Literal["estimate", "confident", "audited"] = Field(
        "estimate", description="judge the estimate itself, its whole interval, or a human audit"
    )
    preset: Literal["standard", "strict", "report-only"] = Field(
        "standard", description="which checks run and which of them can fail a run: see docs/gate.md"
    )
    baseline: str | None = Field(
        None, description="run to compare with, by the beginning of its id; the last accepted one"
    )

    @field_validator("baseline", mode="before")
    @classmethod
    def _number_of_a_day(cls, value: Any) -> Any:
        # YAML reads the day that an id begins with as a number.
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    undecided: Literal["stop", "pause"] = Field(
        "stop", description="end undecided, or wait until people have checked rows: see docs/resume.md"
    )
    great_expectations: GreatExpectationsSection = Field(
        GreatExpectationsSection(), description="also run the limits through Great Expectations, or a section"
    )

    @property
    def asks_people(self) -> bool:
        """Whether an undecided run waits for people, whose answers then decide."""
        return self.undecided == "pause"


class OutputSection(_Section):
    """Where results go."""

    folder: Path = Field(Path("labelgate-runs"), description="folder of runs and of the history database")
    report_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s{}]+(\{(run_id|dataset)\}[^\s{}]*)*$",
        description="where people find a run's page, such as https://gates.example.com/{run_id}/report.html",
    )
    prefect_row_ids: bool = Field(
        default=True, description="whether ids of rows may stand on Prefect's pages; see docs/flows.md"
    )
    database: str | None = Field(
        None,
        description="PostgreSQL database of history: ${LABELGATE_DB} (which alone will do), or a URL with no "
        "password in it; a file in `folder` without",
    )
    keep_runs: int | None = Field(
        None, ge=1, description="newest runs of a data set whose folders stay; see docs/history.md"
    )
    keep_days: float | None = Field(None, gt=0, description="days after which a run's folder goes")
    keep_rows: bool = Field(
        default=True, description="whether runs leave their rows for review and for a second gate"
    )
    keep_rows_gigabytes: float = Field(
        5.0, gt=0, allow_inf_nan=False, description="larger data sets are not kept; see docs/kept.md"
    )


class PublisherSection(_PluginSection):
    """Someone to tell about the verdict; all other keys are options of the publisher."""

    publisher: str
    when: When | None = Field(
        None, description="tell of a change of verdict, of each run that does not pass, or of every run"
    )


class GateConfig(_Section):
    """Everything a run needs to know."""

    data: DataSection
    gate: GateSection
    corrections: CorrectionsSection | None = Field(
        None, description="patches of people's decisions about single labels, laid over the data by id"
    )
    model: ModelSection = ModelSection()
    estimate: EstimateSection = EstimateSection()
    checks: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="checks by name, each with its options and its severity"
    )
    waivers: tuple[WaiverSection, ...] = ()
    clean: CleanSection | None = Field(None, description="also write kept and quarantined rows, by this rule")
    publish: tuple[PublisherSection, ...] = ()
    output: OutputSection = OutputSection()
    cache: CacheSection = CacheSection()
    limits: LimitsSection = LimitsSection()
    as_of: datetime | None = Field(
        None, description="day or moment that the data are of: history files the run there and nobody is told"
    )
    base: Path = Field(Path(), description="folder that relative paths start from")

    @field_validator("as_of", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        # YAML reads 2026-01-05 as a day, which begins at midnight.
        return datetime(value.year, value.month, value.day, tzinfo=UTC) if type(value) is date else value

    @field_validator("as_of")
    @classmethod
    def _of_the_past(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        if moment > datetime.now(UTC):  # it would be the newest run for good
            raise ValueError("a moment of the past is wanted")
        return moment

    @property
    def history(self) -> Database:
        """Where history is kept, with every ${NAME} filled in: never to be shown."""
        written = self.output.database
        return expand_variables(written, "output.database") if written else history_in(self.output.folder)


def load_config(path: Path, overrides: Mapping[str, Any] | None = None) -> GateConfig:
    """Read a gate.yaml; `overrides` are sections laid over it, as the flags of the command line do."""
    from cl_flows.yaml_file import read_yaml

    raw = read_yaml(path)
    raw.setdefault("base", str(path.resolve().parent))
    return make_config(merged(raw, overrides or {}), str(path))


def make_config(raw: Mapping[str, Any], source: str) -> GateConfig:
    """Validate a mapping; `source` is where people wrote it."""
    ready = dict(raw)
    # These sections hold no secrets, and their values are typed. Options of plugins may hold
    # secrets: they keep their ${NAME} until the plugin is called, so that no record shows them.
    for section in ("corrections", "gate", "output", "waivers", "clean", "cache", "limits"):
        if section in ready:
            ready[section] = expand_variables(ready[section], section)
    database = raw["output"].get("database") if isinstance(raw.get("output"), Mapping) else None
    if database is not None:
        ready["output"]["database"] = database
    try:
        config = GateConfig.model_validate(ready)
    except ValidationError as error:
        raise explained(error, GateConfig, source) from error
    refuse_literal_password(config.output.database)
    output = config.output.model_copy(update={"folder": config.base / config.output.folder})
    return config.model_copy(update={"output": output})


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the sections of `above` over those of `below`, key by key."""
    out = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = merged(out[key], value) if both else value
    return out


_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\})")


def expand_variables(value: Any, where: str) -> Any:
    """Replace ``${NAME}`` and ``${NAME:-default}`` in every string of `value`; ``$$`` is a dollar sign."""
    if isinstance(value, Mapping):
        return {key: expand_variables(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [expand_variables(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        found = os.environ.get(match["name"], match["default"])
        if found is None:
            raise ConfigError(
                f"{where} needs the environment variable {match['name']}, which is not set",
                hint=f"set it, or give a default: ${{{match['name']}:-value}}",
            )
        return found

    return _VARIABLE.sub(replace, value)


# A shorter value is no secret, and would be found in the middle of words.
_SHORTEST_SECRET = 4


def conceal_variables(text: str, written: Any) -> str:
    """Put every ${NAME} of `written` back into `text` where the variable's value stands."""
    if isinstance(written, Mapping):
        written = list(written.values())
    if isinstance(written, list | tuple):
        for item in written:
            text = conceal_variables(text, item)
    if isinstance(written, str):
        for match in _VARIABLE.finditer(written):
            value = os.environ.get(match["name"] or "", "")
            if len(value) >= _SHORTEST_SECRET:
                text = text.replace(value, f"${{{match['name']}}}")
    return text
