"""The loader ``table`` reads one table from many containers: formats, parts, folders, globs and URLs."""

import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cl_core import ConfigError, Dataset, InputError
from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.options import TABLE_ENDINGS, TableOptions
from cl_plugins.loaders.table import load_table
from local_servers import answering

FRAME = pd.DataFrame(
    {"code": ["r1", "r2", "r3", "r4"], "x": [1.5, 2.0, None, 4.0], "y": ["dog", "cat", "007", "dog"]}
)


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write `frame` as the ending of `path` says."""
    name = path.name
    if name.endswith((".parquet", ".pq")):
        frame.to_parquet(path)
    elif name.endswith((".feather", ".arrow")):
        frame.to_feather(path)
    elif name.endswith(".ipc"):
        table = pa.Table.from_pandas(frame)
        with pa.ipc.new_stream(str(path), table.schema) as stream:
            stream.write_table(table, max_chunksize=2)
    elif "json" in name:
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in name else ",")
    return path


def load(path: Path | str, **options: Any) -> Dataset:
    return load_table(TableOptions.model_validate({"path": path, "label": "y", **options}))


@pytest.mark.parametrize("ending", TABLE_ENDINGS)
def test_every_format_gives_the_same_rows(tmp_path: Path, ending: str) -> None:
    """Whatever the ending, the loader keeps its contract and the rows are the same."""
    loader, *_ = labelgate_dataset_loaders()
    data = check_loader(
        loader, {"path": write(FRAME, tmp_path / f"pets{ending}"), "label": "y", "id": "code"}
    )
    assert (data.name, data.classes) == ("pets", ("007", "cat", "dog"))
    assert (data.labels.tolist(), data.ids.tolist()) == ([2, 1, 0, 2], ["r1", "r2", "r3", "r4"])
    assert data.features["x"].fillna(-1).tolist() == [1.5, 2.0, -1, 4.0]


words = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8
)
rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "007", "2026-11-24", "é"]),
        words,
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.booleans(),
    ),
    min_size=2,
    max_size=12,
).filter(lambda rows: len({row[0] for row in rows}) > 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rows=rows)
def test_typed_formats_agree(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    """Law: a table in Parquet, Feather or JSON Lines is the same data set."""
    frame = pd.DataFrame(rows, columns=["y", "word", "whole", "number", "truth"])
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    parquet = load(write(frame, tmp_path / "t.parquet"))
    for other in (load(write(frame, tmp_path / "t.feather")), load(tmp_path / "t.jsonl")):
        assert other.classes == parquet.classes
        assert other.labels.tolist() == parquet.labels.tolist()
        pd.testing.assert_frame_equal(other.features, parquet.features, check_dtype=False)


def test_a_table_in_parts_is_the_table(tmp_path: Path) -> None:
    """Same content, same digest: under another name, in parts by folder or glob, in Parquet or in CSV."""
    frame = pd.DataFrame({"x": range(10), "code": ["7"] * 5 + ["a7"] * 5, "y": list("abcab") * 2})
    for ending in (".parquet", ".arrow", ".csv", ".jsonl"):
        whole = load(write(frame, tmp_path / f"whole{ending}"))
        folder = tmp_path / f"parts{ending}"
        folder.mkdir()
        for i, start in enumerate(range(0, 10, 3)):
            write(frame.iloc[start : start + 3].reset_index(drop=True), folder / f"part-{i}{ending}")
        (folder / "_SUCCESS").touch()
        found = [load(folder), load(f"{folder}/part-*{ending}")]
        assert {data.fingerprint for data in found} == {whole.fingerprint}
        assert {data.name for data in found} <= {"parts", f"parts{ending}"}


def test_csv_parts_without_a_last_line_break_stay_apart(tmp_path: Path) -> None:
    """The last row of a part does not run into the first of the next; a name in quotes may have two lines."""
    (tmp_path / "a.csv").write_text('"x\n1",y\n1,a')
    (tmp_path / "b.csv").write_text('"x\n1",y\n2,b\n')
    data = load(tmp_path / "*.csv")
    assert data.features["x\n1"].tolist() == [1, 2]
    assert data.labels.tolist() == [0, 1]


def test_folders_named_like_columns_are_columns(tmp_path: Path) -> None:
    """Partitions as Hive and Spark write them: the label may be in the folder's name."""
    for i, name in enumerate(("big cat", "dog")):
        folder = tmp_path / "pets" / f"y={name.replace(' ', '%20')}"
        folder.mkdir(parents=True)
        pd.DataFrame({"x": [i, i + 10]}).to_parquet(folder / "part-0.parquet")
    data = load(tmp_path / "pets")
    assert (data.classes, data.labels.tolist()) == (("big cat", "dog"), [0, 0, 1, 1])
    assert data.features["x"].tolist() == [0, 10, 1, 11]


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    """Other columns, other types, other formats: nothing is filled up or left out in silence."""
    a = write(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), tmp_path / "a.parquet")
    b = write(pd.DataFrame({"z": [1, 2], "y": ["a", "b"]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"'b.parquet' and 'a.parquet' .* differ in column 'x'"):
        load(tmp_path / "*.parquet")
    write(pd.DataFrame({"x": ["one", "two"], "y": ["a", "b"]}), b)
    with pytest.raises(InputError, match="incompatible types"):
        load(tmp_path / "*.parquet")
    write(pd.DataFrame({"x": [3], "y": ["a"]}), tmp_path / "c.csv")
    with pytest.raises(InputError, match="several formats"):
        load(tmp_path / "*.*")
    b.unlink()
    (tmp_path / "d.csv").write_text("y,x\na,1\n")
    with pytest.raises(InputError, match=r"'d.csv' has another header than 'c.csv'"):
        load(tmp_path / "*.csv")
    with pytest.raises(InputError, match="no file is called like"):
        load(tmp_path / "*.feather")
    assert load(a).n_rows == 2


def test_files_of_a_folder_that_are_no_tables_are_named(tmp_path: Path) -> None:
    """What lies beside the parts is left out aloud."""
    write(FRAME, tmp_path / "part.parquet")
    (tmp_path / "README.txt").write_text("hello")
    assert any("1 files" in note and "README.txt" in note for note in load(tmp_path).notes)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.jsonl", '{"x": 1, "y": "a"}\n{"x": "b", "y": "b"}\n', "changed from number to string"),
        ("t.jsonl", '{"x": 1, "x": 2, "y": "b"}\n', "specified twice"),
        ("t.jsonl", "[1, 2]\n", "could not be read as a table"),
        ("t.jsonl.gz", gzip.compress(b'{"y": 1}\n' * 50, mtime=0)[:30], "could not be read as a table"),
        ("t.arrow", b"ARROW1 but no more", "could not be read as a table"),
        ("t.feather", b"FEA1 of old", "Feather of version 1"),
        ("t.ipc", b"noise that is no stream", "could not be read as a table"),
        ("t.csv", "x,y\n1,a,2\n2,b,3\n", "more cells than its header has names"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    """What came, what was wanted and what to do."""
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for options in ({}, {"features": ["x"]}):
        with pytest.raises(InputError, match=said) as caught:
            load(tmp_path / name, **options)
        assert caught.value.hint


def test_only_the_columns_needed_are_read(tmp_path: Path) -> None:
    """With `features`, a column of another kind does no harm, and `keep` brings one along for slices."""
    frame = FRAME.assign(region=["n", "s", "n", "s"], blob=[b"1"] * 4)
    for ending in (".parquet", ".feather", ".jsonl"):
        path = write(frame.drop(columns="blob") if ending == ".jsonl" else frame, tmp_path / f"t{ending}")
        data = load(path, features=["x"], keep=["region"], id="code")
        assert list(data.features.columns) == ["x"]
        assert data.source is not None
        assert sorted(data.source.columns) == ["code", "region", "x", "y"]


def test_a_named_pandas_index_is_a_column_and_a_nameless_one_is_left_out_aloud(tmp_path: Path) -> None:
    """An index without a name numbers the rows of a frame that is gone."""
    FRAME.set_index("code").to_parquet(tmp_path / "named.parquet")
    assert load(tmp_path / "named.parquet", id="code").ids.tolist() == ["r1", "r2", "r3", "r4"]
    FRAME.iloc[[3, 1, 2, 0]].to_parquet(tmp_path / "nameless.parquet")
    data = load(tmp_path / "nameless.parquet", id="code")
    assert list(data.features.columns) == ["x"]
    assert any("nameless index" in note for note in data.notes)


def test_large_whole_numbers_with_holes_stay_whole(tmp_path: Path) -> None:
    """Two classes that are one float are still two classes."""
    big = pd.array([2**53, 2**53 + 1, None, 2**53], dtype="Int64")
    pd.DataFrame({"x": [1, 2, 3, 4], "y": big}).to_parquet(tmp_path / "t.parquet")
    assert load(tmp_path / "t.parquet").classes == (str(2**53), str(2**53 + 1))


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".jsonl", ".csv"])
def test_probabilities_are_gathered_beside_the_labelled_rows(tmp_path: Path, ending: str) -> None:
    """Columns in class order, rows without a label left out, many blocks like one."""
    rng = np.random.default_rng(0)
    n = 150_000 if ending == ".parquet" else 50
    probs = rng.dirichlet(np.ones(3), n).round(6)
    frame = pd.DataFrame(probs, columns=["p_c", "p_a", "p_b"]).assign(y=rng.choice([*"abc", None], n))
    data = load(write(frame, tmp_path / f"t{ending}"), pred_probs_columns="p_{class}")
    expected = probs[frame["y"].notna().to_numpy()][:, [1, 2, 0]]
    np.testing.assert_array_equal(np.asarray(data.pred_probs), expected)
    assert data.source is not None
    assert list(data.source.columns) == ["y"]


def test_single_precision_stays_single(tmp_path: Path) -> None:
    """A matrix of float32 is not doubled in memory; text among the probabilities is refused."""
    frame = pd.DataFrame({"p_a": [0.25, 0.5], "p_b": [0.75, 0.5]}, dtype=np.float32).assign(y=["a", "b"])
    data = load(write(frame, tmp_path / "t.parquet"), pred_probs_columns="p_{class}")
    assert np.asarray(data.pred_probs).dtype == np.float32
    write(frame.assign(p_b=["much", "little"]), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="something else than numbers: column 'p_b' holds"):
        load(tmp_path / "t.parquet", pred_probs_columns="p_{class}")


def test_large_probabilities_lie_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the limit the array is a memory map of a file without a name, which nobody has to remove."""
    monkeypatch.setattr("cl_plugins.loaders.probabilities._MOST_BYTES_IN_MEMORY", 10)
    frame = pd.DataFrame({"p_a": [0.25, 0.5], "p_b": [0.75, 0.5], "y": ["a", "b"]})
    data = load(write(frame, tmp_path / "t.parquet"), pred_probs_columns="p_{class}")
    assert isinstance(data.pred_probs, np.memmap)
    assert data.pred_probs.tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert data.pred_probs.filename is None


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serve the folder over HTTP and give the URL of a file in it."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the server's name
            """Say nothing."""

    with answering(partial(Quiet, directory=str(tmp_path))) as address:
        yield lambda name: f"{address}/{name}"


@pytest.mark.parametrize("name", ["my pets.csv.gz", "pets.parquet", "pets.jsonl"])
def test_a_table_behind_https_reads_like_a_file(tmp_path: Path, web: Callable[[str], str], name: str) -> None:
    """The name, the rows and the digest are those of the file; a password and a token are not shown."""
    here = load(write(FRAME, tmp_path / name))
    address = web(name.replace(" ", "%20"))
    there = load(f"{address}?token=geheim")
    assert (there.name, there.fingerprint) == (here.name, here.fingerprint)
    with pytest.raises(InputError, match="answered 404") as caught:
        load(address.replace("pets", "cats").replace("//", "//me:geheim@") + "?token=geheim")
    assert "geheim" not in str(caught.value)


def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    """The error says what failed, and its cause is a broken connection."""
    with pytest.raises(InputError, match="could not be fetched") as caught:
        load("http://127.0.0.1:9/t.csv")
    causes = [caught.value.__cause__]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    assert any(isinstance(cause, ConnectionError) for cause in causes)


def test_any_fsspec_url_is_read(tmp_path: Path) -> None:
    """A file, a folder and a glob behind a protocol; memory:// stands for object stores."""
    memory = fsspec.filesystem("memory")
    here = load(write(FRAME, tmp_path / "pets.parquet"))
    try:
        for i in (0, 2):
            write(FRAME.iloc[i : i + 2].reset_index(drop=True), tmp_path / f"part-{i}.parquet")
            memory.put_file(str(tmp_path / f"part-{i}.parquet"), f"/bucket/parts/part-{i}.parquet")
        memory.put_file(str(tmp_path / "pets.parquet"), "/bucket/pets.parquet")
        for url in (
            "memory://bucket/pets.parquet",
            "memory://bucket/parts",
            "memory://bucket/parts/*.parquet",
        ):
            assert load(url).fingerprint == here.fingerprint
        assert load(f"file://{tmp_path}/pets.parquet").fingerprint == here.fingerprint
        with pytest.raises(InputError, match=r"there is nothing at 'memory://bucket/cats.csv'"):
            load("memory://bucket/cats.csv")
    finally:
        memory.rm("/bucket", recursive=True)


def test_a_missing_driver_is_named_with_the_command() -> None:
    """A protocol whose package is not installed, and one that nobody knows."""
    with pytest.raises(ConfigError, match="gs:// needs the package gcsfs") as caught:
        load("gs://bucket/t.csv")
    assert caught.value.hint == "pip install gcsfs"
    with pytest.raises(ConfigError, match="no file system is called 'warp'"):
        load("warp://bucket/t.csv")
