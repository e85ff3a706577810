"""Which rows people should check, and in which order. No answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cl_core.audit.needed import rows_needed
from cl_core.audit.order import apportion
from cl_core.audit.strata import Strata, cut_strata, shift_odds
from cl_core.errors import InputError
from cl_core.types import FloatArray, Indices

# A plan left to itself is long enough for data at half or at twice the limit, in the median case
# doubled, and never shorter than a person checks in one sitting.
_EASY_RATES = (0.5, 2.0)
_RESERVE = 2
_SHORTEST = 50


@dataclass(frozen=True, slots=True, eq=False)
class AuditPlan:
    """Rows to check, in order; every beginning of the order is itself a stratified random sample.

    Attributes
    ----------
    positions
        Row numbers in the order of checking, shape ``(m,)``, none twice.
    members
        Stratum of each of them, shape ``(m,)``.
    strata
        The strata, most suspect first.
    max_noise_rate
        The limit that the audit was planned to decide on.
    """

    positions: Indices
    members: Indices = field(repr=False)
    strata: Strata
    max_noise_rate: float

    @property
    def n_rows(self) -> int:
        """Rows of the data set, checked or not."""
        return sum(self.strata.sizes)

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists and numbers that `from_dict` and JSON understand."""
        return {
            "positions": self.positions.tolist(),
            "members": self.members.tolist(),
            "strata": {name: list(values) for name, values in asdict(self.strata).items()},
            "max_noise_rate": self.max_noise_rate,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "AuditPlan":
        """Restore a plan from `to_dict`."""
        try:
            strata = Strata(**{name: tuple(values) for name, values in record["strata"].items()})
            positions = np.asarray(record["positions"], dtype=np.intp)
            members = np.asarray(record["members"], dtype=np.intp)
            limit = float(record["max_noise_rate"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"not the record of an audit plan: {type(error).__name__} {error}",
                hint="pass what AuditPlan.to_dict wrote, unchanged",
            ) from error
        return cls(positions, members, strata, limit)


def plan_audit(
    label_quality: ArrayLike,
    is_label_issue: ArrayLike | None = None,
    *,
    max_noise_rate: float,
    n_rows: int | None = None,
    alpha: float = 0.05,
    beta: float = 0.05,
    rng: np.random.Generator,
) -> AuditPlan:
    """Choose rows for people to check.

    Parameters
    ----------
    label_quality
        Scores in 0..1, low = suspect, shape ``(n,)``.
    is_label_issue
        Which rows were called a label issue, shape ``(n,)``; only their share is used. Left out, the
        limit stands in for it.
    max_noise_rate
        The limit to decide on, in 0..1, ends excluded.
    n_rows
        Rows to check; left out, enough to decide when the rate is half or twice the limit.
    alpha, beta
        Error rates of that decision, see `decide_from_audit`.
    rng
        Source of the random choice.

    Returns
    -------
    AuditPlan
        With all rows when `n_rows` is as large as the data set.

    Examples
    --------
    >>> quality = np.linspace(0, 1, 1000) ** 0.1
    >>> plan = plan_audit(quality, max_noise_rate=0.05, n_rows=60, rng=np.random.default_rng(0))
    >>> plan.strata.sizes, np.bincount(plan.members).tolist()
    ((106, 134, 164, 210, 386), [9, 10, 11, 12, 18])
    """
    quality = _checked_quality(label_quality)
    _check_share("max_noise_rate", max_noise_rate)
    flagged = (
        max_noise_rate if is_label_issue is None else _checked_share_flagged(is_label_issue, len(quality))
    )
    strata = cut_strata(quality, max_noise_rate=max_noise_rate, flagged_share=flagged)
    if n_rows is None:
        n_rows = _default_rows(strata, max_noise_rate, alpha, beta)
    elif n_rows < 1:
        raise InputError(
            f"n_rows is {n_rows}, wanted 1 or more", hint="leave n_rows out to let the plan choose"
        )
    empty = AuditPlan(np.empty(0, np.intp), np.empty(0, np.intp), strata, max_noise_rate)
    return extend_audit(empty, quality, n_rows, rng=rng)


def extend_audit(
    plan: AuditPlan, label_quality: ArrayLike, n_more: int, *, rng: np.random.Generator
) -> AuditPlan:
    """Continue a plan by `n_more` rows that are not in it, in the same design.

    Parameters
    ----------
    plan
        The plan so far, which stays the beginning of the new one.
    label_quality
        The same scores the plan was made from, shape ``(n,)``.
    n_more
        Rows to add; fewer are added when the data set is used up.
    rng
        Source of the random choice.

    Returns
    -------
    AuditPlan
        The longer plan.
    """
    quality = _checked_quality(label_quality)
    member_of_row = plan.strata.of(quality)
    sizes = np.bincount(member_of_row, minlength=len(plan.strata.sizes))
    if tuple(sizes.tolist()) != plan.strata.sizes:
        raise InputError(
            f"the scores give strata of {sizes.tolist()} rows, the plan has {list(plan.strata.sizes)}",
            hint="extend a plan with the scored table it was made from",
        )
    taken = np.bincount(plan.members, minlength=len(sizes))
    members = apportion(plan.strata.shares, plan.strata.sizes, n_more, taken.tolist())
    free = np.ones(len(quality), dtype=bool)
    free[plan.positions] = False
    positions = np.empty(len(members), dtype=np.intp)
    for stratum in range(len(sizes)):
        places = np.flatnonzero(members == stratum)
        rows = np.flatnonzero(free & (member_of_row == stratum))
        positions[places] = rng.choice(rows, size=len(places), replace=False)
    return AuditPlan(
        np.concatenate([plan.positions, positions]),
        np.concatenate([plan.members, members]),
        plan.strata,
        plan.max_noise_rate,
    )


def _default_rows(strata: Strata, max_noise_rate: float, alpha: float, beta: float) -> int:
    sizes, guesses = np.asarray(strata.sizes, dtype=np.float64), np.asarray(strata.guesses)
    wanted = [
        rows_needed(
            strata,
            shift_odds(guesses, sizes, min(factor * max_noise_rate, (1 + max_noise_rate) / 2)),
            max_noise_rate=max_noise_rate,
            alpha=alpha,
            beta=beta,
        )
        for factor in _EASY_RATES
    ]
    return min(max(_RESERVE * max(wanted), _SHORTEST), sum(strata.sizes))


def _checked_quality(label_quality: ArrayLike) -> FloatArray:
    quality = np.asarray(label_quality, dtype=np.float64)
    if quality.ndim != 1 or len(quality) == 0:
        raise InputError(
            f"label_quality has shape {quality.shape}, wanted one score a row and at least one row",
            hint="pass the column label_quality of the scored table",
        )
    outside = ~((quality >= 0) & (quality <= 1))
    if outside.any():
        raise InputError(
            f"label_quality has {int(outside.sum()):,} of {len(quality):,} values that are not in 0..1, "
            f"the first in row {int(outside.argmax())}",
            hint="pass the column label_quality of the scored table",
        )
    return quality


def _checked_share_flagged(is_label_issue: ArrayLike, n: int) -> float:
    flagged = np.asarray(is_label_issue)
    if flagged.shape != (n,) or flagged.dtype.kind != "b":
        raise InputError(
            f"is_label_issue has shape {flagged.shape} and type {flagged.dtype}, wanted ({n},) and bool",
            hint="pass the column is_label_issue of the same scored table",
        )
    return float(flagged.mean())


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise InputError(f"{name} is {value}, wanted more than 0 and less than 1", hint="0.05 means 5 %")
