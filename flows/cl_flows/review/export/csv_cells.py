"""Rewrites one column of a CSV or TSV file and leaves every other byte as it is. Decides no label."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cl_core.errors import InputError
from cl_flows.review.export.labels import OtherSourceError, Speller


@dataclass(frozen=True, slots=True)
class _Record:
    """Where a record and its label cell begin and end in the text; a short record has no such cell."""

    start: int
    end: int
    cell: tuple[int, int] | None


def rewrite_csv(
    source: Path,
    target: Path,
    column: str,
    speller: Speller,
    *,
    separator: str,
    encoding: str,
    missing: tuple[str, ...],
) -> None:
    """Write `source` to `target` with new labels in `column`; rows that leave go with their line.

    A cell that was quoted stays quoted; another is quoted only where its new word needs it. A packed file
    (.gz) is packed again.
    """
    packed = source.name.lower().endswith(".gz")
    raw = gzip.decompress(source.read_bytes()) if packed else source.read_bytes()
    text = raw.decode(encoding)
    if text.encode(encoding) != raw:
        raise OtherSourceError(f"{source.name!r} does not come back from {encoding} byte for byte")
    out = _rewritten(text, column, speller, separator, missing).encode(encoding)
    target.write_bytes(gzip.compress(out, mtime=0) if packed else out)


def _rewritten(text: str, column: str, speller: Speller, separator: str, missing: tuple[str, ...]) -> str:
    labelled = [
        (one, one.cell)
        for one in _records(text, column, separator)
        if one.cell is not None and _plain(text, one.cell).strip() not in missing
    ]
    speller.learn(_plain(text, cell) for _, cell in labelled)
    parts, done = [], 0
    for one, (start, end) in labelled:
        stays, new, word = speller.next()
        if not stays:
            parts.append(text[done : one.start])
            done = one.end
        elif new is not None:
            _refuse_missing(new, missing)
            parts += [text[done:start], _written(new if word is None else word, text[start:end], separator)]
            done = end
    return "".join([*parts, text[done:]])


def _refuse_missing(label: str, missing: tuple[str, ...]) -> None:
    if label.strip() in missing:
        raise InputError(
            f"the new label {label!r} means in this file: no label",
            hint="decide for another name, or set data.missing_labels",
        )


def _records(text: str, column: str, separator: str) -> Iterator[_Record]:
    """Find every record below the header and its cell of `column`."""
    cells = re.compile(f'"(?:[^"]|"")*"[^{re.escape(separator)}\r\n]*|[^{re.escape(separator)}\r\n]*')
    place, names = 0, None
    while place < len(text):
        start, spans = place, []
        while True:
            found = cells.match(text, place)
            assert found is not None  # noqa: S101 - the pattern matches nothing, too
            spans.append(found.span())
            place = found.end()
            if text[place : place + 1] != separator:
                break
            place += 1
        end = place = place + (2 if text.startswith("\r\n", place) else 1)
        if len(spans) == 1 and not text[slice(*spans[0])].strip(" \t\ufeff"):
            continue
        if names is None:
            names = [_plain(text, span).removeprefix("\ufeff") for span in spans]
            if names.count(column) != 1:
                raise OtherSourceError(f"the file has no column {column!r} of its own")
            at = names.index(column)
            continue
        yield _Record(start, min(end, len(text)), spans[at] if at < len(spans) else None)


def _plain(text: str, span: tuple[int, int]) -> str:
    cell = text[span[0] : span[1]]
    mark = "\ufeff" if cell.startswith("\ufeff") else ""
    inner = cell.removeprefix(mark)
    if not inner.startswith('"'):
        return cell
    closing = inner.rindex('"')
    return mark + inner[1:closing].replace('""', '"') + inner[closing + 1 :]


def _written(word: str, before: str, separator: str) -> str:
    needs = before.startswith('"') or any(sign in word for sign in (separator, '"', "\r", "\n"))
    return '"' + word.replace('"', '""') + '"' if needs else word
