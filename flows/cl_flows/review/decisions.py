"""What people decided about rows: every word on record, none ever changed. What follows is in standing.py.

A decision is committed before the function that takes it returns. It is filed under the content of the
data (the fingerprint) and the row's position, so that it speaks for the same row in any run on that content.
"""

import gc
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Select, func, select

from cl_core.errors import InputError
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import DECISIONS

if TYPE_CHECKING:
    from cl_flows.kept.run import KeptRun

Origin: TypeAlias = Literal["page", "bulk", "audit", "import"]

# Bounds of what one decision may hold. Labels and ids come from the data: whole sentences at times, and as
# long as a cell of the patch that they end in may be (csv reads up to 131,072). The rest people type.
_LABEL = 100_000
_MOST_LETTERS = {"row_id": _LABEL, "given_label": _LABEL, "label": _LABEL}
_MOST_LETTERS |= {"note": 4096, "who": 256, "token": 256}
# Of all decisions of one step: a suggestion taken for a million rows must not fill the disk.
_MOST_A_STEP = 500_000_000
# Databases bound the values of one query.
_TOKENS_A_QUERY = 500
_UNDO = "undo"


class Action(StrEnum):
    """What a person says about a row's label."""

    KEEP = "keep"
    RELABEL = "relabel"
    AMBIGUOUS = "ambiguous"
    NONE = "none"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which data a decision is about, and the run that people looked at."""

    run_id: str
    fingerprint: str
    dataset: str


def run_key(kept: "KeptRun") -> RunKey:
    """Return what decisions on the rows of a run are filed under."""
    return RunKey(kept.run_id, kept.fingerprint, kept.dataset_name)


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision that is not on record yet.

    Attributes
    ----------
    position, row_id, given_label
        The row: its number in the data set, what people call it, and the label it came with.
    action
        ``keep`` the label, ``relabel``, ``ambiguous`` (several classes would do), ``none`` (in no class) or
        ``skip`` (no opinion).
    label
        The right label of a ``relabel``; empty otherwise.
    note
        Why, in the person's words.
    token
        Made by the client, unique: what is sent twice under one token is on record once.
    """

    position: int
    row_id: str
    given_label: str
    action: Action
    label: str = ""
    note: str = ""
    token: str = ""


class Decision(NamedTuple):
    """A decision on record; `number` grows with every one. `step` is shared by those made at one stroke."""

    number: int
    step: str
    run_id: str
    position: int
    row_id: str
    given_label: str
    action: str
    label: str
    who: str
    note: str
    origin: str
    blind: int
    decided_at: str
    undoes: int | None


def decide(
    database: Database,
    run: RunKey,
    who: str,
    decisions: Sequence[NewDecision],
    *,
    origin: Origin = "page",
    blind: bool = False,
) -> list[int]:
    """Put decisions on record, all or none, and return their numbers once they are safe.

    Decisions of one call are one step of `undo`. A relabelling to the given label is a ``keep``. A token
    that is on record already is acknowledged with its first number and not written again.

    Raises
    ------
    InputError
        For a decision without a person, a ``relabel`` without a label, a token that stands for another
        decision, text that no database takes, or more of it than one step may hold.
    """
    _refuse_flood(decisions)
    rows = [_row(run, who, one, origin, blind=blind) for one in decisions]
    step = secrets.token_hex(8)
    moment = _now()
    with writing(database) as connection:
        known = _known(connection, [one.token for one in decisions if one.token])
        numbers = {token: int(row["number"]) for token, row in known.items()}
        fresh: dict[str, dict[str, Any]] = {}
        for row in rows:
            before = known.get(row["decision_id"]) or fresh.setdefault(row["decision_id"], row)
            _refuse_other(before, row)
        if fresh:
            last = connection.execute(select(func.max(DECISIONS.c.number))).scalar() or 0
            written = [{**row, "step": step, "decided_at": moment} for row in fresh.values()]
            connection.execute(DECISIONS.insert(), written)
            new = select(DECISIONS.c.decision_id, DECISIONS.c.number).where(DECISIONS.c.number > last)
            numbers |= dict(map(tuple, connection.execute(new).all()))
    return [numbers[row["decision_id"]] for row in rows]


def refuse_wrong(run: RunKey, who: str, decisions: Sequence[NewDecision]) -> None:
    """Refuse what `decide` would refuse, before anything is written; tokens are looked at there."""
    _refuse_flood(decisions)
    for one in decisions:
        _row(run, who, one, "import", blind=False)


def undo(database: Database, run: RunKey, who: str, *, token: str = "") -> Decision | None:
    """Take back the newest step of a person that stands, and return its newest decision; None without one.

    Nothing is removed: the taking back goes on record, too. What the person said before stands again. With
    a token, a repeated call takes back nothing more and returns what the first one took back.
    """
    _refuse_text({"who": who, "token": token})
    with writing(database) as connection:
        said = _said(connection, token) if token else None
        if said is not None:
            taken_back = select(DECISIONS).where(DECISIONS.c.number == said["undoes"])
            return _decisions(connection, taken_back)[0]
        last = _newest_standing(connection, run.fingerprint, who)
        if last is None:
            return None
        taken = last | {
            "decision_id": token or secrets.token_hex(16),
            "step": secrets.token_hex(8),
            "run_id": run.run_id,
            "action": _UNDO,
            "label": "",
            "note": "",
            "decided_at": _now(),
            "undoes": last["number"],
        }
        del taken["number"]
        connection.execute(DECISIONS.insert().values(**taken))
        return _decision(last)


_ROW_AND_PERSON = itemgetter(Decision._fields.index("position"), Decision._fields.index("who"))


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from searching a hundred thousand new records, which doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def latest(database: Database, fingerprint: str, *, who: str | None = None) -> list[Decision]:
    """Return each person's latest word on each row that was not taken back, oldest first."""
    if not is_there(database):
        return []
    query = select(DECISIONS).where(DECISIONS.c.fingerprint == fingerprint)
    if who is not None:
        query = query.where(DECISIONS.c.who == who)
    with reading(database) as connection:
        found = _decisions(connection, query)
    with collector_at_rest():
        gone = _steps_taken_back(found)
        stands = found if not gone else [one for one in found if one.undoes is None and one.step not in gone]
        words = dict(zip(map(_ROW_AND_PERSON, stands), stands, strict=True))
        # A later word stands where the person's first one stood.
        return list(words.values()) if len(words) == len(stands) else sorted(words.values())


def since(database: Database, fingerprint: str, number: int) -> list[Decision]:
    """Return what was decided after a decision. Writers wait for each other, so numbers come in order."""
    if not is_there(database):
        return []
    here = DECISIONS.c
    with reading(database) as connection:
        newer = (here.fingerprint == fingerprint, here.number > number)
        return _decisions(connection, select(DECISIONS).where(*newer))


def read_log(database: Database, fingerprint: str) -> list[dict[str, Any]]:
    """Return every word on record, oldest first; `stands` is false for what was taken back, and for that."""
    if not is_there(database):
        return []
    query = select(DECISIONS).where(DECISIONS.c.fingerprint == fingerprint).order_by(DECISIONS.c.number)
    with reading(database) as connection:
        found = [dict(row) for row in connection.execute(query).mappings()]
    taken = {row["undoes"] for row in found}
    gone = {row["step"] for row in found if row["number"] in taken}
    return [row | {"stands": row["undoes"] is None and row["step"] not in gone} for row in found]


def _steps_taken_back(found: list[Decision]) -> set[str]:
    taken = {one.undoes for one in found if one.undoes is not None}
    return {one.step for one in found if one.number in taken} if taken else set()


def _newest_standing(connection: Connection, fingerprint: str, who: str) -> dict[str, Any] | None:
    theirs = (DECISIONS.c.fingerprint == fingerprint, DECISIONS.c.who == who)
    taken = select(DECISIONS.c.undoes).where(*theirs, DECISIONS.c.undoes.is_not(None))
    gone = select(DECISIONS.c.step).where(DECISIONS.c.number.in_(taken))
    said = select(DECISIONS).where(*theirs, DECISIONS.c.action != _UNDO, DECISIONS.c.step.not_in(gone))
    row = connection.execute(said.order_by(DECISIONS.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else dict(row)


def _decisions(connection: Connection, query: Select[Any]) -> list[Decision]:
    """Read by the driver's own cursor: a hundred thousand rows of SQLAlchemy's cost twice the time."""
    columns = [DECISIONS.c[name] for name in Decision._fields]
    result = connection.execute(query.with_only_columns(*columns).order_by(DECISIONS.c.number))
    cursor: Any = result.cursor
    with collector_at_rest():
        return list(map(Decision._make, cursor.fetchall()))


def _decision(row: dict[str, Any]) -> Decision:
    return Decision._make(row[name] for name in Decision._fields)


def _said(connection: Connection, token: str) -> dict[str, Any] | None:
    return _known(connection, [token]).get(token)


def _known(connection: Connection, tokens: list[str]) -> dict[str, dict[str, Any]]:
    """Find the decisions on record under `tokens`."""
    known: dict[str, dict[str, Any]] = {}
    for start in range(0, len(tokens), _TOKENS_A_QUERY):
        some = DECISIONS.c.decision_id.in_(tokens[start : start + _TOKENS_A_QUERY])
        for row in connection.execute(select(DECISIONS).where(some)).mappings():
            known[row["decision_id"]] = dict(row)
    return known


def _row(run: RunKey, who: str, one: NewDecision, origin: Origin, *, blind: bool) -> dict[str, Any]:
    action, label = Action(one.action), one.label
    if action is Action.RELABEL and label == one.given_label:
        action, label = Action.KEEP, ""
    if (action is Action.RELABEL) != bool(label):
        raise InputError(
            f"the decision on row {one.row_id!r} is {action.value!r} with the label {label!r}",
            hint="a relabel names the right label, every other action none",
        )
    if one.position < 0 or not who.strip():
        raise InputError(
            f"a decision wants a person and a row, and came from {who!r} about row {one.position}",
            hint="say who decides: --who NAME",
        )
    texts = {"row_id": one.row_id, "given_label": one.given_label, "label": label, "note": one.note}
    _refuse_text(texts | {"who": who, "token": one.token})
    return {
        "decision_id": one.token or secrets.token_hex(16),
        "fingerprint": run.fingerprint,
        "run_id": run.run_id,
        "dataset": run.dataset,
        "position": int(one.position),
        **texts,
        "action": action.value,
        "who": who,
        "origin": origin,
        "blind": int(blind),
        "undoes": None,
    }


def _refuse_flood(decisions: Sequence[NewDecision]) -> None:
    """Refuse more text in one step than a database should get at once."""
    letters = sum(len(one.row_id) + len(one.given_label) + len(one.label) for one in decisions)
    if letters > _MOST_A_STEP:
        raise InputError(
            f"{len(decisions):,} decisions at once hold {letters:,} letters of ids and labels, "
            f"and {_MOST_A_STEP:,} are the most",
            hint="decide about fewer rows at once",
        )


def _refuse_text(texts: dict[str, str]) -> None:
    """Refuse what a database would cut off or choke on."""
    for name, text in texts.items():
        if len(text) > _MOST_LETTERS[name] or "\0" in text or text.encode(errors="replace").decode() != text:
            raise InputError(
                f"{name} of a decision is not text of up to {_MOST_LETTERS[name]:,} letters: {text[:40]!r}",
                hint="shorten it, and leave out NUL and half characters",
            )


def _refuse_other(before: dict[str, Any], row: dict[str, Any]) -> None:
    names = ("fingerprint", "position", "action", "label", "who")
    if any(before[name] != row[name] for name in names):
        raise InputError(
            f"the token {row['decision_id']!r} stands for another decision, on row {before['row_id']!r}",
            hint="a client makes a new token for every decision",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
