"""The loader ``table``: what it reads, what it says, what it refuses."""

import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import ConfigError, Dataset, InputError
from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.options import TableOptions
from cl_plugins.loaders.table import load_table

ROWS = "id,size,colour,y\nr1,1.5,red,cat\nr2,2.5,blue,dog\nr3,,red,cat\n"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """Write a text file and load it."""

    def write_and_load(text: str, name: str = "pets.csv", **options: Any) -> Dataset:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return load_table(TableOptions.model_validate({"path": path, "label": "y", **options}))

    return write_and_load


def refused(load: Callable[..., Dataset], *arguments: Any, **options: Any) -> str:
    """Message and hint of the error that loading ends in."""
    with pytest.raises(InputError) as caught:
        load(*arguments, **options)
    assert caught.value.hint
    return f"{caught.value} | {caught.value.hint}"


def test_a_csv_becomes_a_data_set(load: Callable[..., Dataset]) -> None:
    """Ids, class names, class numbers and the columns to learn from are what the file says."""
    data = load(ROWS, id="id")
    assert data.name == "pets"
    assert data.ids.tolist() == ["r1", "r2", "r3"]
    assert data.classes == ("cat", "dog")
    assert data.labels.tolist() == [0, 1, 0]
    assert list(data.features.columns) == ["size", "colour"]
    assert (data.modality, data.n_unlabelled, data.notes) == ("table", 0, ())


@pytest.mark.parametrize("name", ["pets.csv", "pets.tsv", "pets.csv.gz", "pets.parquet", "pets.pq"])
def test_every_format_keeps_the_contract(tmp_path: Path, name: str) -> None:
    """The same rows load from every format, under the loader's contract."""
    path, (loader, *_) = tmp_path / name, labelgate_dataset_loaders()
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["b", "a", "b"]})
    if name.endswith(("parquet", "pq")):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if "tsv" in name else ",")
    data = check_loader(loader, {"path": path, "label": "y"})
    assert (data.name, data.labels.tolist(), data.classes) == ("pets", [1, 0, 1], ("a", "b"))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1.0", "2.0", "1.0"], ("1", "2")),
        (["True", "False", "True"], ("False", "True")),
        (["007", "7", "007"], ("007", "7")),
        (["b", "1", "a"], ("1", "a", "b")),
        (["None", "bent", "None"], ("None", "bent")),
        (["0.5", "1.5", "0.5"], ("0.5", "1.5")),
    ],
)
def test_classes_are_in_the_order_people_expect(
    load: Callable[..., Dataset], labels: list[str], classes: tuple[str, ...]
) -> None:
    """Numbers by value, words by spelling; what looks like a number but is a code stays as written."""
    assert load("x,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels))).classes == classes


def test_rows_without_a_label_are_left_out_and_counted(load: Callable[..., Dataset]) -> None:
    """A float column of labels with holes reads as whole numbers; ids stay the numbers of the file's rows."""
    data = load("x,y\n1,1\n2,\n3,2\n4,NA\n5,1\n")
    assert data.classes == ("1", "2")
    assert data.ids.tolist() == [0, 2, 4]
    assert data.features["x"].tolist() == [1, 3, 5]
    assert data.n_unlabelled == 2
    assert any("in 2 of 5 rows (40.0%); these rows are left out" in note for note in data.notes)


def test_a_class_that_is_called_like_a_missing_label_is_not_lost_in_silence(
    load: Callable[..., Dataset],
) -> None:
    """NA may be North America: people learn which words were read as no label, and how to change that."""
    table = "x,y\n1,EU\n2,NA\n3,AS\n4,NA\n5,EU\n"
    said = next(note for note in load(table).notes if "in 2 of 5 rows" in note)
    assert "one of NA," in said
    assert "(missing_labels)" in said
    assert load(table, missing_labels=[""]).classes == ("AS", "EU", "NA")
    with pytest.raises(InputError, match=r"one class only, 'EU', and is empty, or one of NA, .* in 1 of 3"):
        load("x,y\n1,EU\n2,NA\n3,EU\n")


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype=pd.CategoricalDtype(["z", "b", "a"], ordered=True)),
        pd.Series([2.0, 1.0, 2.0]),
        pd.Series([True, False, True]),
        pd.Series([2, 1, 2], dtype="Int64"),
    ],
)
def test_parquet_labels_of_every_type_are_read(tmp_path: Path, column: "pd.Series[Any]") -> None:
    """Dictionary, float, boolean and nullable columns give the classes that label a row."""
    pd.DataFrame({"x": [1, 2, 3], "y": column}).to_parquet(tmp_path / "t.parquet")
    data = load_table(TableOptions(path=tmp_path / "t.parquet", label="y"))
    assert data.labels.tolist() == [1, 0, 1]
    assert data.n_classes == 2


def test_parquet_and_csv_give_the_same_labels(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    """The format of the file plays no part in class names or numbers."""
    frame = pd.DataFrame({"x": [1, 2, 3], "y": [10.0, None, 9.0]})
    frame.to_parquet(tmp_path / "t.parquet")
    other = load_table(TableOptions(path=tmp_path / "t.parquet", label="y"))
    data = load(frame.to_csv(index=False))
    assert data.classes == other.classes == ("9", "10")
    assert data.labels.tolist() == other.labels.tolist() == [1, 0]


def test_probabilities_come_along_by_pattern_or_by_name(load: Callable[..., Dataset]) -> None:
    """Columns of probabilities are put in the order of the classes and not learned from."""
    text = "y,p_dog,p_cat,p_emu,x\ncat,.2,.7,.1,1\ndog,.9,.1,0,2\n"
    expected = [[0.7, 0.2, 0.1], [0.1, 0.9, 0.0]]
    for wanted in ("p_{class}", {"cat": "p_cat", "dog": "p_dog", "emu": "p_emu"}):
        data = load(text, pred_probs_columns=wanted)
        assert data.classes == ("cat", "dog", "emu")
        assert np.asarray(data.pred_probs).tolist() == expected
        assert list(data.features.columns) == ["x"]


def test_right_labels_of_a_benchmark_come_along(load: Callable[..., Dataset]) -> None:
    """The right labels are numbered by the classes of the given ones, and not learned from."""
    data = load("x,y,t\n1,a,a\n2,a,b\n3,b,b\n", true_labels="t")
    assert np.asarray(data.true_labels).tolist() == [0, 1, 1]
    assert list(data.features.columns) == ["x"]


def test_the_fingerprint_tells_content_apart(load: Callable[..., Dataset]) -> None:
    """One changed cell, label or id changes the fingerprint."""
    changed = [ROWS, ROWS.replace("2.5", "2.6"), ROWS.replace("r3", "r4"), ROWS.replace("dog", "cow")]
    assert len({load(text, id="id").fingerprint for text in changed}) == 4


def test_names_that_differ_in_case_only_are_pointed_out(load: Callable[..., Dataset]) -> None:
    """A typing error in a class name is a class of its own, and people are told."""
    assert any("'Cat' and 'cat' differ in case" in note for note in load("x,y\n1,cat\n2,Cat\n3,dog\n").notes)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "is empty (0 bytes)"),
        ("x,y\n", {}, "has no rows"),
        ("x,label\n1,a\n", {"label": "lable"}, "did you mean 'label'? columns: x, label"),
        ("x,y\n1,\n2,\n", {}, "has no label in any of 2 rows"),
        ("x,y\n1,a\n2,a\n", {}, "holds one class only, 'a'"),
        ("x,x,y\n1,2,a\n", {}, "several columns called 'x'"),
        ("i,y\n1,a\n1,b\n", {"id": "i"}, "repeats 1 ids, the first '1'"),
        ("i,y\n1,a\n,b\n", {"id": "i"}, "is empty in 1 rows"),
        ("x;y\n1;a\n", {"separator": "|"}, "looks as if it were ';'"),
        ("x,y\n1,a\n2,b\n", {"separator": ";"}, "looks as if it were ','"),
        ("x,y\n1,a\n2,b,c,d\n", {}, "could not be read as a table"),
        ("x,y\n1,a\n2,b\n", {"drop": ["z"]}, "no column 'z', which `drop` names"),
        ("x,y,t\n1,a,a\n2,b,c\n", {"true_labels": "t"}, "holds 'c', which is no class"),
        ("x,y,t\n1,a,a\n2,b,\n", {"true_labels": "t"}, "is empty in 1 of 2 rows"),
        ("x,y,p_a\n1,a,1\n2,b,0\n", {"pred_probs_columns": "p_{class}"}, "class 'b' has no column"),
        ("x,y\n1,a\n2,b\n", {"pred_probs_columns": "p_{class}"}, "no column of 'pets.csv' is named like"),
        ("y,p_a,p_b\na,1,0\nb,x,1\n", {"pred_probs_columns": "p_{class}"}, "something else than numbers"),
    ],
)
def test_bad_tables_are_refused_with_a_way_out(
    load: Callable[..., Dataset], text: str, options: dict[str, Any], said: str
) -> None:
    """What came, what was wanted and what to do."""
    assert said in refused(load, text, **options)


@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_a_header_that_a_comma_does_not_cut_says_what_does(
    load: Callable[..., Dataset], separator: str
) -> None:
    """Spreadsheets write semicolons where the comma is in numbers; the guess is said aloud."""
    data = load("x,y\n1,a\n2,b\n".replace(",", separator))
    assert (list(data.features.columns), data.classes) == (["x"], ("a", "b"))
    assert f"cells are cut at {separator!r}: the header has no ','" in data.notes


def test_a_quantity_is_not_a_label(load: Callable[..., Dataset]) -> None:
    """Many fractions, or nearly as many values as rows, are refused: this is no classification."""
    fractions = "".join(f"1,{i / 7:.4f}\n" for i in range(1, 60))
    assert "a quantity, not classes" in refused(load, "x,y\n" + fractions)
    assert "ids or quantities" in refused(load, "x,y\n" + "".join(f"1,{i}\n" for i in range(60)))


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """A missing file (the nearest is named), a folder, a broken archive, a broken Parquet file."""
    (tmp_path / "pets.csv").write_text(ROWS)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(ROWS.encode())[:30])
    (tmp_path / "b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(InputError, match="no file") as caught:
        load_table(TableOptions(path=tmp_path / "pet.csv", label="y"))
    assert "did you mean 'pets.csv'?" in caught.value.hint
    broken = "could not be read as a table"
    (tmp_path / "none").mkdir()
    folders = (
        (".", "parts of several formats: .csv, .csv.gz, .parquet"),
        ("none", "a folder without tables"),
    )
    for name, said in (*folders, ("b.csv.gz", broken), ("b.parquet", broken)):
        with pytest.raises(InputError, match=said):
            load_table(TableOptions(path=tmp_path / name, label="y"))


def test_another_encoding_is_named_in_the_error(tmp_path: Path) -> None:
    """A file in a Windows encoding fails with the byte, and loads when the encoding is given."""
    path = tmp_path / "w.csv"
    options = TableOptions(path=path, label="y")
    path.write_bytes("x,y\n1,café\n2,thé\n".encode("cp1252"))
    with pytest.raises(InputError, match="not utf-8 text: byte 0xe9"):
        load_table(options)
    with pytest.raises(InputError, match="no encoding is called 'latin-99'"):
        load_table(options.model_copy(update={"encoding": "latin-99"}))
    with pytest.raises(InputError, match="is not utf-16 text: UTF-16 stream does not start with BOM"):
        load_table(options.model_copy(update={"encoding": "utf-16"}))
    assert load_table(options.model_copy(update={"encoding": "cp1252"})).classes == ("café", "thé")


def test_a_column_serves_one_purpose(load: Callable[..., Dataset]) -> None:
    """Learning from the label or a dropped column is refused."""
    with pytest.raises(ConfigError, match="'y' is to be learned from, but also"):
        load(ROWS, features=["size", "y"])


def test_two_thousand_rows_load_at_once(load: Callable[..., Dataset]) -> None:
    """A CSV of 2,000 rows and 20 columns loads in a fraction of the gate's time."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(2000, 20)))
    frame["y"] = rng.integers(0, 3, 2000)
    text = frame.to_csv(index=False)
    load(text)  # the first call pays for imports
    start = time.process_time()
    load(text)
    assert time.process_time() - start < 0.5


def test_a_link_to_nowhere_and_a_pipe_are_refused_and_nothing_waits(tmp_path: Path) -> None:
    """A pipe without a writer would wait for ever; a broken link is not its own nearest file."""
    (tmp_path / "link.csv").symlink_to("link.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for name, said in (("link.csv", "leads to no file"), ("pipe.csv", "is a pipe")):
        with pytest.raises(InputError, match=said):
            load_table(TableOptions.model_validate({"path": tmp_path / name, "label": "y"}))


def test_a_blank_label_is_a_class_and_that_is_said(tmp_path: Path) -> None:
    """Where a file tells null from an empty text, the text may mean that nobody labelled the row."""
    path = tmp_path / "table.jsonl"
    labels = ["a", "", None, "a", "b", "b"]
    path.write_text("".join(json.dumps({"x": i, "label": label}) + "\n" for i, label in enumerate(labels)))
    data = load_table(TableOptions(path=path, label="label"))
    assert (data.classes, data.n_unlabelled) == (("", "a", "b"), 1)
    assert any("holds a blank text in 1 rows: a class of its own" in note for note in data.notes)


def test_the_folder_one_stands_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data sets are told apart by their names: `.` is called as the folder is."""
    (tmp_path / "visits").mkdir()
    lines = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(6))
    (tmp_path / "visits" / "part.csv").write_text("x,label\n" + lines)
    monkeypatch.chdir(tmp_path / "visits")
    assert load_table(TableOptions(path=".", label="label")).name == "visits"
