"""How right the noise rate is: 23 settings of CIFAR-10 with known label errors, and a bench for everybody.

``python benchmarks/noise_rate.py``          the 23 settings, beside cleanlab (needs the data folder)
``python benchmarks/noise_rate.py --dev 60`` 60 fresh draws from scikit-learn's data (no data folder)
``python benchmarks/noise_rate.py --fit F``  write known.csv anew; F keeps the bench's curves (1 h without)
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cl_core import NoiseEstimate, estimate_noise_rate
from data import data_folder
from noise_bench import FRESH_FROM, FROM_FOLDER, Array, Setting, draw
from noise_fit import MOST_MODEL_ERRORS, fit

INJECTED = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
COUNTED_UP_TO = 0.45  # the settings of 40 % noise have up to 40.2 % wrong labels


@dataclass(frozen=True, slots=True)
class Line:
    """One setting's outcome."""

    truth: float
    found: NoiseEstimate
    cleanlab: tuple[float, float] | None

    @property
    def covered(self) -> bool:
        """Whether the interval holds the true rate."""
        return self.found.low <= self.truth <= self.found.high


def main() -> int:
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dev", type=int, metavar="N", help="N settings on scikit-learn's data")
    parser.add_argument("--fit", type=Path, metavar="FILE", help="write known.csv; FILE caches the curves")
    chosen = parser.parse_args()
    if chosen.fit is not None:
        fit(chosen.fit)
    elif chosen.dev is not None:
        _summary(list(_table(_fresh(chosen.dev), beside=False)))
    elif not (data_folder() / "cifar10_synthetic_noise.npz").exists():
        print(f"no CIFAR-10 files in {data_folder()}; set LABELGATE_DATA, or try --dev 60", file=sys.stderr)
        return 2
    else:
        _summary(list(_table(_cifar(), beside=True)))
        _two_models()
    return 0


def _table(settings: Iterator[Setting], *, beside: bool) -> Iterator[Line]:
    columns = "cleanlab's two figures" if beside else ""
    print(f"{'setting':44} true %  rate %     90 % interval   holds  identified  {columns}")
    for setting in settings:
        found = estimate_noise_rate(setting.labels, setting.pred_probs)
        truth = float((setting.labels != setting.true).mean())
        line = Line(truth, found, _cleanlab(setting) if beside else None)
        others = "  ".join(f"{100 * rate:5.1f}" for rate in line.cleanlab or ())
        print(
            f"{setting.name:44} {100 * truth:6.1f}  {100 * found.rate:6.1f}  {100 * found.low:6.1f} to"
            f" {100 * found.high:5.1f}   {'yes' if line.covered else 'NO ':5}  "
            f"{'yes' if found.identified else 'no':10}  {others}",
            flush=True,
        )
        yield line


def _two_models() -> None:
    """Both networks as views of the same labels: people's, and the right ones."""
    print("\ntwo models (views)                            true %  rate %     90 % interval   voted %")
    with np.load(data_folder() / "cifar10n_human_noise.npz") as arrays:
        true = arrays["true_labels"].astype(np.intp)
        for people in ("aggregate", "worst"):
            given = arrays[f"{people}/given_labels"].astype(np.intp)
            keys = sorted(key for key in arrays.files if key.startswith(f"{people}/pred_probs_"))
            first, *others = [_probs(arrays[key]) for key in keys]
            for name, labels in ((f"people {people}", given), (f"right labels, models of {people}", true)):
                found = estimate_noise_rate(labels, first, views=others)
                truth = float((labels != true).mean())
                print(
                    f"{name:44} {100 * truth:6.1f}  {100 * found.rate:6.1f}  {100 * found.low:6.1f} to"
                    f" {100 * found.high:5.1f}   {100 * dict(found.others)['views']:6.1f}"
                )


def _summary(lines: list[Line]) -> None:
    counted = [line for line in lines if line.truth <= COUNTED_UP_TO]
    print(
        f"\nmean absolute error up to 40 % noise: {_points([line.found.rate for line in counted], counted)}"
    )
    for i, name in enumerate(("off_diagonal", "off_diagonal_calibrated")):
        figures = [line.cleanlab[i] for line in counted if line.cleanlab]
        if figures:
            print(f"  cleanlab {name}: {_points(figures, counted)}")
    held = [line.covered for line in lines]
    print(f"90 % interval holds the truth: {sum(held)} of {len(held)} ({np.mean(held):.0%})")
    print(f"median width: {100 * np.median([line.found.high - line.found.low for line in lines]):.1f} points")
    clean = [line.found.rate for line in lines if line.truth == 0]
    if clean:
        print(f"spotless labels, largest error: {100 * max(clean):.1f} points")


def _points(rates: list[float], lines: list[Line]) -> str:
    errors = [abs(rate - line.truth) for rate, line in zip(rates, lines, strict=True)]
    return f"{100 * np.mean(errors):.2f} points ({len(errors)} settings)"


def _cleanlab(setting: Setting) -> tuple[float, float]:
    from cleanlab.count import num_label_issues  # takes seconds to import

    methods = ("off_diagonal", "off_diagonal_calibrated")
    found = [
        num_label_issues(setting.labels, setting.pred_probs, estimation_method=method) for method in methods
    ]
    return found[0] / len(setting.labels), found[1] / len(setting.labels)


def _fresh(count: int) -> Iterator[Setting]:
    """Draws nothing was fitted on, where the model is what the estimate supposes it to be."""
    number = FRESH_FROM
    while count > 0:
        setting = draw(number)
        number += 1
        if setting is None or setting.data in FROM_FOLDER:
            continue
        contradicted = float((setting.pred_probs.argmax(axis=1) != setting.labels).mean())
        if contradicted - float((setting.labels != setting.true).mean()) < MOST_MODEL_ERRORS:
            count -= 1
            yield setting


def _cifar() -> Iterator[Setting]:
    with np.load(data_folder() / "cifar10_synthetic_noise.npz") as arrays:
        true = arrays["true_labels"].astype(np.intp)
        names = [key.removesuffix("/given_labels") for key in arrays.files if key.endswith("/given_labels")]
        for name in names:
            given = arrays[f"{name}/given_labels"].astype(np.intp)
            yield Setting(name, "synthetic", "ccn", given, true, _probs(arrays[f"{name}/pred_probs"]))
        clean = _probs(arrays["noise00_sparsity00/pred_probs"])
    rng = np.random.default_rng(0)
    for rate in INJECTED:
        moved = rng.random(len(true)) < rate
        given = np.where(moved, (true + rng.integers(1, 10, len(true))) % 10, true)
        yield Setting(f"injected {rate:.1%}", "injected", "post", given, true, clean)
    with np.load(data_folder() / "cifar10n_human_noise.npz") as arrays:
        true = arrays["true_labels"].astype(np.intp)
        for key in arrays.files:
            people, _, model = key.partition("/pred_probs_")
            if model:
                given = arrays[f"{people}/given_labels"].astype(np.intp)
                yield Setting(
                    f"people {people} {model}", "people", "people", given, true, _probs(arrays[key])
                )


def _probs(stored: Array) -> Array:
    """Single precision from half, each row divided by its sum: half precision misses 1 by up to 2 %."""
    wide = stored.astype(np.float32)
    return np.asarray(wide / wide.sum(axis=1, keepdims=True))


if __name__ == "__main__":
    raise SystemExit(main())
