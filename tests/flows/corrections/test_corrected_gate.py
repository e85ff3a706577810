"""A gate over corrected labels, end to end and in both engines."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cl_core import ConfigError, InputError
from cl_flows import GateConfig, label_gate
from cl_flows.config import load_config, make_config
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from trees import tree_gate

HEAD = "id,old,new,action,who,when,why"


@pytest.fixture
def project(tables: Path, tmp_path: Path) -> Path:
    """Folder with a gate.yaml over the noisy trees and a patch that mends every label but two."""
    noisy, clean = (pd.read_csv(tables / f"{name}.csv") for name in ("noisy", "clean"))
    wrong = noisy[noisy["label"] != clean["label"]].assign(right=clean["label"])
    lines = [
        f"{row.tree},{row.label},{row.right},relabel,kim,2026-01-01,seen"
        if number > 1
        else f"{row.tree},{row.label},,exclude,kim,,"
        for number, row in enumerate(wrong.itertuples())
    ]
    (tmp_path / "fixes.csv").write_text("\n".join([HEAD, *lines, ""]))
    raw = tree_gate(tables / "noisy.csv")
    del raw["output"]
    raw |= {"corrections": "fixes.csv", "clean": {"quarantine": "flagged"}}
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path


def test_corrected_labels_pass_and_all_that_is_written_shows_them(project: Path, tables: Path) -> None:
    """Verdict, note, fingerprint, scored table and clean split are of the corrected labels."""
    raw = run_direct(load_config(project / "gate.yaml").model_copy(update={"corrections": None}))
    result = run_direct(load_config(project / "gate.yaml"))
    assert (raw.status, result.status, result.n_rows) == ("failed", "passed", raw.n_rows - 2)
    report = json.loads((Path(result.folder) / "report.json").read_text())
    assert any("labels corrected, 2 rows excluded" in note for note in report["notes"])
    clean = pd.read_csv(tables / "clean.csv").set_index("tree")["label"]
    kept = pd.concat(
        pd.read_parquet(Path(result.folder) / f"{name}.parquet") for name in ("kept", "quarantined")
    ).set_index("tree")["label"]
    assert len(kept) == 298
    assert (kept == clean[kept.index]).all()
    scored = pd.read_parquet(Path(result.folder) / "scored.parquet").set_index("id")["given_label"]
    assert (scored.astype(str) == clean[scored.index]).all()
    fingerprints = [row.fingerprint for row in read_history(project / "labelgate-runs" / "history.db")]
    assert len(set(fingerprints)) == 2


def test_a_second_patch_lies_over_the_first(project: Path, tables: Path) -> None:
    """What it calls old is what the first one made."""
    noisy, clean = (pd.read_csv(tables / f"{name}.csv") for name in ("noisy", "clean"))
    row = noisy[noisy["label"] != clean["label"]].assign(right=clean["label"]).iloc[5]
    other = ({"ash", "birch", "cedar"} - {row["label"], row["right"]}).pop()
    (project / "more.csv").write_text(f"{HEAD}\n{row['tree']},{row['right']},{other},relabel,,,\n")
    config = load_config(project / "gate.yaml", {"corrections": ["fixes.csv", "more.csv"]})
    notes = json.loads((Path(run_direct(config).folder) / "report.json").read_text())["notes"]
    assert any("corrections more.csv: 1 label corrected, 0 rows excluded" in note for note in notes)
    with pytest.raises(InputError, match=r"corrections more\.csv: 1 line cannot be laid over the data"):
        run_direct(load_config(project / "gate.yaml", {"corrections": {"files": ["more.csv"]}}))


def test_a_patch_that_is_not_there_ends_the_run_before_anything_is_loaded(project: Path) -> None:
    """And leaves nothing behind."""
    data = {"data": {"path": "nowhere.csv"}, "corrections": "gone.csv"}
    with pytest.raises(ConfigError, match=r"gone\.csv cannot be read"):
        run_direct(load_config(project / "gate.yaml", data))
    assert read_history(project / "labelgate-runs" / "history.db") == []


def test_the_section_is_a_file_files_or_all_of_it(project: Path) -> None:
    """Anything else is refused with what is wanted."""
    raw = yaml.safe_load((project / "gate.yaml").read_text())

    def section(written: Any) -> CorrectionsSection | None:
        return make_config({**raw, "corrections": written}, "test").corrections

    assert section("a.csv") == section(["a.csv"]) == section({"files": ["a.csv"]})
    full = section({"files": ["a.csv"], "new_classes": [7]})
    assert full is not None
    assert full.new_classes == ("7",)
    for wrong, says in (
        ([], "at least 1"),
        ({"files": ["a"], "class": "b"}, "unknown key corrections.class"),
    ):
        with pytest.raises(ConfigError, match=says):
            section(wrong)
    assert GateConfig.model_validate(make_config(raw, "test").model_dump(mode="json")).corrections == section(
        "fixes.csv"
    )


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
def test_both_engines_correct_alike(project: Path) -> None:
    """One pipeline, two ways to run it."""
    direct = run_direct(load_config(project / "gate.yaml"))
    prefect = label_gate(project / "gate.yaml")
    scored = [(Path(result.folder) / "scored.parquet").read_bytes() for result in (direct, prefect)]
    assert scored[0] == scored[1]
    first, second = read_history(project / "labelgate-runs" / "history.db")
    assert first.fingerprint == second.fingerprint
