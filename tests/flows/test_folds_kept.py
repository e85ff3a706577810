"""A fit that is cut off goes on from its last finished fold: killed for real, and counted fit by fold."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import Predictions, cross_validate
from cl_core.checkpoints import keeping_folds
from cl_flows.cache import Cache
from cl_flows.fold_files import FoldFiles

# A model that puts down every fit, and never ends its fourth one while the file `hang` is there.
PLUGIN = """
import os, time
from pathlib import Path
from cl_core import ModelBackend, Predictions, cross_validated_probs, hookimpl
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression

HERE = Path(os.environ["FITS"])

class Counting(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        with (HERE / "fits").open("a") as file:
            file.write("fit\\n")
        while (HERE / "hang").exists() and (HERE / "fits").read_text().count("fit") == 4:
            time.sleep(0.05)
        return super().fit(X, y)

class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

def predict(dataset, options, progress):
    rows = dataset.features[["height", "girth"]].to_numpy()
    found = cross_validated_probs(Counting(), rows, dataset.labels, n_classes=dataset.n_classes)
    return Predictions(found.pred_probs, out_of_sample=True, model="counting", notes=found.notes)

@hookimpl
def labelgate_model_backends():
    yield ModelBackend("counting", "counts its fits", Options, predict)
"""


@pytest.fixture
def gate(tables: Path, tmp_path: Path) -> Path:
    """Folder with a gate.yaml whose model counts its fits."""
    site = tmp_path / "site"
    info = site / "counting_dist-0.1.dist-info"
    info.mkdir(parents=True)
    (site / "counting_module.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: counting-dist\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[labelgate]\ncounting = counting_module\n")
    text = f"data: {{path: {tables / 'clean.csv'}, label: label, id: tree}}\nmodel: {{backend: counting}}\n"
    (tmp_path / "gate.yaml").write_text(text + "gate: {max_noise_rate: 0.05, great_expectations: false}\n")
    return tmp_path


def start(folder: Path, output: str = "runs", api: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from cl_flows.cli import main; main()", "run", "gate.yaml"]
    paths = os.pathsep.join([str(folder / "site"), *filter(None, sys.path)])
    return subprocess.Popen(
        [
            *command,
            *("--engine", "prefect" if api else "direct"),
            *("--output", output, "--format", "json"),
        ],
        env={
            **os.environ,
            "PYTHONPATH": paths,
            "FITS": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            **({"PREFECT_API_URL": api, "PREFECT_LOGGING_TO_API_ENABLED": "false"} if api else {}),
        },
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fits(folder: Path) -> int:
    return (folder / "fits").read_text().count("fit") if (folder / "fits").exists() else 0


def wait_for_fits(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while fits(folder) < number:
        assert time.monotonic() < deadline, f"{fits(folder)} fits"
        time.sleep(0.02)


def verdict(run: "subprocess.Popen[str]") -> dict[str, Any]:
    told, said = run.communicate(timeout=90)
    assert run.returncode == 0, said
    report: dict[str, Any] = json.loads(told)
    return report


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "SIGTERM"])
def test_a_fit_that_was_cut_off_goes_on_from_its_last_finished_fold(gate: Path, how: signal.Signals) -> None:
    """Killed in the fourth of five folds: the next run fits two, and the scored table has the same bits."""
    (gate / "hang").touch()
    killed = start(gate)
    wait_for_fits(gate, 4)
    killed.send_signal(how)
    killed.communicate(timeout=60)
    assert killed.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 143}[how]
    left = [p.suffix for p in (gate / "runs").iterdir() if p.name.startswith(".")]
    assert (left == []) == (how == signal.SIGTERM)
    (gate / "hang").unlink()
    report = verdict(start(gate))
    assert fits(gate) == 4 + 2
    assert any("3 folds were not fitted again" in note for note in report["notes"])
    assert sorted(p.name for p in (gate / "runs" / "cache").iterdir() if p.name.startswith(".")) == []
    verdict(start(gate))
    assert fits(gate) == 6  # all of it is kept now
    verdict(start(gate, "others"))
    assert fits(gate) == 11
    tables = [next((gate / name).glob("2*/scored.parquet")).read_bytes() for name in ("runs", "others")]
    assert tables[0] == tables[1]


@pytest.mark.prefect
def test_sigterm_ends_a_run_on_prefect_as_it_ends_a_direct_one(gate: Path, prefect_api: str) -> None:
    """Code 143, nothing half-written, the flow run crashed and not running for ever; folds are kept."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import FlowRunSort

    (gate / "hang").touch()
    killed = start(gate, api=prefect_api)
    wait_for_fits(gate, 4)
    killed.send_signal(signal.SIGTERM)
    told, said = killed.communicate(timeout=60)
    assert (killed.returncode, said.splitlines()[-1], "Traceback" in said) == (143, "interrupted", False)
    assert "error" in json.loads(told)
    assert sorted(p.name for p in (gate / "runs").iterdir() if p.name != "cache") == []
    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)
    assert run.state_name == "Crashed"
    (gate / "hang").unlink()
    verdict(start(gate))
    assert fits(gate) == 4 + 2


def test_other_data_fit_everything_again(gate: Path) -> None:
    """Folds are found by the content of rows, labels, options and code, as whole predictions are."""
    (gate / "hang").touch()
    killed = start(gate)
    wait_for_fits(gate, 4)
    killed.kill()
    killed.communicate(timeout=60)
    (gate / "hang").unlink()
    source = next(
        Path(line.split("{path: ")[1].split(",")[0])
        for line in (gate / "gate.yaml").read_text().splitlines()
        if line.startswith("data")
    )
    changed = source.read_text().replace(",ash", ",birch", 1)
    (gate / "other.csv").write_text(changed)
    text = (gate / "gate.yaml").read_text().replace(str(source), "other.csv")
    (gate / "gate.yaml").write_text(text)
    verdict(start(gate))
    assert fits(gate) == 4 + 5


LABELS = np.array([0, 1, 0, 1, 0, 1])
HALVES = [(np.array([0, 1, 2, 3]), np.array([4, 5])), (np.array([4, 5, 2, 3]), np.array([0, 1]))]
HALVES.append((np.array([0, 1, 4, 5]), np.array([2, 3])))


def run_folds(folder: Path, *, value: float = 0.75, splits: Any = HALVES) -> tuple[list[int], Any, FoldFiles]:
    """Cross-validate with folds kept in `folder`; return the memo, what was found, and who kept."""
    memo: list[int] = []

    def fit_predict(_: Any, test: Any) -> Any:
        memo.append(len(memo) + 10)
        return np.array([0, 1]), np.full((len(test), 2), [value, 1 - value], dtype=np.float32)

    keeper = FoldFiles(folder, 10**6)
    with keeping_folds(keeper):
        found = cross_validate(fit_predict, LABELS, 2, splits, resumable=True, memo=memo)
    return memo, found, keeper


def test_a_fold_comes_back_with_its_bits_and_what_the_model_put_down(tmp_path: Path) -> None:
    """The epochs that a network took in each fold are part of what is kept."""
    first = run_folds(tmp_path)
    again = run_folds(tmp_path, value=0.1)  # would show, were anything fitted again
    np.testing.assert_array_equal(first[1].pred_probs, again[1].pred_probs)
    assert (first[0], first[2].n_found) == (again[0], 0)
    assert again[2].n_found == 3
    other = [HALVES[0], HALVES[1], (np.array([0, 1, 4]), np.array([2, 3]))]
    assert run_folds(tmp_path, splits=other)[2].n_found == 2


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "half"])
def test_a_damaged_fold_is_fitted_again(tmp_path: Path, harm: str) -> None:
    """One flipped bit, a file cut short, an empty one, and one that was never renamed."""
    run_folds(tmp_path)
    victim = min(tmp_path.glob("*.fold"))
    data = bytearray(victim.read_bytes())
    data[-30] ^= 1
    match harm:
        case "flip":
            victim.write_bytes(data)
        case "half":
            victim.rename(tmp_path / ".0badf00d")
        case _:
            victim.write_bytes(data[:50] if harm == "cut" else b"")
    assert run_folds(tmp_path)[2].n_found == 2
    assert run_folds(tmp_path)[2].n_found == 3


def fair(_: Any, test: Any) -> Any:
    return np.array([0, 1]), np.full((len(test), 2), 0.5)


def test_what_has_no_room_is_let_go(tmp_path: Path) -> None:
    """The run itself goes on: on a full disk, and beyond the size of the cache."""
    (tmp_path / "file").touch()
    assert run_folds(tmp_path / "file" / "folds")[2].n_found == 0
    with keeping_folds(FoldFiles(tmp_path / "small", 40)):
        cross_validate(fair, LABELS, 2, HALVES, resumable=True)
    assert len(list((tmp_path / "small").glob("*.fold"))) == 1


def test_nested_cross_validations_are_kept_with_their_fold_only(tmp_path: Path) -> None:
    """Those within a fold are not numbered: a fold that is not fitted again would shift the numbers."""
    inner = [(np.array([0, 1]), np.array([2, 3])), (np.array([2, 3]), np.array([0, 1]))]

    def fit_predict(train: Any, test: Any) -> Any:
        cross_validate(fair, LABELS[train], 2, inner, resumable=True)
        return fair(train, test)

    with keeping_folds(FoldFiles(tmp_path, 10**6)):
        cross_validate(fit_predict, LABELS, 2, HALVES, resumable=True)
    assert len(list(tmp_path.iterdir())) == 3


def test_folds_that_nobody_went_on_with_go(tmp_path: Path) -> None:
    """After a week, or when they outgrow the cache; never those of a fit under way."""
    found = Predictions(np.full((2, 2), 0.5), out_of_sample=True, model="coin")
    for name, age in (("a" * 64, 8 * 86_400), ("b" * 64, 60)):
        folder = tmp_path / f".{name}.folds"
        folder.mkdir(parents=True)
        (folder / "0-x.fold").write_bytes(b"x")
        os.utime(folder, (time.time() - age,) * 2)
    Cache(tmp_path, 10**9, 60.0).predictions(lambda _: "k", lambda: replace(found), "run")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f".{'b' * 64}.folds", "k", "secret"]
