"""LN001: are there more wrong labels than the limit allows? Does not ask whether the model can tell."""

from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal

from cl_checks.audited import audited_outcome
from cl_checks.options import Options, Share
from cl_checks.wording import percents
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.noise.record import NoiseEstimate
from cl_core.verdict import Failed, Passed, Undecided, Verdict

CODE, NAME = "LN001", "noise-budget"

# The usual error rates of an acceptance sample: 5 % of wrong alarms, 20 % of missed ones.
_AUDIT_ALPHA, _AUDIT_BETA = 0.05, 0.20


class NoiseBudgetOptions(Options):
    """Options of LN001.

    Attributes
    ----------
    max_noise_rate
        Largest share of wrong labels that passes, in 0..1; a rate equal to it passes.
    decide_on
        ``"estimate"``: the estimated rate decides. ``"confident"``: fails when the whole interval
        is over the limit, passes when none of it is, undecided between. ``"audited"``: people's answers
        on a random sample decide, at stated error rates; undecided without them.
    """

    max_noise_rate: Share
    decide_on: Literal["estimate", "confident", "audited"] = "estimate"


def check_noise_budget(evidence: Evidence, options: NoiseBudgetOptions) -> Verdict:
    """Compare the estimated noise rate with the limit.

    The outcome's `measured` is the number that decided: it is over `limit` when the check failed and
    not over it when the check passed. A rate that the data do not identify can still fail, because
    stopping is the safe side, but it cannot pass.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The limit and what is held against it.

    Returns
    -------
    Verdict
        `Failed` over the limit; `Undecided` when the interval straddles it (with
        ``decide_on="confident"``) or when the rate is not identified; else `Passed`.
    """
    noise, limit = evidence.noise, options.max_noise_rate
    if options.decide_on == "audited":
        return audited_outcome(evidence, limit, code=CODE, name=NAME)
    confident = options.decide_on == "confident"
    lower, upper = (noise.low, noise.high) if confident else (noise.rate, noise.rate)
    says = _says(noise, limit)
    if lower > limit:
        return Failed(CODE, NAME, says, lower, limit, _mend(evidence))
    if not noise.identified:
        why = noise.reason.rstrip(".") or f"the method {noise.method} gave no reason"
        return Undecided(
            CODE, NAME, f"{says} But the data do not pin the rate down: {why}.", upper, limit, _AUDIT
        )
    if upper > limit:
        return Undecided(
            CODE, NAME, f"{says} The limit lies inside that range.", upper, limit, _settle(noise.rate, limit)
        )
    return Passed(CODE, NAME, says, upper, limit)


_AUDIT = (
    "Have people check a random sample of the labels, or use a model that tells the classes apart better."
)


def _says(noise: NoiseEstimate, limit: float) -> str:
    rate, low, high, most = percents(noise.rate, noise.low, noise.high, limit)
    rows = round(noise.rate * noise.n_rows)
    return (
        f"An estimated {rate} of the labels are wrong, about {rows:,} of {noise.n_rows:,} "
        f"({noise.confidence:.0%} interval {low} to {high}); the limit is {most}."
    )


def _mend(evidence: Evidence) -> str:
    return (
        f"Do not train on these labels yet. Check the {evidence.n_flagged:,} flagged rows, "
        "rank 1 first, correct the wrong ones and run the gate again."
    )


def _settle(rate: float, limit: float) -> str:
    rows = audit_rows(rate, limit)
    if rows is None:
        return f"{_AUDIT} The estimate equals the limit: no sample of a foreseeable size tells them apart."
    return (
        f"Have people check about {rows:,} labels drawn at random: if the estimate is right, "
        "that many will usually settle it."
    )


def audit_rows(rate: float, limit: float) -> int | None:
    """Rows a random audit needs to tell `rate` from `limit`; None when they are equal.

    The normal-approximation size of a one-sided one-sample test of a proportion, with 5 % of wrong
    alarms and 80 % power (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions,
    section 2.4).

    Examples
    --------
    >>> audit_rows(0.10, 0.05)
    150
    """
    if rate == limit:
        return None
    alarm, miss = (NormalDist().inv_cdf(1 - error) for error in (_AUDIT_ALPHA, _AUDIT_BETA))
    spread = alarm * sqrt(limit * (1 - limit)) + miss * sqrt(rate * (1 - rate))
    return max(1, ceil((spread / (rate - limit)) ** 2))


NOISE_BUDGET = Check(
    CODE,
    NAME,
    "the estimated share of wrong labels keeps to the limit",
    NoiseBudgetOptions,
    check_noise_budget,
)
