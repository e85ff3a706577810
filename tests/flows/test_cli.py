"""The command line: exit codes, who hears what, and what bad input is told."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_flows import steps
from cl_flows.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command and return its exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


def quick(source: Path, output: Path, *more: str) -> list[str]:
    return [
        *("run", str(source), "--max-noise-rate", "0.05", "--engine", "direct"),
        *("--no-great-expectations", "--output", str(output), *more),
    ]


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    """People ask for help often."""
    program = (
        "import sys; from cl_flows.cli import main\n"
        "try: main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'sklearn', 'prefect', 'great_expectations', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Examples:" in done.stdout


def test_a_pass_is_exit_code_0_and_people_read_standard_error(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdict, rate, interval, limit and report go to people; standard output stays empty."""
    code, out, err = run(capsys, *quick(tables / "clean.csv", tmp_path, "--label", "label"))
    assert (code, out) == (0, "")
    for word in ("PASSED", "estimated noise rate", "interval", "limit 5.0%", "report.html"):
        assert word in err


def test_a_failed_gate_is_exit_code_3_and_machines_read_standard_output(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --format json standard output holds the report and nothing else."""
    more = ("--label", "label", "--format", "json")
    code, out, err = run(capsys, *quick(tables / "noisy.csv", tmp_path, *more))
    assert (code, err) == (3, "")
    assert json.loads(out)["verdict"]["status"] == "failed"


def test_an_advisory_gate_says_failed_and_leaves_with_0(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """People and machines are told the verdict as ever, the shell goes on."""
    more = ("--label", "label", "--advisory")
    code, _, err = run(capsys, *quick(tables / "noisy.csv", tmp_path, *more))
    assert (code, "FAILED" in err, "a gate that blocks leaves with 3" in err) == (0, True, True)
    code, out, err = run(capsys, *quick(tables / "noisy.csv", tmp_path, *more, "--format", "json"))
    assert (code, json.loads(out)["verdict"]["status"], err) == (0, "failed", "")


def test_an_undecided_gate_is_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty rows are too few to judge."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    probs = np.where(labels[:, None] == [0, 1], 0.9, 0.1) + rng.uniform(0, 0.01, (40, 1)) * [1, -1]
    np.savez(tmp_path / "few.npz", labels=labels, pred_probs=probs)
    code, _, err = run(capsys, *quick(tmp_path / "few.npz", tmp_path))
    assert code == 4
    assert "UNDECIDED" in err


def probabilities(**changes: Any) -> dict[str, Any]:
    """Build a sound set of labels and probabilities with something changed."""
    labels = np.tile([0, 1, 2], 40)
    return {"labels": labels, "pred_probs": np.eye(3)[labels] * 0.7 + 0.1, **changes}


def spoiled(value: float) -> np.ndarray:
    probs = np.array(probabilities()["pred_probs"])
    probs[5, 1] = value
    return probs


BAD_ARRAYS = {
    "NaN": ({"pred_probs": spoiled(np.nan)}, "NaN"),
    "infinite": ({"pred_probs": spoiled(np.inf)}, "infinite"),
    "rows that do not sum to 1": ({"pred_probs": spoiled(0.6)}, "sum to 1"),
    "label without a column": ({"labels": np.tile([0, 1, 7], 40)}, "7"),
    "different lengths": ({"labels": np.tile([0, 1, 2], 39)}, "117"),
    "no rows": ({"labels": np.zeros(0, int), "pred_probs": np.zeros((0, 3))}, "row"),
    "one class": ({"labels": np.zeros(120, int), "pred_probs": np.ones((120, 1))}, "class"),
}


@pytest.mark.parametrize("fault", BAD_ARRAYS)
def test_bad_arrays_are_refused_and_nothing_is_written(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, a message that names the fault, a hint, and no results."""
    changes, word = BAD_ARRAYS[fault]
    np.savez(tmp_path / "bad.npz", **probabilities(**changes))
    code, out, err = run(capsys, *quick(tmp_path / "bad.npz", tmp_path / "out"))
    assert (code, out) == (2, "")
    assert word in err
    assert "hint:" in err
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


ROWS = "".join(f"{i % 7},{'ab'[i % 2]}\n" for i in range(60))
BAD_TABLES = {
    "label column not there": ("x,lable\n" + ROWS, "lable"),
    "all labels missing": ("x,label\n" + "1,\n" * 60, "no label in any of 60 rows"),
    "one class": ("x,label\n" + "1,a\n" * 60, "one class"),
    "a class rarer than the folds": ("x,label\n" + ROWS + "1,c\n2,c\n", "'c'"),
    "empty file": ("", "empty"),
    "only a header": ("x,label\n", "row"),
}


@pytest.mark.parametrize("fault", BAD_TABLES)
def test_bad_tables_are_refused_and_nothing_is_written(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, a message that names the fault, a hint, and no results."""
    text, word = BAD_TABLES[fault]
    (tmp_path / "bad.csv").write_text(text)
    code, out, err = run(capsys, *quick(tmp_path / "bad.csv", tmp_path / "out", "--label", "label"))
    assert (code, out) == (2, "")
    assert word in err
    assert "hint:" in err
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def test_other_bad_input_is_refused(tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file, an unknown backend, an unwritable folder, no limit: each says what to do."""
    assert "nowhere.csv" in run(capsys, *quick(tmp_path / "nowhere.csv", tmp_path, "--label", "y"))[2]
    code, _, err = run(
        capsys, *quick(tables / "clean.csv", tmp_path, "--label", "label", "--backend", "tabluar")
    )
    assert code == 2
    assert "did you mean 'tabular'?" in err
    (tmp_path / "file").write_text("in the way")
    code, _, err = run(capsys, *quick(tables / "clean.csv", tmp_path / "file", "--label", "label"))
    assert code == 2
    assert "not writable" in err
    code, _, err = run(capsys, "run", str(tables / "clean.csv"), "--label", "label")
    assert code == 2
    assert "--max-noise-rate" in err
    code, _, err = run(capsys, "run", str(tables / "clean.csv"), "--max-noise-rate", "7")
    assert code == 2


def test_errors_reach_machines_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that reads standard output gets the message and the hint."""
    code, out, _ = run(capsys, *quick(tmp_path / "nowhere.csv", tmp_path, "--label", "y", "--format", "json"))
    assert code == 2
    error = json.loads(out)["error"]
    assert "nowhere.csv" in error["message"]
    assert error["hint"]


def test_init_writes_a_gate_that_runs(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What init writes, run takes; a second init does not overwrite."""
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "init", str(tables / "clean.csv"))
    assert code == 0
    assert "label column: label (a guess" in err
    text = (tmp_path / "gate.yaml").read_text()
    assert "max_noise_rate: 0.05" in text
    assert run(capsys, "run", "gate.yaml", "--no-great-expectations", "--engine", "direct")[0] == 0
    assert run(capsys, "init", str(tables / "clean.csv"))[0] == 2


def test_report_and_history_show_a_run_again(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the beginning of its id, as Markdown, JSON or a page."""
    run(capsys, *quick(tables / "clean.csv", tmp_path, "--label", "label"))
    where = ("--output", str(tmp_path))
    code, out, _ = run(capsys, "history", *where, "--format", "json")
    assert code == 0
    (row,) = json.loads(out)
    code, out, _ = run(capsys, "report", row["run_id"][:15], *where, "--html", str(tmp_path / "page.html"))
    assert code == 0
    assert "clean" in out
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert run(capsys, "report", "1999", *where)[0] == 2
    assert row["run_id"] in run(capsys, "history", "clean", *where)[1]


def test_plugins_are_listed_with_their_origin(capsys: pytest.CaptureFixture[str]) -> None:
    """Authors see that their plugin arrived, users see which options it has."""
    code, out, _ = run(capsys, "plugins", "--format", "json")
    assert code == 0
    found = {(plugin["kind"], plugin["name"]): plugin for plugin in json.loads(out)}
    assert found["backend", "tabular"]["distribution"] == "labelgate"
    assert "folds" in found["backend", "tabular"]["options"]
    assert ("loader", "npz") in found
    assert "tabular" in run(capsys, "plugins", "backend")[1]


@pytest.mark.prefect
def test_two_runs_at_once_on_private_servers_both_finish(tables: Path, tmp_path: Path) -> None:
    """They share a home, and each has its own server."""
    command = [sys.executable, "-c", "from cl_flows.cli import main; main()"]
    arguments = quick(tables / "clean.csv", tmp_path / "out", "--label", "label")
    arguments[arguments.index("direct")] = "prefect"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    deadline = time.monotonic() + 240
    told = [process.communicate(timeout=deadline - time.monotonic())[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(told)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PREFECT_API_URL", "http://127.0.0.1:9/api", "no Prefect API answers at http://127.0.0.1:9/api"),
        ("XDG_CACHE_HOME", "", "the Prefect server has no home"),
    ],
)
def test_a_prefect_that_cannot_be_had_is_said_in_a_sentence(
    tables: Path, tmp_path: Path, variable: str, value: str, says: str
) -> None:
    """No verdict, no traceback, and a way out: exit code 1."""
    (tmp_path / "file").write_text("in the way")
    environment = {key: v for key, v in os.environ.items() if not key.startswith("PREFECT_")}
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from cl_flows.cli import main; main()"),
            *quick(tables / "clean.csv", tmp_path / "out", "--label", "label", "--engine", "prefect"),
        ],
        env={**environment, variable: value or str(tmp_path / "file")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert says in done.stderr
    assert "--engine direct" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_verdict_needs_no_standard_error(tables: Path, tmp_path: Path) -> None:
    """Services run commands with it closed: the verdict is the exit code then."""
    command = [
        *(sys.executable, "-c", "from cl_flows.cli import main; main()"),
        *quick(tables / "clean.csv", tmp_path, "--label", "label"),
    ]
    shell = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    assert subprocess.run(shell, check=False).returncode == 0


def test_what_a_plugin_prints_stays_out_of_the_machines_output(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output holds one JSON document, whatever else is said."""
    load = steps.load
    monkeypatch.setattr(steps, "load", lambda plan: (sys.stdout.write("loading!"), load(plan))[1])
    more = ("--label", "label", "--format", "json")
    code, out, err = run(capsys, *quick(tables / "clean.csv", tmp_path, *more))
    assert (code, json.loads(out)["verdict"]["status"]) == (0, "passed")
    assert "loading!" in err


def test_whoever_ends_the_process_does_not_pass_the_gate(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """sys.exit(0) from anywhere below a command, a plugin's import for one, is a crash."""
    monkeypatch.setattr(steps, "load", lambda _: sys.exit(0))
    code, _, err = run(capsys, *quick(tables / "clean.csv", tmp_path, "--label", "label"))
    assert (code, "sys.exit(0)" in err) == (1, True)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_leaves_is_no_plugin_that_ends_the_process(form: str) -> None:
    """`labelgate plugins | head -0` ends with 1 and one sentence: no traceback, and nobody else is blamed."""
    begin = f"import sys; from cl_flows.cli import main; main(['plugins', '--format', '{form}'])"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", begin], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == "error: a pipe broke: what reads the output left before its end\n"


def test_a_full_disk_is_said_in_a_sentence_and_nothing_is_left(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No verdict, no traceback, no half-written run."""

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cl_flows.direct.write_scored", fill)
    more = ("--label", "label", "--no-cache")
    code, _, err = run(capsys, *quick(tables / "clean.csv", tmp_path, *more))
    assert (code, "the disk is full" in err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_may_not_be_written_is_named(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that turned read-only is no fault of ours, and no traceback."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "/results/corrections")

    monkeypatch.setattr("cl_flows.direct.write_scored", refuse)
    code, _, err = run(capsys, *quick(tables / "clean.csv", tmp_path, "--label", "label", "--no-cache"))
    assert (code, "/results/corrections cannot be used: Read-only file system" in err) == (2, True)
    assert "who may read and write there" in err


def test_an_interrupt_leaves_with_130_and_tells_machines_too(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is neither a verdict nor a crash, and leaves no results."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "load", interrupt)
    more = ("--label", "label", "--format", "json")
    code, out, err = run(capsys, *quick(tables / "clean.csv", tmp_path / "out", *more))
    assert code == 130
    assert json.loads(out)["error"]["type"] == "Abort"
    assert "interrupted" in err
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []
