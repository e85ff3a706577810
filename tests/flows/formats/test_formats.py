"""Other tools read the verdict in their own language, and readers of those languages accept it."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import junitparser
import pytest
from sarif_pydantic import Sarif

from cl_flows.cli.options import MACHINE_FORMATS
from cl_flows.formats import FORMATS, Told, render

Report: TypeAlias = Callable[..., dict[str, Any]]
ERROR = Told(error={"type": "InputError", "message": "no file 'a.csv'\x00", "hint": "check: 100%"})


def properties(suite: Any) -> Any:
    return suite.properties()


def test_the_command_line_offers_every_format() -> None:
    """The list in the help, kept by hand to stay quick, is the list of the renderers."""
    assert tuple(FORMATS) == MACHINE_FORMATS


def test_junit_has_a_case_a_check_and_the_failed_one_names_suspects(report: Report) -> None:
    """A CI server shows which check failed, by how much, and the rows to look at."""
    told = report()
    suite = next(iter(junitparser.JUnitXml.fromstring(render("junit", Told(told)).encode())))
    assert (suite.tests, suite.failures, suite.errors) == (len(told["checks"]), 1, 0)
    facts = {found.name: found.value for found in properties(suite)}
    assert (facts["verdict"], facts["max_noise_rate"], facts["rows"]) == ("failed", "0.03", "200")
    budget, quality, *_ = suite
    assert budget.name == "LN001 noise-budget"
    failure = budget.result[0]
    assert isinstance(failure, junitparser.Failure)
    assert "the limit is 3%" in failure.message
    assert "rather cat" in failure.text
    assert quality.is_passed


def test_junit_of_an_error_is_an_error_and_no_failure() -> None:
    """A run without a verdict is told apart from a failed gate, and odd characters are made sayable."""
    suite = next(iter(junitparser.JUnitXml.fromstring(render("junit", ERROR).encode())))
    assert (suite.tests, suite.failures, suite.errors) == (1, 0, 1)
    error = next(iter(suite)).result[0]
    assert (error.type, error.message, error.text) == ("InputError", "no file 'a.csv'\ufffd", "check: 100%")


@pytest.mark.parametrize(
    ("severity", "kind", "level"),
    [("warn", "skipped", "warning"), ("info", "skipped", "note"), ("fail", "failure", "error")],
)
def test_a_check_that_only_warns_is_no_failure(report: Report, severity: str, kind: str, level: str) -> None:
    """The severity that people chose decides what a CI server makes of a check."""
    told = report()
    told["checks"][0]["severity"] = severity
    assert f"<{kind} " in render("junit", Told(told))
    results = json.loads(render("sarif", Told(told)))["runs"][0]["results"]
    assert results[0]["level"] == level


def test_sarif_points_at_the_lines_of_the_suspects(report: Report) -> None:
    """Line 27 holds row 24: the header is line 1, and row 5 takes two lines."""
    log = json.loads(render("sarif", Told(report())))
    Sarif.model_validate(log)
    (run,) = log["runs"]
    verdict, *suspects = run["results"]
    assert (verdict["ruleId"], verdict["level"]) == ("LN001", "error")
    lines = {
        found["message"]["text"].split()[1]: found["locations"][0]["physicalLocation"] for found in suspects
    }
    assert lines["r24"] == {"artifactLocation": {"uri": "pets.csv"}, "region": {"startLine": 27}}
    assert {found["ruleId"] for found in suspects} == {"label-issue"}
    assert all(0 <= found["rank"] <= 100 for found in suspects)
    assert run["invocations"][0]["executionSuccessful"]


def test_sarif_of_an_error_says_that_the_run_did_not_succeed() -> None:
    """No result at all must not look like a clean file."""
    log = json.loads(render("sarif", ERROR))
    Sarif.model_validate(log)
    (invocation,) = log["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert "no file 'a.csv'" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_github_commands_are_one_line_each_and_escaped(report: Report) -> None:
    """A percent sign or a line break in a message does not start another command."""
    lines = render("github", Told(report())).splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    assert "title=labelgate%3A pets failed (LN001 noise-budget),file=pets.csv" in lines[0]
    assert "the limit is 3%25.%0A" in lines[0]
    assert any(
        line.startswith("::warning title=suspect label,file=pets.csv,line=27::row r24") for line in lines
    )
    assert render("github", ERROR).endswith("::no file 'a.csv'\x00%0Acheck: 100%25")


def test_a_pass_is_a_notice(report: Report) -> None:
    """Nothing red where all is well."""
    lines = render("github", Told(report(swapped=()))).splitlines()
    assert lines[0].startswith("::notice title=labelgate%3A pets passed,file=pets.csv::")


def test_rows_without_an_id_are_found_by_number(report: Report) -> None:
    """Row numbers start at 0 behind the header."""
    told = report(id=None, name="by-number")
    told["settings"]["data"].pop("id", None)
    if all(str(suspect["id"]).isdigit() for suspect in told["suspects"]):
        assert ",line=27::row 24 is" in render("github", Told(told))


def test_a_file_that_changed_since_gives_no_lines(report: Report) -> None:
    """A wrong line is worse than none."""
    told = report()
    for suspect in told["suspects"]:
        suspect["given_label"] = "horse"
    assert ",line=" not in render("github", Told(told))


def test_a_source_that_is_not_a_file_here_gives_no_place(report: Report) -> None:
    """A URL, a database or a folder has no line to point at."""
    told = report()
    for path in ("s3://bucket/pets.csv", "${SECRET}/pets.csv", "gone.csv"):
        told["settings"]["data"]["path"] = path
        assert "file=" not in render("github", Told(told))
