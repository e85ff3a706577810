"""Which estimator finds flipped labels best, and what it costs: the figures of docs/adr/0002-tabular.md.

Run as ``python benchmarks/tabular.py``. Processor seconds, so that a busy machine changes little.
"""

import time

from sklearn.metrics import average_precision_score

from cl_core import find_label_issues, label_quality_scores
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


if __name__ == "__main__":
    main()
