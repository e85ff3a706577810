"""What stands on a review page, and what is on record behind it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from cl_flows.database.place import history_in
from cl_flows.review.decisions import Decision, latest

Client: TypeAlias = Callable[..., Any]
Run: TypeAlias = tuple[Path, str]


def cards(page: str) -> list[int]:
    """Positions of the rows on a page, in order."""
    return [int(found) for found in re.findall(r'<li class="suspect[^>]*data-position="(\d+)"', page)]


def links(page: str) -> list[str]:
    """Every address of ours on a page, once."""
    return list(dict.fromkeys(re.findall(r'(?:href|src)="(/[^"]*)"', page.replace("&amp;", "&"))))


def one_word(output: Path, run_id: str) -> Any:
    """Read the only decision on record."""
    (word,) = on_record(output, run_id)
    return word


def on_record(output: Path, run_id: str) -> list[Decision]:
    """Read everybody's latest words on the data of a run."""
    report = json.loads((output / run_id / "report.json").read_text(encoding="utf-8"))
    return latest(history_in(output), report["data"]["fingerprint"])
