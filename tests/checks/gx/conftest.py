"""Batches of the same rows wherever Great Expectations reads them: pandas, SQL, Spark."""

import os
import sys
from collections.abc import Iterator
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
def spark() -> Iterator[Any]:
    """Start Spark in this machine's Java for the session."""
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: make test-spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = pyspark.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    yield session
    session.stop()
