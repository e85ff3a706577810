"""Batches of the same rows wherever Great Expectations reads them: pandas, SQL, Spark."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import flip_labels

COLUMNS = {"cat": "p_cat", "dog": "p_dog", "owl": "p_owl"}


def make_table(rows: int = 300, rate: float = 0.1) -> pd.DataFrame:
    """Build rows of three classes, a share of the labels flipped, with good probabilities."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, rows)
    probs = 0.7 * np.eye(3)[true] + 0.1 + rng.uniform(-0.05, 0.05, (rows, 3))
    probs /= probs.sum(axis=1, keepdims=True)
    given, _ = flip_labels(true, rate=rate, n_classes=3, rng=rng)
    names = np.array(["cat", "dog", "owl"], dtype=object)
    columns = {"animal": names[given]} | {f"p_{name}": probs[:, i] for i, name in enumerate(names)}
    return pd.DataFrame(columns, index=pd.Index(range(1000, 1000 + rows)))


@pytest.fixture
def table() -> pd.DataFrame:
    """Give 300 rows, a tenth of the labels wrong."""
    return make_table()


@pytest.fixture
def own_context() -> Any:
    """Give a context as people make it."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Start a real PostgreSQL server for the session, with a data folder of its own."""
    found = shutil.which("initdb")
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    binaries = Path(found).resolve().parent
    # The server refuses to run as root, and must own its folder.
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, port = folder / "data", _free_port()
    subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "labelgate", "--no-sync"],
        check=True, capture_output=True, user=user, cwd=folder,
    )  # fmt: skip
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, "-p", str(port), "-c", "fsync=off"],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for([binaries / "pg_isready", "-h", "localhost", "-p", str(port)])
        yield f"postgresql+psycopg://labelgate@localhost:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # does not wait for those who are connected
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


def _wait_for(ready: list[str | Path]) -> None:
    end = time.monotonic() + 60
    while subprocess.run(ready, check=False, capture_output=True).returncode:
        assert time.monotonic() < end, "PostgreSQL did not start within a minute"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start Spark in this machine's Java for the session."""
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: make test-spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = pyspark.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    yield session
    session.stop()
