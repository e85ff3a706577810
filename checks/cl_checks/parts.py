"""Parts of the data held against limits: what classes, pairs and slices have in common. No estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cl_checks.rates import Rate
from cl_checks.wording import names, percents
from cl_core.evidence import Evidence
from cl_core.verdict import Breach, Failed, Passed, Undecided, Verdict, Where

DecideOn: TypeAlias = Literal["alarm", "estimate", "confident"]


@dataclass(frozen=True, slots=True)
class Part:
    """One class, pair or slice: what it is called, how many rows it has, what was found, its limit."""

    where: Where
    title: str
    rows: int
    found: Rate
    limit: float

    def says(self) -> str:
        """Put the figures in words."""
        rate, low, high, most = percents(self.found.rate, self.found.low, self.found.high, self.limit)
        return f"{self.title} {rate} of {self.rows:,} rows ({low} to {high}, limit {most})"


def hold(
    code: str,
    name: str,
    parts: Sequence[Part],
    evidence: Evidence,
    *,
    decide_on: DecideOn,
    noun: str,
    aside: str,
) -> Verdict:
    """Hold every part against its limit and conclude.

    Parameters
    ----------
    code, name
        The check that asks.
    parts
        The parts that have rows enough.
    evidence
        Its noise estimate says whether the data pin the rate down at all.
    decide_on
        ``"alarm"``: fails where the whole interval is over the limit. ``"estimate"``: fails where the
        estimate is. ``"confident"``: as ``"alarm"``, and undecided where the interval reaches over it.
    noun
        What a part is called: ``class``, ``pair``, ``slice``.
    aside
        What was not judged, a sentence; empty when all was.

    Returns
    -------
    Verdict
        `Failed` with a breach a part; `Undecided` without any part, for parts in doubt under
        ``"confident"``, and instead of a pass when the rate is not identified; else `Passed`.
    """
    if not parts:
        says = f"No {noun} has rows enough to be judged. {aside}"
        return Undecided(code, name, says.strip(), remedy="Collect more rows, or lower min_rows.")
    lowest = decide_on != "estimate"
    over = _worst([p for p in parts if (p.found.low if lowest else p.found.rate) > p.limit])
    above = _worst([p for p in parts if p.found.rate > p.limit and p not in over])
    reach = _worst([p for p in parts if p.found.high > p.limit and p not in over])
    if over:
        return _failed(code, name, over, len(parts), noun, aside, lowest=lowest)
    worst = _worst(list(parts))[0]
    if decide_on == "confident" and reach:
        says = (
            f"The limit lies inside the interval of {_of(reach, len(parts), noun)}: {_list(reach)}. {aside}"
        )
        first = reach[0]
        return Undecided(
            code, name, says.strip(), first.found.high, first.limit, _SETTLE, breaches=_breaches(reach)
        )
    says = _passed(parts, worst, above, noun, aside)
    measured = worst.found.low if decide_on == "alarm" else worst.found.rate
    if not evidence.noise.identified:
        why = evidence.noise.reason.rstrip(".") or "the estimator gave no reason"
        says = f"{says} But the data do not pin the rate down: {why}."
        return Undecided(code, name, says, worst.found.high, worst.limit, _SETTLE)
    return Passed(code, name, says, measured, worst.limit)


_SETTLE = "Have people check labels of these rows, collect more of them, or use a better model."


def _failed(
    code: str, name: str, over: list[Part], total: int, noun: str, aside: str, *, lowest: bool
) -> Failed:
    says = f"Too many wrong labels in {_of(over, total, noun)}: {_list(over)}. {aside}".strip()
    worst = names([part.title.rstrip(":") for part in over], 3)
    remedy = (
        f"Look at the flagged rows of {worst} first: correct them, or "
        "mend how these rows are labelled. A known case can be waived until a date."
    )
    first = over[0]
    number = first.found.low if lowest else first.found.rate
    return Failed(code, name, says, number, first.limit, remedy, _breaches(over))


def _passed(parts: Sequence[Part], worst: Part, above: list[Part], noun: str, aside: str) -> str:
    says = f"No {noun} of {len(parts):,} is over its limit; nearest: {worst.says()}."
    if above:
        says = (
            f"No {noun} of {len(parts):,} is over its limit beyond chance; over it by the estimate alone: "
            f"{_list(above)}."
        )
    return f"{says} {aside}".strip()


def _worst(parts: list[Part]) -> list[Part]:
    """Sort by how far over the limit; equal ones by name, so that no order of classes matters."""
    return sorted(parts, key=lambda part: (part.limit - part.found.rate, part.where))


def _of(parts: list[Part], total: int, noun: str) -> str:
    return f"{len(parts):,} of {total:,} {noun}{'es' if noun.endswith('s') else 's'}"


def _list(parts: list[Part]) -> str:
    return names([part.says() for part in parts], 3)


def _breaches(parts: list[Part]) -> tuple[Breach, ...]:
    return tuple(Breach(part.where, part.says(), part.found.rate, part.limit) for part in parts)
