"""Where in a text file the rows of a report stand, so that tools can point at the line. No judging."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from cl_plugins.loaders.csv_table import fitting_separator

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_JSON_LINES = (".jsonl", ".ndjson")


def source_file(report: Mapping[str, Any]) -> Path | None:
    """Return the file the rows came from, as seen from the working directory; None if it is not one here."""
    settings = report["settings"]
    said = settings.get("data", {}).get("path")
    if not isinstance(said, str) or "://" in said or "${" in said:
        return None
    path = Path(settings.get("base") or ".") / said
    if not path.is_file():
        return None
    here = Path.cwd()
    absolute = path.resolve()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute


def lines_of(report: Mapping[str, Any], path: Path) -> dict[str, int]:
    """Line of each suspect in a CSV, TSV or JSON Lines file, by id; empty where that is not certain.

    Rows are found by the id column that the settings name, else by their number; a row that does not
    hold the suspect's given label shows that the file is read otherwise here, and nothing is said.
    """
    wanted = {str(suspect["id"]): str(suspect["given_label"]) for suspect in report["suspects"]}
    column = report["settings"].get("data", {}).get("id")
    found: dict[str, int] = {}
    try:
        for number, (line, row) in enumerate(_rows(path, report["settings"].get("data", {}))):
            key = str(number) if column is None else str(row.get(column))
            if key not in wanted:
                continue
            if wanted[key] not in map(str, row.values()):
                return {}
            found[key] = line
            if len(found) == len(wanted):
                break
    except (OSError, ValueError, csv.Error):
        return {}
    return found


def _rows(path: Path, data: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    with _opened(path, data.get("encoding") or "utf-8") as file:
        if suffix in _JSON_LINES:
            for line, text in enumerate(file, 1):
                if text.strip():
                    yield line, json.loads(text)
        elif suffix in _SEPARATORS:
            usual, head = _SEPARATORS[suffix], file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=data.get("separator") or fitting_separator(head, usual))
            header = len(reader.fieldnames or ())
            start = reader.line_num + 1
            for row in reader:
                if len(row) == header:
                    yield start, row
                start = reader.line_num + 1


def _opened(path: Path, encoding: str) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")
