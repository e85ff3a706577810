"""What people said about the audited rows, kept with their disagreements. No estimates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cl_core.audit.plan import AuditPlan
from cl_core.errors import InputError
from cl_core.types import FloatArray, Indices, Mask


@dataclass(frozen=True, slots=True, eq=False)
class AuditAnswers:
    """Votes on rows, one entry a row.

    Attributes
    ----------
    positions
        Row numbers, rising, shape ``(a,)``.
    votes
        Answers given on each row, shape ``(a,)``.
    wrong_votes
        How many of them called the given label wrong, shape ``(a,)``.
    """

    positions: Indices
    votes: Indices
    wrong_votes: Indices

    @property
    def disputed(self) -> Mask:
        """Rows on which people disagree, shape ``(a,)``."""
        return np.asarray((self.wrong_votes > 0) & (self.wrong_votes < self.votes))

    @property
    def tied(self) -> Mask:
        """Rows on which as many say wrong as right: they count as either in what follows."""
        return np.asarray(2 * self.wrong_votes == self.votes)

    @property
    def wrong(self) -> Mask:
        """Rows that more than half of the answers call wrong."""
        return 2 * self.wrong_votes > self.votes


def collect_answers(positions: ArrayLike, is_wrong: ArrayLike) -> AuditAnswers:
    """Gather single answers into votes.

    Parameters
    ----------
    positions
        Row number of each answer, shape ``(v,)``; a row that several people judged appears several times.
    is_wrong
        Whether the given label is wrong: booleans, or 0 and 1, shape ``(v,)``.

    Returns
    -------
    AuditAnswers
        Without a row when there is no answer.

    Examples
    --------
    >>> answers = collect_answers([7, 3, 7, 7], [1, 0, 0, 1])
    >>> answers.positions.tolist(), answers.wrong.tolist(), answers.disputed.tolist()
    ([3, 7], [False, True], [False, True])
    """
    rows, said = np.asarray(positions), np.asarray(is_wrong)
    if rows.ndim != 1 or rows.shape != said.shape:
        raise InputError(
            f"positions has shape {rows.shape} and is_wrong {said.shape}, wanted one answer a position",
            hint="give a row number and a 0 or 1 for every answer",
        )
    if len(rows) == 0:
        rows, said = np.empty(0, np.intp), np.empty(0, np.bool_)
    if rows.dtype.kind not in "iu":
        raise InputError(
            f"positions has type {rows.dtype}, wanted whole row numbers", hint="rows count from 0"
        )
    strange = ~np.isin(said, (0, 1))
    if strange.any():
        raise InputError(
            f"answer {said[strange][0]!r} on row {rows[strange][0]}, wanted 0 (right) or 1 (wrong)",
            hint="leave a row out when nobody can tell; it is then not part of the audit",
        )
    unique, row_of_vote = np.unique(rows.astype(np.intp), return_inverse=True)
    votes = np.bincount(row_of_vote, minlength=len(unique))
    wrong_votes = np.bincount(row_of_vote, weights=said.astype(np.float64), minlength=len(unique))
    return AuditAnswers(unique, votes, wrong_votes.astype(np.intp))


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Answers laid along the plan: entry i is the i-th planned row that was answered.

    Attributes
    ----------
    members
        Stratum of each answered row, shape ``(a,)``.
    surely_wrong, maybe_wrong
        Rows the majority calls wrong, and these together with the tied ones, shape ``(a,)``.
    gaps
        Planned rows before the last answered one that nobody answered.
    """

    members: Indices
    surely_wrong: Mask
    maybe_wrong: Mask
    gaps: int

    def counts(self, n_strata: int, *, tied_are_wrong: bool) -> tuple[FloatArray, FloatArray]:
        """Rows found wrong and rows audited in each stratum, shape ``(h,)`` each."""
        wrong = self.maybe_wrong if tied_are_wrong else self.surely_wrong
        audited = np.bincount(self.members, minlength=n_strata).astype(np.float64)
        return np.bincount(self.members, weights=wrong, minlength=n_strata).astype(np.float64), audited


def tally(plan: AuditPlan, answers: AuditAnswers) -> Tally:
    """Lay answers along the plan; refuse rows that the plan did not choose."""
    if len(answers.positions) == 0:
        raise InputError("no answers yet", hint="check the first planned rows and add their answers")
    place = np.full(plan.n_rows, -1, dtype=np.intp)
    place[plan.positions] = np.arange(len(plan.positions))
    known = (answers.positions >= 0) & (answers.positions < plan.n_rows)
    known[known] = place[answers.positions[known]] >= 0
    if not known.all():
        raise InputError(
            f"{int((~known).sum())} of {len(known)} answered rows are not in the plan, "
            f"the first is row {int(answers.positions[~known][0])}",
            hint="only rows the plan drew at random say something about the others; extend the plan for more",
        )
    order = np.argsort(place[answers.positions])
    places = place[answers.positions][order]
    wrong = answers.wrong[order]
    return Tally(plan.members[places], wrong, wrong | answers.tied[order], int(places[-1]) + 1 - len(places))
