"""The data sets of a soak, their gates, and what is true of each. Starts nothing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from cl_core import flip_labels
from soak.disk import fill, free

# How many rows a content has tells afterwards which content a run has judged.
ROWS = {"passed": 300, "failed": 310, "undecided": 40}
TRUTH = {rows: status for status, rows in ROWS.items()}
_WRONG = {"passed": 0.0, "failed": 0.2, "undecided": 0.0}
# Not what the file holds: there is none, or the disk for the results has no room.
GONE, FULL = "gone", "full disk"

ALERTS, HISTORY, AUTOMATED = "SOAK_ALERTS", "SOAK_HISTORY", "SOAK_AUTOMATED"


@dataclass(frozen=True)
class Case:
    """A data set under a gate.

    Attributes
    ----------
    name
        Of the data set, of its deployment and of its files.
    contents
        What the file holds, one after the other over the time of the soak: a verdict, `GONE` or `FULL`.
    crashes
        What a crash that belongs to this data set says; empty where it has no reason to crash.
    model
        The section of gate.yaml.
    great_expectations
        Whether the verdict is cross-checked, as it is unless people switch that off.
    small_disk
        Whether results go to the disk that fills up.
    keep_runs
        How many folders of runs stay.
    """

    name: str
    contents: tuple[str, ...]
    crashes: str = ""
    model: dict[str, Any] = field(default_factory=lambda: {"backend": "tabular", "estimator": "logistic"})
    great_expectations: bool = False
    small_disk: bool = False
    keep_runs: int | None = None


def _hangs(how: str, says: str) -> Case:
    model = {"backend": "hangs", "how": how}
    return Case(f"hangs-{how}", ("passed",), crashes=says, model=model)


_LATE = "plugin 'hangs' of distribution 'soak-chaos' did not answer within 3 seconds"

CASES = (
    *(Case(f"passes-{i}", ("passed",)) for i in range(1, 4)),
    Case("passes-checked", ("passed",), great_expectations=True),
    Case("passes-pruned", ("passed",), keep_runs=2),
    *(Case(f"fails-{i}", ("failed",)) for i in range(1, 4)),
    Case("fails-checked", ("failed",), great_expectations=True),
    Case("undecided-1", ("undecided",)),
    Case("undecided-2", ("undecided",)),
    _hangs("sleep", _LATE),
    _hangs("pool", _LATE),
    # Nothing in the process can speak then; what ends it says so in the worker's log.
    _hangs("lock", "status code"),
    Case("vanished", (GONE,), crashes="vanished.csv"),
    Case("comes-back", ("failed", GONE, "failed"), crashes="comes-back.csv"),
    Case("recovers", ("failed", "passed")),
    Case("settles", ("undecided", "passed")),
    Case("to-and-fro", ("passed", "failed", "passed", "failed", "passed")),
    Case("full-disk", (FULL, "passed"), crashes="space left", small_disk=True),
)
SHORT = tuple(case for case in CASES if case.name in {"passes-1", "undecided-1", "vanished", "recovers"})


@dataclass(frozen=True)
class Stage:
    """The folders of one soak."""

    folder: Path
    cases: Sequence[Case]

    @property
    def runs(self) -> Path:
        """Where gates put their results."""
        return self.folder / "runs"

    @property
    def disk(self) -> Path:
        """Where the disk that fills up is mounted."""
        return self.folder / "disk"

    @property
    def outputs(self) -> list[Path]:
        """Every folder of results."""
        return [self.runs, *([self.disk / "runs"] if any(case.small_disk for case in self.cases) else [])]

    @property
    def plugins(self) -> Path:
        """An import path with the plugin that hangs, installed as a distribution."""
        return self.folder / "site"

    def source(self, case: Case) -> Path:
        """Return the file of a data set."""
        return self.folder / "data" / f"{case.name}.csv"

    def gate(self, case: Case) -> Path:
        """Return the gate.yaml of a data set."""
        return self.folder / "gates" / f"{case.name}.yaml"

    def build(self) -> None:
        """Write every file of the stage."""
        for name in ("data", "gates", "runs", "disk", "tmp", "logs", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        _install_plugin(self.plugins)
        for case in self.cases:
            self.put(case, case.contents[0])
            self.gate(case).write_text(yaml.safe_dump(self._settings(case)), encoding="utf-8")

    def put(self, case: Case, content: str) -> None:
        """Give a data set another content, in one step, as whoever writes data should."""
        path = self.source(case)
        if content == GONE:
            path.unlink(missing_ok=True)
            return
        if case.small_disk:
            (fill if content == FULL else free)(self.disk)
        beside = path.with_suffix(".new")
        table("passed" if content == FULL else content, seed=sum(case.name.encode())).to_csv(
            beside, index=False
        )
        os.replace(beside, path)  # noqa: PTH105 - Path.replace hides that this is atomic

    def _settings(self, case: Case) -> dict[str, Any]:
        folder = self.disk / "runs" if case.small_disk else self.runs
        output: dict[str, Any] = {"folder": str(folder), "database": f"${{{HISTORY}}}"}
        if case.keep_runs is not None:
            output["keep_runs"] = case.keep_runs
        return {
            "data": {"path": str(self.source(case)), "label": "label", "id": "tree", "name": case.name},
            "model": case.model,
            "gate": {"max_noise_rate": 0.05, "great_expectations": case.great_expectations},
            "output": output,
            "publish": [{"publisher": "webhook", "url": f"${{{ALERTS}}}"}],
            "limits": {"predict": 3 if case.name.startswith("hangs") else 120},
        }


def table(content: str, seed: int) -> pd.DataFrame:
    """Three well-separated classes in two numbers, as many rows and wrong labels as `content` wants."""
    rng = np.random.default_rng(seed)
    rows = ROWS[content]
    true = rng.integers(0, 3, rows).astype(np.intp)
    given, _ = flip_labels(true, rate=_WRONG[content], n_classes=3, rng=rng)
    numbers = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true] + rng.normal(size=(rows, 2))
    return pd.DataFrame(
        {
            "tree": [f"t{i}" for i in range(rows)],
            "height": numbers[:, 0],
            "girth": numbers[:, 1],
            "label": np.array(["ash", "birch", "cedar"])[given],
        }
    )


def _install_plugin(site: Path) -> None:
    info = site / "soak_chaos-0.1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (site / "soak_chaos.py").write_bytes((Path(__file__).parent / "chaos.py").read_bytes())
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: soak-chaos\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[labelgate]\nchaos = soak_chaos\n")
