"""The paper's own data: the printed table, and what `auto` adds. Skipped without the data."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from cl_core.auto import auto_issues, auto_scores
from cl_core.reading import read

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LABELGATE_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "cifar10_synthetic_noise.npz").is_file(),
    reason=f"the paper's probabilities are not in {DATA}; set LABELGATE_DATA",
)


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("label_errors", ROOT / "benchmarks" / "label_errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_data
def test_the_published_table_is_reproduced(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """All 120 printed figures but one, a recall of .9253 that the paper prints as .92."""
    with np.load(DATA / "cifar10_synthetic_noise.npz") as data:
        assert bench.paper_table(data) == 1
    assert "0.9253*" in capsys.readouterr().out


@needs_data
def test_auto_beats_every_fixed_choice_on_average(bench: Any) -> None:
    """Mean F1 at least .80 and mean average precision at least .82 over the twelve noisy settings."""
    with np.load(DATA / "cifar10_synthetic_noise.npz") as data:
        f1, precision = figures(bench.synthetic(data))
    assert f1.mean() >= 0.80
    assert precision.mean() >= 0.82


@needs_data
def test_auto_holds_on_labels_by_people(bench: Any) -> None:
    """Above cleanlab's default F1 in each of the four settings."""
    with np.load(DATA / "cifar10n_human_noise.npz") as data:
        f1, _ = figures(bench.human(data))
    assert (f1 > [0.674, 0.678, 0.849, 0.858]).all()


def figures(settings: Any) -> tuple[Any, Any]:
    rows = []
    for _, given, true, probs in settings:
        reading = read(given.astype(np.intp), probs)
        scores = auto_scores(reading)
        wrong = given != true
        rows.append((f1_score(wrong, auto_issues(reading, scores)), average_precision_score(wrong, -scores)))
    f1, precision = np.array(rows).T
    return f1, precision
