"""Small finished runs to render."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import Dataset, Failed, Judgement, Passed, Verdict, assess, estimate_noise_rate
from cl_flows.report import RunReport, gather_suspects

STARTED = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


def make_dataset(
    classes: tuple[str, ...] = ("ash", "birch", "cedar"), n: int = 60, **changes: Any
) -> Dataset:
    """Rows 0, 7, 14, ... carry the next class's label."""
    true = np.arange(n) % len(classes)
    labels = np.where(np.arange(n) % 7 == 0, (true + 1) % len(classes), true)
    parts: dict[str, Any] = {
        "name": "trees",
        "ids": np.arange(n),
        "labels": labels,
        "classes": classes,
        "features": None,
        "modality": "none",
        "fingerprint": "0123abcd",
        "pred_probs": _sure_of(true, len(classes)),
    }
    return Dataset(**(parts | changes))


def _sure_of(true: Any, k: int) -> Any:
    """Give the true class 0.8 to 0.9, more in later rows, and the others the rest in equal parts."""
    high = np.linspace(0.8, 0.9, len(true))
    probs = np.repeat(((1 - high) / (k - 1))[:, None], k, axis=1)
    probs[np.arange(len(true)), true] = high
    return probs


def make_report(
    dataset: Dataset | None = None, *, verdict: Verdict | None = None, **changes: Any
) -> RunReport:
    """Report about a data set that brings its probabilities along."""
    dataset = dataset or make_dataset()
    assert dataset.pred_probs is not None
    # The paper's method: its figures never move, and these tests are about pages.
    noise = estimate_noise_rate(dataset.labels, dataset.pred_probs, method="confident_joint", confidence=0.95)
    evidence = assess(
        dataset.labels, dataset.pred_probs, classes=dataset.classes, ids=dataset.ids, noise=noise
    )
    rate = evidence.noise.rate
    first = verdict or Failed(
        "LN001", "noise-budget", f"{rate:.1%} of the labels are wrong.", rate, 0.05, "Correct the labels."
    )
    checks = (first, Passed("LN002", "coverage", "Every class has rows enough.", 20, 5))
    parts: dict[str, Any] = {
        "run_id": "20261123-210000-trees",
        "dataset": dataset.name,
        "started": STARTED,
        "finished": STARTED + timedelta(seconds=8.4),
        "version": "0.1.0",
        "engine": "direct",
        "source": "trees.npz",
        "fingerprint": dataset.fingerprint,
        "n_rows": dataset.n_rows,
        "n_unlabelled": dataset.n_unlabelled,
        "model": "probabilities that came with the data",
        "out_of_sample": None,
        "judgement": Judgement(first, checks),
        "evidence": evidence,
        "suspects": gather_suspects(dataset, evidence),
        "notes": ("3 rows carry no label.",),
        "settings": {"gate": {"max_noise_rate": 0.05}},
    }
    return RunReport(**(parts | changes))


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    """Build a data set."""
    return make_dataset


@pytest.fixture
def report() -> Callable[..., RunReport]:
    """Build a report."""
    return make_report


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the file of that name under ``golden``; LABELGATE_UPDATE_GOLDEN=1 writes it."""
    return _golden


def _golden(name: str, text: str) -> None:
    file = Path(__file__).parent / "golden" / name
    if os.environ.get("LABELGATE_UPDATE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
