"""`labelgate plugins new` writes distributions that install, test green, are listed healthy and gate."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

from cl_core import ConfigError
from cl_flows.cli import main
from cl_flows.plugin_draft import draft_plugin

Shell: TypeAlias = Callable[[str, Path], CompletedProcess[str]]

# What each kind needs of a gate.yaml to be used in it.
ROWS = "".join(f"{'ab'[i % 2]}\t{'ham ' * (i % 2)}{'spam ' * (1 - i % 2)}word{i}\n" for i in range(80))
TABLE = "x,label\n" + "".join(f"{i % 2 + i / 1000},{'ab'[i % 2]}\n" for i in range(80))
GATES = {
    "loader": "data: {path: rows.acme-new}\n",
    "backend": "data: {path: rows.csv, label: label}\nmodel: {backend: acme-new, folds: 4}\n",
    "estimator": "data: {path: rows.csv, label: label}\nestimate: {method: acme-new}\n",
    "check": "data: {path: rows.csv, label: label}\nchecks: {acme-new: {min_share: 0.4}}\n",
    "publisher": "data: {path: rows.csv, label: label}\npublish: [{publisher: acme-new, path: told.jsonl}]\n",
}


@pytest.mark.parametrize("kind", list(GATES))
def test_a_new_plugin_installs_tests_lists_and_gates(kind: str, tmp_path: Path, shell: Shell) -> None:
    """The four commands that `plugins new` says to type, then a gate that uses the plugin."""
    made = shell(f"labelgate plugins new acme-new --kind {kind} --into work", tmp_path)
    assert made.returncode == 0, made.stderr
    commands = made.stderr.partition("Next:\n")[2]
    listed = commands.replace(f"plugins {kind}", f"plugins {kind} --format json > listed.json")
    done = shell(listed, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    project = tmp_path / "work" / "acme-new"
    ours = [p for p in json.loads((project / "listed.json").read_text()) if p["name"] == "acme-new"]
    assert [(p["kind"], p["distribution"], p["health"]) for p in ours] == [(kind, "acme-new", "ok")]

    (tmp_path / "rows.acme-new").write_text(ROWS)
    (tmp_path / "rows.csv").write_text(TABLE)
    gate = "gate: {max_noise_rate: 0.4, great_expectations: false}\n" + GATES[kind]
    (tmp_path / "gate.yaml").write_text(gate)
    ran = shell("labelgate run gate.yaml --engine direct --format json", tmp_path)
    assert ran.returncode in {0, 4}, ran.stderr
    report = json.loads(ran.stdout)
    seen = {
        "loader": report["data"]["source"].startswith("acme-new"),
        "backend": report["model"]["description"].startswith("naive Bayes, 4 folds"),
        "estimator": report["noise"]["method"] == "acme-new",
        "check": [c["status"] for c in report["checks"] if c["name"] == "acme-new"] == ["passed"],
        "publisher": (tmp_path / "told.jsonl").exists(),
    }
    assert seen[kind], report


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Acme", "cannot name a plugin"),
        ("acme_bayes", "cannot name a plugin"),
        ("../acme", "cannot name a plugin"),
        ("1acme", "cannot name a plugin"),
        ("a" * 61, "cannot name a plugin"),
        ("json", "is a module of Python"),
        ("class", "is a module of Python"),
        ("numpy", "is a module of Python or of this installation"),
        ("precomputed", "labelgate offers a backend 'precomputed' already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, said: str, tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match=said):
        draft_plugin(name, "backend", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second call is refused with exit code 2 and changes no byte."""
    command = ["plugins", "new", "acme-new", "--kind", "check", "--into", str(tmp_path)]
    codes = []
    for _ in range(2):
        with pytest.raises(SystemExit) as left:
            main(command)
        codes.append(left.value.code)
        (tmp_path / "acme-new" / "README.md").write_text("mine")
    assert codes == [0, 2]
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "acme-new" / "README.md").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["acme-new"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        draft_plugin("acme-new", "check", tmp_path / "file")
