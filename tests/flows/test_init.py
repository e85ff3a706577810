"""`labelgate init`: for every kind of source a gate.yaml that runs, with its guesses said aloud."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from cl_flows.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command and return its exit code and what people were told."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), capsys.readouterr().err


def gate(capsys: pytest.CaptureFixture[str], file: str) -> int:
    code, told = run(capsys, "run", file, "--no-great-expectations", "--engine", "direct", "--output", "out")
    assert "hint" not in told, told
    return code


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson.gz", "t.feather", "t.parquet", "parts", "*.pq"])
def test_init_writes_a_gate_that_runs(
    name: str,
    tables: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """JSON Lines, Feather, Parquet, a folder of parts, a glob: label and id are guessed, the gate passes."""
    monkeypatch.chdir(tmp_path)
    frame = pd.read_csv(tables / "clean.csv").rename(columns={"tree": "uid"})
    match name:
        case "parts":
            Path("parts").mkdir()
            frame[:100].to_parquet("parts/0.parquet")
            frame[100:].reset_index(drop=True).to_parquet("parts/1.parquet")
        case "*.pq":
            frame.to_parquet("one.pq")
        case "t.feather" | "t.parquet":
            (frame.to_feather if name == "t.feather" else frame.to_parquet)(name)
        case _:
            frame.to_json(name, orient="records", lines=True)
    code, told = run(capsys, "init", name, "--to", "gate.yaml")
    assert code == 0, told
    assert "label column: label (a guess" in told
    assert "id column: uid (a guess)" in told
    written = yaml.safe_load(Path("gate.yaml").read_text())
    assert written["data"] == {"path": name, "label": "label", "id": "uid"}
    assert gate(capsys, "gate.yaml") == 0


def test_prose_is_written_down_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table of texts gets `text`, and a column that no name gives away is found by its few values."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    topics = {"money": "pay card bill bank coin", "pets": "cat dog fish bird hamster"}
    rows = [
        {"what": " ".join(rng.choice(topics[topic].split(), 8)) + f" {i}", "topic": topic}
        for i, topic in enumerate(list(topics) * 60)
    ]
    Path("mails.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, told = run(capsys, "init", "mails.jsonl")
    assert code == 0
    assert "text column: what (a guess)" in told
    assert "label column: topic (a guess" in told
    assert yaml.safe_load(Path("gate.yaml").read_text())["data"]["text"] == "what"
    assert gate(capsys, "gate.yaml") in (0, 4)  # 120 rows may be too few to judge


def test_an_archive_and_a_saved_data_set_have_their_own_loaders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Probabilities in .npz are taken as they are; a folder of `datasets` is known by its files."""
    import pyarrow as pa

    monkeypatch.chdir(tmp_path)
    labels = np.tile([0, 1], 60)
    probs = np.where(labels[:, None] == [0, 1], 0.9, 0.1)
    np.savez("scored.npz", labels=labels, pred_probs=probs)
    assert run(capsys, "init", "scored.npz")[0] == 0
    assert yaml.safe_load(Path("gate.yaml").read_text())["model"]["backend"] == "precomputed"
    Path("saved").mkdir()
    table = pa.table({"x": labels + np.arange(120) / 1000, "label": labels})
    with pa.ipc.new_stream("saved/0.arrow", table.schema) as stream:
        stream.write_table(table)
    Path("saved/state.json").write_text('{"_data_files": [{"filename": "0.arrow"}]}')
    label = {"_type": "ClassLabel", "names": ["no", "yes"]}
    Path("saved/dataset_info.json").write_text(json.dumps({"features": {"x": {}, "label": label}}))
    code, told = run(capsys, "init", "saved", "--force")
    assert code == 0, told
    assert "120 rows of 2 classes: no, yes" in told
    assert gate(capsys, "gate.yaml") == 0


def test_a_run_without_a_label_guesses_it(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`labelgate run data.csv` works where one column is called like a label, and says which it took."""
    arguments = ["--max-noise-rate", "0.05", "--engine", "direct", "--no-great-expectations"]
    code, told = run(capsys, "run", str(tables / "clean.csv"), *arguments, "--output", str(tmp_path))
    assert code == 0
    assert "label column: label (a guess" in " ".join(told.split())


def test_a_source_that_is_not_there_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file, no table, no label: a message with a way out, and no gate.yaml."""
    monkeypatch.chdir(tmp_path)
    Path("numbers.csv").write_text("a,b\n" + "".join(f"{i / 7},{i / 3}\n" for i in range(1, 40)))
    Path("empty").mkdir()
    for source, said in (
        ("no.csv", "no file"),
        ("numbers.csv", "looks like a label"),
        ("empty", "no loader"),
    ):
        code, told = run(capsys, "init", source)
        assert code == 2
        assert said in told
        assert "hint" in told
    assert not Path("gate.yaml").exists()
