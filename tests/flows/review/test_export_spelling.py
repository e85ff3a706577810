"""What stands for a class in a file is what its loader reads as that class, and nothing else changes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import feather

from cl_core import ConfigError
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import KeptRun, open_kept
from cl_flows.regating import regate_config
from cl_flows.review.decisions import Action, NewDecision, decide, run_key
from cl_flows.review.export import Exported, export_corrected
from cl_flows.review.standing import standing
from trees import tree_gate

N = 60
CODES = np.arange(N) % 2
FEATURES = np.random.default_rng(0).normal(size=(N, 2)) + 5 * CODES[:, None]


def gated(tmp_path: Path, data: dict[str, Any], **sections: Any) -> KeptRun:
    raw = tree_gate("", tmp_path / "runs", max_noise_rate=0.5) | {"data": data, **sections}
    run_direct(make_config(raw, "test"))
    return open_kept(tmp_path / "runs", "last")


def exported(kept: KeptRun, target: Path, labels: dict[int, str]) -> Exported:
    """Relabel rows by their positions, and write the data set."""
    database, dataset = kept.folder.parent / "history.db", kept.dataset()
    new = [
        NewDecision(i, str(dataset.ids[i]), dataset.classes[dataset.labels[i]], Action.RELABEL, label)
        for i, label in labels.items()
    ]
    decide(database, run_key(kept), "kim", new)
    return export_corrected(kept, standing(database, kept.fingerprint), target)


def test_a_class_that_is_called_by_a_number_keeps_its_place_among_the_classes(tmp_path: Path) -> None:
    """Labels 0 and 1 number the classes 5 and 3; class 2 labels no row yet and is number 3, not 2."""
    arrays: Any = {"labels": CODES, "features": FEATURES, "classes": np.array(["5", "3", "7", "2"])}
    np.savez(tmp_path / "digits.npz", **arrays)
    kept = gated(tmp_path, {"path": str(tmp_path / "digits.npz")})
    done = exported(kept, tmp_path / "new.npz", {0: "2", 1: "5"})
    assert done.from_source
    with np.load(tmp_path / "new.npz") as new:
        assert new["labels"][:4].tolist() == [3, 0, 0, 1]


def test_a_number_that_the_array_does_not_hold_is_not_cut_off(tmp_path: Path) -> None:
    """300 is no number of eight bits: the kept rows are written, which name their classes."""
    arrays: Any = {"labels": CODES.astype(np.uint8), "features": FEATURES}
    np.savez(tmp_path / "digits.npz", **arrays)
    kept = gated(tmp_path, {"path": str(tmp_path / "digits.npz")})
    done = exported(kept, tmp_path / "new.npz", {0: "300"})
    assert "the class '300' has no number" in done.says[0]
    with np.load(tmp_path / "new.npz") as new:
        assert new["labels"][:2].tolist() == ["300", "1"]


def test_an_ordered_dictionary_keeps_its_words_and_their_order(tmp_path: Path) -> None:
    """Words that no row uses stay, a new one comes last, and the type is the same."""
    words = ["zebra", "dog", "cat"]
    column = pd.Categorical(np.array(words)[CODES + 1], categories=words, ordered=True)
    path = tmp_path / "animals.feather"
    pd.DataFrame({"x": FEATURES[:, 0], "label": column}).to_feather(path)
    kept = gated(tmp_path, {"path": str(path), "label": "label"})
    done = exported(kept, tmp_path / "new.feather", {0: "cat", 1: "emu"})
    assert done.from_source
    new = feather.read_table(tmp_path / "new.feather")
    assert new.schema.equals(feather.read_table(path).schema, check_metadata=True)
    assert new["label"].combine_chunks().dictionary.to_pylist() == [*words, "emu"]
    assert new["label"].to_pylist()[:4] == ["cat", "emu", "dog", "cat"]


def test_a_csv_row_too_short_for_a_label_stays_as_it_is(tmp_path: Path) -> None:
    """It has no label, as an empty cell has none; blank lines above the header are none."""
    lines = [f"{x:.3f},{'cat' if code else 'dog'}" for (x, _), code in zip(FEATURES, CODES, strict=True)]
    lines[3] = "1.5"
    path = tmp_path / "animals.csv"
    path.write_text("\n  \n" + "\n".join(["x,label", *lines]) + "\n")
    kept = gated(tmp_path, {"path": str(path), "label": "label"})
    done = exported(kept, tmp_path / "new.csv", {0: "cat"})
    assert (done.from_source, done.n_rows) == (True, N - 1)
    lines[0] = lines[0].replace("dog", "cat")
    assert (tmp_path / "new.csv").read_text() == "\n  \n" + "\n".join(["x,label", *lines]) + "\n"


def test_secrets_that_loading_does_not_need_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever exports need not have the alert's webhook: neither one in plain sight nor a variable."""
    path = tmp_path / "animals.parquet"
    pd.DataFrame({"x": FEATURES[:, 0], "label": CODES.astype(str)}).to_parquet(path)
    monkeypatch.setenv("TEST_WEBHOOK", "http://127.0.0.1:9/secret-hook")
    publish = [
        {"publisher": "slack", "webhook_url": url, "retries": 0}
        for url in ("http://127.0.0.1:9/plain-hook", "${TEST_WEBHOOK}")
    ]
    kept = gated(tmp_path, {"path": str(path), "label": "label"}, publish=publish)
    monkeypatch.delenv("TEST_WEBHOOK")
    assert exported(kept, tmp_path / "new.parquet", {0: "1"}).from_source


def test_rows_of_a_database_whose_address_is_no_longer_known_are_written_in_full(tmp_path: Path) -> None:
    """The rows that the run kept need no address; JSON Lines hold every digit of a number."""
    import sqlite3

    database = tmp_path / "animals.db"
    with sqlite3.connect(database) as rows:
        rows.execute("CREATE TABLE animals (x REAL, label TEXT)")
        rows.executemany(
            "INSERT INTO animals VALUES (?, ?)",
            [(float(x), ["dog", "cat"][code]) for (x, _), code in zip(FEATURES, CODES, strict=True)],
        )
    rows.close()
    data = {"loader": "sql", "url": f"sqlite:///{database}", "table": "animals", "label": "label"}
    kept = gated(tmp_path, data)
    done = exported(kept, tmp_path / "new.jsonl", {0: "cat"})
    assert "data.url held a secret" in done.says[0]
    new = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert [row["x"] for row in new] == FEATURES[:, 0].tolist()
    assert [row["label"] for row in new[:2]] == ["cat", "cat"]
    with pytest.raises(ConfigError, match=r"written as \.xlsx, and the source cannot be read: run"):
        exported(kept, tmp_path / "new.xlsx", {})


def test_kept_rows_that_are_another_kind_of_csv_are_said_to_be(tmp_path: Path) -> None:
    """The encoding of a source that is gone would garble them in the next run."""
    path = tmp_path / "animals.csv"
    frame = pd.DataFrame({"x": FEATURES[:, 0], "label": np.array(["dog", "cät"])[CODES]})
    frame.to_csv(path, index=False, encoding="cp1252")
    kept = gated(tmp_path, {"path": str(path), "label": "label", "encoding": "cp1252"})
    path.unlink()
    done = exported(kept, tmp_path / "new.csv", {0: "cät"})
    assert "take `encoding` and `separator` out of gate.yaml" in done.says[1]
    assert pd.read_csv(tmp_path / "new.csv")["label"].tolist()[:2] == ["cät", "cät"]


def test_json_lines_of_kept_rows_hold_moments_and_no_bytes(tmp_path: Path) -> None:
    """Moments are ISO 8601, a missing cell is null, and for bytes another format is named."""
    path = tmp_path / "animals.parquet"
    times = pd.date_range("2026-01-01", periods=N).to_series().where(CODES == 0).to_numpy()
    columns = {"x": FEATURES[:, 0], "at": times, "raw": [b"\xff"] * N, "label": CODES.astype(str)}
    pd.DataFrame(columns).to_parquet(path)
    kept = {
        column: gated(tmp_path, {"path": str(path), "label": "label", "features": ["x"], "keep": [column]})
        for column in ("at", "raw")
    }
    path.unlink()
    exported(kept["at"], tmp_path / "new.jsonl", {})
    new = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert [row["at"] for row in new[:2]] == ["2026-01-01T00:00:00", None]
    with pytest.raises(ConfigError, match="have no form in JSON"):
        exported(kept["raw"], tmp_path / "more.jsonl", {})


def test_labels_that_were_judged_again_are_written_into_the_first_source(tmp_path: Path) -> None:
    """Twice judged again on kept rows: quotes, blanks and a row without a label are still there."""
    lines = [f'"{x:.3f}", {"cat" if code else "dog"}' for (x, _), code in zip(FEATURES, CODES, strict=True)]
    lines[3] = '"1.5",'
    path, output = tmp_path / "animals.csv", tmp_path / "runs"
    path.write_text("\n".join(["x,label", *lines]) + "\n")
    kept = gated(tmp_path, {"path": str(path), "label": "label"})
    for row in (0, 2):
        exported(kept, tmp_path / f"{row}.csv", {row: " cat"})
        run_direct(regate_config("last", output=output)[0])
        kept = open_kept(output, "last")
        assert kept.config["data"]["loader"] == "kept"
    done = exported(kept, tmp_path / "new.csv", {5: " cat"})
    assert (done.from_source, done.n_relabelled, done.n_rows) == (True, 3, N - 1)
    for line in (0, 2, 6):  # row 5 is the seventh line: the fourth has no label
        lines[line] = lines[line].replace("dog", "cat")
    assert (tmp_path / "new.csv").read_text() == "\n".join(["x,label", *lines]) + "\n"


def test_json_objects_over_several_lines_give_way_to_the_kept_rows(tmp_path: Path) -> None:
    """The loader reads them; only a line an object can be rewritten in place. NaN is no label there."""
    rows = [{"x": x, "label": float(code)} for (x, _), code in zip(FEATURES, CODES, strict=True)]
    rows[3]["label"] = float("nan")
    path = tmp_path / "animals.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = exported(gated(tmp_path, {"path": str(path), "label": "label"}), tmp_path / "a.jsonl", {0: "1"})
    assert (done.from_source, done.n_rows) == (True, N - 1)
    path.write_text("".join(json.dumps(row, indent=1) + "\n" for row in rows))
    done = exported(gated(tmp_path, {"path": str(path), "label": "label"}), tmp_path / "b.jsonl", {})
    assert "no object a line" in done.says[0]
    assert json.loads((tmp_path / "b.jsonl").read_text().splitlines()[0])["label"] == 1
