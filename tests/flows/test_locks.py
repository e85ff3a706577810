"""Locks between processes: one holder, whoever makes or removes the file in between."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cl_flows import locks
from cl_flows.locks import ProcessLock


def test_one_holder_at_a_time_and_the_next_when_it_is_given_back(tmp_path: Path) -> None:
    """The first makes the file; the second gets it once it is free."""
    first, second = ProcessLock(tmp_path / "x.lock"), ProcessLock(tmp_path / "x.lock")
    assert first.acquire(wait_s=0)
    assert not second.acquire(wait_s=0)
    first.release()
    assert second.acquire(wait_s=0)
    second.release()


def test_where_no_file_can_be_made_there_is_no_lock(tmp_path: Path) -> None:
    """The answer comes at once, whatever one would wait."""
    assert not ProcessLock(tmp_path / "nowhere" / "x.lock").acquire(wait_s=60)


def test_whoever_waits_while_the_file_is_removed_locks_the_one_that_others_see(tmp_path: Path) -> None:
    """A lock on a removed file would let a third one in beside it."""
    path = tmp_path / "x.lock"
    first, second, third = (ProcessLock(path) for _ in range(3))
    assert first.acquire(wait_s=0)
    with ThreadPoolExecutor(1) as waiter:  # one thread takes a lock and gives it back
        taken = waiter.submit(second.acquire, wait_s=30)
        first.remove()
        assert taken.result()
        assert path.exists()
        assert not third.acquire(wait_s=0)
        waiter.submit(second.remove).result()
    assert not path.exists()


def test_a_file_that_was_exchanged_in_the_instant_of_locking_is_not_taken_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder of the new file keeps its lock."""
    path = tmp_path / "x.lock"
    other = ProcessLock(path)
    path.touch()
    lock = locks._lock

    def overtaken(connection: sqlite3.Connection) -> bool:
        monkeypatch.setattr(locks, "_lock", lock)
        is_locked = lock(connection)
        path.unlink()
        assert other.acquire(wait_s=0)
        return is_locked

    monkeypatch.setattr(locks, "_lock", overtaken)
    assert not ProcessLock(path).acquire(wait_s=0)
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_removing_what_one_does_not_hold_does_nothing(tmp_path: Path) -> None:
    """The file of whoever holds it stays."""
    first, second = ProcessLock(tmp_path / "x.lock"), ProcessLock(tmp_path / "x.lock")
    assert first.acquire(wait_s=0)
    second.remove()
    assert not second.acquire(wait_s=0)
    first.remove()
    first.remove()
