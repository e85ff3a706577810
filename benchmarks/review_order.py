"""How much label noise is left after people reviewed the first rows of an order; their answers are the truth.

Run: python benchmarks/review_order.py [--seeds 3]  (needs cleanlab, and mnist_test_verified.npz and
banking77.parquet in $LABELGATE_DATA or ../shared/data)

Orders: ours, as `labelgate review` shows rows; the same with the gate run again on the corrected labels
halfway; cleanlab's `find_label_issues` with its defaults, then its label quality score, on the very same
probabilities; random, by its expectation; and the best there can be. Probabilities are those of the default
backend of each kind of data. A table in Markdown comes out, as docs/review_order.md has it.
"""

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from cl_core.synthetic import flip_by_matrix, random_noise_matrix
from cl_core.types import Indices, Labels, Mask
from cl_flows import steps
from cl_flows.config import GateConfig, make_config
from cl_flows.direct import run_direct
from cl_flows.kept import open_kept
from cl_flows.plan import make_plan
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from data import needed_data_folder

SHARES = (0.01, 0.05, 0.10)
NOISE = 0.1
# Sparse: most classes are mistaken for a few others, as people do.
SPARSITY = 0.5


@dataclass(frozen=True)
class Setting:
    """Labels with errors that are known, and how to write the data with any labels."""

    name: str
    true: Labels
    given: Labels
    write: Callable[[Path, Labels], dict[str, Any]]

    @property
    def noise(self) -> float:
        """Share of wrong labels before review."""
        return float((self.given != self.true).mean())


def settings(folder: Path, seeds: int) -> Iterator[Setting]:
    """Yield MNIST's verified errors, then class-dependent noise on MNIST and banking77, by each seed."""
    mnist = np.load(folder / "mnist_test_verified.npz")
    given = mnist["given_labels"].astype(np.intp)
    error = mnist["reviewed_is_error"] == 1
    right = mnist["corrected_labels"].astype(np.intp)
    # People may have agreed on "both" or "neither": then a number below 0 stands there.
    clean = np.where(error & (right >= 0), right, given)
    # Of a row that belongs in no class, any other label than the given one is as good as right.
    verified = np.where(error & (clean == given), (given + 1) % 10, clean)
    texts = pd.read_parquet(folder / "banking77.parquet")
    names, codes = np.unique(texts["category"].to_numpy(dtype=str), return_inverse=True)

    def pictures(path: Path, labels: Labels) -> dict[str, Any]:
        np.savez(path / "mnist.npz", images=mnist["images"], labels=labels)
        return {"path": str(path / "mnist.npz")}

    def questions(path: Path, labels: Labels) -> dict[str, Any]:
        frame = pd.DataFrame({"text": texts["text"], "category": names[labels]})
        frame.to_parquet(path / "banking77.parquet")
        return {"path": str(path / "banking77.parquet"), "label": "category", "text": "text"}

    yield Setting("MNIST, 15 verified errors", verified, given, pictures)
    for seed in range(seeds):
        yield Setting("MNIST, injected", clean, _spoiled(clean, 10, seed), pictures)
    for seed in range(seeds):
        yield Setting("banking77, injected", codes, _spoiled(codes, len(names), seed), questions)


def _spoiled(true: Labels, k: int, seed: int) -> Labels:
    rng = np.random.default_rng(seed)
    matrix = random_noise_matrix(k, noise=NOISE, sparsity=SPARSITY, rng=rng)
    return flip_by_matrix(true, matrix, rng=rng)[0]


def gated(setting: Setting, labels: Labels, folder: Path) -> tuple[GateConfig, RunIndex]:
    """Run the gate on these labels and open the run as review does."""
    folder.mkdir()
    config = make_config(
        {
            "data": setting.write(folder, labels),
            "gate": {"max_noise_rate": 0.01, "great_expectations": False},
            "output": {"folder": str(folder / "runs")},
        },
        "the benchmark",
    )
    result = run_direct(config)
    return config, RunIndex(open_kept(folder / "runs", result.run_id))


def cleanlab_order(config: GateConfig) -> Indices:
    """Order of cleanlab on the probabilities that our run kept in its cache."""
    plan = make_plan(config)
    dataset = steps.load(plan)
    probs = np.array(steps.predict(plan, dataset).pred_probs, dtype=np.float64)
    labels = np.array(dataset.labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes that label few rows
        issues = find_label_issues(labels, probs, return_indices_ranked_by="self_confidence", n_jobs=1)
        scores = get_label_quality_scores(labels, probs)
    rest = np.argsort(scores, kind="stable")
    return np.concatenate([issues, rest[~np.isin(rest, issues)]])


def left(order: Indices, wrong: Mask) -> list[float]:
    """Share of wrong labels left after review of each share of the rows."""
    n = len(wrong)
    return [float(wrong[order[round(share * n) :]].sum() / n) for share in SHARES]


def left_with_second_look(setting: Setting, index: RunIndex, folder: Path) -> list[float]:
    """Review half of each share, run the gate again on the corrected labels, review the other half."""
    n, first, out = len(setting.true), index.find(RowFilter()), []
    for share in SHARES:
        half = first[: round(share * n / 2)]
        labels = setting.given.copy()
        labels[half] = setting.true[half]
        _, again = gated(setting, labels, folder / f"again-{share}")
        order = again.find(RowFilter())
        rest = order[~np.isin(order, half)][: round(share * n) - len(half)]
        labels[rest] = setting.true[rest]
        out.append(float((labels != setting.true).mean()))
    return out


def rows_of(setting: Setting) -> dict[str, list[float]]:
    """Return the noise left by order, for each share reviewed."""
    with tempfile.TemporaryDirectory() as folder:
        config, index = gated(setting, setting.given, Path(folder) / "first")
        wrong = np.asarray(setting.given != setting.true)
        return {
            "ours": left(index.find(RowFilter()), wrong),
            "ours, gate run again halfway": left_with_second_look(setting, index, Path(folder)),
            "cleanlab 2.9, same probabilities": left(cleanlab_order(config), wrong),
            "random": [setting.noise * (1 - share) for share in SHARES],
            "the best there can be": [max(0.0, setting.noise - share) for share in SHARES],
        }


def main() -> None:
    """Print the table: means over seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3, help="draws of the injected noise")
    seeds = parser.parse_args().seeds
    found: dict[str, list[tuple[float, dict[str, list[float]]]]] = {}
    for setting in settings(needed_data_folder(), seeds):
        began = time.perf_counter()
        found.setdefault(setting.name, []).append((setting.noise, rows_of(setting)))
        print(f"{setting.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print("| data | order | wrong before | " + " | ".join(f"after {s:.0%}" for s in SHARES) + " |")
    print("|---|---|---|" + "---|" * len(SHARES))
    for name, runs in found.items():
        noise = np.mean([one for one, _ in runs])
        for order in runs[0][1]:
            mean = np.mean([rows[order] for _, rows in runs], axis=0)
            cells = " | ".join(f"{value:.2%}" for value in mean)
            print(f"| {name} | {order} | {noise:.2%} | {cells} |")


if __name__ == "__main__":
    main()
