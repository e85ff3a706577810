"""Rewrites one member of every line of a JSON Lines file and leaves every other byte. Decides no label."""

import gzip
import json
import re
from json.decoder import JSONDecoder
from pathlib import Path
from typing import Any

from cl_flows.review.export.labels import OtherSourceError, Speller, typed_like

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()


def rewrite_json_lines(source: Path, target: Path, member: str, speller: Speller) -> None:
    """Write `source` to `target` with new labels; a row that leaves goes with its line."""
    packed = source.name.lower().endswith(".gz")
    raw = gzip.decompress(source.read_bytes()) if packed else source.read_bytes()
    lines = re.findall(r"[^\n]*\n|[^\n]+", raw.decode("utf-8-sig"))
    try:
        spans = [_span(line, member) if line.strip() else None for line in lines]
    except ValueError as error:  # an object over several lines
        raise OtherSourceError(f"{source.name!r} has no object a line: {error}") from error
    values = [
        None if span is None else _value(line[slice(*span)]) for line, span in zip(lines, spans, strict=True)
    ]
    speller.learn(value for value in values if value is not None)
    known = [value for value in values if value is not None]
    out = []
    for line, span, value in zip(lines, spans, values, strict=True):
        if span is None or value is None:
            out.append(line)
            continue
        stays, new, word = speller.next()
        if new is not None:
            spelt = json.dumps(typed_like(new, known) if word is None else word, ensure_ascii=False)
            out.append(line[: span[0]] + spelt + line[span[1] :])
        elif stays:
            out.append(line)
    done = (b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b"") + "".join(out).encode()
    target.write_bytes(gzip.compress(done, mtime=0) if packed else done)


def _value(text: str) -> Any:
    value = json.loads(text)
    return None if value != value else value  # noqa: PLR0124 - NaN is no label


def _span(line: str, member: str) -> tuple[int, int] | None:
    """Find where the value of a member of the line's object stands; None where it has none."""
    place = _BLANK.match(line).end()  # type: ignore[union-attr]
    if line[place : place + 1] != "{":
        raise OtherSourceError(f"the line {line[:40]!r} is no object")
    found, place = None, place + 1
    while True:
        place = _BLANK.match(line, place).end()  # type: ignore[union-attr]
        if line[place : place + 1] == "}":
            return found
        if line[place : place + 1] == ",":
            place += 1
            continue
        key, place = _DECODER.raw_decode(line, place)
        start = _BLANK.match(line, line.index(":", place) + 1).end()  # type: ignore[union-attr]
        _, place = _DECODER.raw_decode(line, start)
        if key == member:
            found = (start, place)
