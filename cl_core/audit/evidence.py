"""Evidence that may be looked at after every answer: test martingales. No plans, no verdicts.

An e-value has a mean of at most 1 while a claim is true, at any time one cares to stop. By Ville's
inequality it exceeds 1 / alpha, ever, with a probability of at most alpha.
"""

from dataclasses import dataclass

import numpy as np

from cl_core.audit.likelihood import LEFT_TO_GAIN, log_likelihood, most_likely_wrong
from cl_core.audit.strata import Strata, shift_odds
from cl_core.types import FloatArray

# Bets, as multiples of the limit: what the rate may be if it is under, or over, the limit.
_UNDER = (0.02, 0.1, 0.3, 0.6, 0.8)
_OVER = (1.2, 1.5, 2.0, 3.0, 6.0, 12.0)
# How steeply the rate falls from stratum to stratum, as powers of the guessed odds; and how many
# answers weigh as much as the guess.
_POWERS = (0.5, 1.0, 2.0)
_TRUST = 10.0
# A fifth of the stake knows nothing of the model: if the guesses mislead, all is not lost.
_UNINFORMED = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Bets:
    """A mixture of guesses about the strata's noise rates, each a product of beta distributions.

    Attributes
    ----------
    wrong, right
        Parameters of the beta distributions, shape ``(j, h)``.
    log_stakes
        Logarithm of each guess's share of the stake, shape ``(j,)``.
    """

    wrong: FloatArray
    right: FloatArray
    log_stakes: FloatArray

    @classmethod
    def on(cls, strata: Strata, max_noise_rate: float, *, under: bool, over: bool) -> "Bets":
        """Lay bets on rates under the limit, over it, or both."""
        multiples = (_UNDER if under else ()) + (_OVER if over else ())
        rates = [m * max_noise_rate for m in multiples if m * max_noise_rate < 1]
        sizes, guesses = np.asarray(strata.sizes, dtype=np.float64), np.asarray(strata.guesses)
        shapes = [shift_odds(guesses, sizes, rate, power=power) for power in _POWERS for rate in rates]
        wrong = [_TRUST * shape for shape in shapes]
        right = [_TRUST * (1 - shape) for shape in shapes]
        halves = np.full(len(sizes), 0.5)
        stakes = np.full(len(shapes) + 1, (1 - _UNINFORMED) / max(len(shapes), 1))
        stakes[-1] = _UNINFORMED if shapes else 1.0
        return cls(np.asarray([*wrong, halves]), np.asarray([*right, halves]), np.log(stakes))

    def log_probability(self, wrong: FloatArray, audited: FloatArray) -> FloatArray:
        """Logarithm of the probability the mixture gave to the answers in their order, shape ``(b,)``."""
        from scipy.special import betaln, logsumexp

        gains = np.zeros((len(wrong), len(self.log_stakes)))
        for h in range(wrong.shape[1]):
            # Few different counts occur in a stratum, however many audits there are.
            pairs, pair_of_row = np.unique(audited[:, h] + 1j * wrong[:, h], return_inverse=True)
            found = self.wrong[:, h] + pairs.imag[:, None]
            cleared = self.right[:, h] + (pairs.real - pairs.imag)[:, None]
            gains += (betaln(found, cleared) - betaln(self.wrong[:, h], self.right[:, h]))[pair_of_row]
        return np.asarray(logsumexp(gains + self.log_stakes, axis=1))


def log_e_values(
    wrong: FloatArray, audited: FloatArray, strata: Strata, bets: Bets, *, max_noise_rate: float, under: bool
) -> FloatArray:
    """Weigh the answers against the claim that the rate is at the limit or beyond.

    Parameters
    ----------
    wrong, audited
        Rows found wrong and rows audited, shape ``(b, h)``.
    strata, bets
        The strata; the bets against the claim, fixed before the first answer.
    max_noise_rate
        The limit.
    under
        True to weigh evidence for a rate under the limit (against "at or over it"), False for the reverse.

    Returns
    -------
    float array, shape (b,)
        Logarithm of a number at most as large as an e-value: the mixture's probability of the answers
        over the largest probability that any population obeying the claim gives them (Wasserman,
        Ramdas and Balakrishnan, 2020, universal inference; exact for draws without replacement).
    """
    sizes = np.asarray(strata.sizes, dtype=np.float64)
    limit = max_noise_rate * sizes.sum()
    free = np.where(audited > 0, wrong / np.maximum(audited, 1) * sizes, sizes if under else 0.0)
    free = np.clip(free, wrong, sizes - (audited - wrong))
    obeys = free.sum(axis=1) >= limit if under else free.sum(axis=1) <= limit
    off = np.flatnonzero(~obeys)
    free[off] = most_likely_wrong(wrong[off], audited[off], sizes, np.full(len(off), limit))
    best_claim = log_likelihood(wrong, audited, sizes, free) + LEFT_TO_GAIN
    evidence = bets.log_probability(wrong, audited) - best_claim
    # When so much is known that no population can obey the claim, the claim is refuted outright.
    known_wrong, known_right = wrong.sum(axis=1), (audited - wrong).sum(axis=1)
    refuted = sizes.sum() - known_right < limit if under else known_wrong > limit
    return np.where(refuted, np.inf, evidence)
