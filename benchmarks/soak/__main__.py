"""Run a soak: ``make soak``. It leaves with 1 when anything is not as it must be, and lists it."""

import argparse
import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from soak.checks import untried, violations
from soak.databases import postgresql
from soak.disk import small_disk
from soak.figures import figures
from soak.gather import leftover_processes
from soak.receiver import listening
from soak.soaking import Soak, say
from soak.stage import CASES, SHORT, Case, Stage


def main() -> None:
    """Set the stage, let things go wrong, and hold the records against what must hold."""
    asked = _arguments()
    began = time.monotonic()
    mark = secrets.token_hex(8)
    folder = Path(tempfile.mkdtemp(prefix="labelgate-soak-"))
    try:
        found, lines = _soak(asked, folder, mark)
    finally:
        if asked.keep:
            shutil.copytree(folder, asked.keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    found += leftover_processes(mark)
    _print(lines, found, time.monotonic() - began)
    sys.exit(1 if found else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--short", action="store_true", help="five data sets and one fault")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these data sets, as stage.py names them")
    parser.add_argument("--load", type=float, help="seconds in which gates become due")
    parser.add_argument("--every", type=float, help="seconds between two runs of a data set")
    parser.add_argument(
        "--patience", type=float, default=150, help="seconds more for what a slow machine has not tried"
    )
    parser.add_argument("--at-once", type=int, default=3, help="runs that the worker has at a time")
    parser.add_argument("--keep", type=Path, help="copy logs and results there")
    asked = parser.parse_args()
    asked.load = asked.load or (40.0 if asked.short else 330.0)
    asked.every = asked.every or (25.0 if asked.short else 110.0)
    return asked


def _soak(asked: argparse.Namespace, folder: Path, mark: str) -> tuple[list[str], list[tuple[str, str]]]:
    wanted: Sequence[Case] = SHORT if asked.short else CASES
    if asked.only:
        wanted = [case for case in CASES if case.name in asked.only]
    (folder / "disk").mkdir()
    needs_disk = any(case.small_disk for case in wanted)
    with small_disk(folder / "disk") if needs_disk else nullcontext(enter_result=True) as has_disk:
        cases = [case for case in wanted if has_disk or not case.small_disk]
        if not has_disk:
            say("SKIPPED: the full disk. No file system may be mounted here; it takes root")
        stage = Stage(folder, cases)
        stage.build()
        with postgresql() as databases, listening() as receiver:
            databases.create()
            soak = Soak(stage, databases, receiver, mark, asked.at_once, asked.patience)
            records, costs = soak.run(asked.load, asked.every, short=asked.short)
        return [*violations(records, cases), *untried(records, cases)], figures(records, costs)


def _print(lines: Sequence[tuple[str, str]], found: Sequence[str], seconds: float) -> None:
    print(f"\n{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("\n| | |\n|---|---|")
    for name, value in [*lines, ("the whole soak", f"{seconds:.0f} s"), ("violations", str(len(found)))]:
        print(f"| {name} | {value} |")
    print("\n" + "\n".join(found) if found else "\nnothing is wrong")


if __name__ == "__main__":
    main()
