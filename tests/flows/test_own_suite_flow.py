"""A person's own suite inside the Prefect flow: the state tells that the gate failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from cl_flows import label_gate
from cl_flows.outcome import SuiteFailed

pytestmark = [pytest.mark.prefect, pytest.mark.gx, pytest.mark.usefixtures("prefect_api")]


def test_an_unmet_suite_fails_the_gate_and_not_the_machine(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """The flow run ends in the state that automations know, the caller gets the error, nothing is retried."""
    rows = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 299}}
    (tmp_path / "suite.json").write_text(json.dumps({"name": "trees", "expectations": [rows]}))
    asked = {"suite": str(tmp_path / "suite.json")}
    config = gate_config(tables / "clean.csv", tmp_path / "out", great_expectations=asked)
    state = label_gate(config, return_state=True)
    assert (state.type.value, state.name) == ("FAILED", "NoiseGateFailed")
    assert "observed 300" in str(state.message)
    with pytest.raises(SuiteFailed):
        state.result()
