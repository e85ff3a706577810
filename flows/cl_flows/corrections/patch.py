"""A patch: one answer a row about its label, as a CSV file. Reads it and refuses what makes no sense."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cl_core.errors import ConfigError, InputError
from cl_flows.report.wording import count

COLUMNS = ("id", "old", "new", "action", "who", "when", "why")
ACTIONS = ("relabel", "exclude", "keep")
_HINT = (
    f"a patch is a CSV file in UTF-8 with the columns {','.join(COLUMNS)}; "
    "`labelgate corrections patch` writes one"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What people decided about one row.

    Attributes
    ----------
    line
        Where it stands in the file, from 1.
    id
        Of the row, as text.
    old, new
        The label it had, and the one it gets; `new` is empty for ``exclude`` and may be for ``keep``.
    action
        ``relabel``, ``exclude`` or ``keep``.
    """

    line: int
    id: str
    old: str
    new: str
    action: str


@dataclass(frozen=True, slots=True)
class Patch:
    """The answers of one file, one a row of the data: an answer that stands there twice counts once."""

    name: str
    answers: tuple[Answer, ...]

    def refuse(self, wrong: Sequence[Answer], says: Callable[[Answer], str], hint: str) -> None:
        """Refuse the patch where there are answers that are `wrong`; `says` tells what the first one is."""
        if wrong:
            lines = f"{count(len(wrong), 'line')} cannot be laid over the data"
            first = f"line {wrong[0].line}: {says(wrong[0])}"
            raise InputError(f"corrections {self.name}: {lines}; the first is {first}", hint=hint)


def read_patch(path: Path) -> Patch:
    """Read and check a patch by itself, before any data are there.

    Raises
    ------
    ConfigError
        For a file that is not there or cannot be read.
    InputError
        For other columns than the seven, lines of another length, an unknown action, a missing or superfluous
        label, and an id with two different answers: counted, and the first is named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            answers = tuple(_answers(csv.reader(file, strict=True), path.name))
    except OSError as error:
        raise ConfigError(f"corrections {path} cannot be read: {error.strerror}", hint=_HINT) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"corrections {path.name} is no CSV file: {error}", hint=_HINT) from error
    patch = Patch(path.name, answers)
    _refuse_senseless(patch)
    return Patch(path.name, _one_an_id(patch))


def _answers(rows: "Iterator[list[str]]", name: str) -> Iterator[Answer]:
    head = next(rows, [])
    if sorted(head) != sorted(COLUMNS):
        raise InputError(f"corrections {name} has the columns {','.join(head) or 'of none'}", hint=_HINT)
    place = {column: head.index(column) for column in COLUMNS}
    for row in rows:
        if not row:  # an empty line
            continue
        line = getattr(rows, "line_num", 0)
        if len(row) != len(COLUMNS):
            wanted = f"{len(row)} cells in line {line}, wanted {len(COLUMNS)}"
            raise InputError(f"corrections {name}: {wanted}", hint='put a cell with a comma in it between "')
        yield Answer(line, *(row[place[column]] for column in ("id", "old", "new", "action")))


def _refuse_senseless(patch: Patch) -> None:
    unknown = [one for one in patch.answers if one.action not in ACTIONS]
    near = get_close_matches(unknown[0].action, ACTIONS, n=1) if unknown else []
    patch.refuse(
        unknown,
        lambda one: f"action {one.action!r}, wanted {', '.join(ACTIONS)}",
        f"did you mean {near[0]!r}?" if near else "exclude takes a row out, keep confirms its label",
    )
    patch.refuse(
        [one for one in patch.answers if not one.old],
        lambda one: f"row {one.id!r} does not say which label it had (old)",
        "the label that people saw must be on record: it shows whether the row is still the same",
    )
    patch.refuse(
        [one for one in patch.answers if one.action == "relabel" and not one.new],
        lambda one: f"row {one.id!r} is to be relabelled, but to what (new)?",
        "write the right label under `new`, or exclude the row",
    )
    patch.refuse(
        [one for one in patch.answers if one.new and _changes_no_label(one)],
        lambda one: f"row {one.id!r} has the action {one.action} and a new label {one.new!r}",
        "leave `new` empty, or write the action relabel",
    )


def _changes_no_label(one: Answer) -> bool:
    return one.action == "exclude" or (one.action == "keep" and one.new != one.old)


def _one_an_id(patch: Patch) -> tuple[Answer, ...]:
    """Return one answer an id, or refuse the ids about which the file says two things."""
    first: dict[str, Answer] = {}
    for one in patch.answers:
        first.setdefault(one.id, one)
    patch.refuse(
        [one for one in patch.answers if _meaning(first[one.id]) != _meaning(one)],
        lambda one: f"row {one.id!r} has another answer in an earlier line",
        "settle on one answer a row",
    )
    return tuple(first.values())


def _meaning(one: Answer) -> tuple[str, str, str]:
    return (one.action, one.old, one.old if one.action == "keep" else one.new)
