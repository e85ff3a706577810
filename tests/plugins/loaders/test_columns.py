"""Which column is what: named, guessed aloud, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import ConfigError, Dataset, InputError
from cl_plugins.loaders.options import TableOptions
from cl_plugins.loaders.table import load_table

Load = Callable[..., Dataset]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write rows as CSV, or a frame as Parquet, and load them."""

    def write_and_load(rows: str | pd.DataFrame, **options: Any) -> Dataset:
        path = tmp_path / ("t.csv" if isinstance(rows, str) else "t.parquet")
        if isinstance(rows, str):
            path.write_text(rows)
        else:
            rows.to_parquet(path)
        return load_table(TableOptions.model_validate({"path": path, **options}))

    return write_and_load


def said(data: Dataset) -> str:
    return " | ".join(data.notes)


@pytest.mark.parametrize(
    "name", ["label", "Labels", "class", "target", "CATEGORY", "y", "intent", "given_label"]
)
def test_a_label_column_is_guessed_aloud(load: Load, name: str) -> None:
    """A column called like a label is taken for it, whatever its case."""
    data = load(f"x,{name}\n1,a\n2,b\n")
    assert data.classes == ("a", "b")
    assert f"label column: {name} (a guess" in said(data)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("label,target", "2 columns that may hold the labels: label, target"), ("a,b", "called like a label")],
)
def test_a_label_that_cannot_be_guessed_is_asked_for(load: Load, header: str, wanted: str) -> None:
    """Two candidates, or none: the error lists them and says how to name one."""
    with pytest.raises(InputError, match=wanted) as caught:
        load(f"{header}\n1,a\n2,b\n")
    assert "--label" in caught.value.hint


def test_a_column_with_another_role_is_no_candidate(load: Load) -> None:
    """A right label or a feature of that name does not stand in the way."""
    rows = "x,class,label,y\n1,a,a,a\n2,b,b,b\n"
    assert "label column: label" in said(load(rows, true_labels="class", features=["x", "y"]))


def test_an_id_is_guessed_by_its_name_and_never_by_being_unique(load: Load) -> None:
    """A unique column called like an id is one; another unique column is a feature."""
    data = load("uid,code,y\n007,1,a\n8,2,b\n")
    assert data.ids.tolist() == ["007", "8"]
    assert "id column: uid (a guess" in said(data)
    assert list(data.features.columns) == ["code"]
    shared = load("id,code,y\n1,1,a\n1,2,b\n")
    assert shared.ids.tolist() == [0, 1]
    assert list(shared.features.columns) == ["id", "code"]
    assert "column 'id' is no id" in said(shared)
    assert list(load("id,code,y\n1,1,a\n2,2,b\n", features=["id"]).features.columns) == ["id"]


def test_ids_stay_as_they_were_written(load: Load) -> None:
    """007 and NA are ids; plain whole numbers are numbers."""
    assert load("i,y\n007,a\nNA,b\n", id="i").ids.tolist() == ["007", "NA"]
    assert load("i,y\n-7,a\n10,b\n", id="i").ids.tolist() == [-7, 10]


def test_groups_and_times_come_along_and_are_not_learned_from(load: Load) -> None:
    """They say how rows are held out; listed among the features they are features too."""
    rows = "who,when,x,y\n007,2026-11-24,1,a\n7,2026-11-24T07:30:00+01:00,2,b\n007,2026-11-25,3,\n"
    data = load(rows, groups="who", times="when")
    assert list(data.features.columns) == ["x"]
    assert np.asarray(data.groups).tolist() == ["007", "7"]
    expected = np.array(["2026-11-24T00:00", "2026-11-24T06:30"], dtype="datetime64[us]")
    assert np.array_equal(np.asarray(data.times), expected)
    assert list(load(rows, groups="who", features=["x", "who"]).features.columns) == ["x", "who"]
    prints = {load(rows, **more).fingerprint for more in ({"groups": "who"}, {"times": "when"}, {})}
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2]), [1.0, 2.0]),
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        (pd.to_datetime(["2026-11-24", "2026-11-25"]), ["2026-11-24", "2026-11-25"]),
        (
            pd.to_datetime(["2026-11-24", "2026-11-25"]).tz_localize("Europe/Paris"),
            ["2026-11-23T23", "2026-11-24T23"],
        ),
        (pd.to_datetime(["2026-11-24", "2026-11-25"]).date, ["2026-11-24", "2026-11-25"]),
        (pd.Series(["3", "1e2"]), [3.0, 100.0]),
    ],
)
def test_times_are_dates_or_numbers(load: Load, column: Any, expected: list[Any]) -> None:
    """Dates of every type become datetime64 in UTC, numbers become floats."""
    data = load(pd.DataFrame({"when": column, "x": [1, 2], "y": ["a", "b"]}), times="when")
    wanted = np.array(expected, dtype="datetime64[us]" if isinstance(expected[0], str) else np.float64)
    assert np.array_equal(np.asarray(data.times), wanted)
    assert np.asarray(data.times).dtype == wanted.dtype


@pytest.mark.parametrize(
    ("rows", "options", "wanted"),
    [
        ("t,y\n,a\n2026-01-01,a\nsoon,b\n", {"times": "t"}, r"empty in 1 labelled rows, the first is row 0"),
        (
            "t,y\n2026-01-01,\n2026-01-01,a\nsoon,b\n",
            {"times": "t"},
            r"holds 'soon' in row 2 \(counted from 0",
        ),
        ("t,y\n2026-01-01,a\n2026-13-01,b\n", {"times": "t"}, r"holds '2026-13-01' in row 1"),
        ("t,y\n1,a\ninf,b\n", {"times": "t"}, r"holds 'inf' in row 1"),
        ("t,y\nTrue,a\nFalse,b\n", {"times": "t"}, "holds truth values"),
        ("g,y\n1,a\n,b\n", {"groups": "g"}, r"empty in 1 labelled rows, the first is row 1"),
        ("g,y\n1,a\n2,b\n", {"groups": "h"}, r"no column 'h', which `groups` names"),
        ("x,y\n1,a\n2,bb\n", {"classes": ["b", "a"]}, r"holds 'bb', which `classes` does not list \(1 such"),
        ("x,y\n1,a\n2,b\n", {"keep": ["z"]}, r"no column 'z', which `keep` names"),
    ],
)
def test_columns_that_do_not_serve_are_refused(
    load: Load, rows: str, options: dict[str, Any], wanted: str
) -> None:
    """The row, the cell and a way out."""
    with pytest.raises(InputError, match=wanted) as caught:
        load(rows, **options)
    assert caught.value.hint


PROSE = ["the cat sat on it", "a dog barked at me", "where is my card", "I lost my card again"]


def test_a_table_of_prose_is_text_and_people_are_told(load: Load) -> None:
    """One column left that is prose makes a data set of texts; a list of `features` prevents the guess."""
    rows = pd.DataFrame({"id": range(4), "said": PROSE, "label": list("abab")})
    data = load(rows)
    assert (data.modality, data.features) == ("text", PROSE)
    assert "column 'said' is prose and is learned from as text (a guess" in said(data)
    assert load(rows, features=["said"]).modality == "table"
    assert load(rows.assign(said=["red", "blue", "red", "blue"])).modality == "table"
    assert load(rows.assign(more=1)).modality == "table"


def test_a_named_column_of_text_is_learned_from_alone(load: Load) -> None:
    """The other columns are left out aloud, and stay in the source; empty texts are counted."""
    data = load("said,more,label\nyes,1,a\nnull,2,b\n,3,a\n", text="said")
    assert (data.modality, data.features) == ("text", ["yes", "null", ""])
    assert "only column 'said' is learned from; left out: more" in said(data)
    assert "column 'said' is empty in 1 of 3 labelled rows" in said(data)
    assert data.source is not None
    assert list(data.source.columns) == ["said", "more", "label"]
    with pytest.raises(InputError, match="holds int values such as 1, wanted texts"):
        load(pd.DataFrame({"said": [1, 2], "label": ["a", "b"]}), text="said")
    with pytest.raises(ConfigError, match="`text` and `features` are both set"):
        load("said,more,label\nyes,1,a\nno,2,b\n", text="said", features=["more"])


def test_classes_in_a_fixed_order_stay_in_it(load: Load) -> None:
    """Also a class that labels no row, and names that YAML takes for numbers."""
    data = load("x,y\n1,low\n2,high\n", classes=["low", "middle", "high"])
    assert (data.classes, data.labels.tolist()) == (("low", "middle", "high"), [0, 2])
    assert load("x,y\n1,10\n2,9\n", classes=[10, 9]).labels.tolist() == [0, 1]
    with pytest.raises(InputError, match="'hihg'") as caught:
        load("x,y\n1,low\n2,hihg\n", classes=["low", "high"])
    assert "did you mean 'high'?" in caught.value.hint
    with pytest.raises(ConfigError, match="lists 'low' twice"):
        load("x,y\n1,low\n2,low\n", classes=["low", "low"])


def test_vectors_of_one_length_are_an_array(load: Load) -> None:
    """A single column of embeddings is learned from as numbers; ragged ones are refused."""
    vectors = [[1.0, 2.0], [3.0, 4.0]]
    data = load(pd.DataFrame({"embedding": vectors, "y": ["a", "b"]}))
    assert data.modality == "array"
    assert data.features.tolist() == vectors
    with pytest.raises(InputError, match="no vectors of one length"):
        load(pd.DataFrame({"embedding": [[1.0, 2.0], [3.0]], "y": ["a", "b"]}))


@pytest.mark.parametrize(
    ("labels", "said"),
    [([["a"], ["a", "b"]], "lists or records such as"), ([b"a", b"b"], "bytes such as b'a'")],
)
def test_labels_that_are_no_single_value_are_refused(load: Load, labels: list[Any], said: str) -> None:
    """Two labels of one row are not a third class."""
    with pytest.raises(InputError, match=said) as caught:
        load(pd.DataFrame({"x": [1, 2], "label": labels}))
    assert caught.value.hint


def test_the_source_is_the_labelled_rows_as_they_stood(load: Load) -> None:
    """Every column but probabilities, dropped ones too, in the rows of the data set."""
    data = load("i,x,r,y\n1,5,n,a\n2,6,s,\n3,7,n,b\n", id="i", drop=["r"])
    assert data.source is not None
    assert data.source.to_dict("list") == {"i": ["1", "3"], "x": [5, 7], "r": ["n", "n"], "y": ["a", "b"]}
    assert list(data.features.columns) == ["x"]
