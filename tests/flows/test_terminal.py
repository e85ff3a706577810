"""What people see of a run holds no command: of the terminal, of its markup, or of a log."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cl_core.errors import GateError
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.terminal import Terminal


def test_names_from_data_are_shown_and_not_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names with rich's markup or an escape sequence; a label and ids with commands of a CI log in them."""
    codes = np.arange(60) % 2
    given = np.array(["cat", "dog\n::stop-commands::x"])[np.where(np.arange(60) < 6, 1 - codes, codes)]
    ids = [f"::warning::{i}" for i in range(60)]
    frame = pd.DataFrame({"id": ids, "x": codes + np.linspace(0, 0.1, 60), "label": given})
    frame.to_csv(tmp_path / "animals.csv", index=False)
    raw = {
        "data": {"path": str(tmp_path / "animals.csv"), "label": "label", "name": "a[/b] [red]b \x1b[31m"},
        "model": {"backend": "tabular", "estimator": "logistic"},
        "gate": {"max_noise_rate": 0.01, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    Terminal(quiet=False).show(run_direct(make_config(raw, "test")))
    shown = capsys.readouterr().err
    assert "FAILED: a[/b] [red]b \ufffd[31m" in shown
    assert "dog ::stop" in shown
    assert not [line for line in shown.splitlines() if line.strip().startswith("::")]
    assert max(map(len, shown.split("The 10 most")[0].splitlines())) <= 80
    assert "● estimate │ limit" in shown


def test_narrow_windows_keep_ids_and_say_who_was_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of classes of 200 letters once pushed the columns of ids and qualities out of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    codes = np.arange(60) % 2
    names = np.array(["L" * 200, "M" * 200])[np.where(np.arange(60) < 6, 1 - codes, codes)]
    frame = pd.DataFrame({"id": [f"row-{i:02}" for i in range(60)], "x": codes * 9.0, "label": names})
    frame.to_csv(tmp_path / "letters.csv", index=False)
    raw = {
        "data": {"path": str(tmp_path / "letters.csv"), "label": "label"},
        "model": {"backend": "tabular", "estimator": "logistic"},
        "gate": {"max_noise_rate": 0.01, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
        "publish": [{"publisher": "slack", "webhook_url": "http://127.0.0.1:1/key", "retries": 0}],
    }

    def away(*_: object) -> None:
        raise GateError("history database cannot be used: it went away while we told")

    monkeypatch.setattr("cl_flows.telling.put_off", away)  # nor does that change the verdict
    result = run_direct(make_config(raw, "test"))
    assert result.status == "failed"
    Terminal(quiet=False).show(result)
    shown = capsys.readouterr().err
    table = shown.split("The 10 most")[1]
    assert "row-0" in table
    assert all(
        word in table for word in ("row", "given", "suggested", "quality", "flagged", "yes", "LLL", "MMM")
    )
    assert "not told: slack: history database cannot be used" in shown
