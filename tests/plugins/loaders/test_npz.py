"""The loader ``npz``: which array is what, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, InputError
from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.npz import load_npz
from cl_plugins.loaders.options import NpzOptions

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.25, 0.25]])
LABELS = np.array([0, 1, 2, 1])


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """Save arrays and load them."""

    def save_and_load(options: dict[str, Any] | None = None, **arrays: Any) -> Dataset:
        np.savez(tmp_path / "data.npz", **arrays)
        return load_npz(NpzOptions.model_validate({"path": tmp_path / "data.npz", **(options or {})}))

    return save_and_load


def test_the_loader_keeps_the_contract(tmp_path: Path) -> None:
    """Labels and probabilities load under the loader's contract."""
    np.savez(tmp_path / "data.npz", labels=LABELS, pred_probs=PROBS)
    loader = list(labelgate_dataset_loaders())[1]
    data = check_loader(loader, {"path": tmp_path / "data.npz"})
    assert (data.modality, data.features, data.classes) == ("none", None, ("0", "1", "2"))
    assert data.labels.tolist() == [0, 1, 2, 1]
    assert np.array_equal(np.asarray(data.pred_probs), PROBS)


def test_labels_are_numbers_or_names_of_the_classes(load: Callable[..., Dataset]) -> None:
    """With class names in column order, both class numbers and names find their column."""
    for labels in (LABELS, np.array(["emu", "cat", "dog", "cat"])):
        data = load(labels=labels, pred_probs=PROBS, classes=np.array(["emu", "cat", "dog"]))
        assert data.classes == ("emu", "cat", "dog")
        assert data.labels.tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (np.arange(8).reshape(4, 2), r"shape \(4, 2\), wanted one id a row"),
        (np.array([0, 1, 2, np.nan]), "1 of them NaN"),
    ],
)
def test_ids_by_which_nobody_finds_a_row_are_refused(
    load: Callable[..., Dataset], ids: Any, said: str
) -> None:
    """An id is one value, and NaN is none."""
    with pytest.raises(InputError, match=said):
        load(labels=LABELS, pred_probs=PROBS, ids=ids)


def test_a_class_without_a_label_keeps_its_column(load: Callable[..., Dataset]) -> None:
    """Class numbers stay column numbers, whichever of them label a row."""
    data = load(labels=np.array([0, 2, 2, 0]), pred_probs=PROBS)
    assert data.labels.tolist() == [0, 2, 2, 0]
    assert data.n_classes == 3


def test_names_without_an_order_are_taken_as_sorted_and_people_are_told(load: Callable[..., Dataset]) -> None:
    """Strings without `classes` are read in alphabetical order of the columns, with a note."""
    data = load(labels=np.array(["emu", "cat", "dog", "cat"]), pred_probs=PROBS)
    assert data.labels.tolist() == [2, 0, 1, 0]
    assert any("in the order cat, dog, emu" in note for note in data.notes)


def test_arrays_go_by_any_name(load: Callable[..., Dataset]) -> None:
    """Options name the arrays; the other arrays of the archive are left alone."""
    names = {"labels": "y", "pred_probs": "p", "ids": "who", "true_labels": "right", "images": "pictures"}
    data = load(
        names, y=LABELS, p=PROBS, who=list("abcd"), right=[0, 1, 2, 2], pictures=np.zeros((4, 2, 2)), more=[1]
    )
    assert data.modality == "image"
    assert data.features.shape == (4, 2, 2)
    assert data.ids.tolist() == ["a", "b", "c", "d"]
    assert np.asarray(data.true_labels).tolist() == [0, 1, 2, 2]


def test_features_make_an_array_data_set(load: Callable[..., Dataset]) -> None:
    """An archive without probabilities is fine where there is something to learn from."""
    data = load(labels=np.array(["b", "a", "b", "a"]), features=np.ones((4, 5)))
    assert (data.modality, data.classes, data.pred_probs) == ("array", ("a", "b"), None)


def test_groups_and_times_are_taken_when_named(load: Callable[..., Dataset]) -> None:
    """They say how rows are held out, so a name alone does not do; dates and numbers both serve."""
    days = np.array(["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"], dtype="datetime64[D]")
    arrays = {"labels": np.array([0, 1, np.nan, 1]), "features": np.ones((4, 2)), "groups": list("abba")}
    data = load({"groups": "groups", "times": "days"}, **arrays, days=days)
    assert np.asarray(data.groups).tolist() == ["a", "b", "a"]
    assert np.array_equal(np.asarray(data.times), days[[0, 1, 3]])
    plain = load(None, **arrays, days=days)
    assert (plain.groups, plain.times) == (None, None)
    assert plain.fingerprint != data.fingerprint
    with pytest.raises(InputError, match=r"array 'when' of 'data.npz' is empty in 1 labelled rows"):
        load({"times": "when"}, **arrays, when=[1.0, np.nan, 3.0, 4.0])
    with pytest.raises(InputError, match=r"array 'g' of 'data.npz' has shape \(4, 1\)"):
        load({"groups": "g"}, **arrays, g=np.ones((4, 1)))


def test_rows_without_a_label_are_left_out_of_every_array(load: Callable[..., Dataset]) -> None:
    """NaN is no label; probabilities and ids stay beside their rows."""
    data = load(labels=np.array([0, np.nan, 2, 1]), pred_probs=PROBS)
    assert data.labels.tolist() == [0, 2, 1]
    assert np.asarray(data.pred_probs).tolist() == PROBS[[0, 2, 3]].tolist()
    assert data.ids.tolist() == [0, 2, 3]
    assert data.n_unlabelled == 1


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"pred_probs": PROBS, "label": LABELS},
            "no array 'labels'.*did you mean 'label'.*pred_probs, label",
        ),
        ({"labels": LABELS}, "no array called pred_probs, .*arrays: labels"),
        ({"labels": LABELS[:3], "pred_probs": PROBS}, "3 labels but pred_probs of shape"),
        ({"labels": LABELS, "pred_probs": PROBS, "ids": [1, 2]}, "4 labels but ids of shape"),
        ({"labels": np.eye(3)[LABELS], "pred_probs": PROBS}, "one label a row.*argmax"),
        ({"labels": LABELS, "pred_probs": PROBS[:, 0]}, "wanted \\(rows, classes\\)"),
        ({"labels": LABELS, "pred_probs": PROBS, "images": np.zeros((4, 9))}, "height, width"),
        ({"labels": LABELS + 1, "pred_probs": PROBS}, "label '3' .* has no column"),
        ({"labels": LABELS - 1, "pred_probs": PROBS}, "label '-1' .* has no column"),
        ({"labels": list("abab"), "pred_probs": PROBS}, "2 classes but 3 columns.*`classes`"),
        ({"labels": LABELS, "pred_probs": PROBS, "classes": ["a", "b"]}, "2 classes but 3 columns"),
        ({"labels": LABELS, "pred_probs": PROBS, "classes": ["a", "b", "a"]}, "lists 'a' twice"),
        ({"labels": list("abcd"), "pred_probs": PROBS, "classes": list("abc")}, "label 'd' .* has no column"),
        ({"labels": [1, 1, 1, 1], "pred_probs": PROBS}, "one class only"),
        ({"labels": [np.nan] * 4, "pred_probs": PROBS}, "no label in any"),
        ({"labels": LABELS, "pred_probs": PROBS, "ids": [1, 1, 2, 3]}, "not unique"),
        (
            {"labels": LABELS, "pred_probs": PROBS, "true_labels": [0, 1, 2, 7]},
            "no class of the given labels",
        ),
    ],
)
def test_bad_archives_are_refused_with_a_way_out(
    load: Callable[..., Dataset], arrays: dict[str, Any], said: str
) -> None:
    """What came, what was wanted and what to do."""
    with pytest.raises(InputError) as caught:
        load(**arrays)
    assert caught.value.hint
    assert re.search(said, f"{caught.value} | {caught.value.hint}")


def test_pickled_objects_are_never_loaded(load: Callable[..., Dataset]) -> None:
    """An object array is refused, not run."""
    with pytest.raises(InputError, match="could not be read") as caught:
        load(labels=np.array([{"a": 1}, 2, 3, 4], dtype=object), pred_probs=PROBS)
    assert "never loaded" in caught.value.hint


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A single array, noise and a cut archive are refused with a way to write a right one."""
    np.save(tmp_path / "one.npy", LABELS)
    (tmp_path / "noise.npz").write_bytes(b"PK not an archive")
    np.savez(tmp_path / "whole.npz", labels=LABELS, pred_probs=PROBS)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:200])
    for name in ("one.npy", "noise.npz", "cut.npz", "missing.npz"):
        with pytest.raises(InputError) as caught:
            load_npz(NpzOptions(path=tmp_path / name))
        assert caught.value.hint


def test_the_verified_digits_load(real_data: Path) -> None:
    """The benchmark archive loads when its arrays are named: pictures, labels and probabilities."""
    options = NpzOptions(path=real_data / "mnist_test_verified.npz", labels="given_labels")
    data = load_npz(options)
    assert (data.modality, data.n_rows, data.n_classes) == ("image", 10_000, 10)
    assert data.features.shape == (10_000, 28, 28)
    assert (np.asarray(data.pred_probs).argmax(axis=1) == data.labels).mean() > 0.99


def test_clips_load_with_their_speakers(load: Callable[..., Dataset]) -> None:
    """Samples, offsets and rate make clips; rows without a label go with theirs; groups are named."""
    arrays = {
        "labels": [0.0, 1.0, np.nan, 1.0],
        "audio": np.arange(10, dtype=np.int16),
        "offsets": [0, 2, 5, 6, 10],
        "who": list("abca"),
    }
    data = load({"rate": 8000, "groups": "who"}, **arrays)
    assert (data.modality, len(data.features), data.features.rate) == ("audio", 3, 8000)
    assert [data.features[i].tolist() for i in range(3)] == [[0, 1], [2, 3, 4], [6, 7, 8, 9]]
    assert data.groups is not None
    assert data.groups.tolist() == ["a", "b", "a"]
    assert load(**arrays, rate=16_000).features.rate == 16_000


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"offsets": [0, 2, 5, 6, 10]}, {}, "how many samples a second"),
        ({"offsets": [0, 2, 10]}, {"rate": 8000}, "4 labels but 2 clips"),
        ({"offsets": [0, 7, 5, 6, 10]}, {"rate": 8000}, "do not rise"),
        ({"offsets": [0.0, 2, 5, 6, 10]}, {"rate": 8000}, "whole numbers"),
        ({}, {"rate": 8000}, "no array 'offsets'"),
    ],
)
def test_bad_clips_are_refused(
    load: Callable[..., Dataset], arrays: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    """No rate, too few clips, offsets that fall."""
    with pytest.raises((InputError, ConfigError), match=said):
        load(options, labels=LABELS, audio=np.arange(10), **arrays)


def test_the_spoken_digits_load(real_data: Path) -> None:
    """The benchmark archive loads when its arrays are named: clips, labels and speakers."""
    options = NpzOptions(
        path=real_data / "spoken_digits.npz",
        labels="y",
        offsets="offset",
        rate=8000,
        groups="speaker",
        ids="name",
    )
    data = load_npz(options)
    assert (data.modality, data.n_rows, data.n_classes) == ("audio", 3000, 10)
    assert data.groups is not None
    assert len(set(data.groups)) == 6


def test_an_archive_with_nothing_to_judge_by_says_what_there_is(load: Callable[..., Dataset]) -> None:
    """Arrays of other names are listed, with the way to say which is what."""
    with pytest.raises(InputError, match="no array called pred_probs, images, audio or features") as refused:
        load(labels=LABELS, X=PROBS)
    assert "arrays: labels, X; say in gate.yaml which of them is what" in refused.value.hint
