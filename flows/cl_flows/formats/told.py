"""What every format tells: a run's report, or the error that kept a run from having one. No format here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """What a machine is told of one run.

    Attributes
    ----------
    report
        The run's ``report.json`` as plain data, or None for a run without a verdict.
    error
        Type, message and hint of what kept the run from a verdict, or None.
    """

    report: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None


# Every format by the module that renders it, so that a run imports one of them.
FORMATS = {
    "json": "cl_flows.formats.plain",
    "junit": "cl_flows.formats.junit",
    "sarif": "cl_flows.formats.sarif",
    "github": "cl_flows.formats.github",
}


def render(form: str, told: Told) -> str:
    """Write what is told in the format called `form`, one of `FORMATS`."""
    written: Callable[[Told], str] = import_module(FORMATS[form]).render
    return written(told)


def level_of(check: Mapping[str, Any]) -> str:
    """Sort a check's outcome into ``passed``, ``error``, ``warning`` or ``note``.

    A check that only warns or informs, or whose failure somebody waived, is no error.
    """
    if check["status"] == "passed":
        return "passed"
    if check.get("waived") or check.get("waiver"):
        return "note"
    return {"warn": "warning", "info": "note"}.get(str(check.get("severity", "fail")), "error")
