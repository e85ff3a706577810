"""JUnit XML, which every CI server shows: a test case a check. Nothing is judged here."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cl_flows.formats.told import Told, level_of

_SUSPECTS = 10
# What XML 1.0 has no way to say, not even escaped.
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(told: Told) -> str:
    """Return one test suite; a run without a verdict is a test case that ended in an error."""
    suite = _of_error(told.error or {}) if told.report is None else _of_report(told.report)
    counted = {"tests": suite.get("tests"), "failures": suite.get("failures"), "errors": suite.get("errors")}
    root = Element("testsuites", {"name": "labelgate", **{k: v or "0" for k, v in counted.items()}})
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _of_error(error: Mapping[str, str]) -> Element:
    suite = Element("testsuite", {"name": "labelgate", "tests": "1", "failures": "0", "errors": "1"})
    case = SubElement(suite, "testcase", {"classname": "labelgate", "name": "verdict"})
    said = {"type": error.get("type", ""), "message": _said(error.get("message", ""))}
    SubElement(case, "error", said).text = _said(error.get("hint", ""))
    return suite


def _of_report(report: Mapping[str, Any]) -> Element:
    checks, name = report["checks"], _said(report["data"]["name"])
    failures = sum(level_of(check) == "error" for check in checks)
    skipped = sum(level_of(check) in {"warning", "note"} for check in checks)
    counts = {"tests": len(checks), "failures": failures, "errors": 0, "skipped": skipped}
    suite = Element(
        "testsuite",
        {
            "name": f"labelgate: {name}",
            **{key: str(value) for key, value in counts.items()},
            "time": f"{report['run']['seconds']:.3f}",
            "timestamp": report["run"]["started"],
        },
    )
    properties = SubElement(suite, "properties")
    for key, value in _facts(report).items():
        SubElement(properties, "property", {"name": key, "value": _said(value)})
    for check in checks:
        title = f"{check['code']} {check['name']}"
        case = SubElement(suite, "testcase", {"classname": f"labelgate.{name}", "name": title, "time": "0"})
        _outcome(case, check, report)
    return suite


def _outcome(case: Element, check: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    match level_of(check):
        case "passed":
            SubElement(case, "system-out").text = _said(check["says"])
        case "error":
            said = {"type": check["status"], "message": _said(check["says"])}
            SubElement(case, "failure", said).text = _said("\n".join([check["remedy"], *_suspects(report)]))
        case level:
            by = "".join(f", waived by {w['owner']} until {w['until']}" for w in check.get("waivers", ()))
            message = f"{level}, {check['status']}{by}: {check['says']}"
            SubElement(case, "skipped", {"message": _said(message)})


def _facts(report: Mapping[str, Any]) -> dict[str, Any]:
    noise = report["noise"]
    return {
        "run": report["run"]["id"],
        "verdict": report["verdict"]["status"],
        "noise_rate": noise["rate"],
        "noise_rate_low": noise["low"],
        "noise_rate_high": noise["high"],
        "max_noise_rate": noise["limit"],
        "rows": report["data"]["rows"],
        "flagged": report["flagged"],
    }


def _suspects(report: Mapping[str, Any]) -> list[str]:
    flagged = [suspect for suspect in report["suspects"] if suspect["is_label_issue"]]
    return [
        f"{s['id']}: {s['given_label']}, rather {s['suggested_label']} (quality {s['label_quality']:.3f})"
        for s in flagged[:_SUSPECTS]
    ]


def _said(value: object) -> str:
    return _UNSAYABLE.sub("\ufffd", str(value))
