"""Groups of rows of like suspicion, and how an audit is shared out over them. Sees no answers."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from cl_core.audit.roots import crossings
from cl_core.types import FloatArray, Indices

# Cochran (1977), Sampling Techniques, 5A.8: beyond half a dozen strata little is left to gain.
MOST_STRATA = 5
# Scores are summarised by this many order statistics, so that fifty million rows cost one sort.
_SUMMARY = 100_000
_FAINTEST = 1e-6


@dataclass(frozen=True, slots=True)
class Strata:
    """A division of the rows by label quality, most suspect stratum first.

    Attributes
    ----------
    cuts
        Highest label quality of each stratum, rising; equal scores are never parted.
    sizes
        Rows in each stratum.
    shares
        Share of the audit that goes to each stratum; they sum to 1.
    guesses
        What the model's confidence alone suggests for each stratum's noise rate. They make the audit
        efficient when right; whatever they are, estimate and decision stay valid.
    """

    cuts: tuple[float, ...]
    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    guesses: tuple[float, ...]

    def of(self, label_quality: FloatArray) -> Indices:
        """Give the number of the stratum each row belongs to."""
        return np.searchsorted(np.asarray(self.cuts[:-1]), label_quality, side="left")


def cut_strata(label_quality: FloatArray, *, max_noise_rate: float, flagged_share: float) -> Strata:
    """Divide rows into strata and share an audit out over them.

    Parameters
    ----------
    label_quality
        Scores in 0..1, low = suspect, shape ``(n,)``.
    max_noise_rate
        The limit the audit is to decide on, in 0..1.
    flagged_share
        Share of rows called a label issue.

    Returns
    -------
    Strata
        At most `MOST_STRATA`; a single one when all scores are equal.

    Notes
    -----
    One minus the score, its odds scaled so that the mean is the geometric mean of the limit (where a
    decision is hardest) and the flagged share (what the model suggests), stands in for each row's
    chance to be wrong. Cuts give every stratum the same sum of standard deviations, as Dalenius and
    Hodges (1959) advise. Half of the audit is shared out by Neyman's optimal allocation for these
    guesses and half in proportion to size, so that no stratum gets less than half of what a plain
    random sample would give it, however wrong the guesses are.
    """
    ordered = np.sort(label_quality)
    if len(ordered) > _SUMMARY:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _SUMMARY).astype(np.intp)]
    target = min(max(sqrt(max_noise_rate * flagged_share), max_noise_rate), 0.5)
    guess = shift_odds(1 - ordered, np.ones(len(ordered)), target)
    spread = np.sqrt(guess * (1 - guess))
    mass = np.cumsum(spread)
    edges = np.searchsorted(mass, mass[-1] * np.arange(1, MOST_STRATA) / MOST_STRATA)
    cuts = np.unique(np.append(ordered[edges], ordered[-1]))
    n_strata = len(cuts)
    sizes = np.bincount(np.searchsorted(cuts[:-1], label_quality, side="left"), minlength=n_strata)
    member = np.searchsorted(cuts[:-1], ordered, side="left")
    parts = np.bincount(member, minlength=n_strata)
    guesses = np.bincount(member, weights=guess, minlength=n_strata) / parts
    neyman = sizes * np.sqrt(guesses * (1 - guesses))
    shares = (neyman / neyman.sum() + sizes / sizes.sum()) / 2
    return Strata(
        cuts=tuple(cuts.tolist()),
        sizes=tuple(sizes.tolist()),
        shares=tuple(shares.tolist()),
        guesses=tuple(guesses.tolist()),
    )


def shift_odds(chances: FloatArray, weights: FloatArray, target: float, *, power: float = 1.0) -> FloatArray:
    """Raise the odds of `chances` to `power` and scale them so that the weighted mean is `target`."""
    safe = np.clip(chances, _FAINTEST, 1 - _FAINTEST)
    log_odds = power * (np.log(safe) - np.log1p(-safe))

    def shifted(by: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-(log_odds + by[:, None]))))

    def under(by: FloatArray, _: Indices) -> FloatArray:
        return np.asarray(target - shifted(by) @ weights / weights.sum())

    reach = float(np.abs(log_odds).max()) + 20.0
    above, _ = crossings(under, np.array([-reach]), np.array([reach]), tolerance=1e-6)
    return np.asarray(shifted(above)[0])
