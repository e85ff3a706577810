"""From files to gates that are to run: a gate.yaml that cannot be read is one that crashed. Runs nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cl_core.errors import ConfigError, LabelgateError
from cl_flows.config import GateConfig, load_config
from cl_flows.runs import new_run_id


@dataclass(frozen=True, slots=True)
class Job:
    """One gate that is to run.

    Attributes
    ----------
    source
        What people know it by.
    name
        What its run is called in Prefect: no other run is called so.
    config
        The configuration, or the error that stands in its place.
    """

    source: str
    name: str
    config: GateConfig | LabelgateError


def job_for(source: str, config: GateConfig | LabelgateError) -> Job:
    """Make a job with a name of its own."""
    return Job(source, f"label-gate-{Path(source).stem}-{new_run_id()}", config)


def jobs_of(gates: Sequence[GateConfig | Path], given: Mapping[str, Any] | None = None) -> list[Job]:
    """Make a job of each gate.yaml or configuration; `given` lies over every gate.yaml.

    Raises
    ------
    ConfigError
        For no gate at all, and for a file that is named twice: its two runs would be about the same.
    """
    if not gates:
        raise ConfigError("there is no gate to run", hint="name one gate.yaml or more")
    twice = [path for path, n in Counter(g.resolve() for g in gates if isinstance(g, Path)).items() if n > 1]
    if twice:
        raise ConfigError(f"{twice[0]} is named twice", hint="name every gate.yaml once")
    return [_job(gate, given) for gate in gates]


def _job(gate: GateConfig | Path, given: Mapping[str, Any] | None) -> Job:
    if isinstance(gate, GateConfig):
        said = gate.data.options
        return job_for(str(said.get("name") or said.get("path") or gate.data.loader), gate)
    try:
        return job_for(str(gate), load_config(gate, given))
    except LabelgateError as error:
        return job_for(str(gate), error)
