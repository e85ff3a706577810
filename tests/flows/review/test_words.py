"""Words that speak for a label and rows that are alike, on runs over texts and arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import open_kept
from cl_flows.review.counts import WordCounts
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from cl_flows.review.neighbours import neighbours
from cl_flows.review.words import highlighted


def index_of(data: dict[str, Any], folder: Path, **model: Any) -> RunIndex:
    raw = {
        "data": data,
        "model": model,
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(folder)},
    }
    run_direct(make_config(raw, "test"))
    return RunIndex(open_kept(folder, "last"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> RunIndex:
    """Make a run on 200 sentences on cats or dogs, one of each kind labelled as the other."""
    folder = tmp_path_factory.mktemp("texts")
    rng = np.random.default_rng(0)
    words = {"cat": ["purrs", "meows", "scratches"], "dog": ["barks", "fetches", "growls"]}
    rows = [
        {"text": f"it {rng.choice(words[label])} and {rng.choice(words[label])} {i % 7}", "label": label}
        for i in range(200)
        for label in [("cat", "dog")[i % 2]]
    ]
    rows[10]["label"], rows[11]["label"] = "dog", "cat"
    rows[40]["text"] += " in İstanbul, at the café"
    pd.DataFrame(rows).to_csv(folder / "animals.csv", index=False)
    data = {"path": str(folder / "animals.csv"), "label": "label", "text": "text"}
    return index_of(data, folder / "runs")


def test_counts_are_kept_in_bounds(texts: RunIndex) -> None:
    """A class that had to make room is counted anew, to the same numbers."""
    assert texts.columns.texts is not None
    counts = WordCounts(texts.columns.texts, texts.given, most_kept=1)
    first = counts.of_class(0)
    assert counts.of_class(0) is first
    other = counts.of_class(1)
    assert counts.of_class(0) is not first
    assert counts.of_class(0) == first
    assert set(first.rows) | set(other.rows) == set(range(texts.n_rows))


def test_words_speak_for_the_suggestion(texts: RunIndex) -> None:
    """A cat's words in a row labelled dog speak for cat; words that both use say nothing."""
    position = 10
    row = texts.row(position)
    assert (row.given, row.suggested) == ("dog", "cat")
    found = highlighted(texts, position)
    text = texts.columns.texts[position]  # type: ignore[index]
    assert {word.text for word in found} == set(text.split()) & {"purrs", "meows", "scratches"}
    for word in found:
        assert text[word.start : word.end] == word.text
        assert word.weight > 0
        assert word.for_suggested > 0.2
        assert word.for_given == 0  # the row itself is left out


def test_words_of_a_row_without_a_suggestion_speak_for_its_label(texts: RunIndex) -> None:
    """They are held against the most probable other label."""
    position = int(texts.find(RowFilter(flagged=False, given="dog"))[-1])
    found = highlighted(texts, position)
    assert found
    assert all(word.weight < 0 for word in found)


def test_search_finds_words_in_texts_whatever_their_case_and_accents(texts: RunIndex) -> None:
    """Part of a word will do; what a row does not hold is not found."""
    for words in ("istanbul", "ISTANBUL, AT", "cafe", "Café"):
        assert texts.find(RowFilter(search=words)).tolist() == [40]
    found = texts.find(RowFilter(search="PURR", label="dog"))
    assert 10 in found.tolist()
    expected = ["purr" in text for text in texts.columns.texts or ()]
    assert len(texts.find(RowFilter(search="purr"))) == sum(expected)
    assert len(texts.find(RowFilter(search="purr meow"))) == 0


def test_a_twin_is_the_nearest_neighbour(texts: RunIndex) -> None:
    """By words: the first neighbour of a row is its twin, with its given label; the row itself is none."""
    all_texts = list(texts.columns.texts or ())
    first = next(i for i, text in enumerate(all_texts) if all_texts.count(text) > 1)
    near = neighbours(texts, first, k=4)
    assert len(near) == 4
    assert first not in {one.position for one in near}
    assert all_texts[near[0].position] == all_texts[first]
    assert near[0].similarity == pytest.approx(1, abs=1e-5)
    assert near[0].label == texts.row(near[0].position).given
    assert [one.similarity for one in near] == sorted((one.similarity for one in near), reverse=True)


def test_vectors_are_made_once_and_kept_beside_the_rows(texts: RunIndex) -> None:
    """A second look reads them; the rows' digest does not count them."""
    from cl_flows.review import neighbours as module
    from cl_plugins.stored_rows import digest_of_rows

    neighbours(texts, 0)
    folder = texts.run.rows_folder()
    made = (folder / "vectors.npy").stat().st_mtime_ns
    module._vectors.cache_clear()
    neighbours(texts, 1)
    assert (folder / "vectors.npy").stat().st_mtime_ns == made
    assert digest_of_rows(folder) == folder.name


def test_numbers_have_neighbours_by_distance(tmp_path: Path) -> None:
    """The exact search agrees with distances computed by hand."""
    rng = np.random.default_rng(1)
    rows, labels = rng.normal(size=(60, 3)), np.arange(60) % 2
    np.savez(tmp_path / "a.npz", features=rows, labels=labels, pred_probs=np.full((60, 2), 0.5))
    index = index_of({"path": str(tmp_path / "a.npz")}, tmp_path / "runs")
    apart = np.linalg.norm(rows - rows[7], axis=1)
    near = neighbours(index, 7, k=3)
    assert [one.position for one in near] == np.argsort(apart)[1:4].tolist()
    assert near[0].similarity == pytest.approx(1 / (1 + np.sort(apart)[1]), rel=1e-5)
    assert highlighted(index, 7) == ()
