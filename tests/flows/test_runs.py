"""Run folders: whole or not at all."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cl_core import ConfigError
from cl_flows.claims import new_claim, read_claim
from cl_flows.locks import ProcessLock
from cl_flows.runs import find_run, finish, new_run_id, open_run


def test_a_finished_run_is_shown_and_its_work_removed(tmp_path: Path) -> None:
    """People see results, not the files the steps handed each other."""
    with open_run(tmp_path / "out", "20260101-000000-aaaaaa") as run:
        (run.work / "big.npy").write_bytes(b"x")
        (run.partial / "report.md").write_text("hello")
        finish(run)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == [
        "out/20260101-000000-aaaaaa/report.md"
    ]


def test_a_run_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    """Nothing half-written."""

    def broken() -> None:
        with open_run(tmp_path, "r") as run:
            (run.partial / "report.md").write_text("half")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file in the way stands for every reason a folder cannot be made."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ConfigError, match="not writable"), open_run(tmp_path / "out", "r"):
        pass


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_running_one_is_let_be(tmp_path: Path) -> None:
    """The lock of a run ends with its process, even by kill -9."""
    program = (
        "import sys, time; from pathlib import Path; from cl_flows.runs import open_run\n"
        "with open_run(Path(sys.argv[1]), 'killed'): print('open', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with open_run(tmp_path, "beside"):
            assert (tmp_path / ".killed.partial").is_dir()
        process.kill()
    with open_run(tmp_path, "after"):
        assert not (tmp_path / ".killed.partial").exists()


def test_the_lock_of_a_run_that_was_killed_before_it_made_its_folder_goes(tmp_path: Path) -> None:
    """One that is held stays."""
    (tmp_path / ".dead.lock").touch()
    held = ProcessLock(tmp_path / ".held.lock")
    assert held.acquire(wait_s=0)
    with open_run(tmp_path, "next"):
        assert not (tmp_path / ".dead.lock").exists()
        assert held.path.exists()
    held.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_locked_before_others_can_see_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that begins in the very instant another makes its folder does not take it for a dead one."""
    acquire = ProcessLock.acquire

    def acquire_and_be_overtaken(lock: ProcessLock, *, wait_s: float) -> bool:
        monkeypatch.setattr(ProcessLock, "acquire", acquire)
        lock.path.touch()  # the file is there before the lock is
        with open_run(tmp_path, "overtaker"):
            pass
        return lock.acquire(wait_s=wait_s)

    monkeypatch.setattr(ProcessLock, "acquire", acquire_and_be_overtaken)
    with open_run(tmp_path, "slow") as run:
        assert run.work.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_runs_that_begin_and_end_all_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    """Eight processes on one results folder: every run is finished, and nothing else is left."""
    program = (
        "import sys; from pathlib import Path; from cl_flows.runs import finish, open_run\n"
        "for i in range(20):\n"
        "    with open_run(Path(sys.argv[1]), f'{sys.argv[2]}-{i}') as run:\n"
        "        (run.work / 'x').write_text('x'); assert (run.work / 'x').exists(); finish(run)"
    )
    commands = [[sys.executable, "-c", program, str(tmp_path), str(i)] for i in range(8)]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait() for process in processes] == [0] * 8
    assert {p.name for p in tmp_path.iterdir()} == {f"{k}-{i}" for k in range(8) for i in range(20)}


def test_run_ids_differ_within_a_second() -> None:
    """Two runs may start at once."""
    assert len({new_run_id() for _ in range(100)}) == 100


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    """``last`` is the newest; a beginning must be unique."""
    for name in ("20260101-000000-aaaaaa", "20260102-000000-bbbbbb", ".20260103-000000-cccccc.partial"):
        (tmp_path / name).mkdir()
        for file in ("report.json", "report.md", "scored.parquet"):
            (tmp_path / name / file).touch()
    assert find_run(tmp_path, "last").name == "20260102-000000-bbbbbb"
    assert find_run(tmp_path, "20260101").name == "20260101-000000-aaaaaa"
    with pytest.raises(ConfigError, match="2 runs"):
        find_run(tmp_path, "2026")
    with pytest.raises(ConfigError, match="no run in"):
        find_run(tmp_path, "1999")
    with pytest.raises(ConfigError, match="no runs in"):
        find_run(tmp_path / "elsewhere", "last")
    (tmp_path / "20260102-000000-bbbbbb" / "scored.parquet").unlink()
    with pytest.raises(ConfigError, match=r"damaged: scored\.parquet of its folder .* cannot be found"):
        find_run(tmp_path, "last")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants the device that is always full")
def test_a_full_disk_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock can be taken there either, which would say nothing of why."""
    monkeypatch.setattr(ProcessLock, "acquire", lambda *_, **__: False)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: open("/dev/full", "wb", buffering=0))  # noqa: PTH123, SIM115
    with pytest.raises(ConfigError, match="No space left"), open_run(tmp_path, "r1"):
        pass


def test_ids_sort_as_the_runs_began_within_one_second() -> None:
    """`last` is the newer of two runs that began in the same second."""
    first = datetime(2026, 11, 27, 22, 32, 44, 9_000, tzinfo=UTC)
    ids = [new_run_id(first + timedelta(milliseconds=step)) for step in (0, 1, 90, 990)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20261127-223244-009")


def test_a_run_that_another_process_is_at_work_on_is_refused_and_let_be(tmp_path: Path) -> None:
    """Two that go on with one killed run at once: the second takes nothing away from the first."""
    claim = new_claim("r", "flow-run-1")
    with open_run(tmp_path, "r", claim) as first:
        (first.work / "fold-1").touch()
        with (
            pytest.raises(ConfigError, match="another process is at work on run r"),
            open_run(tmp_path, "r", claim),
        ):
            pass
        assert (first.work / "fold-1").exists()
        assert read_claim(tmp_path, "r") is not None
