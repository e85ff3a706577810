"""Which objections somebody answers for, and until when. Decides nothing about labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cl_core.verdict import Breach, Passed, Verdict, Waiver, WaiverUse


@dataclass(frozen=True, slots=True)
class Waived:
    """What waivers took away of one outcome.

    Attributes
    ----------
    waivers
        Those that took something away.
    everything
        Whether no objection is left.
    """

    waivers: tuple[Waiver, ...] = ()
    everything: bool = False


def is_live(waiver: Waiver, today: date) -> bool:
    """Whether a waiver still counts: its last day included."""
    return today <= waiver.until


def covers(waiver: Waiver, outcome: Verdict, breach: Breach | None = None) -> bool:
    """Whether a waiver is about an objection: about one part of the data, or about all of them."""
    if waiver.check != outcome.name:
        return False
    return set(waiver.where) <= set(breach.where if breach else ())


def waived(outcome: Verdict, waivers: Sequence[Waiver], today: date) -> Waived:
    """Take away the objections of one outcome that live waivers cover.

    Parameters
    ----------
    outcome
        What the check concluded; a pass has nothing to take away.
    waivers
        All waivers of the run.
    today
        The day of the run.

    Returns
    -------
    Waived
        Everything is waived when each breach is covered, or, for an outcome without breaches, when a
        waiver without `where` names the check.
    """
    if isinstance(outcome, Passed):
        return Waived()
    live = [waiver for waiver in waivers if is_live(waiver, today)]
    objections: tuple[Breach | None, ...] = outcome.breaches or (None,)
    taken = [[w for w in live if covers(w, outcome, breach)] for breach in objections]
    used = tuple(w for w in live if any(w in one for one in taken))
    return Waived(used, all(taken))


def account(waivers: Sequence[Waiver], outcomes: Sequence[Verdict], today: date) -> tuple[WaiverUse, ...]:
    """Say of every waiver what became of it: none is silently without effect."""
    return tuple(_use(waiver, outcomes, today) for waiver in waivers)


def _use(waiver: Waiver, outcomes: Sequence[Verdict], today: date) -> WaiverUse:
    if not is_live(waiver, today):
        return WaiverUse(waiver, "expired")
    count = 0
    for outcome in outcomes:
        if not isinstance(outcome, Passed):
            objections: tuple[Breach | None, ...] = outcome.breaches or (None,)
            count += sum(covers(waiver, outcome, breach) for breach in objections)
    return WaiverUse(waiver, "used" if count else "idle", count)
