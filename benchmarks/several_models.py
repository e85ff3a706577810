"""The noise rate from two networks on labels by people: their average, both views, and what is true.

Run: python benchmarks/several_models.py (needs cifar10n_human_noise.npz in the data folder)
"""

import numpy as np

from cl_core import Predictions, View
from cl_plugins.noise_estimators import EstimatorOptions, noise_estimators
from data import needed_data_folder


def main() -> None:
    """Print a table: a row a set of labels."""
    archive = np.load(needed_data_folder() / "cifar10n_human_noise.npz")
    by_name = {estimator.name: estimator.estimate for estimator in noise_estimators()}
    print("| labels | wrong | auto, average only | auto, both views | views |")
    print("|---|---|---|---|---|")
    for name in ("aggregate", "worst"):
        labels = archive[f"{name}/given_labels"].astype(np.intp)
        views = tuple(
            View(key.rpartition("/")[2], _whole(archive[key]))
            for key in archive.files
            if key.startswith(f"{name}/pred_probs")
        )
        average = np.mean([view.pred_probs for view in views], axis=0)
        alone = Predictions(average, out_of_sample=True, model="average")
        together = Predictions(average, out_of_sample=True, model="average", views=views)
        found = [
            by_name[method](labels, seen, EstimatorOptions())
            for method, seen in (("auto", alone), ("auto", together), ("views", together))
        ]
        cells = [f"{one.rate:.1%} ({one.low:.1%} to {one.high:.1%})" for one in found]
        wrong = float((labels != archive["true_labels"]).mean())
        print(f"| {name} | {wrong:.1%} | {' | '.join(cells)} |", flush=True)


def _whole(probs: np.ndarray) -> np.ndarray:
    """Widen half precision, whose rows miss a sum of 1, and divide by the sum."""
    wide = probs.astype(np.float32)
    whole: np.ndarray = wide / wide.sum(axis=1, keepdims=True)
    return whole


if __name__ == "__main__":
    main()
