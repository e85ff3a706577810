"""The corrected data set comes back as it went in: other labels, and every other byte as it was."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cl_core import ConfigError, InputError
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import KeptRun, open_kept
from cl_flows.review.export import export_corrected
from judging import judged
from trees import tree_gate

N = 60


def table() -> pd.DataFrame:
    """Two classes in one number, cells that need quotes, and two rows without a label."""
    rng = np.random.default_rng(0)
    labels = np.array(["ash", "birch, weeping"])[np.arange(N) % 2].astype(object)
    labels[[7, 33]] = None
    return pd.DataFrame(
        {
            "tree": [f"{i:03}" for i in range(N)],
            "height": np.round(rng.normal(size=N) + 6 * (np.arange(N) % 2), 3),
            "note": [f'says "{i}",\nor not' for i in range(N)],
            "label": labels,
        }
    )


def gated(path: Path, output: Path, **data: Any) -> KeptRun:
    raw = tree_gate(path, output, max_noise_rate=0.5) | {"data": {"path": str(path), **data}}
    run_direct(make_config(raw, "test"))
    return open_kept(output, "last")


WORDS = {
    "000": ("relabel", "birch, weeping"),
    "001": ("relabel", "ash"),
    "002": ("relabel", 'elm "x"'),
    "010": ("none", ""),
    "011": ("ambiguous", ""),
    "012": ("keep", ""),
}


def wanted(frame: pd.DataFrame, *, keep_excluded: bool = False) -> pd.DataFrame:
    new = frame.copy()
    for row, (action, label) in WORDS.items():
        if action == "relabel":
            new.loc[new["tree"] == row, "label"] = label
    leave = [] if keep_excluded else ["010", "011"]
    return new[~new["tree"].isin(leave)].reset_index(drop=True)


@pytest.mark.parametrize(
    ("encoding", "ending", "separator"),
    [("utf-8", "\n", ","), ("utf-8-sig", "\r\n", ","), ("utf-16", "\n", ";"), ("cp1252", "\r\n", "\t")],
)
def test_a_csv_file_keeps_every_other_byte(
    tmp_path: Path, encoding: str, ending: str, separator: str
) -> None:
    """Encoding, mark, ends of lines, separator, needless quotes, blank lines, a last line without an end."""
    lines = ["tree;größe;note;label"]
    frame = table()
    for i, row in enumerate(frame.itertuples()):
        label = "NA" if row.label is None else str(row.label)
        shown = f'"{label}"' if "," in label or i % 4 == 0 else label
        lines.append(f'{row.tree};{row.height:+.3f};"says ""{i}"", or not";{shown}')
    text = (ending.join(lines) + ending + ending).replace(";", separator).rstrip(ending)
    path = tmp_path / "trees.csv"
    path.write_bytes(text.encode(encoding))
    kept = gated(path, tmp_path / "runs", label="label", id="tree", encoding=encoding)
    done = export_corrected(kept, judged(kept, WORDS), tmp_path / "new.csv")
    assert (done.from_source, done.says) == (True, ())
    assert (done.n_rows, done.n_relabelled, done.n_excluded) == (N - 2 - 2, 3, 2)
    new = lines.copy()
    new[1] = new[1].replace('"ash"', '"birch, weeping"')
    new[2] = new[2].replace('"birch, weeping"', '"ash"')
    new[3] = new[3].removesuffix("ash") + '"elm ""x"""'
    del new[11:13]
    expected = (ending.join(new) + ending + ending).replace(";", separator).rstrip(ending)
    assert (tmp_path / "new.csv").read_bytes() == expected.encode(encoding)
    more = export_corrected(kept, judged(kept, {}), tmp_path / "all.csv", keep_excluded=True)
    assert (more.n_rows, more.n_excluded, more.n_kept_excluded) == (N - 2, 0, 2)


def _parquet(path: Path, frame: pd.DataFrame) -> None:
    schema = pa.schema(
        [
            pa.field("tree", pa.string(), metadata={"a": "b"}),
            ("height", pa.float32()),
            ("note", pa.large_string()),
            ("label", pa.dictionary(pa.int8(), pa.string())),
        ]
    )
    pq.write_table(pa.Table.from_pandas(frame, schema), path, row_group_size=25, compression="gzip")


def _arrow(path: Path, frame: pd.DataFrame) -> None:
    data = pa.Table.from_pandas(frame)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data, max_chunksize=20)


def _json(path: Path, frame: pd.DataFrame) -> None:
    rows = [{k: v for k, v in row.items() if pd.notna(v)} for row in frame.to_dict("records")]
    lines = "".join(json.dumps(row, indent=None, ensure_ascii=False) + " \n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode()))


def _read_json(path: Path) -> pd.DataFrame:
    return pd.DataFrame([json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()])


def _ipc(path: Path) -> pd.DataFrame:
    with pa.OSFile(str(path)) as source:
        frame: pd.DataFrame = pa.ipc.open_stream(source).read_all().to_pandas()
        return frame


@pytest.mark.parametrize(
    ("ending", "write", "read"),
    [
        (".parquet", _parquet, lambda p: pq.read_table(p).to_pandas()),
        (".arrow", _arrow, _ipc),
        (".feather", lambda p, f: f.to_feather(p), pd.read_feather),
        (".jsonl.gz", _json, _read_json),
    ],
)
def test_other_tables_keep_schema_types_and_cells(
    tmp_path: Path,
    ending: str,
    write: Callable[[Path, pd.DataFrame], None],
    read: Callable[[Path], pd.DataFrame],
) -> None:
    """Rows without a label stay where they are."""
    path, target = tmp_path / f"trees{ending}", tmp_path / f"new{ending}"
    write(path, table())
    kept = gated(path, tmp_path / "runs", label="label", id="tree", drop=["note"])
    done = export_corrected(kept, judged(kept, WORDS), target)
    assert (done.from_source, done.n_relabelled, done.n_excluded) == (True, 3, 2)
    before, after = read(path), read(target)
    assert list(after.columns) == list(before.columns)
    expected = wanted(before.assign(label=before["label"].astype(object)))
    after = after.assign(label=after["label"].astype(object))
    pd.testing.assert_frame_equal(after, expected, check_dtype=True)
    if ending == ".parquet":
        one, two = pq.ParquetFile(path), pq.ParquetFile(target)
        assert one.schema_arrow.equals(two.schema_arrow, check_metadata=True)
        assert two.metadata.num_row_groups == 3
        assert two.metadata.row_group(0).column(0).compression == "GZIP"


def test_numbers_stay_numbers_and_a_class_that_is_none_is_told(tmp_path: Path) -> None:
    """Labels 0.0 and 1.0 are the classes 0 and 1; a word among them takes the kept rows."""
    frame = table().dropna(subset="label").assign(label=lambda t: (t["label"] == "ash").astype(float))
    frame.to_parquet(tmp_path / "trees.parquet", index=False)
    kept = gated(tmp_path / "trees.parquet", tmp_path / "runs", label="label", id="tree", drop=["note"])
    export_corrected(kept, judged(kept, {"001": ("relabel", "1")}), tmp_path / "new.parquet")
    assert pd.read_parquet(tmp_path / "new.parquet")["label"].tolist()[:3] == [1.0, 1.0, 1.0]
    done = export_corrected(kept, judged(kept, {"002": ("relabel", "elm")}), tmp_path / "two.parquet")
    assert not done.from_source
    assert "the new class 'elm' is no float" in done.says[0]
    assert pd.read_parquet(tmp_path / "two.parquet")["label"].tolist()[:4] == ["1.0", "1.0", "elm", "0.0"]


def test_parts_of_a_table_are_parts_again(tmp_path: Path) -> None:
    """A folder of CSV parts becomes a folder of the same parts; in place, other files stay."""
    folder, frame = tmp_path / "parts", table()
    folder.mkdir()
    for i in range(2):
        frame.iloc[30 * i : 30 * (i + 1)].to_csv(folder / f"part-{i}.csv", index=False)
    kept = gated(folder, tmp_path / "runs", label="label", id="tree", drop=["note"])
    done = export_corrected(kept, judged(kept, WORDS | {"045": ("none", "")}), tmp_path / "new")
    assert (done.from_source, done.n_excluded) == (True, 3)
    parts = [pd.read_csv(tmp_path / "new" / f"part-{i}.csv", dtype={"tree": str}) for i in range(2)]
    assert [len(part) for part in parts] == [28, 29]
    assert parts[0]["label"].tolist()[:3] == ["birch, weeping", "ash", 'elm "x"']
    (folder / "part-1.csv").chmod(0o600)
    (folder / "about").mkdir()
    (folder / "about" / "README.txt").write_text("who labelled what")
    export_corrected(kept, judged(kept, {}), None)
    assert len(pd.read_csv(folder / "part-0.csv")) == 28
    assert (folder / "about" / "README.txt").read_text() == "who labelled what"
    assert (folder / "part-1.csv").stat().st_mode & 0o777 == 0o600


def test_an_archive_keeps_its_other_arrays(tmp_path: Path) -> None:
    """Numbers that stand for named classes, wider names, NaN for no label; rows leave every array of rows."""
    features = np.random.default_rng(0).normal(size=(N, 2)) + 5 * (np.arange(N) % 2)[:, None]
    labels = np.arange(N) % 2 + 0.0
    labels[7] = np.nan
    meta = {"classes": np.array(["ash", "birch"]), "ids": np.array([f"{i:03}" for i in range(N)])}
    path = tmp_path / "trees.npz"
    arrays: Any = {"labels": labels, "features": features, "other": np.arange(3), **meta}
    np.savez_compressed(path, **arrays)
    kept = gated(path, tmp_path / "runs")
    words = {"000": ("relabel", "birch"), "001": ("relabel", "ash"), "010": ("none", "")}
    done = export_corrected(kept, judged(kept, words), tmp_path / "new.npz")
    assert (done.from_source, done.n_relabelled, done.n_excluded) == (True, 2, 1)
    with np.load(tmp_path / "new.npz") as new:
        assert new["labels"][:4].tolist() == [1.0, 0.0, 0.0, 1.0]
        assert np.isnan(new["labels"][7])
        assert new["labels"].dtype == labels.dtype
        assert len(new["labels"]) == len(new["features"]) == len(new["ids"]) == N - 1
        np.testing.assert_array_equal(new["features"], np.delete(features, 10, axis=0))
        assert new["other"].tolist() == [0, 1, 2]


def test_a_changed_source_gives_way_to_the_kept_rows_and_that_is_said(tmp_path: Path) -> None:
    """Nothing is laid over rows that nobody judged."""
    path = tmp_path / "trees.csv"
    table().to_csv(path, index=False)
    kept = gated(path, tmp_path / "runs", label="label", id="tree", drop=["note"])
    stands = judged(kept, WORDS)
    path.write_text(path.read_text().replace("003,", "xxx,"))
    done = export_corrected(kept, stands, tmp_path / "new.csv")
    assert not done.from_source
    assert "other rows or labels than were judged" in done.says[0]
    assert done.n_rows == N - 2 - 2
    rows = pd.read_csv(tmp_path / "new.csv", dtype={"tree": str}).set_index("tree")
    assert (rows.loc["002", "label"], rows.loc["003", "label"]) == ('elm "x"', "birch, weeping")
    with pytest.raises(ConfigError, match="cannot be replaced"):
        export_corrected(kept, stands, None)
    path.unlink()
    assert "cannot be read" in export_corrected(kept, stands, tmp_path / "more.parquet").says[0]


def test_the_source_is_only_replaced_on_demand_and_kept_beside(tmp_path: Path) -> None:
    """What is there already is never written over unasked; a link stays, and the mode of what it leads to."""
    path, data = tmp_path / "trees.csv", tmp_path / "store" / "v1.csv"
    data.parent.mkdir()
    table().to_csv(data, index=False)
    data.chmod(0o640)
    path.symlink_to(data)
    before = path.read_bytes()
    kept = gated(path, tmp_path / "runs", label="label", id="tree", drop=["note"])
    stands = judged(kept, WORDS)
    with pytest.raises(ConfigError, match="is there already"):
        export_corrected(kept, stands, path)
    for same in (path, data):
        with pytest.raises(ConfigError, match="is the source itself"):
            export_corrected(kept, stands, same, force=True)
    assert path.read_bytes() == before
    done = export_corrected(kept, stands, None)
    assert done.backup is not None
    assert (Path(done.backup).parent, Path(done.backup).read_bytes()) == (data.parent, before)
    assert (path.is_symlink(), len(pd.read_csv(data)), data.stat().st_mode & 0o777) == (True, N - 2, 0o640)


def test_a_label_that_would_read_as_none_is_refused(tmp_path: Path) -> None:
    """Written into a CSV file, NA would take the row out of the data unseen."""
    table().to_csv(tmp_path / "trees.csv", index=False)
    kept = gated(tmp_path / "trees.csv", tmp_path / "runs", label="label", id="tree", drop=["note"])
    with pytest.raises(InputError, match="'NA' means in this file: no label"):
        export_corrected(kept, judged(kept, {"000": ("relabel", "NA")}), tmp_path / "new.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runs", "trees.csv"]


def test_earlier_corrections_are_in_the_file_too(tmp_path: Path) -> None:
    """A run with a patch over its labels: the source gets the patch and what people said since."""
    path, fixes = tmp_path / "trees.csv", tmp_path / "fixes.csv"
    table().to_csv(path, index=False)
    fixes.write_text(
        'id,old,new,action,who,when,why\n003,"birch, weeping",ash,relabel,kim,,\n004,ash,,exclude,kim,,\n'
    )
    raw = {**tree_gate(path, tmp_path / "runs", max_noise_rate=0.5), "corrections": [str(fixes)]}
    raw["data"]["drop"] = ["note"]
    run_direct(make_config(raw, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    done = export_corrected(kept, judged(kept, {"001": ("relabel", "ash")}), tmp_path / "new.csv")
    assert (done.from_source, done.says, done.n_relabelled, done.n_excluded) == (True, (), 2, 1)
    rows = pd.read_csv(tmp_path / "new.csv", dtype={"tree": str}).set_index("tree")
    assert (rows.loc["001", "label"], rows.loc["003", "label"], "004" in rows.index) == ("ash", "ash", False)
    assert rows["label"].isna().sum() == 2


def test_texts_that_are_gone_come_back_with_their_columns(tmp_path: Path) -> None:
    """JSON Lines from the rows kept of a CSV file."""
    words = [("fine and good", "awful and bad")[i % 2] + f" {i}" for i in range(60)]
    frame = pd.DataFrame({"text": words, "label": [("up", "down")[i % 2] for i in range(60)], "n": range(60)})
    path = tmp_path / "texts.csv"
    frame.to_csv(path, index=False)
    raw = {
        "data": {"path": str(path), "label": "label", "text": "text"},
        "gate": {"max_noise_rate": 0.5, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    run_direct(make_config(raw, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    path.unlink()
    done = export_corrected(kept, judged(kept, {"5": ("relabel", "up")}), tmp_path / "new.jsonl")
    assert "cannot be read" in done.says[0]
    expected = frame.assign(label=[*frame["label"][:5], "up", *frame["label"][6:]])
    pd.testing.assert_frame_equal(
        pd.read_json(tmp_path / "new.jsonl", lines=True), expected, check_dtype=False
    )
