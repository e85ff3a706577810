"""Tables of trees, and a quick gate over them: what most tests of the flows need."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core import flip_labels


def labelled_table(rows: int, noise: float, seed: int = 0) -> pd.DataFrame:
    """Three well-separated classes in two numbers and a colour, some of their labels flipped."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3, rows)
    noisy, _ = flip_labels(true.astype(np.intp), rate=noise, n_classes=3, rng=rng)
    centre = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true]
    numbers = centre + rng.normal(size=(rows, 2))
    names = np.array(["ash", "birch", "cedar"])
    return pd.DataFrame(
        {
            "tree": [f"t{i}" for i in range(rows)],
            "height": numbers[:, 0],
            "girth": numbers[:, 1],
            "bark": np.where(rng.random(rows) < 0.5, "rough", "smooth"),
            "label": names[noisy],
        }
    )


def tree_gate(source: Path | str, output: Path | str = "runs", **gate: Any) -> dict[str, Any]:
    """Write the configuration of a quick gate: a limit of 5 %, no Great Expectations."""
    return {
        "data": {"path": str(source), "label": "label", "id": "tree"},
        "model": {"backend": "tabular", "estimator": "logistic"},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False, **gate},
        "output": {"folder": str(output)},
    }
