"""Where the 15 label errors of the MNIST test set that people verified stand in the ranking.

Run: python benchmarks/mnist_errors.py  (needs mnist_test_verified.npz in $LABELGATE_DATA or ../shared/data)
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from cl_flows.config import make_config
from cl_flows.direct import run_direct
from data import needed_data_folder

REVIEWED = 100


def main() -> None:
    """Print the verdict and the ranks of the verified errors."""
    path = needed_data_folder() / "mnist_test_verified.npz"
    with tempfile.TemporaryDirectory() as folder:
        config = make_config(
            {
                "data": {"path": str(path), "labels": "given_labels"},
                "model": {"backend": "precomputed", "out_of_sample": True},
                "gate": {"max_noise_rate": 0.01, "great_expectations": False},
                "output": {"folder": folder},
            },
            "the benchmark",
        )
        result = run_direct(config)
        scored = pd.read_parquet(Path(result.folder) / "scored.parquet")
    errors = np.load(path)["reviewed_is_error"] == 1
    ranks = np.sort(scored["rank"].to_numpy()[errors])
    print(f"{result.status}: {result.says}")
    print(f"ranks of the {errors.sum()} verified errors: {', '.join(map(str, ranks))}")
    print(f"among the {REVIEWED} top-ranked rows: {(ranks <= REVIEWED).sum()} of {errors.sum()}")


if __name__ == "__main__":
    main()
