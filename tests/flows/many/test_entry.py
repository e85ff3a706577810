"""One verdict for many gates: the worst wins."""

import json
from importlib.resources import files
from itertools import combinations_with_replacement
from typing import get_args

import jsonschema
import pytest

from cl_core import InputError
from cl_flows.many.document import gates_json
from cl_flows.many.entry import Ending, GateEntry, GatesResult, error_for_all
from cl_flows.outcome import GateFailed, GateResult, GateUndecided, SuiteFailed

SCHEMA = json.loads((files("cl_flows.many") / "schema.json").read_text(encoding="utf-8"))
RESULT = GateResult(
    "r1", "cats", "passed", "well", "go on", 0.01, 0.0, 0.02, 0.05, 100, 1, "/runs/r1", ("w",)
)


def gates(*statuses: Ending) -> GatesResult:
    return GatesResult(
        tuple(
            GateEntry(f"{i}.yaml", status, status, "hint", None if status == "crashed" else RESULT)
            for i, status in enumerate(statuses)
        )
    )


@pytest.mark.parametrize("pair", list(combinations_with_replacement(get_args(Ending), 2)))
def test_the_worst_of_two_is_the_verdict_whatever_their_order(pair: tuple[Ending, Ending]) -> None:
    """Crashed, failed, undecided, passed; the exit code and the error likewise."""
    order = ["passed", "undecided", "failed", "crashed"]
    worst = max(pair, key=order.index)
    for found in (gates(*pair), gates(*pair[::-1])):
        assert found.status == worst
        assert found.exit_code == {"passed": 0, "undecided": 4, "failed": 3, "crashed": 1}[worst]
        error = error_for_all(found)
        assert (error is None) == (worst == "passed")
        assert isinstance(error, GateFailed) == (worst == "failed")
        assert isinstance(error, GateUndecided) == (worst == "undecided")
        assert error is None or error.gates is found
        jsonschema.validate(gates_json(found), SCHEMA)


def test_the_sentence_counts_and_names() -> None:
    """Worst first."""
    assert gates("passed", "failed", "passed", "crashed").says == (
        "4 gates: 1 crashed, 1 failed, 2 passed: 1.yaml (failed), 3.yaml (crashed)"
    )
    assert gates("passed").says == "1 gate: 1 passed"


def test_a_suite_that_is_not_met_is_a_failure_without_figures_and_any_other_error_a_crash() -> None:
    """Bad input as well: there is no verdict on that data set."""
    suite = GateEntry.of_error("a.yaml", SuiteFailed("not met", hint="look"))
    crash = GateEntry.of_error("b.yaml", InputError("no file", hint="name one"))
    assert (suite.status, suite.error, suite.hint) == ("failed", "SuiteFailed", "look")
    assert (crash.status, crash.error, crash.says) == ("crashed", "InputError", "no file")
    document = gates_json(GatesResult((suite, crash)))
    jsonschema.validate(document, SCHEMA)
    assert [one["run"] for one in document["gates"]] == [None, None]
