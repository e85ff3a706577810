"""What people see while a gate runs and when it is done, on standard error. Nothing is decided here."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cl_flows.many.entry import GatesResult
from cl_flows.outcome import GateResult
from cl_flows.progress import listening
from cl_flows.report.wording import printable

_STYLE = {
    "crashed": ("red", "CRASHED"),
    "passed": ("green", "PASSED"),
    "failed": ("red", "FAILED"),
    "undecided": ("yellow", "UNDECIDED"),
}
_SUSPECTS_SHOWN = 10
_NARROWEST = 9  # "suggested"
_OTHER_CELLS = 34  # quality, flagged and the space between five columns
_BAR_WIDTH = 48  # the scale and its legend fit into 80 columns


class Terminal:
    """Draws progress and the verdict; `quiet` draws nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet or sys.stderr is None, highlight=False)

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show the steps of a run while the block runs."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True) as bars:
            bar = bars.add_task("starting", total=None)

            def show(done: int, total: int, doing: str) -> None:
                bars.update(bar, completed=done, total=total, description=doing)
                if done == total:
                    bars.console.print(Text(f"  {doing}", style="dim"))

            with listening(show):
                yield

    def show(self, result: GateResult) -> None:
        """Show the verdict, the worst suspects, who could not be told and where the report lies."""
        from cl_flows.telling import undelivered

        report = json.loads((Path(result.folder) / "report.json").read_text(encoding="utf-8"))
        only = report["policy"]["reporting_only"] and result.status == "passed"
        colour, word = ("yellow", "REPORTING ONLY") if only else _STYLE[result.status]
        lines = [Text(result.says, style="bold"), Text(), *_rate_line(result), Text(_method(report["noise"]))]
        lines += [line for check in _not_passed(report) for line in _objection(check, result)]
        lines += [Text(f"waiver: {text}") for text in result.waivers]
        lines += _since(report["baseline"])
        if result.remedy:
            lines += [Text(), Text(f"Next: {result.remedy}")]
        if report["clean"]:
            lines += [Text(), Text(_split(report["clean"], result))]
        if report["injected"]:
            lines += [Text(), Text(_found(report["injected"], result))]
        self._console.print(
            Panel(
                Text("\n").join(lines),
                title=Text.assemble((word, "bold"), f": {printable(result.dataset)}"),
                border_style=colour,
            )
        )
        self._show_suspects(report)
        for note in report["notes"]:
            self._console.print(Text(f"note: {note}", style="dim"))
        for problem in undelivered(Path(result.folder)):
            self._console.print(Text(f"not told: {problem}", style="yellow"), soft_wrap=True)
        self._console.print(Text(f"report: {Path(result.folder) / 'report.html'}"), soft_wrap=True)

    def _show_suspects(self, report: dict[str, Any]) -> None:
        suspects = report["suspects"][:_SUSPECTS_SHOWN]
        title = f"The {len(suspects)} most suspect labels of {report['data']['rows']:,}"
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
        # Labels give way to ids where the window is narrow: without bounds, rich leaves whole columns out.
        ids = max((cell_len(str(suspect["id"])) for suspect in suspects), default=0)
        left = self._console.width - _OTHER_CELLS
        ids = max(_NARROWEST, min(ids, left - 2 * _NARROWEST))
        label = max(_NARROWEST, (left - ids) // 2)
        room = {"row": ids, "given": label, "suggested": label}
        for column in ("row", "given", "suggested", "quality", "flagged"):
            table.add_column(
                column,
                justify="right" if column == "quality" else "left",
                no_wrap=True,
                overflow="ellipsis",
                max_width=room.get(column),
            )
        for suspect in suspects:
            flagged = suspect["is_label_issue"]
            values = (suspect["id"], suspect["given_label"], suspect["suggested_label"] if flagged else "-")
            quality = f"{suspect['label_quality']:.3f}"
            cells = [Text(" ".join(str(value).split())) for value in values]
            if cells[0].plain.startswith("::"):  # where GitHub reads commands out of a log
                cells[0] = Text(f": {cells[0].plain[1:]}")
            table.add_row(*cells, quality, "yes" if flagged else "no")
        self._console.print(table)


def show_gates(found: GatesResult) -> None:
    """Show many gates as a table, a row each, and the verdict of all."""
    console = Console(stderr=True, highlight=False)
    table = Table(box=None, padding=(0, 1))
    table.add_column("gate", overflow="fold")
    for column in ("verdict", "wrong labels", "limit", "run"):
        table.add_column(column, no_wrap=True)
    for one in found.gates:
        run, (colour, word) = one.result, _STYLE[one.status]
        rate = "-" if run is None else f"{run.noise_rate:.1%} ({run.low:.1%}-{run.high:.1%})"
        limit, name = ("-", "-") if run is None else (f"{run.max_noise_rate:.1%}", run.run_id)
        table.add_row(Text(one.source), Text(word, style=colour), *map(Text, (rate, limit, name)))
    console.print(table)
    for one in found.gates:
        if one.result is None:
            console.print(Text(f"{one.source}: {one.says}", style="red"), soft_wrap=True)
            console.print(Text(f"  hint: {one.hint}" if one.hint else ""), soft_wrap=True)
    console.print(Text(found.says, style=_STYLE[found.status][0]), soft_wrap=True)


def _rate_line(result: GateResult) -> list[Text]:
    """Draw the interval, the estimate and the limit on one scale."""
    top = min(1.0, max(result.high, result.max_noise_rate, 0.01) * 1.15)
    cell = {name: min(_BAR_WIDTH - 1, round(getattr(result, name) / top * _BAR_WIDTH)) for name in _MARKS}
    bar = ["·"] * _BAR_WIDTH
    bar[cell["low"] : cell["high"] + 1] = ["━"] * (cell["high"] + 1 - cell["low"])
    for name, mark in _MARKS.items():
        if mark:
            bar[cell[name]] = mark
    figures = (
        f"estimated noise rate {result.noise_rate:.1%}, interval {result.low:.1%} to {result.high:.1%}, "
        f"limit {result.max_noise_rate:.1%}"
    )
    return [Text(figures), Text(f"0% {''.join(bar)} {top:.0%}  ● estimate │ limit", style="dim")]


_MARKS = {"low": "", "high": "", "max_noise_rate": "│", "noise_rate": "●"}


def _method(noise: dict[str, Any]) -> str:
    """Say how the rate was estimated and what other ways would have said: their spread is the doubt."""
    others = ", ".join(f"{other['method']} {other['rate']:.1%}" for other in noise["others"])
    unsure = "" if noise["identified"] else f"; not pinned down: {noise['reason']}"
    return f"method {noise['method']}" + (f" (alone: {others})" if others else "") + unsure


def _not_passed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Pick the checks that need a word beside the one that decided."""
    decided = report["verdict"]["code"]
    return [check for check in report["checks"] if check["status"] != "passed" and check["code"] != decided]


def _objection(check: dict[str, Any], result: GateResult) -> list[Text]:
    """Say what a check objects to, whether it counts, and what to do."""
    effect = {"warns": " (only warns)", "informs": " (for information)", "waived": " (waived)"}
    style = "" if check["effect"] == "counts" else "yellow"
    says = (
        f"{check['code']} {check['name']} {check['status']}{effect.get(check['effect'], '')}: {check['says']}"
    )
    told = check["remedy"] in {"", result.remedy} or check["waived"]
    return [Text(says, style=style), *([] if told else [Text(f"  next: {check['remedy']}")])]


def _since(baseline: dict[str, Any] | None) -> list[Text]:
    if baseline is None:
        return []
    rise = f"{baseline['rise']:+.1%} ({baseline['rise_low']:+.1%} to {baseline['rise_high']:+.1%})"
    return [Text(f"since the last accepted run {baseline['run']}: {rise}")]


def _split(clean: dict[str, Any], result: GateResult) -> str:
    left = f", {clean['unlabelled']:,} without a label in neither" if clean["unlabelled"] else ""
    rows = f"{clean['kept']:,} rows kept, {clean['quarantined']:,} quarantined ({clean['rule']}){left}"
    return f"clean split: {rows}; {clean['kept_file']} and {clean['quarantined_file']} in {result.folder}"


def _found(injected: dict[str, Any], result: GateResult) -> str:
    return (
        f"{injected['flipped']:,} labels were spoiled on purpose: {injected['found']:,} of them are among "
        f"the {result.n_flagged:,} flagged rows."
    )
