"""Answers outlive a run that is killed, and two runs may share a file: real processes, a real endpoint."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.extra

RUN = """
import sys
import numpy as np
from cl_core import Dataset
from cl_plugins.backends.llm.options import LlmOptions
from cl_plugins.backends.llm.predict import predict_llm

url, cache, out, method = sys.argv[1:]
texts = [f"text number {i}" for i in range(60)]
data = Dataset("d", np.arange(60), np.arange(60) % 2, ("a", "b"), texts, "text", "d")
options = LlmOptions.model_validate(
    {"base_url": url, "model": "tiny", "cache_path": cache, "method": method, "votes": 2}
)
found = predict_llm(data, options, lambda *step: None)
np.save(out, found.pred_probs)
"""


def start(chat: Any, cache: Path, out: Path, method: str = "logprobs") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, chat.url, str(cache), str(out), method], stderr=subprocess.PIPE
    )


def finish(run: subprocess.Popen[bytes]) -> None:
    _, told = run.communicate(timeout=120)
    assert run.returncode == 0, told.decode()


def kept(cache: Path) -> int:
    database = sqlite3.connect(cache)
    count = int(database.execute("SELECT count(*) FROM answers").fetchone()[0])
    database.close()
    return count


def test_a_killed_run_loses_no_answer(chat: Any, tmp_path: Path) -> None:
    """Killed half-way: the next run asks exactly for the answers that had not come, and no other."""
    chat.delay_s = 0.05
    cache = tmp_path / "a.db"
    run = start(chat, cache, tmp_path / "p.npy")
    until = time.monotonic() + 60
    while len(chat.bodies) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    time.sleep(0.2)  # what was under way reaches the endpoint
    asked, safe = len(chat.bodies), kept(cache)
    assert 10 <= safe < 60
    assert asked - safe <= 4  # at most what was under way
    assert not (tmp_path / "p.npy").exists()
    finish(start(chat, cache, tmp_path / "p.npy"))
    assert len(chat.bodies) - asked == 60 - safe
    assert kept(cache) == 60
    assert np.load(tmp_path / "p.npy").shape == (60, 2)
    finish(start(chat, cache, tmp_path / "again.npy"))
    assert len(chat.bodies) - asked == 60 - safe


def test_two_runs_at_once_agree(chat: Any, tmp_path: Path) -> None:
    """Votes are drawn by lot, yet both runs go on with the answer that was kept first."""
    chat.delay_s = 0.02
    runs = [start(chat, tmp_path / "a.db", tmp_path / f"{i}.npy", "votes") for i in range(2)]
    for run in runs:
        finish(run)
    first, second = (np.load(tmp_path / f"{i}.npy") for i in range(2))
    assert np.array_equal(first, second)
    assert len(np.unique(first)) > 2
    assert kept(tmp_path / "a.db") == 120
    assert 120 <= len(chat.bodies) <= 240
