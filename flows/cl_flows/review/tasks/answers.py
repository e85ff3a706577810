"""Answers that were given in other tools become decisions. Which tool, and its files, are elsewhere."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cl_core.errors import InputError
from cl_flows.database.place import Database
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide, read_log, refuse_wrong
from cl_flows.review.index import RunIndex
from cl_flows.review.tasks.items import AMBIGUOUS, IN_NO_CLASS


@dataclass(frozen=True, slots=True)
class ForeignAnswer:
    """What one person chose for one row.

    Attributes
    ----------
    row_id
        The row, as its task named it.
    who
        The person, as the tool names them.
    chosen
        Every choice made; none is a skip, several are ambiguous.
    fingerprint
        Content of the data that the task was made from; empty where the task does not say.
    where
        Where the answer stands in the file, for errors.
    """

    row_id: str
    who: str
    chosen: tuple[str, ...]
    fingerprint: str
    where: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What taking the answers of a file would write, by person, and how many are on record already."""

    new: dict[str, list[NewDecision]]
    n_known: int
    who: tuple[str, ...]

    @property
    def n_new(self) -> int:
        """Decisions that are not on record yet."""
        return sum(map(len, self.new.values()))


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the answers of a file: written now, or on record from an earlier import."""

    n_new: int
    n_known: int
    who: tuple[str, ...]


def answers_in(
    file: Path, read: Callable[[Any, int], Iterable[ForeignAnswer]], *, called: str, field: str, hint: str
) -> list[ForeignAnswer]:
    """Return the answers of every entry of a JSON file, a list of objects with a `field`.

    `called` is the tool's name and its word for an entry.

    Raises
    ------
    InputError
        For a file or an entry that is not built as the tool builds it.
    """
    try:
        entries = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file.name} cannot be read: {error}", hint=hint) from error
    if not isinstance(entries, list) or not all(isinstance(one, dict) and field in one for one in entries):
        raise InputError(f"{file.name} holds no {called}s", hint=hint)
    found: list[ForeignAnswer] = []
    for number, entry in enumerate(entries, 1):
        try:
            found += read(entry, number)
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"{called} {number} holds answers in a form that is not known: {error}", hint=hint
            ) from error
    return found


def import_answers(
    database: Database,
    run: RunKey,
    index: RunIndex,
    answers: Iterable[ForeignAnswer],
    *,
    new_classes: Sequence[str] = (),
) -> Imported:
    """Check answers and put them on record: `plan_answers`, then `take_answers`."""
    return take_answers(database, run, plan_answers(database, run, index, answers, new_classes=new_classes))


def plan_answers(
    database: Database,
    run: RunKey,
    index: RunIndex,
    answers: Iterable[ForeignAnswer],
    *,
    new_classes: Sequence[str] = (),
) -> Planned:
    """Return what taking answers would put on record, each under its own person's name. Writes nothing.

    An answer that is the person's newest imported one on that row already is not written again: importing a
    file twice adds nothing, and what they said on the page since stays their last word.

    Raises
    ------
    InputError
        For answers about other data, rows that are not there, labels that are neither a class of the run
        nor one of `new_classes` (counted, and the first is named), and names that cannot go on record.
    """
    found = list(answers)
    if not found:
        raise InputError("the file holds no answer", hint="export the answered tasks, not the tasks alone")
    _refuse(
        [one for one in found if one.fingerprint not in {"", run.fingerprint}],
        len(found),
        lambda _: f"is about other data than run {run.run_id} judged",
        "take the run that the tasks were written from",
    )
    places = {str(row): place for place, row in enumerate(index.ids.tolist())}
    _refuse(
        [one for one in found if one.row_id not in places],
        len(found),
        lambda one: f"is about a row with the id {one.row_id!r}, which is not there",
        "keep labelgate_id as it is in the tasks",
    )
    known = {*index.classes, *new_classes, AMBIGUOUS, IN_NO_CLASS}
    _refuse(
        [one for one in found if not set(one.chosen) <= known],
        len(found),
        lambda one: f"names {min(set(one.chosen) - known)!r}, which is no class of the run",
        "a class that is really new must be named: --new-class NAME",
    )
    planned = _planned(database, run, index, found, places)
    for who, decisions in planned.new.items():
        refuse_wrong(run, who, decisions)
    return planned


def take_answers(database: Database, run: RunKey, planned: Planned) -> Imported:
    """Put checked answers on record with the origin ``import``.

    A file is taken as a whole; after a crash a second import adds what is missing.
    """
    for who, decisions in planned.new.items():
        decide(database, run, who, decisions, origin="import")
    return Imported(planned.n_new, planned.n_known, planned.who)


def _refuse(wrong: list[ForeignAnswer], n: int, says: Callable[[ForeignAnswer], str], hint: str) -> None:
    if wrong:
        raise InputError(
            f"{len(wrong):,} of {n:,} answers cannot be taken; the first, {wrong[0].where}, {says(wrong[0])}",
            hint=hint,
        )


def _planned(
    database: Database,
    run: RunKey,
    index: RunIndex,
    found: list[ForeignAnswer],
    places: dict[str, int],
) -> Planned:
    said = {
        (row["position"], row["who"]): (row["action"], row["label"])
        for row in read_log(database, run.fingerprint)
        if row["origin"] == "import" and row["undoes"] is None
    }
    new: dict[str, list[NewDecision]] = {}
    n_known = 0
    for one in found:
        position = places[one.row_id]
        decision = _decision(one, position, index.classes[index.given[position]])
        meaning = (decision.action.value, decision.label)
        if said.get((position, one.who)) == meaning:
            n_known += 1
            continue
        said[position, one.who] = meaning
        new.setdefault(one.who, []).append(decision)
    return Planned(new, n_known, tuple(sorted({one.who for one in found})))


def _decision(one: ForeignAnswer, position: int, given: str) -> NewDecision:
    match one.chosen:
        case ():
            action, label = Action.SKIP, ""
        case (only,) if only == IN_NO_CLASS:
            action, label = Action.NONE, ""
        case (only,) if only == given:
            action, label = Action.KEEP, ""
        case (only,) if only != AMBIGUOUS:
            action, label = Action.RELABEL, only
        case _:
            action, label = Action.AMBIGUOUS, ""
    return NewDecision(position, one.row_id, given, action, label)
