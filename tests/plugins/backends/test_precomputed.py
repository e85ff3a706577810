"""The backend ``precomputed``: order, precision and honesty about where probabilities come from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import Dataset, InputError, Predictions
from cl_core.testing import check_backend, sample_dataset, sample_probabilities
from cl_plugins.backends.options import PrecomputedOptions
from cl_plugins.backends.precomputed import predict_precomputed
from cl_plugins.builtin import labelgate_model_backends

BACKENDS = {backend.name: backend for backend in labelgate_model_backends()}
LABELS, PROBS = sample_probabilities(n_rows=240)


def predict(data: Dataset, **options: Any) -> Predictions:
    return predict_precomputed(data, PrecomputedOptions.model_validate(options), lambda *_: None)


@pytest.fixture
def data() -> Dataset:
    """Return data that came with probabilities."""
    return replace(sample_dataset(), labels=LABELS, pred_probs=PROBS)


def test_the_backend_keeps_the_contract(data: Dataset) -> None:
    """The contract of cl_core.testing, worker process included."""
    precomputed = BACKENDS["precomputed"]
    found = check_backend(precomputed, dataset=data)
    assert np.array_equal(found.pred_probs, PROBS)


@pytest.mark.parametrize("kind", ["complex128", "str", "datetime64[s]"])
def test_what_is_no_number_is_refused(data: Dataset, kind: str) -> None:
    """Complex numbers do not lose their imaginary part on the way, and strings are not guessed at."""
    strange = (PROBS * 9).astype(np.int64).astype(kind) if kind.startswith("date") else PROBS.astype(kind)
    with pytest.raises(InputError, match="wanted float16, float32 or float64"):
        predict(replace(data, pred_probs=strange))


def test_nobody_knows_whether_they_are_out_of_sample_unless_told(data: Dataset) -> None:
    """Unknown and in-sample are both on record; stated out of sample is taken at its word."""
    assert predict(data).out_of_sample is None
    assert "nobody can check" in predict(data).notes[0]
    assert "in-sample" in predict(data, out_of_sample=False).notes[0]
    stated = predict(data, out_of_sample=True)
    assert (stated.out_of_sample, stated.notes) == (True, ())


@pytest.mark.parametrize("name", ["p.npy", "p.npz"])
def test_a_file_of_probabilities_goes_before_those_of_the_data(
    data: Dataset, tmp_path: Path, name: str
) -> None:
    """Columns of the file are put in the order of the data set's classes."""
    path = tmp_path / name
    turned = PROBS[:, ::-1]
    if name.endswith("npy"):
        np.save(path, turned)
    else:
        np.savez(path, probs=turned)
    found = predict(data, path=path, array="probs", classes=data.classes[::-1])
    assert np.array_equal(found.pred_probs, PROBS)
    assert name in found.model


def test_half_precision_is_widened_visibly(data: Dataset) -> None:
    """Rows of float16 sum to 1 again after widening, and a note says by how much they missed."""
    found = predict(replace(data, pred_probs=PROBS.astype(np.float16)), out_of_sample=True)
    assert found.pred_probs.dtype == np.float32
    np.testing.assert_allclose(found.pred_probs.sum(axis=1), 1, atol=1e-6)
    assert "half precision" in found.notes[0]


def broken(cell: float) -> Any:
    probs = PROBS.copy()
    probs[3, 0] = cell
    return probs


@pytest.mark.parametrize(
    ("probs", "options", "said"),
    [
        (None, {}, "came without probabilities"),
        (PROBS, {"classes": ["a", "b", "c"]}, "`classes` lists a, b, c; the data set has class-2"),
        (PROBS, {"classes": ["a", "b"]}, "3 columns for 2 classes"),
        (np.full((240, 2), 0.5), {}, "2 columns for 3 classes"),
        (broken(np.nan), {}, "1 NaN cells"),
        (broken(np.inf), {}, "1 infinite cells"),
        (broken(-0.5), {}, "1 negative cells"),
        (PROBS * 2, {}, "do not sum to 1"),
        (PROBS, {"path": "no-such.npy"}, "no file 'no-such.npy'"),
    ],
)
def test_bad_probabilities_are_refused_with_a_way_out(
    data: Dataset, probs: Any, options: dict[str, Any], said: str
) -> None:
    """What came, what was wanted and what to do."""
    with pytest.raises(InputError, match=said) as caught:
        predict(replace(data, pred_probs=probs), **options)
    assert caught.value.hint


def test_a_file_with_other_rows_is_refused(data: Dataset, tmp_path: Path) -> None:
    """One row of probabilities for each labelled row."""
    np.save(tmp_path / "p.npy", PROBS[:-1])
    with pytest.raises(InputError, match="has 239 rows, data set 'sample' 240 labelled ones"):
        predict(data, path=tmp_path / "p.npy")
