"""Figures of the human audit: coverage and width of its interval, rows it needs, errors under peeking.

Run ``python benchmarks/audit.py``; ``--help`` shows how to make it shorter.
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import beta as beta_law
from scipy.stats import binom

from cl_core import find_label_issues, label_quality_scores
from cl_core.audit.evidence import Bets, log_e_values
from cl_core.audit.interval import audit_intervals
from cl_core.audit.order import apportion
from cl_core.audit.strata import Strata, cut_strata
from cl_core.types import FloatArray, Indices, Labels, Mask, Probs

LIMIT = 0.05
ERROR = 0.05
INJECTED = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
DECIDED = (0.01, 0.03, 0.07, 0.10)


@dataclass(frozen=True)
class Setting:
    """A data set whose wrong labels are known."""

    name: str
    quality: FloatArray
    flagged: Mask
    wrong: Mask

    @property
    def rate(self) -> float:
        """True share of wrong labels."""
        return float(self.wrong.mean())

    def strata(self, limit: float) -> tuple[Strata, Indices]:
        """Strata of an audit for `limit`, and the wrong rows in each."""
        strata = cut_strata(self.quality, max_noise_rate=limit, flagged_share=float(self.flagged.mean()))
        counts = np.bincount(strata.of(self.quality), weights=self.wrong, minlength=len(strata.sizes))
        return strata, counts.astype(np.intp)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("LABELGATE_DATA", "../shared/data")))
    parser.add_argument("--audits", type=int, default=2000, help="simulated audits of each setting")
    parser.add_argument("--rows", type=int, nargs="*", default=[200], help="sizes of the fixed audits")
    parser.add_argument("--most", type=int, default=1500, help="rows after which a sequential audit gives up")
    parser.add_argument(
        "--looks", type=int, default=500, help="answers after each of which the limit case peeks"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    start = time.perf_counter()
    clean, settings = load(args.data, rng)
    for n_rows in args.rows:
        coverage_table(settings, n_rows, args.audits, rng)
    decision_table(clean, args.most, args.audits, rng)
    chosen = [s for s in settings if s.name in {"injected 1 %", "injected 5 %", "noise20_sparsity40"}]
    peeking_table(
        [*chosen, *(s for s in settings if s.name.startswith("aggregate"))], args.looks, args.audits, rng
    )
    print(f"\n{time.perf_counter() - start:.0f} s")


def load(folder: Path, rng: np.random.Generator) -> tuple[tuple[Labels, Probs], list[Setting]]:
    """Read the settings with known truth; returns the clean labels and probabilities as well."""
    settings = []
    with np.load(folder / "cifar10_synthetic_noise.npz") as archive:
        truth = archive["true_labels"].astype(np.intp)
        for key in archive:
            name, _, part = key.partition("/")
            if part == "given_labels":
                probs = _probabilities(archive[f"{name}/pred_probs"])
                settings.append(_setting(name, archive[key].astype(np.intp), probs, truth))
        clean = truth, _probabilities(archive["noise00_sparsity00/pred_probs"])
    with np.load(folder / "cifar10n_human_noise.npz") as archive:
        for key in archive:
            name, _, part = key.partition("/pred_probs_")
            if part:
                labels = archive[f"{name}/given_labels"].astype(np.intp)
                settings.append(
                    _setting(f"{name} {part}", labels, _probabilities(archive[key]), archive["true_labels"])
                )
    settings += [inject(clean, rate, rng) for rate in INJECTED]
    return clean, settings


def inject(clean: tuple[Labels, Probs], rate: float, rng: np.random.Generator) -> Setting:
    """Flip exactly the share `rate` of the clean labels to another class."""
    truth, probs = clean
    k = probs.shape[1]
    rows = rng.choice(len(truth), size=round(rate * len(truth)), replace=False)
    labels = truth.copy()
    labels[rows] = (labels[rows] + rng.integers(1, k, size=len(rows))) % k
    return _setting(f"injected {100 * rate:g} %", labels, probs, truth)


def _probabilities(stored: Probs) -> Probs:
    wide = stored.astype(np.float32)
    return np.asarray(wide / wide.sum(axis=1, keepdims=True))


def _setting(name: str, labels: Labels, probs: Probs, truth: Labels) -> Setting:
    quality = label_quality_scores(labels, probs).astype(np.float64)
    return Setting(name, np.clip(quality, 0, 1), find_label_issues(labels, probs), labels != truth)


def coverage_table(settings: list[Setting], n_rows: int, audits: int, rng: np.random.Generator) -> None:
    """Print coverage and width of the nominal 95 % interval, beside Clopper-Pearson on a plain sample."""
    print(
        f"\n## Nominal 95 % interval from {n_rows} audited rows, "
        f"{audits:,} audits each, planned for a limit of {LIMIT:.0%}\n"
    )
    print("| setting | true rate | mean estimate | coverage | width | Clopper-Pearson width | ratio |")
    print("|---|---|---|---|---|---|---|")
    for setting in settings:
        strata, wrong = setting.strata(LIMIT)
        sizes = np.asarray(strata.sizes)
        audited = np.bincount(apportion(strata.shares, strata.sizes, n_rows), minlength=len(sizes))
        found = rng.hypergeometric(wrong, sizes - wrong, audited, size=(audits, len(sizes)))
        unique, which = np.unique(found, axis=0, return_inverse=True)
        ends = audit_intervals(
            unique.astype(float), audited.astype(float), sizes.astype(float), confidence=0.95
        )
        rate, low, high = (end[which] for end in ends)
        hit = ((low <= setting.rate + 1e-12) & (setting.rate <= high + 1e-12)).mean()
        plain = clopper_pearson(rng.binomial(n_rows, setting.rate, size=audits), n_rows)
        width = (high - low).mean()
        print(
            f"| {setting.name} | {setting.rate:.2%} | {rate.mean():.2%} | {hit:.1%} | {width:.2%} "
            f"| {plain.mean():.2%} | {width / plain.mean():.2f} |",
            flush=True,
        )


def clopper_pearson(found: Indices, n_rows: int) -> FloatArray:
    """Width of the exact binomial interval for each count."""
    low = np.where(found > 0, beta_law.ppf(0.025, found, n_rows - found + 1), 0.0)
    high = np.where(found < n_rows, beta_law.ppf(0.975, found + 1, n_rows - found), 1.0)
    return np.asarray(high - low)


def decision_table(clean: tuple[Labels, Probs], most: int, audits: int, rng: np.random.Generator) -> None:
    """Print the rows it takes to decide the limit, beside a fixed sample that knows the true rate."""
    print(f"\n## Rows to decide {LIMIT:.0%} at error rates of {ERROR:.0%}, looking after every answer\n")
    print(f"| true rate | mean | median | 90th percentile | wrong | undecided at {most:,} | fixed sample |")
    print("|---|---|---|---|---|---|---|")
    for true_rate in DECIDED:
        setting = inject(clean, true_rate, rng)
        said, when = sequential(setting, LIMIT, most, audits, rng)
        wrong = (said == (1 if true_rate < LIMIT else -1)).mean()
        middle, late = np.quantile(when, [0.5, 0.9])
        print(
            f"| {setting.rate:.2%} | {when.mean():.0f} | {middle:.0f} | {late:.0f} "
            f"| {wrong:.2%} | {(said == 0).mean():.1%} | {fixed_sample(true_rate):,} |",
            flush=True,
        )


def fixed_sample(true_rate: float) -> int:
    """Size of the smallest acceptance sample that tells `true_rate` from the limit at both error rates."""
    good, bad = min(true_rate, LIMIT), max(true_rate, LIMIT)
    sizes = np.arange(1, 5000)
    accept = binom.ppf(1 - ERROR, sizes, good)
    return int(sizes[binom.cdf(accept, sizes, bad) <= ERROR][0])


def peeking_table(settings: list[Setting], looks: int, audits: int, rng: np.random.Generator) -> None:
    """Print how often peeking after each answer decides although the rate is the limit itself."""
    print(
        f"\n## The rate is the limit: share of audits that decide within {looks} looks, "
        f"nominal {ERROR:.0%} each\n"
    )
    print("| setting | limit | says below | says above | 95 % Clopper-Pearson, peeked at |")
    print("|---|---|---|---|---|")
    for setting in settings:
        said, _ = sequential(setting, setting.rate, looks, audits, rng)
        print(
            f"| {setting.name} | {setting.rate:.2%} | {(said < 0).mean():.2%} | {(said > 0).mean():.2%} "
            f"| {naive(setting.rate, looks, audits, rng):.1%} |",
            flush=True,
        )


def naive(rate: float, looks: int, audits: int, rng: np.random.Generator) -> float:
    """Share of plain samples whose fixed-size interval misses the rate at some look."""
    n = np.arange(1, looks + 1)
    found = np.cumsum(rng.random((audits, looks)) < rate, axis=1)
    refuted = (binom.cdf(found, n, rate) < 0.025) | (binom.sf(found - 1, n, rate) < 0.025)
    return float(refuted.any(axis=1).mean())


def sequential(
    setting: Setting, limit: float, most: int, audits: int, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Audit answer by answer: -1 below, 1 above, 0 undecided, and the number of answers it took."""
    strata, wrong = setting.strata(limit)
    said, when = np.zeros(audits, np.intp), np.full(audits, most)
    for looks, (found, audited) in enumerate(answers(strata, wrong, most, audits, rng), start=1):
        open_audits = np.flatnonzero(said == 0)
        if not len(open_audits):
            break
        unique, which = np.unique(found[open_audits], axis=0, return_inverse=True)
        verdict = _verdict(unique, np.broadcast_to(audited, unique.shape), strata, limit)[which]
        said[open_audits] = verdict
        when[open_audits[verdict != 0]] = looks
    return said, when


def answers(
    strata: Strata, wrong: Indices, most: int, audits: int, rng: np.random.Generator
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Draw rows without replacement in the plan's order; yields wrong rows found and rows audited."""
    sizes = np.asarray(strata.sizes)
    found, audited = np.zeros((audits, len(sizes))), np.zeros(len(sizes))
    for h in apportion(strata.shares, strata.sizes, most):
        found[:, h] += rng.random(audits) < (wrong[h] - found[:, h]) / (sizes[h] - audited[h])
        audited[h] += 1
        yield found, audited


def _verdict(found: FloatArray, audited: FloatArray, strata: Strata, limit: float) -> Indices:
    verdict = np.zeros(len(found), np.intp)
    for under in (True, False):
        bets = Bets.on(strata, limit, under=under, over=not under)
        evidence = log_e_values(found, audited, strata, bets, max_noise_rate=limit, under=under)
        verdict[(evidence >= -np.log(ERROR)) & (verdict == 0)] = -1 if under else 1
    return verdict


if __name__ == "__main__":
    main()
