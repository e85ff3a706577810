"""Which column of a table is what: as people said, else by its name. Looks at no cell."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cl_core.errors import ConfigError, InputError
from cl_plugins.loaders.options import ColumnOptions

# What people call the column of labels, and the one that identifies a row; case does not count.
LABEL_NAMES = (
    *("label", "labels", "class", "classes", "class_label", "class_name", "target", "category", "y"),
    *("given_label", "intent", "sentiment"),
)
ID_NAMES = (
    *("id", "uid", "uuid", "guid", "row_id", "rowid", "sample_id", "item_id", "record_id", "key", "index"),
)
# A reader needs no more columns than this to see the mistake.
_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Roles:
    """What each column serves for.

    Attributes
    ----------
    label
        Column of the given labels.
    id
        Column of ids as people said, or None.
    maybe_id
        Column that is called like an id, to be taken for one if it identifies every row.
    probabilities
        Column of each class's probabilities, by class name; empty where there are none.
    reserved
        Columns that are not learned from unless listed in `features`.
    notes
        What was guessed.
    """

    label: str
    id: str | None
    maybe_id: str | None
    probabilities: dict[str, str]
    reserved: frozenset[str]
    notes: tuple[str, ...]


def assign_roles(options: ColumnOptions, columns: Sequence[str], shown: str) -> Roles:
    """Give every column its role.

    Raises
    ------
    InputError
        For twins among the columns, an option that names a column which is not there, and a label that
        was not named and cannot be guessed.
    ConfigError
        For a column that is to serve two purposes.
    """
    _refuse_wrong_names(options, columns, shown)
    notes = []
    label = options.label
    if label is None:
        label = _guess_label(options, columns, shown)
        notes.append(f"label column: {label} (a guess by its name; `label` names another)")
    probabilities = _probability_columns(options, columns, shown)
    single = (options.id, options.true_labels, options.groups, options.times)
    reserved = {label, *options.drop, *options.keep, *probabilities.values(), *filter(None, single)}
    maybe_id = None
    if options.id is None:
        free = {name.lower(): name for name in reversed(columns) if name not in reserved}
        maybe_id = next((free[name] for name in ID_NAMES if name in free), None)
        if options.features is not None and maybe_id in options.features:
            maybe_id = None
    roles = Roles(label, options.id, maybe_id, probabilities, frozenset(reserved), tuple(notes))
    _refuse_double_use(options, roles)
    return roles


def _refuse_wrong_names(options: ColumnOptions, columns: Sequence[str], shown: str) -> None:
    twins = [name for name, count in Counter(columns).items() if count > 1]
    if twins:
        raise InputError(f"{shown!r} has several columns called {twins[0]!r}", hint="rename or drop one")
    single = ("label", "id", "true_labels", "groups", "times", "text")
    several = ("features", "drop", "keep")
    wanted = [(option, getattr(options, option)) for option in single]
    wanted += [(option, name) for option in several for name in getattr(options, option) or ()]
    if isinstance(options.pred_probs_columns, dict):
        wanted += [("pred_probs_columns", name) for name in options.pred_probs_columns.values()]
    for option, name in wanted:
        if name is not None and name not in columns:
            near = get_close_matches(name, columns, n=1)
            raise InputError(
                f"{shown!r} has no column {name!r}, which `{option}` names",
                hint=f"{f'did you mean {near[0]!r}? ' if near else ''}columns: {_listed(columns)}",
            )


def _guess_label(options: ColumnOptions, columns: Sequence[str], shown: str) -> str:
    taken = {options.id, options.true_labels, options.groups, options.times, options.text}
    taken |= {*options.drop, *options.keep, *(options.features or ())}
    called = [name for name in columns if name.lower() in LABEL_NAMES and name not in taken]
    if len(called) == 1:
        return called[0]
    if called:
        raise InputError(
            f"{shown!r} has {len(called)} columns that may hold the labels: {', '.join(called)}",
            hint=f"name one with `label` (--label {called[0]})",
        )
    raise InputError(
        f"no column of {shown!r} is called like a label, such as {', '.join(LABEL_NAMES[:3])}",
        hint=f"name it with `label` (--label); columns: {_listed(columns)}",
    )


def _probability_columns(options: ColumnOptions, columns: Sequence[str], shown: str) -> dict[str, str]:
    wanted = options.pred_probs_columns
    if not isinstance(wanted, str):
        return wanted or {}
    before, mark, after = wanted.partition("{class}")
    if not mark:
        raise ConfigError(
            f"pred_probs_columns is {wanted!r}, wanted a pattern with {{class}} in it",
            hint="p_{class} finds the columns p_cat and p_dog; or write one class: column a line",
        )
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    found = {match[1]: name for name in columns if (match := pattern.fullmatch(name))}
    if not found:
        raise InputError(
            f"no column of {shown!r} is named like {wanted!r}", hint=f"columns: {_listed(columns)}"
        )
    return found


def _refuse_double_use(options: ColumnOptions, roles: Roles) -> None:
    if options.text is not None and options.features is not None:
        raise ConfigError(
            "`text` and `features` are both set", hint="`text` learns from that column alone: leave one out"
        )
    strict = {roles.label, *options.drop, *roles.probabilities.values()}
    strict |= {name for name in (options.id, options.true_labels) if name}
    learned = (*(options.features or ()), *((options.text,) if options.text else ()))
    if overlap := [name for name in learned if name in strict]:
        raise ConfigError(
            f"column {overlap[0]!r} is to be learned from, but also serves as label, id or probability, "
            "or is dropped",
            hint="name a column once",
        )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns[:_MAX_SHOWN]) + (", ..." if len(columns) > _MAX_SHOWN else "")
