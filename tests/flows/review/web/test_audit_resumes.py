"""An answer on the audit's page and a suspended flow run, where Prefect is of no use."""

import logging
import re
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cl_flows.audits import Answer, add_answers, read_answers, read_audit
from cl_flows.claims import new_claim, write_claim
from cl_flows.direct import run_direct


def test_a_prefect_that_never_answers_delays_no_answer(
    client: Callable[..., Any],
    gate_config: Callable[..., Any],
    tables: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The answer is on record and the page goes on at once; what Prefect did not do is in the log."""
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    config = gate_config(tables / "clean.csv", tmp_path, decide_on="audited", undecided="pause")
    result = run_direct(config)
    run_id = result.run_id
    audit = read_audit(config.history, run_id)
    assert audit is not None
    right = [Answer(int(i), "kim", is_wrong=False) for i in audit.plan.positions]
    add_answers(config.history, audit, right[:-1])
    claim = replace(new_claim(run_id, str(uuid4())), pauses=1, fingerprint=audit.fingerprint)
    write_claim(tmp_path, replace(claim, max_noise_rate=0.05, results={"undecided": asdict(result)}))
    with socket.create_server(("127.0.0.1", 0)) as deaf, caplog.at_level(logging.INFO, "cl_flows"):
        dead = {
            PREFECT_API_URL: f"http://127.0.0.1:{deaf.getsockname()[1]}/api",
            PREFECT_CLIENT_MAX_RETRIES: 0,
        }
        with temporary_settings(dead):
            asked = client(output=tmp_path)
            page = asked.get(f"/runs/{run_id}/audit").text
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
            began = time.monotonic()
            form = hidden | {"position": str(right[-1].position), "action": "keep"}
            answer = asked.send(f"/runs/{run_id}/audit", accept="text/html", **form)
            assert (answer.status_code, time.monotonic() - began < 5) == (303, True)
        assert len(read_answers(config.history, run_id)) == len(right)
        assert "could not be resumed" not in caplog.text  # Prefect has not answered yet
    deadline = time.monotonic() + 60
    while "could not be resumed" not in caplog.text:
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.05)
