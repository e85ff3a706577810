"""Whether an audit shows the noise rate to be under a limit, judged after any number of answers."""

from dataclasses import dataclass
from math import exp, inf, log
from typing import Literal

import numpy as np

from cl_core.audit.answers import AuditAnswers, Tally, tally
from cl_core.audit.evidence import Bets, log_e_values
from cl_core.audit.likelihood import log_likelihood, most_likely_wrong
from cl_core.audit.needed import rows_needed
from cl_core.audit.plan import AuditPlan
from cl_core.audit.roots import crossings
from cl_core.errors import InputError
from cl_core.types import FloatArray, Indices, Mask

# The guess counts for this many answers when the rows still needed are foretold.
_GUESS_WEIGHT = 2.0
_RATE_TOLERANCE = 1e-4
# Answers weighed at once: the bets on them stay within a few megabytes.
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class AuditDecision:
    """What the answers so far decide, at error rates that hold however often one looks.

    Attributes
    ----------
    decision
        ``"below"``: the rate is under the limit. ``"above"``: it is over. ``"undecided"``: more answers.
    max_noise_rate, alpha, beta
        The limit; the chance to say "below" of data at or over it, and "above" of data at or under it.
    evidence_below, evidence_above
        Largest e-values so far; ``1 / alpha`` and ``1 / beta`` decide.
    low, high
        Interval for the rate at the present moment, which holds at all times together with
        probability ``1 - max(alpha, beta)``.
    n_audited
        Rows with an answer.
    decided_after
        The number of answers, in the order of the plan, that decided; None when undecided.
    more_rows
        About how many further rows would settle it; 0 when decided. All rows left when the rate
        seems to be at the limit.
    """

    decision: Literal["below", "above", "undecided"]
    max_noise_rate: float
    alpha: float
    beta: float
    evidence_below: float
    evidence_above: float
    low: float
    high: float
    n_audited: int
    decided_after: int | None
    more_rows: int


def decide_from_audit(
    plan: AuditPlan,
    answers: AuditAnswers,
    *,
    max_noise_rate: float | None = None,
    alpha: float = 0.05,
    beta: float = 0.05,
) -> AuditDecision:
    """Decide whether the noise rate is under a limit; look as often as you like.

    Parameters
    ----------
    plan
        The plan that chose the rows.
    answers
        People's answers on a beginning of the plan, see `collect_answers`. Tied rows count as wrong in
        the evidence for "below" and as right in that for "above".
    max_noise_rate
        The limit, in 0..1, fixed before the first answer; the plan's when left out.
    alpha
        Largest chance, ever, to call data "below" that are at or over the limit.
    beta
        Largest chance, ever, to call data "above" that are at or under the limit.

    Returns
    -------
    AuditDecision
        With every row audited always decided, unless the rate is exactly the limit.

    References
    ----------
    Ville (1939); Wasserman, Ramdas and Balakrishnan (2020), Universal inference; Spertus and Stark
    (2022) for stratified audits by intersections of martingales.

    Examples
    --------
    >>> from cl_core.audit import collect_answers, plan_audit
    >>> quality = np.linspace(0, 1, 1000) ** 0.1
    >>> plan = plan_audit(quality, max_noise_rate=0.2, n_rows=60, rng=np.random.default_rng(0))
    >>> answers = collect_answers(plan.positions, np.zeros(60, dtype=bool))
    >>> decision = decide_from_audit(plan, answers)
    >>> decision.decision, decision.more_rows
    ('below', 0)
    """
    limit = plan.max_noise_rate if max_noise_rate is None else max_noise_rate
    for name, value in (("max_noise_rate", limit), ("alpha", alpha), ("beta", beta)):
        if not 0 < value < 1:
            raise InputError(f"{name} is {value}, wanted more than 0 and less than 1", hint="0.05 means 5 %")
    found = tally(plan, answers)
    below = _evidence_path(plan, found, limit, under=True)
    above = _evidence_path(plan, found, limit, under=False)
    first_below, first_above = _first(below >= -log(alpha)), _first(above >= -log(beta))
    decision: Literal["below", "above", "undecided"] = "undecided"
    if min(first_below, first_above) < inf:
        decision = "below" if first_below <= first_above else "above"
    low, high = _interval(plan, found, limit, max(alpha, beta))
    return AuditDecision(
        decision=decision,
        max_noise_rate=limit,
        alpha=alpha,
        beta=beta,
        evidence_below=_exp(float(below.max())),
        evidence_above=_exp(float(above.max())),
        low=low,
        high=high,
        n_audited=len(found.members),
        decided_after=None if decision == "undecided" else int(min(first_below, first_above)),
        more_rows=_more_rows(plan, found, limit, alpha, beta) if decision == "undecided" else 0,
    )


def _evidence_path(plan: AuditPlan, found: Tally, limit: float, *, under: bool) -> FloatArray:
    """Log e-values after the first, second, ... answer in the order of the plan, shape ``(a,)``."""
    bets = Bets.on(plan.strata, limit, under=under, over=not under)
    drawn = found.members[:, None] == np.arange(len(plan.strata.sizes))
    called = found.maybe_wrong if under else found.surely_wrong
    audited = np.cumsum(drawn, axis=0, dtype=np.float64)
    wrong = np.cumsum(drawn & called[:, None], axis=0, dtype=np.float64)
    parts = [
        log_e_values(
            wrong[start : start + _BLOCK],
            audited[start : start + _BLOCK],
            plan.strata,
            bets,
            max_noise_rate=limit,
            under=under,
        )
        for start in range(0, len(wrong), _BLOCK)
    ]
    return np.concatenate(parts)


def _interval(plan: AuditPlan, found: Tally, limit: float, error: float) -> tuple[float, float]:
    """Rates that the bets do not refute: a confidence sequence at the present moment."""
    low, _ = _unrefuted(plan, *found.counts(len(plan.strata.sizes), tied_are_wrong=False), limit, error)
    _, high = _unrefuted(plan, *found.counts(len(plan.strata.sizes), tied_are_wrong=True), limit, error)
    return low, high


def _unrefuted(
    plan: AuditPlan, wrong: FloatArray, audited: FloatArray, limit: float, error: float
) -> tuple[float, float]:
    sizes = np.asarray(plan.strata.sizes, dtype=np.float64)
    bets = Bets.on(plan.strata, limit, under=True, over=True)
    counts, rows = wrong[None], audited[None]
    bar = float(bets.log_probability(counts, rows)[0]) + log(error)
    least, most = wrong.sum() / sizes.sum(), 1 - (audited - wrong).sum() / sizes.sum()
    free = np.where(audited > 0, wrong / np.maximum(audited, 1) * sizes, 0.0)
    slack = np.where(audited > 0, 0.0, sizes)
    total = np.clip([free.sum(), (free + slack).sum()], least * sizes.sum(), most * sizes.sum()) / sizes.sum()

    def headroom(rates: FloatArray, _: Indices) -> FloatArray:
        worst = most_likely_wrong(counts, rows, sizes, rates * sizes.sum())
        return log_likelihood(counts, rows, sizes, worst) - bar

    _, low = crossings(headroom, total[:1], np.array([least]), tolerance=_RATE_TOLERANCE)
    _, high = crossings(headroom, total[1:], np.array([most]), tolerance=_RATE_TOLERANCE)
    return float(low[0]), float(high[0])


def _more_rows(plan: AuditPlan, found: Tally, limit: float, alpha: float, beta: float) -> int:
    wrong, audited = found.counts(len(plan.strata.sizes), tied_are_wrong=False)
    guess = np.asarray(plan.strata.guesses)
    rates = (wrong + _GUESS_WEIGHT * guess) / (audited + _GUESS_WEIGHT)
    return rows_needed(
        plan.strata, rates, max_noise_rate=limit, alpha=alpha, beta=beta, wrong=wrong, audited=audited
    )


def _first(reached: Mask) -> float:
    return float(np.argmax(reached)) + 1 if reached.any() else inf


def _exp(value: float) -> float:
    return exp(min(value, 700.0))
