"""Projects to gate: a copy of an example beside a clean or a noisy table."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cl_core import flip_labels

EXAMPLES = Path(__file__).parents[2] / "examples"


def trees(noise: float) -> pd.DataFrame:
    """Three well-separated classes in two numbers, some of their labels flipped."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300).astype(np.intp)
    noisy, _ = flip_labels(true, rate=noise, n_classes=3, rng=rng)
    numbers = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true] + rng.normal(size=(300, 2))
    names = np.array(["ash", "birch", "cedar"])[noisy]
    ids = [f"t{i}" for i in range(300)]
    return pd.DataFrame({"tree": ids, "height": numbers[:, 0], "girth": numbers[:, 1], "label": names})


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Folder with a gate.yaml over ``trees.csv``; the parameter is the share of wrong labels."""
    trees(request.param).to_csv(tmp_path / "trees.csv", index=False)
    (tmp_path / "gate.yaml").write_text(
        "data: {path: trees.csv, label: label, id: tree}\n"
        "gate: {max_noise_rate: 0.05, great_expectations: false}\n",
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def dbt_project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Copy of the dbt example with its seed; the parameter is the share of wrong labels."""
    folder = tmp_path / "dbt"
    shutil.copytree(EXAMPLES / "dbt", folder)
    (folder / "seeds").mkdir(exist_ok=True)
    trees(request.param).to_csv(folder / "seeds" / "raw_labels.csv", index=False)
    return folder
