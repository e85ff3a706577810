"""Which estimator finds flipped labels best, and what it costs: the figures of docs/adr/0002-tabular.md.

Run as ``python benchmarks/tabular.py``. Processor seconds, so that a busy machine changes little. A second
table, which ``many`` prints alone, tells what a power of a forest does where classes are many.
"""

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from cl_core import Dataset, assess, find_label_issues, label_quality_scores
from cl_plugins.backends import tabular
from cl_plugins.backends.options import TabularOptions
from cl_plugins.backends.tabular import predict_tabular
from cl_plugins.loaders.bundled import load_bundled
from cl_plugins.loaders.options import BundledOptions

ESTIMATORS = ("gradient_boosting", "extra_trees", "logistic", "kernel")


def main() -> None:
    """Print a row a data set, estimator and share of flipped labels, as Markdown."""
    print("| data | estimator | flipped | cpu s | accuracy | average precision | precision | recall |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name in ("digits", "wine", "breast_cancer"):
        for estimator in ESTIMATORS:
            for rate in (0.05, 0.1, 0.2):
                measure(name, estimator, rate)


def measure(name: str, estimator: str, rate: float) -> None:
    """Print one row: accuracy is against the right labels, precision and recall are of the default filter."""
    data = load_bundled(BundledOptions.model_validate({"name": name, "inject_noise": rate}))
    options = TabularOptions.model_validate({"estimator": estimator})
    start = time.process_time()
    probs = predict_tabular(data, options, lambda *_: None).pred_probs
    seconds = time.process_time() - start
    flipped = data.labels != data.true_labels
    found = find_label_issues(data.labels, probs)
    accuracy = (probs.argmax(axis=1) == data.true_labels).mean()
    ranking = average_precision_score(flipped, -label_quality_scores(data.labels, probs))
    precision = (found & flipped).sum() / max(1, found.sum())
    recall = (found & flipped).sum() / flipped.sum()
    figures = f"{seconds:.2f} | {accuracy:.3f} | {ranking:.3f} | {precision:.3f} | {recall:.3f}"
    print(f"| {name} | {estimator} | {rate:.0%} | {figures} |", flush=True)


# Classes, rows of each, columns, and how many standard deviations the centres of the classes are spread by.
MANY = ((12, 30, 8, 2.0), (50, 20, 10, 2.0), (50, 20, 10, 1.0), (100, 20, 10, 2.0), (1000, 10, 20, 2.0))


def many() -> None:
    """Print a row a made-up table: the forest as it votes, and with its probabilities raised to a power."""
    print("| classes | rows | accuracy | wrong | average precision | calibration error | noise rate |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for n_classes, rows, columns, spread in MANY:
        data, wrong, true = _made(n_classes, rows, columns, spread)
        shown = []
        for few in (sys.maxsize, 10):
            tabular._MOST_CLASSES_SURE = few  # noqa: SLF001 - what is measured
            probs = predict_tabular(data, TabularOptions(), lambda *_: None).pred_probs
            found = assess(data.labels, probs)
            ranking = average_precision_score(wrong, -label_quality_scores(data.labels, probs))
            shown.append((ranking, found.quality.calibration_error, found.noise.rate))
        accuracy = (probs.argmax(axis=1) == true).mean()
        pairs = [f"{before:.3f} -> {after:.3f}" for before, after in zip(*shown, strict=True)]
        head = f"{n_classes:,} | {data.n_rows:,} | {accuracy:.3f} | {wrong.mean():.3f}"
        print(f"| {head} | {' | '.join(pairs)} |", flush=True)


def _made(n_classes: int, rows: int, columns: int, spread: float) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Draw normal clouds around random centres; a tenth of the labels is any other class."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(n_classes), rows)
    cells = rng.normal(size=(n_classes, columns))[true] * spread + rng.normal(size=(len(true), columns))
    frame = pd.DataFrame(cells, columns=[f"x{i}" for i in range(columns)])
    names = tuple(map(str, range(n_classes)))
    data = Dataset("made", np.arange(len(true)), true, names, frame, "table", "made")
    moved = rng.random(len(true)) < 0.1
    given = np.where(moved, (true + rng.integers(1, n_classes, len(true))) % n_classes, true)
    return replace(data, labels=given), moved, true


if __name__ == "__main__":
    if sys.argv[1:] != ["many"]:
        main()
    many()
