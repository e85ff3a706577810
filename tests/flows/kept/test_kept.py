"""What a run leaves for later: rows once for all runs, a configuration that runs again, no secret."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import ConfigError, InputError
from cl_flows import run_gate
from cl_flows.config import GateConfig, make_config
from cl_flows.direct import run_direct
from cl_flows.kept import config_of, kept_rows_config, open_kept
from cl_flows.runs import new_run_id, open_run
from trees import tree_gate


def kept_folders(output: Path) -> list[str]:
    return sorted(path.name for path in (output / "rows").glob("*") if path.is_dir())


def test_two_runs_on_the_same_rows_keep_them_once(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Other rows are kept beside them."""
    names = ("noisy", "noisy", "clean")
    runs = [run_direct(gate_config(tables / f"{name}.csv", tmp_path)).run_id for name in names]
    assert len(kept_folders(tmp_path)) == 2
    first, second, third = (open_kept(tmp_path, run).rows for run in runs)
    assert first == second
    assert first != third


def test_rows_come_back_as_they_were(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Ids, labels, features and every column of the source."""
    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    kept = open_kept(tmp_path, "last")
    data, source = kept.dataset(), pd.read_csv(tables / "noisy.csv")
    assert data.source is not None
    assert data.source.astype(object).to_dict("list") == source.astype(object).to_dict("list")
    assert data.ids.tolist() == source["tree"].tolist()
    assert [data.classes[code] for code in data.labels] == source["label"].tolist()
    assert (kept.fingerprint, kept.dataset_name) == (data.fingerprint, "noisy")
    assert kept.classes == data.classes


def test_a_run_can_be_repeated_from_what_it_left(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """The same verdict from its configuration, and from its rows when the source is gone."""
    source = tmp_path / "moving.csv"
    source.write_bytes((tables / "noisy.csv").read_bytes())
    before = run_direct(gate_config(source, tmp_path / "runs"))
    kept = open_kept(tmp_path / "runs", before.run_id)
    again = run_direct(config_of(kept))
    source.unlink()
    from_rows = run_direct(kept_rows_config(kept, {"gate": {"max_noise_rate": 0.5}}))
    assert again.noise_rate == before.noise_rate == from_rows.noise_rate
    assert (before.status, from_rows.status, from_rows.dataset) == ("failed", "passed", "moving")
    assert open_kept(tmp_path / "runs", "last").fingerprint == kept.fingerprint


def test_a_frame_in_memory_is_judged_again_from_its_kept_rows(tables: Path, tmp_path: Path) -> None:
    """There never was a file to load again."""
    frame = pd.read_csv(tables / "noisy.csv").set_index("tree")
    before = run_gate(
        frame, label="label", max_noise_rate=0.05, great_expectations=False, output=tmp_path / "runs"
    )
    again = run_direct(kept_rows_config(open_kept(tmp_path / "runs", "last")))
    assert again.noise_rate == before.noise_rate


def test_relative_paths_start_where_they_did(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory of the run is on record; results go where the run lies now."""
    monkeypatch.chdir(tables)
    raw = tree_gate("noisy.csv", tmp_path / "runs")
    run_direct(make_config(raw, "test"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").rename(tmp_path / "moved")
    config = config_of(open_kept(tmp_path / "moved", "last"))
    assert (config.base, config.output.folder) == (tables, tmp_path / "moved")
    assert run_direct(config).n_rows == 300


def test_no_secret_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood in plain sight is hidden, and refused by name; ${NAME} stays and runs again."""
    import sqlite3

    with sqlite3.connect(tmp_path / "trees.db") as database:
        pd.DataFrame({"height": [*range(99), 7.0], "label": ["ash", "oak"] * 50}).to_sql("trees", database)
    database.close()
    raw: dict[str, Any] = {
        "data": {"loader": "sql", "table": "trees", "label": "label"},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs")},
    }
    url = f"sqlite:///{tmp_path / 'trees.db'}"
    run_direct(make_config({**raw, "data": {**raw["data"], "url": url}}, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    assert url not in (kept.folder / "run.json").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match=r"data\.url held a secret") as refused:
        config_of(kept)
    assert "${NAME}" in refused.value.hint
    assert config_of(kept, {"data": {"url": url}}).data.options["url"] == url
    assert kept_rows_config(kept).data.loader == "kept"
    monkeypatch.setenv("TREES_URL", url)
    run_direct(make_config({**raw, "data": {**raw["data"], "url": "${TREES_URL}"}}, "test"))
    kept = open_kept(tmp_path / "runs", "last")
    assert config_of(kept).data.options["url"] == "${TREES_URL}"
    assert url not in "".join(file.read_text(errors="replace") for file in kept.folder.iterdir())


def test_rows_are_left_out_on_request_or_when_too_large(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """A note says so, and so does whoever asks for them; figures are still there."""
    config = gate_config(tables / "noisy.csv", tmp_path)
    for change, said in (
        ({"keep_rows": False}, "output.keep_rows is false"),
        ({"keep_rows_gigabytes": 1e-6}, "are more than output.keep_rows_gigabytes"),
    ):
        run_direct(config.model_copy(update={"output": config.output.model_copy(update=change)}))
        kept = open_kept(tmp_path, "last")
        assert not kept.has_rows()
        assert any(said in note for note in kept.report["notes"])
        with pytest.raises(ConfigError, match=said):
            kept.dataset()
        assert (kept.folder / "index.arrow").exists()
    assert kept_folders(tmp_path) == []


def test_large_probabilities_do_not_crowd_out_the_rows(tmp_path: Path) -> None:
    """They may take a tenth of the bound; rows alone are kept otherwise."""
    rng = np.random.default_rng(0)
    probs, labels = rng.dirichlet(np.ones(50), 2000), rng.integers(0, 50, 2000)
    np.savez(tmp_path / "a.npz", labels=labels, pred_probs=probs, features=rng.normal(size=(2000, 2)))
    raw: dict[str, Any] = {
        "data": {"path": str(tmp_path / "a.npz")},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(tmp_path / "runs"), "keep_rows_gigabytes": 0.0005},
    }
    run_direct(make_config(raw, "test"))
    data = open_kept(tmp_path / "runs", "last").dataset()
    assert (data.pred_probs, data.features.shape) == (None, (2000, 2))


def test_changed_rows_are_refused(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Audits and decisions go by the fingerprint of the rows: nobody slips other rows under it."""
    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    kept = open_kept(tmp_path, "last")
    labels = np.load(kept.rows_folder() / "labels.npy")
    labels[0] = (labels[0] + 1) % 3
    np.save(kept.rows_folder() / "labels.npy", labels)
    with pytest.raises(InputError, match="are not those that were kept"):
        run_direct(kept_rows_config(kept))
    with pytest.raises(InputError, match="holds no kept rows"):
        run_direct(make_config({**raw_kept(tmp_path), "data": {"loader": "kept", "path": str(tmp_path)}}, ""))


def raw_kept(output: Path) -> dict[str, Any]:
    return {"gate": {"max_noise_rate": 0.05}, "output": {"folder": str(output)}}


def test_runs_at_once_keep_the_rows_once(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Each finds its rows, and nothing hidden is left."""
    config: GateConfig = gate_config(tables / "noisy.csv", tmp_path)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: run_direct(config), range(3)))
    assert len(kept_folders(tmp_path)) == 1
    assert all(open_kept(tmp_path, result.run_id).has_rows() for result in results)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from cl_flows import publish
from cl_flows.config import make_config
from cl_flows.direct import run_direct
import json
publish.finish = lambda run: os.kill(os.getpid(), signal.SIGKILL)
run_direct(make_config(json.loads(sys.argv[1]), "test"))
"""


def test_a_killed_run_leaves_rows_that_nobody_names(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """No run is shown; the next run on the same rows takes them over."""
    raw = gate_config(tables / "noisy.csv", tmp_path).model_dump(mode="json")
    done = subprocess.run([sys.executable, "-c", KILLED, json.dumps(raw)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.glob("2*")) == []
    with open_run(tmp_path, new_run_id()):
        pass
    left = kept_folders(tmp_path)
    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    assert kept_folders(tmp_path) == left
    assert open_kept(tmp_path, "last").rows_folder().name == left[0]


def test_a_run_of_an_older_labelgate_opens(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Figures come from its report and scored table; its rows were not kept."""
    from cl_flows.review.index import RunIndex

    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    whole = RunIndex(open_kept(tmp_path, "last"))
    for name in ("run.json", "index.arrow", "joint.parquet"):
        (whole.run.folder / name).unlink()
    kept = open_kept(tmp_path, "last")
    with pytest.raises(ConfigError, match="made by an older labelgate"):
        kept.dataset()
    old = RunIndex(kept)
    assert old.pairs(10) == whole.pairs(10)
    assert old.heat(3) == whole.heat(3)
    worst = int(old.order[0])
    assert dict(old.row(worst).probabilities)[old.row(worst).given] == pytest.approx(whole.quality[worst])
    for name in ("given", "suggested", "quality", "flagged", "rank", "order"):
        np.testing.assert_array_equal(getattr(old, name), getattr(whole, name))
    assert config_of(kept).gate.max_noise_rate == 0.05


def test_a_run_without_an_index_says_the_same(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Its most probable classes lie in a Parquet file of their own; every row reads as with the index."""
    from cl_flows.review.index import RunIndex

    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    kept = open_kept(tmp_path, "last")
    new = RunIndex(kept)
    rows = [new.row(position) for position in range(new.n_rows)]
    mean = new.mean_suggested_probability(new.order)
    file = kept.folder / "index.arrow"
    table = pd.read_feather(file)
    table[[name for name in map(str, table) if name.startswith(("class_", "p_"))]].to_parquet(
        kept.folder / "top.parquet"
    )
    file.unlink()
    old = RunIndex(open_kept(tmp_path, "last"))
    assert [old.row(position) for position in range(old.n_rows)] == rows
    assert old.mean_suggested_probability(old.order) == pytest.approx(mean)
    assert rows[0].id == str(pd.read_parquet(kept.folder / "scored.parquet")["id"][0])


def test_a_damaged_run_says_so(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Half a file, and a name that leads out of the folder of rows."""
    run_direct(gate_config(tables / "clean.csv", tmp_path))
    path = open_kept(tmp_path, "last").folder / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for bad in ("{", json.dumps({**record, "rows": {"folder": "../../secret"}})):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(ConfigError, match="is damaged"):
            open_kept(tmp_path, "last")
    with pytest.raises(ConfigError, match="no run in"):
        open_kept(tmp_path, "1999")


@pytest.mark.prefect
def test_both_engines_keep_the_same_rows(
    tables: Path, tmp_path: Path, gate_config: Any, prefect_api: str
) -> None:
    """The flow keeps what its first step read: one folder for both."""
    assert prefect_api
    from cl_flows.gate import label_gate

    config = gate_config(tables / "clean.csv", tmp_path)
    label_gate(config)
    direct = run_direct(config)
    assert len(kept_folders(tmp_path)) == 1
    assert open_kept(tmp_path, direct.run_id).has_rows()
