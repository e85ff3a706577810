"""The noise rate that an audit of fixed size shows. No decision, no peeking."""

from dataclasses import dataclass

import numpy as np

from cl_core.audit.answers import AuditAnswers, tally
from cl_core.audit.interval import audit_intervals
from cl_core.audit.plan import AuditPlan
from cl_core.errors import InputError
from cl_core.types import FloatArray

METHOD = "stratified_audit"


@dataclass(frozen=True, slots=True)
class StratumResult:
    """What the audit found in one stratum.

    Attributes
    ----------
    lowest, highest
        Range of label quality: above `lowest`, up to and including `highest`.
    n_rows, n_audited, n_wrong
        Rows of the stratum, rows audited, rows the majority called wrong.
    """

    lowest: float
    highest: float
    n_rows: int
    n_audited: int
    n_wrong: int

    @property
    def rate(self) -> float:
        """Share of audited rows found wrong; NaN when none was audited."""
        return self.n_wrong / self.n_audited if self.n_audited else float("nan")


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """The noise rate as people's answers show it, whatever the model thinks.

    Attributes
    ----------
    rate, low, high
        Share of wrong labels in the whole data set and the interval around it.
    confidence
        Nominal coverage of the interval when the size of the audit was fixed beforehand.
    n_audited, n_rows
        Rows with an answer, rows of the data set.
    n_disputed, n_tied
        Rows on which people disagree, and those where neither side has more than half. The interval
        covers both ways of settling the ties.
    strata
        The findings of each stratum, most suspect first.
    notes
        What people should know before they trust the figures, one sentence each.
    method
        Always `METHOD`.
    """

    rate: float
    low: float
    high: float
    confidence: float
    n_audited: int
    n_rows: int
    n_disputed: int
    n_tied: int
    strata: tuple[StratumResult, ...]
    notes: tuple[str, ...] = ()
    method: str = METHOD


def estimate_from_audit(plan: AuditPlan, answers: AuditAnswers, *, confidence: float = 0.95) -> AuditEstimate:
    """Estimate the noise rate of a data set from the audited rows of a plan.

    Parameters
    ----------
    plan
        The plan that chose the rows.
    answers
        People's answers on a beginning of the plan, see `collect_answers`.
    confidence
        Nominal coverage in 0..1 of the interval, for an audit whose size does not depend on what it
        found. To stop when the answers look decisive, ask `decide_from_audit`.

    Returns
    -------
    AuditEstimate
        Unbiased, whatever the scores are worth. With every row audited the interval is the rate.

    References
    ----------
    Lee and Young (2005) for p-values at the likeliest nuisance; see ``docs/audit.md``.

    Examples
    --------
    >>> from cl_core.audit import collect_answers, plan_audit
    >>> quality = np.linspace(0, 1, 1000) ** 0.1
    >>> plan = plan_audit(quality, max_noise_rate=0.05, n_rows=60, rng=np.random.default_rng(0))
    >>> answers = collect_answers(plan.positions, plan.positions < 50)
    >>> estimate = estimate_from_audit(plan, answers)
    >>> estimate.n_audited, estimate.low < 0.05 < estimate.high
    (60, True)
    """
    if not 0 < confidence < 1:
        raise InputError(
            f"confidence is {confidence}, wanted more than 0 and less than 1", hint="0.95 means 95 %"
        )
    found = tally(plan, answers)
    n_strata = len(plan.strata.sizes)
    sizes = np.asarray(plan.strata.sizes, dtype=np.float64)
    ends = []
    for tied_are_wrong in (False, True):
        wrong, audited = found.counts(n_strata, tied_are_wrong=tied_are_wrong)
        ends.append(audit_intervals(*_joined(wrong, audited, sizes), confidence=confidence))
    (rate_low, low, _), (rate_high, _, high) = ends
    notes = _notes(plan, found.gaps, found.counts(n_strata, tied_are_wrong=False)[1])
    return AuditEstimate(
        rate=float(rate_low[0] + rate_high[0]) / 2,
        low=float(low[0]),
        high=float(high[0]),
        confidence=confidence,
        n_audited=len(found.members),
        n_rows=plan.n_rows,
        n_disputed=int(answers.disputed.sum()),
        n_tied=int(answers.tied.sum()),
        strata=_stratum_results(plan, *found.counts(n_strata, tied_are_wrong=False)),
        notes=notes,
    )


def _joined(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Join strata without an answer to the next more suspect one that has some, or the next less suspect."""
    answered = np.flatnonzero(audited > 0)
    home = np.maximum(np.searchsorted(answered, np.arange(len(sizes)), side="right") - 1, 0)
    joined = np.bincount(home, weights=sizes, minlength=len(answered)).astype(np.float64)
    return wrong[answered][None], audited[answered], joined


def _stratum_results(plan: AuditPlan, wrong: FloatArray, audited: FloatArray) -> tuple[StratumResult, ...]:
    cuts = plan.strata.cuts
    return tuple(
        StratumResult(
            lowest=cuts[h - 1] if h else 0.0,
            highest=cuts[h],
            n_rows=plan.strata.sizes[h],
            n_audited=int(audited[h]),
            n_wrong=int(wrong[h]),
        )
        for h in range(len(cuts))
    )


def _notes(plan: AuditPlan, gaps: int, audited: FloatArray) -> tuple[str, ...]:
    notes = []
    if gaps:
        notes.append(
            f"{gaps} planned rows before the last answered one have no answer; the figures hold only if "
            "they were not skipped because of what they are"
        )
    empty = int((audited == 0).sum())
    if empty:
        notes.append(
            f"{empty} of {len(plan.strata.sizes)} strata have no answer and are taken to be like a "
            "neighbour; answer further planned rows to be rid of this assumption"
        )
    return tuple(notes)
