"""SARIF 2.1.0, which code hosts show beside the lines they are about. Nothing is judged here."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cl_flows.formats.places import lines_of, source_file
from cl_flows.formats.told import Told, level_of

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ISSUE = "label-issue"


def render(told: Told) -> str:
    """Return a SARIF log: a result a check that did not pass, and one a flagged suspect."""
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "labelgate", "version": version("labelgate"), "rules": _rules(told)}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(told)],
        "results": [] if told.report is None else _results(told.report),
    }
    if told.report is not None:
        run["automationDetails"] = {"id": f"labelgate/{told.report['data']['name']}/"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rules(told: Told) -> list[dict[str, Any]]:
    text = "A row whose given label contradicts a model that never saw it."
    rules = [{"id": _ISSUE, "name": "LabelIssue", "shortDescription": {"text": text}}]
    checks = [] if told.report is None else told.report["checks"]
    named = {check["code"]: check["name"] for check in checks}
    return rules + [
        {"id": code, "name": name, "shortDescription": {"text": f"The gate's check {name}."}}
        for code, name in named.items()
    ]


def _invocation(told: Told) -> dict[str, Any]:
    if told.report is not None:
        return {"executionSuccessful": True, "startTimeUtc": told.report["run"]["started"]}
    error = told.error or {}
    text = f"{error.get('type', '')}: {error.get('message', '')} {error.get('hint', '')}".strip()
    said = {"level": "error", "message": {"text": text}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [said]}


def _results(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    path = source_file(report)
    place = [] if path is None else [_place(path, None)]
    results = [
        {
            "ruleId": check["code"],
            "level": level_of(check),
            "message": {"text": f"{check['says']} {check['remedy']}".strip()},
            "locations": place,
        }
        for check in report["checks"]
        if level_of(check) != "passed"
    ]
    lines = {} if path is None else lines_of(report, path)
    failed = report["verdict"]["status"] != "passed"
    for suspect in report["suspects"]:
        if suspect["is_label_issue"]:
            key = str(suspect["id"])
            where = [] if path is None else [_place(path, lines.get(key))]
            results.append(_suspect(suspect, where, "warning" if failed else "note", report))
    return results


def _suspect(
    suspect: Mapping[str, Any], where: list[dict[str, Any]], level: str, report: Mapping[str, Any]
) -> dict[str, Any]:
    text = (
        f"Row {suspect['id']} is labelled {suspect['given_label']!r}, rather "
        f"{suspect['suggested_label']!r}: {suspect['reason'] or 'suspect'}."
    )
    name = report["data"]["name"]
    return {
        "ruleId": _ISSUE,
        "level": level,
        "message": {"text": text},
        "locations": where,
        "rank": round(100 * (1 - suspect["label_quality"]), 2),
        # The same row is the same finding in the next run, so that hosts can tell new from known.
        "partialFingerprints": {"labelgate/v1": f"{name}:{suspect['id']}:{suspect['given_label']}"},
    }


def _place(path: Path, line: int | None) -> dict[str, Any]:
    uri = path.as_uri() if path.is_absolute() else path.as_posix()
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if line is not None:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}
