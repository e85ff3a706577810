"""The sheet people fill in: out as CSV, blind to the model's opinion; back in, every cell checked."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from cl_core.audit import AuditPlan
from cl_core.errors import InputError
from cl_flows.audits import Answer

COLUMNS = ("id", "given_label", "is_wrong", "true_label", "who")
_YES = frozenset({"1", "yes", "y", "true", "wrong"})
_NO = frozenset({"0", "no", "n", "false", "right"})


def write_sheet(path: Path, plan: AuditPlan, scored: pd.DataFrame) -> None:
    """Write the planned rows in their order, with empty cells for the answers."""
    rows = scored.iloc[plan.positions][["id", "given_label"]]
    rows.assign(is_wrong="", true_label="", who="").to_csv(path, index=False)


def read_sheet(path: Path, scored: pd.DataFrame, who: str) -> list[Answer]:
    """Read a filled sheet; rows without an answer are skipped, a cell that makes no sense is refused.

    `who` stands for rows whose own cell is empty.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = {"id", "is_wrong"} - set(reader.fieldnames or ())
            if missing:
                raise InputError(
                    f"{path} has no column {', '.join(sorted(missing))}",
                    hint=f"`labelgate audit plan` writes a sheet with {', '.join(COLUMNS)}",
                )
            answers = list(_answers(reader, path, scored, who))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}", hint="a CSV file in UTF-8 is wanted") from error
    if not answers:
        raise InputError(f"{path} holds no answer", hint="write yes or no into the column is_wrong")
    return answers


def _answers(reader: "csv.DictReader[str]", path: Path, scored: pd.DataFrame, who: str) -> Iterator[Answer]:
    place = {str(row_id): i for i, row_id in enumerate(scored["id"].tolist())}
    given = scored["given_label"].tolist()
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        said, true = (str(row.get(column) or "").strip() for column in ("is_wrong", "true_label"))
        if not said and not true:
            continue
        position = place.get(str(row["id"]))
        if position is None:
            raise InputError(f"{where}: no row has the id {row['id']!r}", hint="keep the sheet's id column")
        yield Answer(
            position,
            str(row.get("who") or "").strip() or who,
            _is_wrong(said, true, given[position], where),
            true,
        )


def _is_wrong(said: str, true: str, given: str, where: str) -> bool:
    """Read the answer from either cell; both must agree."""
    word = said.lower()
    if word not in _YES | _NO | {""}:
        raise InputError(f"{where}: is_wrong is {said!r}", hint="write yes or no, or leave the cell empty")
    by_label = true != str(given) if true else None
    by_word = word in _YES if word else None
    if by_label is not None and by_word is not None and by_label != by_word:
        raise InputError(
            f"{where}: is_wrong says {said!r}, but true_label is {true!r} and the given label {given!r}",
            hint="make the two cells agree, or leave one empty",
        )
    return bool(by_word if by_word is not None else by_label)
