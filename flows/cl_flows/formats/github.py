"""Workflow commands of GitHub Actions: annotations beside the lines they are about. No judging."""

from collections.abc import Iterator, Mapping
from typing import Any

from cl_flows.formats.places import lines_of, source_file
from cl_flows.formats.told import Told, level_of

# GitHub shows ten annotations of a kind a step and drops the rest.
_SUSPECTS = 10


def render(told: Told) -> str:
    """Return a command a line: the verdict, the checks that did not pass, the worst suspects."""
    if told.report is None:
        error = told.error or {}
        said = f"{error.get('message', '')}\n{error.get('hint', '')}".strip()
        return _command("error", said, title=f"labelgate: {error.get('type', '')}, no verdict")
    return "\n".join(_lines(told.report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    name, verdict = report["data"]["name"], report["verdict"]
    path = source_file(report)
    file = {} if path is None else {"file": path.as_posix()}
    if verdict["status"] == "passed":
        yield _command("notice", verdict["says"], title=f"labelgate: {name} passed", **file)
    for check in report["checks"]:
        kind = {"error": "error", "warning": "warning", "note": "notice"}.get(level_of(check))
        if kind is not None:
            said = f"{check['says']}\n{check['remedy']}".strip()
            title = f"labelgate: {name} {check['status']} ({check['code']} {check['name']})"
            yield _command(kind, said, title=title, **file)
    lines = {} if path is None else lines_of(report, path)
    flagged = [suspect for suspect in report["suspects"] if suspect["is_label_issue"]]
    for suspect in flagged[:_SUSPECTS]:
        key = str(suspect["id"])
        where = {**file, "line": str(lines[key])} if key in lines else file
        said = f"row {key} is labelled {suspect['given_label']}, rather {suspect['suggested_label']}"
        yield _command("warning", said, title="suspect label", **where)


def _command(kind: str, message: str, **properties: str) -> str:
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
