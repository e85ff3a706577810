"""`labelgate check` gates several files at once, as the pre-commit hook does."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cl_flows.cli import main

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(["check", *arguments])
    return int(left.value.code or 0), capsys.readouterr().err


def test_a_line_a_file_and_the_worst_exit_code(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed file fails the lot; the others are judged all the same."""
    files = [str(tables / "noisy.csv"), str(tables / "clean.csv")]
    code, said = check(capsys, *files, "--label", "label", "--id", "tree", "--max-noise-rate", "0.05")
    assert code == 3
    assert f"failed {files[0]}: " in said
    assert f"passed {files[1]}: " in said


def test_a_file_that_cannot_be_judged_is_named_and_the_others_go_on(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input outranks a failed gate: nobody knows what is in that file."""
    (tmp_path / "empty.csv").touch()
    files = [str(tmp_path / "empty.csv"), str(tables / "noisy.csv")]
    code, said = check(capsys, *files, "--label", "label", "--max-noise-rate", "0.05")
    assert code == 2
    assert f"error {files[0]}: " in said
    assert f"failed {files[1]}: " in said


def test_a_large_file_is_skipped_aloud(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A commit must not wait for a nightly job."""
    code, said = check(capsys, str(tables / "noisy.csv"), "--max-megabytes", "0.001", "--max-noise-rate", "0")
    assert code == 0
    assert "skipped" in said
    assert "more than 0.001 MB" in said


def test_a_gate_yaml_serves_every_file(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings are written once; only the path is each file's own."""
    (tmp_path / "gate.yaml").write_text(
        "data: {path: other.csv, label: label, id: tree}\ngate: {max_noise_rate: 0.5}\n", encoding="utf-8"
    )
    code, said = check(capsys, str(tables / "noisy.csv"), "--config", str(tmp_path / "gate.yaml"))
    assert (code, said.count("passed")) == (0, 1)


def test_nothing_to_check_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """pre-commit calls a hook with no file when none matches."""
    assert check(capsys) == (0, "")


@pytest.mark.skipif(not HOOKS.exists(), reason="the hook's manifest is part of the checkout")
def test_the_hook_stops_a_commit(tables: Path, tmp_path: Path) -> None:
    """The manifest's own entry, run by pre-commit in a real repository, refuses the noisy file."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert hook["entry"] == "labelgate check"
    local = hook | {
        "language": "system",
        "entry": f"{sys.executable} -c 'from cl_flows.cli import main; main()' check",
        "args": ["--label", "label", "--id", "tree", "--max-noise-rate", "0.05"],
    }
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "noisy.csv").write_bytes((tables / "noisy.csv").read_bytes())
    subprocess.run(["git", "-C", str(tmp_path), "add", "-A"], check=True)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exit code: 3" in done.stdout
    assert "failed noisy.csv: " in done.stdout
    manifest = [sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)]
    subprocess.run(manifest, check=True)
