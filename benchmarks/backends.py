"""How well the default of each backend finds labels that were spoiled on purpose, and what it costs.

Run: python benchmarks/backends.py [NAME ...]  (real data in $LABELGATE_DATA or ../shared/data)

With no NAME, all of it, and what a second run on unchanged data costs (benchmarks/second_run.py).
A tenth of the labels is flipped, by class (a random noise matrix, seed 0). Each row is measured in a
process of its own. To add a row: one line in CASES, or a data set in DATA.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from cl_core import Dataset, label_quality_scores
from cl_core.hooks import DatasetLoader, ModelBackend
from cl_core.plugins import load_plugins
from cl_core.synthetic import flip_by_matrix, random_noise_matrix
from cl_flows.plugin_options import make_options
from data import data_folder
from second_run import main as second_runs

NOISE = 0.1


@dataclass(frozen=True)
class Case:
    """One row of the table: a data set, a backend, its options, and whether labels are spoiled."""

    data: str
    backend: str
    options: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    noise: float = NOISE


def _loaded(loader: str, **options: Any) -> Dataset:
    if "path" in options:
        options["path"] = str(data_folder() / options["path"])
    record = load_plugins().find(DatasetLoader, loader)
    return record.load(record.options.model_validate(options))


def _spoken() -> Dataset:
    where = {"path": "spoken_digits.npz", "labels": "y", "offsets": "offset", "rate": 8000}
    return _loaded("npz", **where, groups="speaker")


def _texts(path: str, text: str, label: str) -> Dataset:
    return _loaded("table", path=path, label=label, text=text)


DATA: dict[str, Callable[[], Dataset]] = {
    "banking77": lambda: _texts("banking77.parquet", "text", "category"),
    "sms_spam": lambda: _texts("sms_spam.parquet", "text", "label"),
    "spoken_digits": _spoken,
    "mnist_test": lambda: replace(
        _loaded("npz", path="mnist_test_verified.npz", labels="given_labels"), pred_probs=None
    ),
    **{name: partial(_loaded, "bundled", name=name) for name in ("digits", "iris", "wine", "breast_cancer")},
}
FILES = {
    "banking77": "banking77.parquet",
    "sms_spam": "sms_spam.parquet",
    "spoken_digits": "spoken_digits.npz",
    "mnist_test": "mnist_test_verified.npz",
}
CASES = (
    Case("banking77", "text"),
    Case("banking77", "knn"),
    Case("banking77", "ensemble", {"members": [{"backend": "text"}, {"backend": "knn"}]}, "text + knn"),
    Case("sms_spam", "text"),
    Case("sms_spam", "knn"),
    Case("spoken_digits", "audio", {"split": "class"}, "random folds"),
    Case("spoken_digits", "audio", note="speakers held out"),
    Case("mnist_test", "image"),
    Case("mnist_test", "knn"),
    Case("mnist_test", "image", note="labels as they are", noise=0.0),
    Case("digits", "image"),
    Case("digits", "tabular"),
    Case("digits", "knn"),
    Case("iris", "tabular"),
    Case("wine", "tabular"),
    Case("breast_cancer", "tabular"),
)


def main() -> None:
    """Print a table: a row a case; then the ranks of MNIST's verified errors."""
    if sys.argv[1:2] == ["--case"]:
        print(json.dumps(measure(CASES[int(sys.argv[2])])))
        return
    wanted = set(sys.argv[1:]) or {case.data for case in CASES}
    print("| data | backend | rows x classes | accuracy | average precision | cpu s | seconds | peak MB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    ranks: list[int] = []
    for number, case in enumerate(CASES):
        if case.data not in wanted:
            continue
        if case.data in FILES and not (data_folder() / FILES[case.data]).is_file():
            print(f"| {case.data} | {case.backend} | no data in {data_folder()}: set LABELGATE_DATA |")
            continue
        found = _in_own_process(number)
        ranks = found.pop("ranks") or ranks
        name = f"{case.data} ({case.note})" if case.note else case.data
        print(f"| {name} | {case.backend} | " + " | ".join(found.values()) + " |", flush=True)
    if ranks:
        print(f"\nMNIST's {len(ranks)} verified errors, ranks of 10,000: {', '.join(map(str, ranks))}")
    if not sys.argv[1:]:
        print("\nA second run on unchanged data and model fits nothing:\n")
        second_runs()


def _in_own_process(number: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--case", str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(case: Case) -> dict[str, Any]:
    """Judge one data set; the figures as they stand in the table, and ranks where errors are verified."""
    data = DATA[case.data]()
    true, k = data.labels, data.n_classes
    given, wrong = true, np.zeros(len(true), dtype=np.bool_)
    if case.noise:
        rng = np.random.default_rng(0)
        given, wrong = flip_by_matrix(true, random_noise_matrix(k, noise=case.noise, rng=rng), rng=rng)
    registry = load_plugins()
    backend = registry.find(ModelBackend, case.backend)
    options = make_options(backend, case.options, Path.cwd(), "model", registry)
    clock, start = time.perf_counter(), time.process_time()
    probs = backend.predict(replace(data, labels=given), options, lambda *_: None).pred_probs
    seconds, cpu = time.perf_counter() - clock, time.process_time() - start
    quality = label_quality_scores(given, probs)
    precision = f"{average_precision_score(wrong, -quality):.3f}" if case.noise else "-"
    return {
        "rows": f"{len(true):,} x {k}",
        "accuracy": f"{(np.asarray(probs).argmax(axis=1) == true).mean():.3f}",
        "precision": precision,
        "cpu": f"{cpu:.1f}",
        "seconds": f"{seconds:.1f}",
        "peak": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}",
        "ranks": _verified(quality) if case.data == "mnist_test" and not case.noise else [],
    }


def _verified(quality: Any) -> list[int]:
    """Ranks of the labels that people verified to be wrong."""
    errors = np.load(data_folder() / FILES["mnist_test"])["reviewed_is_error"] == 1
    rank = np.empty(len(quality), dtype=np.intp)
    rank[np.argsort(quality, kind="stable")] = np.arange(1, len(quality) + 1)
    return sorted(int(place) for place in rank[errors])


if __name__ == "__main__":
    main()
