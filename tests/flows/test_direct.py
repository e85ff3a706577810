"""The direct engine, end to end on small tables: verdict, files, history, and nothing on failure."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

from cl_core import InputError, ModelBackend, PluginError, Publisher
from cl_core.evidence import SCORED_COLUMNS
from cl_core.plugins import Offer, Registry, load_plugins
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from cl_flows.outcome import GateFailed, error_for

KEPT = {
    "report.html",
    "report.json",
    "report.md",
    "scored.parquet",
    "run.json",
    "index.arrow",
    "joint.parquet",
}


def test_clean_labels_pass_and_leave_results(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """A pass writes the scored table, three reports, what review reads and a row of history: no more."""
    result = run_direct(gate_config(tables / "clean.csv", tmp_path))
    assert result.status == "passed"
    assert {p.name for p in Path(result.folder).iterdir()} == KEPT
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    assert [row.run_id for row in read_history(tmp_path / "history.db")] == [result.run_id]


def test_noisy_labels_fail_and_the_rows_are_named(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """A fifth of the labels is wrong; the gate says about that many, and which rows."""
    result = run_direct(gate_config(tables / "noisy.csv", tmp_path))
    assert result.status == "failed"
    assert abs(result.noise_rate - 0.2) < 0.05
    scored = pd.read_parquet(Path(result.folder) / "scored.parquet")
    assert tuple(scored.columns) == SCORED_COLUMNS
    true = pd.read_csv(tables / "clean.csv")["label"].to_numpy()  # the same seed, before the flips
    wrong = pd.read_csv(tables / "noisy.csv")["label"].to_numpy() != true
    flagged = scored["is_label_issue"].to_numpy()
    assert (wrong & flagged).sum() >= 0.9 * wrong.sum()
    assert scored["id"].tolist()[:2] == ["t0", "t1"]
    error = error_for(result)
    assert isinstance(error, GateFailed)
    assert error.result is result


def test_great_expectations_agrees_and_is_on_record(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """The same limit, run through Great Expectations over the scored table."""
    result = run_direct(gate_config(tables / "noisy.csv", tmp_path, great_expectations=True))
    report = json.loads((Path(result.folder) / "report.json").read_text())
    answers = {answer["key"]: answer["success"] for answer in report["validation"]["expectations"]}
    assert answers["noise_rate"] is False
    assert answers["all_rows"] is True


def test_the_same_run_twice_gives_the_same_scores(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """A seed is a promise."""
    first, second = (run_direct(gate_config(tables / "noisy.csv", tmp_path / name)) for name in "ab")
    tables_ = [(Path(r.folder) / "scored.parquet").read_bytes() for r in (first, second)]
    assert tables_[0] == tables_[1]
    assert first.noise_rate == second.noise_rate


def test_bad_data_leave_nothing_behind(tmp_path: Path, gate_config: Any) -> None:
    """An error before the verdict writes no run and no history."""
    (tmp_path / "one.csv").write_text("tree,x,label\n" + "".join(f"t{i},{i},a\n" for i in range(60)))
    with pytest.raises(InputError):
        run_direct(gate_config(tmp_path / "one.csv", tmp_path / "out"))
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def test_the_direct_engine_never_imports_prefect(tables: Path, tmp_path: Path) -> None:
    """Its import costs two seconds, and Great Expectations' five more: that one has its own process."""
    program = (
        "import sys; from cl_flows.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, 'prefect' in sys.modules, 'great_expectations' in sys.modules)"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", program, "run", str(tables / "clean.csv"), "--label", "label"),
            *("--max-noise-rate", "0.05", "--output", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["0", "False", "False"], done.stderr


def registry_with(monkeypatch: pytest.MonkeyPatch, extra: Any) -> None:
    """Let one more plugin be installed."""
    real = load_plugins()
    kind = "backend" if isinstance(extra, ModelBackend) else "publisher"
    registry = Registry((*real.offers, Offer(kind, extra, "odd-distribution", "1.0")))
    monkeypatch.setattr("cl_flows.plan.load_plugins", lambda: registry)


class NoOptions(BaseModel):
    """Takes anything."""

    token: str = ""


def leave(*_: Any) -> Any:
    sys.exit(0)


def test_a_backend_that_exits_is_a_crash_and_no_pass(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sys.exit(0) would leave with the exit code of a pass."""
    registry_with(monkeypatch, ModelBackend("odd", "leaves", NoOptions, leave))
    config = gate_config(tables / "noisy.csv", tmp_path)
    config = config.model_copy(update={"model": config.model.model_validate({"backend": "odd"})})
    with pytest.raises(PluginError, match=r"'odd-distribution' crashed: SystemExit: 0"):
        run_direct(config)


def test_a_publisher_that_exits_or_tells_its_token_changes_and_shows_nothing(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed gate stays failed, and what is on record about the delivery names the variable only."""

    def shout(_run: Any, options: Any) -> None:
        raise ValueError(f"401 for {options.token}")

    monkeypatch.setenv("TOKEN", "hush-hush")
    registry_with(monkeypatch, Publisher("odd", "fails", NoOptions, shout))
    config = gate_config(tables / "noisy.csv", tmp_path)
    raw = {**config.model_dump(mode="json"), "publish": [{"publisher": "odd", "token": "${TOKEN}"}]}
    result = run_direct(make_config(raw, "test"))
    told = (Path(result.folder) / "deliveries.json").read_text()
    assert (result.status, "401 for ${TOKEN}" in told, "hush" in told) == ("failed", True, False)

    registry_with(monkeypatch, Publisher("odd", "leaves", NoOptions, leave))
    result = run_direct(make_config(raw, "test"))
    assert result.status == "failed"
    assert "SystemExit: 0" in (Path(result.folder) / "deliveries.json").read_text()


def test_a_secret_in_a_path_stays_out_of_the_error(
    tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people hide behind ${NAME} is shown as ${NAME}, in the message and in what caused it."""
    monkeypatch.setenv("BUCKET", "hunter2-hunter2")
    with pytest.raises(InputError) as raised:
        run_direct(gate_config(tmp_path / "${BUCKET}" / "x.csv", tmp_path / "out"))
    told: BaseException | None = raised.value
    assert "${BUCKET}" in str(told) or "x.csv" in str(told)
    while told is not None:
        assert all("hunter2" not in str(argument) for argument in told.args)
        told = told.__cause__
