"""Parts of what is kept: top classes by law, and places that would give a secret away."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core.dataset import Dataset, Predictions
from cl_core.evidence import assess
from cl_core.media import MediaFiles
from cl_flows.kept.keep import stage, write_joint
from cl_flows.kept.top import top_classes
from cl_flows.plan import make_plan
from cl_flows.runs import new_run_id, open_run


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 50), k=st.integers(2, 6), most=st.integers(1, 4))
def test_top_classes_are_the_head_of_each_row_in_order(seed: int, n: int, k: int, most: int) -> None:
    """Largest first, the lower number among equals, whatever the ties, and never more than there are."""
    counts = np.random.default_rng(seed).integers(0, 3, (n, k)) + 1
    probs = counts / counts.sum(axis=1, keepdims=True)
    classes, values = top_classes(probs, most)
    order = np.argsort(-probs, axis=1, kind="stable")[:, :most]
    np.testing.assert_array_equal(classes, order)
    np.testing.assert_array_equal(values, np.take_along_axis(probs, order, axis=1).astype(np.float32))


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of one row or all rows at once: the same classes."""
    probs = np.random.default_rng(0).dirichlet(np.ones(7), 100).astype(np.float32)
    whole = top_classes(probs)
    monkeypatch.setattr("cl_flows.kept.top._BLOCK_CELLS", 8)
    for one, other in zip(whole, top_classes(probs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_joint_is_kept_without_its_zeros(tmp_path: Path) -> None:
    """Class numbers and rows, a line for each cell that counts something."""
    write_joint(np.array([[5, 0], [2, 3]]), tmp_path / "joint.parquet")
    found = pd.read_parquet(tmp_path / "joint.parquet")
    assert found.to_dict("list") == {"given": [0, 1, 1], "true": [0, 0, 1], "rows": [5, 2, 3]}


@pytest.mark.parametrize(
    ("root", "kept"),
    [("s3://bucket/in", True), ("https://kim:sesame@example.org/in", False), ("/data/in", True)],
)
def test_files_behind_a_login_are_not_kept(
    root: str, kept: bool, tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """Their address would lie in the folder, password and all; the note does not say it either."""
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    labels, names = np.array([0, 1, 0, 1]), np.array(["1.png", "2.png", "3.png", "4.png"])
    data = Dataset("d", np.arange(4), labels, ("x", "y"), MediaFiles(root, names), "image", "f")
    plan = make_plan(gate_config(tables / "clean.csv", tmp_path))
    with open_run(tmp_path, new_run_id()) as run:
        staged = stage(plan, run, data, Predictions(probs, None, "m"), assess(labels, probs))
        texts = "".join(p.read_text(errors="replace") for p in run.partial.rglob("*") if p.is_file())
    assert bool(staged.name) == kept
    assert "sesame" not in texts
    assert "sesame" not in "".join(staged.notes)
    assert len(staged.notes) == (0 if kept else 1)
