"""The short form of `make soak`: a real server and worker, scheduled gates, a machine lost in the middle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_a_lost_machine_leaves_true_verdicts_one_alert_a_change_and_nothing_behind() -> None:
    """Its own checks find nothing wrong."""
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS)}
    environment.pop("PREFECT_API_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "soak", "--short", "--patience", "200"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=700,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is wrong" in done.stdout
