"""Finding wrong labels: the paper's table, digit by digit, and what `auto` adds to it.

``python benchmarks/label_errors.py`` needs the project's data; ``--develop`` instead shows the
made-up settings on which the constants of `cl_core.auto` were chosen, and needs nothing.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier

import cl_core
from cl_core.auto import auto_issues, auto_scores
from cl_core.reading import read

DATA = Path(os.environ.get("LABELGATE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
NOISE, SPARSITY = ("20", "40", "70"), ("00", "20", "40", "60")
SCORES = (("self_confidence", False), ("normalized_margin", False), ("normalized_margin", True))
FILTERS = ("prune_by_noise_rate", "prune_by_class", "predicted_neq_given")
# Northcutt, Jiang and Chuang (2021), JAIR 70, table of label-error finding on CIFAR-10: noise 20, 40 and
# 70 %, sparsity 0 and 60 % each; accuracy, F1, precision, recall.
PUBLISHED = {
    "predicted_neq_given": (
        ".84 .85 .85 .81 .76 .61",
        ".71 .72 .84 .79 .83 .70",
        ".56 .58 .74 .70 .82 .76",
        ".98 .97 .97 .90 .84 .65",
    ),
    "prune_by_class": (
        ".88 .88 .86 .82 .73 .59",
        ".76 .76 .84 .79 .81 .67",
        ".63 .65 .76 .74 .82 .76",
        ".96 .92 .94 .85 .80 .61",
    ),
    "prune_by_noise_rate": (
        ".89 .90 .88 .84 .66 .54",
        ".77 .79 .85 .80 .72 .60",
        ".65 .68 .82 .79 .84 .77",
        ".93 .94 .88 .82 .63 .49",
    ),
    "both": (
        ".90 .90 .87 .83 .64 .53",
        ".78 .78 .84 .78 .70 .58",
        ".67 .69 .82 .79 .84 .77",
        ".93 .90 .87 .78 .61 .47",
    ),
    "confident_joint": (
        ".89 .90 .86 .84 .76 .60",
        ".75 .78 .84 .80 .83 .69",
        ".67 .70 .78 .77 .82 .76",
        ".86 .88 .91 .84 .84 .63",
    ),
}


def published_flags(labels: Any, probs: Any, method: str) -> Any:
    """Compute flags as the paper's code did."""
    if method != "confident_joint":
        return cl_core.find_label_issues(
            labels,
            probs,
            filter_by=method,  # type: ignore[arg-type]
            collisions="most_probable",
        )
    flags = np.zeros(len(labels), dtype=bool)
    flags[cl_core.off_diagonal_rows(labels, probs, collisions="most_probable")] = True
    return flags


def paper_table(data: Any) -> int:
    """Print the published table with our figures beside it; return the number of digits that differ."""
    true, off = data["true_labels"].astype(np.intp), 0
    print("The published table (ours; a * marks a printed digit that differs)\n")
    for method, rows in PUBLISHED.items():
        columns = []
        for noise in NOISE:
            for sparsity in ("00", "60"):
                key = f"noise{noise}_sparsity{sparsity}"
                labels = data[f"{key}/given_labels"].astype(np.intp)
                flags, wrong = published_flags(labels, data[f"{key}/pred_probs"], method), labels != true
                columns.append(
                    (
                        (flags == wrong).mean(),
                        f1_score(wrong, flags),
                        precision_score(wrong, flags),
                        recall_score(wrong, flags),
                    )
                )
        for name, printed, ours in zip(
            ("accuracy", "F1", "precision", "recall"), rows, zip(*columns, strict=True), strict=True
        ):
            cells = [
                f"{value:.4f}{' ' if f'{value:.2f}' == '0' + wanted else '*'}"
                for value, wanted in zip(ours, printed.split(), strict=True)
            ]
            off += sum(cell.endswith("*") for cell in cells)
            print(f"{method:20} {name:10} {' '.join(cells)}   published {printed}")
    return off


def synthetic(data: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield the twelve noisy settings of the paper."""
    for noise in NOISE:
        for sparsity in SPARSITY:
            key = f"noise{noise}_sparsity{sparsity}"
            yield key, data[f"{key}/given_labels"], data["true_labels"], data[f"{key}/pred_probs"]


def human(data: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield the four settings with labels by people."""
    for kind in ("aggregate", "worst"):
        for model in ("resnet18", "efficientnet_b1"):
            probs = data[f"{kind}/pred_probs_{model}"]
            yield f"{kind}/{model}", data[f"{kind}/given_labels"], data["true_labels"], probs


def made_up() -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield scikit-learn's sets with injected noise: the settings the constants were chosen on."""
    digits = load_digits(return_X_y=True)
    sets = {
        "digits": (digits[0] / 16, digits[1]),
        "six": make_classification(4000, 20, n_informative=8, n_classes=6, class_sep=1.2, random_state=0),
        "ten": make_classification(
            5000, 30, n_informative=12, n_classes=10, n_clusters_per_class=1, class_sep=1.5, random_state=1
        ),
        "uneven": make_classification(
            3000, 10, n_informative=5, n_classes=3, weights=[0.6, 0.3, 0.1], class_sep=0.9, random_state=2
        ),
    }
    models = {
        "linear": LogisticRegression(C=0.3, max_iter=300),
        "forest": RandomForestClassifier(60, min_samples_leaf=3, random_state=0),
        "network": MLPClassifier((64,), alpha=1e-2, max_iter=30, random_state=0),
    }
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    for number, (name, (features, true)) in enumerate(sets.items()):
        rng, k = np.random.default_rng(number), int(true.max()) + 1
        belief = cross_val_predict(LogisticRegression(max_iter=200), features, true, method="predict_proba")
        for noise in (0.03, 0.1, 0.2, 0.4):
            by_class = [
                cl_core.flip_by_matrix(
                    true, cl_core.random_noise_matrix(k, noise=noise, sparsity=sparsity, rng=rng), rng=rng
                )[0]
                for sparsity in (0, 0.6)
            ]
            by_row = cl_core.flip_by_instance(true, belief + 0.02, rate=noise, rng=rng)[0]
            for kind, labels in zip(("dense", "sparse", "instance"), (*by_class, by_row), strict=True):
                for model, classifier in models.items():
                    probs = cross_val_predict(classifier, features, labels, cv=folds, method="predict_proba")
                    yield f"{name}/{kind}/{noise}/{model}", labels, true, probs


def compare(title: str, settings: Iterator[tuple[str, Any, Any, Any]], *, every: bool = True) -> None:
    """Print F1 of the filters and average precision of the scores; `auto` comes last of each."""
    heads = [*FILTERS, "auto", *(f"{'adjusted ' * adjust}{name}" for name, adjust in SCORES), "auto"]
    print(f"\n{title}: F1 of {', '.join(heads[:4])}; average precision of {', '.join(heads[4:])}")
    table = []
    for name, given, true, probs in settings:
        labels, wrong = given.astype(np.intp), given != true
        reading = read(labels, probs)
        quality = auto_scores(reading)
        flags = [cl_core.find_label_issues(labels, probs, filter_by=f) for f in FILTERS]  # type: ignore[arg-type]
        scores = [
            cl_core.label_quality_scores(labels, probs, method=m, adjust=a)  # type: ignore[arg-type]
            for m, a in SCORES
        ]
        figures = [f1_score(wrong, flag) for flag in (*flags, auto_issues(reading, quality))]
        figures += [average_precision_score(wrong, -score) for score in (*scores, quality)]
        table.append(figures)
        if every:
            print(f"{name:28} {' '.join(f'{figure:.3f}' for figure in figures)}")
    print(
        f"{'mean of ' + str(len(table)):28} {' '.join(f'{figure:.3f}' for figure in np.mean(table, axis=0))}"
    )


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--develop", action="store_true", help="made-up settings, no data needed")
    if parser.parse_args().develop:
        compare("Settings the constants were chosen on", made_up())
        return 0
    if not (DATA / "cifar10_synthetic_noise.npz").is_file():
        print(f"no data in {DATA}: set LABELGATE_DATA", file=sys.stderr)
        return 2
    with np.load(DATA / "cifar10_synthetic_noise.npz") as data:
        off = paper_table(data)
        print(f"\n{120 - off} of 120 printed figures reproduced")
        compare("CIFAR-10, synthetic noise", synthetic(data))
    with np.load(DATA / "cifar10n_human_noise.npz") as data:
        compare("CIFAR-10N, labels by people", human(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
