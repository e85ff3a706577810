"""What people said of rows, as badges and lines. No database."""

from collections.abc import Sequence
from typing import Any

from cl_flows.report.wording import cut
from cl_flows.review.decisions import Action, Decision
from cl_flows.review.standing import Outcome
from cl_flows.review.web.shelf import Opened

_NAME = 60
_SAID = {
    "keep": "kept",
    "ambiguous": "ambiguous",
    "none": "in no class",
    "skip": "skipped",
}


def said(decision: Decision) -> str:
    """Return what one person said of a row, in a word or two."""
    if decision.action == Action.RELABEL:
        return f"→ {cut(decision.label, _NAME)}"
    return _SAID[decision.action]


def visible(decisions: Sequence[Decision], me: str, *, double: bool) -> list[Decision]:
    """Return what this person may see: in a double review nobody else's words."""
    return [decision for decision in decisions if not double or decision.who == me]


def badge(run: Opened, position: int, me: str, *, double: bool) -> dict[str, str]:
    """Return what stands on a card: what people agree on, or that they do not.

    A skipped row is said to be so to the person who skipped it only: it waits for somebody else.
    """
    seen = visible(run.record.words(position), me, double=double)
    opinions = [d for d in seen if d.action != Action.SKIP]
    if not opinions:
        skipped = any(d.who == me for d in seen)
        return {"text": _SAID["skip"] if skipped else "", "kind": ""}
    if not double and run.record.outcome(position) is Outcome.DISPUTED:
        texts = dict.fromkeys(said(d) for d in opinions)
        return {"text": "disputed: " + " / ".join(list(texts)[:3]), "kind": "disputed"}
    others = [cut(d.who, _NAME) for d in opinions if d.who != me]
    by = f" · {', '.join(others[:3])}" if others else ""
    return {"text": f"{said(opinions[-1])}{by}", "kind": ""}


def lines(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return one line a decision: what, who, when, why."""
    return [
        {"text": said(d), "who": d.who, "when": d.decided_at, "note": d.note, "origin": d.origin}
        for d in decisions
    ]
