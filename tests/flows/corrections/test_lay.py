"""A patch over data: labels, rows, source and fingerprint, and every way in which it does not fit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core import Dataset, InputError
from cl_core.media import Clips, MediaFiles
from cl_flows.corrections.lay import lay
from cl_flows.corrections.patch import Answer, Patch

CLASSES = ("ash", "birch", "cedar")


def patch(*answers: tuple[str, str, str, str]) -> Patch:
    """Make a patch of (id, old, new, action)."""
    return Patch("fixes.csv", tuple(Answer(i + 2, *one) for i, one in enumerate(answers)))


def data(**changes: Any) -> Dataset:
    """Six rows of three classes, with everything a data set may carry."""
    labels = np.array([0, 1, 2, 0, 1, 2])
    plain: dict[str, Any] = {
        "name": "trees",
        "ids": np.array([10, 11, 12, 13, 14, 15]),
        "labels": labels,
        "classes": CLASSES,
        "features": pd.DataFrame({"x": np.arange(6.0)}),
        "modality": "table",
        "fingerprint": "raw",
        "pred_probs": np.full((6, 3), 1 / 3),
        "true_labels": np.array([0, 1, 2, 0, 1, 0]),
        "groups": np.arange(6),
        "times": np.arange(6),
        "source": pd.DataFrame({"x": np.arange(6.0), "label": np.array(CLASSES)[labels]}),
    }
    return Dataset(**{**plain, **changes})


def test_labels_change_rows_leave_and_a_note_counts() -> None:
    """In every part of the data set, the source's own label column included."""
    found = lay(
        patch(
            ("11", "birch", "ash", "relabel"),
            ("12", "cedar", "", "exclude"),
            ("13", "ash", "", "keep"),
            ("14", "cedar", "birch", "relabel"),
        ),
        data(),
    )
    assert found.ids.tolist() == [10, 11, 13, 14, 15]
    assert found.labels.tolist() == [0, 0, 0, 1, 2]
    assert found.source is not None
    assert found.source["label"].tolist() == ["ash", "ash", "ash", "birch", "cedar"]
    assert found.source["x"].tolist() == found.features["x"].tolist() == [0.0, 1.0, 3.0, 4.0, 5.0]
    for part in (found.pred_probs, found.true_labels, found.groups, found.times):
        assert part is not None
        assert len(part) == 5
    said = "corrections fixes.csv: 1 label corrected, 1 row excluded, 1 as it says already, 1 confirmed"
    assert found.notes == (said,)
    assert found.fingerprint not in {"raw", data().fingerprint}


def test_a_patch_that_is_in_the_data_already_changes_nothing_but_the_notes() -> None:
    """The fingerprint of data that were mended at the source is the source's."""
    found = lay(patch(("10", "birch", "ash", "relabel"), ("11", "birch", "", "keep")), data())
    assert found.fingerprint == "raw"
    assert "corrections fixes.csv change nothing: 1 as it says already, 1 confirmed" in found.notes[0]


@given(st.permutations(range(4)), st.integers(0, 3))
def test_the_fingerprint_is_of_the_changes_whatever_their_order(order: list[int], other: int) -> None:
    """And of each of them: with one answer less it is another one."""
    answers = [
        ("10", "ash", "birch", "relabel"),
        ("11", "birch", "cedar", "relabel"),
        ("12", "cedar", "", "exclude"),
        ("13", "ash", "", "exclude"),
    ]
    first = lay(patch(*answers), data())
    again = lay(patch(*(answers[i] for i in order)), data())
    less = lay(patch(*(one for i, one in enumerate(answers) if i != other)), data())
    assert first.fingerprint == again.fingerprint != less.fingerprint
    assert first.labels.tolist() == again.labels.tolist()


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            [("99", "ash", "birch", "relabel"), ("98", "ash", "", "exclude")],
            "2 lines .* line 2: no .* id '99'",
        ),
        (
            [("10", "ash", "", "keep"), ("11", "ash", "cedar", "relabel")],
            "line 3: .* 'birch', wanted 'ash' or 'c",
        ),
        ([("11", "ash", "", "exclude")], "row '11' has the label 'birch', wanted 'ash'$"),
        ([("11", "ash", "", "keep")], "row '11' has the label 'birch'"),
        ([("11", "birch", "brich", "relabel")], "gets the label 'brich', which is no class"),
    ],
)
def test_what_does_not_fit_is_refused_counted_and_named(
    answers: list[tuple[str, str, str, str]], says: str
) -> None:
    """All of the patch, so that nobody trains on half of it."""
    with pytest.raises(InputError, match=says) as refused:
        lay(patch(*answers), data())
    assert refused.value.hint


def test_a_new_class_is_let_in_only_by_name_and_only_where_a_model_can_know_it() -> None:
    """Probabilities that came with the data have no column for it."""
    answers = patch(("10", "ash", "yew", "relabel"), ("13", "ash", "yew", "relabel"))
    with pytest.raises(InputError, match="no column for it"):
        lay(answers, data(), new_classes=["yew"])
    found = lay(answers, data(pred_probs=None), new_classes=["yew", "oak"])
    assert found.classes == (*CLASSES, "yew")
    assert found.labels.tolist() == [3, 1, 2, 3, 1, 2]


def test_numbers_stay_numbers_in_the_label_column() -> None:
    """The class 1 is written 1, and a column that only looks like labels is left alone."""
    source = pd.DataFrame({"y": [0, 1, 2, 0, 1, 2], "name": ["a", "b", "c", "a", "b", "c"]})
    found = lay(patch(("10", "0", "2", "relabel")), data(classes=("0", "1", "2"), source=source))
    assert found.source is not None
    assert found.source["y"].tolist() == [2, 1, 2, 0, 1, 2]
    assert found.source["y"].dtype == source["y"].dtype
    assert found.source["name"].tolist() == source["name"].tolist()
    unknown = lay(patch(("10", "0", "2", "relabel")), data(classes=("0", "1", "2")))
    assert "no column of the source holds the labels" in unknown.notes[1]


def test_one_class_alone_is_refused() -> None:
    """It could not be judged."""
    gone = [(str(i), name, "", "exclude") for i in (11, 12, 14, 15) for name in [CLASSES[(i - 10) % 3]]]
    with pytest.raises(InputError, match="leave one class only, 'ash'"):
        lay(patch(*gone), data())


@pytest.mark.parametrize(
    ("features", "modality"),
    [
        (["a", "b", "c", "d", "e", "f"], "text"),
        (np.arange(12).reshape(6, 2), "array"),
        (MediaFiles("/x", np.array(list("abcdef"))), "image"),
        (Clips(np.arange(12), np.arange(0, 13, 2), 8000), "audio"),
        (None, "none"),
    ],
)
def test_rows_leave_data_of_every_kind(features: Any, modality: Any) -> None:
    """The features of the others stay with their rows."""
    before = replace(data(), features=features, modality=modality)
    found = lay(patch(("11", "birch", "", "exclude")), before)
    kept = [0, 2, 3, 4, 5]
    match features:
        case None:
            assert found.features is None
        case MediaFiles():
            assert found.features.names.tolist() == list("acdef")
        case Clips():
            assert [found.features[i].tolist() for i in range(5)] == [features[i].tolist() for i in kept]
        case _:
            assert list(map(str, found.features)) == [str(features[i]) for i in kept]
