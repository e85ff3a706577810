"""Nonsense from a plugin of any kind ends the run: the plugin and its distribution are named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import (
    Check,
    Dataset,
    DatasetLoader,
    ModelBackend,
    NoiseEstimate,
    NoiseEstimator,
    Passed,
    PluginError,
    Predictions,
    View,
)
from cl_core.plugins import KINDS, Offer, Registry, load_plugins
from cl_core.testing import sample_dataset
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_plugins.options import Options

DATA = sample_dataset(n_rows=60)
PROBS = np.where(np.eye(3)[DATA.labels] == 1, 0.9, 0.05)
SOUND = Predictions(PROBS, out_of_sample=True, model="odd")


def bent(**changes: Any) -> Dataset:
    """Change a sound data set behind its constructor's back, as a plugin might."""
    data = replace(DATA)
    for name, value in changes.items():
        object.__setattr__(data, name, value)
    return data


def with_cell(value: float) -> Predictions:
    probs = PROBS.copy()
    probs[7, 1] = value
    return replace(SOUND, pred_probs=probs)


def estimate(**changes: Any) -> NoiseEstimate:
    return replace(NoiseEstimate(0.1, 0.05, 0.2, 0.9, "odd", 60), **changes)


CASES: list[tuple[str, Any, str]] = [
    ("loader", None, "returned a NoneType, wanted a Dataset"),
    ("loader", bent(labels=[0, 1]), "gave a list for labels"),
    ("loader", bent(labels=DATA.labels.astype(float)), "labels of type float64"),
    ("loader", bent(labels=DATA.labels - 1), "labels from -1 to 1 for 3 classes"),
    ("loader", bent(labels=DATA.labels.reshape(-1, 1)), r"labels of shape \(60, 1\)"),
    ("loader", bent(classes=["a", "b", "c"]), "wanted a tuple of strings"),
    ("loader", bent(classes=("a", "a", "c")), "two classes of one name"),
    ("loader", bent(fingerprint=None), "gave the fingerprint None"),
    ("backend", SOUND.pred_probs, "returned a ndarray, wanted Predictions"),
    ("backend", (row for row in PROBS), "returned a generator"),
    ("backend", replace(SOUND, pred_probs=PROBS.astype(object)), "pred_probs of type object"),
    ("backend", replace(SOUND, pred_probs=np.ma.masked_array(PROBS)), "gave a MaskedArray"),
    ("backend", replace(SOUND, pred_probs=PROBS[:, 0]), r"pred_probs of shape \(60,\)"),
    ("backend", replace(SOUND, pred_probs=PROBS.T), r"probabilities of shape \(3, 60\)"),
    ("backend", with_cell(np.nan), "1 NaN cells, the first in row 7, column 1"),
    ("backend", with_cell(np.inf), "1 infinite cells"),
    ("backend", with_cell(-0.05), "1 negative cells"),
    ("backend", with_cell(0.5), "do not sum to 1"),
    ("backend", replace(SOUND, views=(View("v", PROBS[:5]),)), r"probabilities of shape \(5, 3\)"),
    ("backend", replace(SOUND, out_of_sample="yes"), "out_of_sample='yes'"),  # type: ignore[arg-type]
    ("estimator", 0.1, "returned a float, wanted a NoiseEstimate"),
    ("estimator", estimate(n_rows=59), "estimated 59 rows, wanted 60"),
    ("estimator", estimate(joint=np.full((3, 3), np.nan)), "gave a joint that is not 3 x 3"),
    ("estimator", estimate(joint=np.eye(3)), "with a sum of 1"),
    ("estimator", estimate(confidence=90), "gave a confidence of 90"),
    ("check", True, "returned a bool, wanted Passed, Failed or Undecided"),
    ("check", Passed("OD001", "odd", "fine", "0.1", 0.2), "gave '0.1' for measured"),  # type: ignore[arg-type]
    ("check", Passed("OD001", "odd", ""), "says nothing"),
]


@pytest.mark.parametrize(("kind", "answer", "said"), CASES, ids=[f"{k}-{s}" for k, _, s in CASES])
def test_an_answer_that_is_none_names_its_plugin(
    kind: str, answer: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run, no history, and never a pass."""

    def gives(sound: Any, which: str) -> Callable[..., Any]:
        return lambda *_: answer if which == kind else sound

    records: list[Any] = [
        DatasetLoader("odd", "x", Options, gives(DATA, "loader")),
        ModelBackend("odd", "x", Options, gives(SOUND, "backend")),
        NoiseEstimator("odd", "x", Options, gives(estimate(), "estimator")),
        Check("OD001", "odd", "x", Options, gives(Passed("OD001", "odd", "fine"), "check")),
    ]
    offers = [Offer(KINDS[type(record)][0], record, "odd-dist", "1.0") for record in records]
    registry = Registry((*load_plugins().offers, *offers))
    monkeypatch.setattr("cl_flows.plan.load_plugins", lambda: registry)
    raw = {
        "data": {"loader": "odd"},
        "model": {"backend": "odd"},
        "estimate": {"method": "odd"},
        "checks": {"odd": {}},
        "gate": {"max_noise_rate": 0.5, "great_expectations": False},
        "output": {"folder": str(tmp_path)},
        "cache": {"enabled": False},
    }
    with pytest.raises(PluginError, match=rf"'odd' of distribution 'odd-dist' .*{said}"):
        run_direct(make_config(raw, "test"))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
