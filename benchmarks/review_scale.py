"""What review costs on a large run: opening it, finding rows by each filter, looking at single ones.

Run: python benchmarks/review_scale.py [--rows 1000000] [--classes 1000]

The records are made up (ids, a text of six words, two columns to slice by), the probabilities made block by
block; the run itself is a real one: the same functions score, judge and publish it. It also says what keeping
the rows costs beside them. Reading is measured in a process of its own that opens the run afresh.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial, wraps
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset, Predictions
from cl_core.evidence import assess
from cl_core.noise.quality import ModelQuality
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs
from cl_flows import steps
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import keep as keeping
from cl_flows.kept import open_kept
from cl_flows.plan import make_plan
from cl_flows.publish import Findings, publish, write_scored
from cl_flows.review.content import cells_of, content_of
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from cl_flows.review.words import highlighted
from cl_flows.runs import new_run_id, open_run

_NOISE = 0.05
_WORDS = 5_000
_REPEATS = 5


class MadeUp:
    """Probabilities that no disk has to hold: most of each row on its true class, the rest on two others."""

    def __init__(self, true: Labels, k: int) -> None:
        self.shape = (len(true), k)
        self.dtype = np.dtype(np.float32)
        self._true = true
        rng = np.random.default_rng(1)
        self._top = rng.beta(8, 2, len(true)).astype(np.float32)
        self._steps = rng.integers(1, k // 2, (2, len(true)))

    def read(self, start: int, stop: int) -> Probs:
        """Make the rows ``start..stop-1``."""
        k = self.shape[1]
        true, top = self._true[start:stop], self._top[start:stop]
        block = np.zeros((stop - start, k), dtype=np.float32)
        here = np.arange(stop - start)
        block[here, (true + self._steps[0, start:stop]) % k] += (1 - top) * np.float32(0.75)
        block[here, (true - self._steps[1, start:stop]) % k] += (1 - top) * np.float32(0.25)
        block[here, true] += top
        return block

    def __getitem__(self, rows: slice) -> Probs:
        return self.read(rows.start, min(rows.stop, self.shape[0]))


def make_data(n: int, k: int) -> tuple[Dataset, MadeUp]:
    """Make `n` texts of `k` classes, one label in twenty wrong."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, k, n)
    labels = np.where(rng.random(n) < _NOISE, rng.integers(0, k, n), true)
    classes = tuple(f"class {code:04}" for code in range(k))
    words = np.array([f"word{number}" for number in range(_WORDS)], dtype=object)
    texts = [" ".join(row) for row in words[rng.integers(0, _WORDS, (n, 6))]]
    ids = np.array([f"row-{number:08}" for number in range(n)])
    source = pd.DataFrame(
        {
            "id": ids,
            "text": texts,
            "site": np.array(["north", "south", "east", "west"])[rng.integers(0, 4, n)],
            "day": rng.integers(0, 365, n),
            "label": np.asarray(classes)[labels],
        }
    )
    data = Dataset("large", ids, labels, classes, texts, "text", "0" * 64, source=source)
    return data, MadeUp(true, k)


def make_run(output: Path, n: int, k: int) -> None:
    """Leave a run in `output`, by the functions that every run goes through, and print what they took."""
    data, probs = make_data(n, k)
    raw = {
        "data": {"loader": "bundled", "name": "digits"},
        "gate": {"max_noise_rate": 0.1, "great_expectations": False},
        "output": {"folder": str(output)},
    }
    plan, started, began = (
        make_plan(make_config(raw, "the benchmark")),
        datetime.now(UTC),
        time.perf_counter(),
    )
    noise = NoiseEstimate(_NOISE, 0.04, 0.06, 0.9, "made up", n)
    quality = ModelQuality(0.9, 1 / k, 0.01, 0, n // k // 2)
    reader: Any = probs
    evidence = assess(data.labels, reader, classes=data.classes, ids=data.ids, noise=noise, quality=quality)
    judgement = steps.judge(plan, evidence, data)
    predictions = Predictions(reader, out_of_sample=True, model="made up")
    took = _watched()
    with open_run(output, new_run_id()) as run:
        write_scored(evidence, run)
        publish(plan, run, Findings(data, predictions, evidence, judgement), started=started, engine="direct")
    whole = time.perf_counter() - began
    parts = ", ".join(f"{name.strip('_')} {seconds:.2f} s" for name, seconds in took.items())
    print(f"{n:,} rows x {k:,} classes: scored, judged and published in {whole:.1f} s without load and model")
    print(f"  of these, kept for review: {parts}")
    for path in sorted([*output.glob("2*/*.[pa]*"), *output.glob("rows/*/*")]):
        print(f"  {path.stat().st_size / 1e6:8.1f} MB  {path.parent.name[:8]}.../{path.name}")


def gate_digits(output: Path) -> None:
    """Gate scikit-learn's digits as the demo does, and print what keeping them took of it."""
    raw = {
        "data": {"loader": "bundled", "name": "digits", "inject_noise": 0.1},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(output)},
    }
    took, began = _watched(), time.perf_counter()
    run_direct(make_config(raw, "the benchmark"))
    whole = time.perf_counter() - began
    kept = sum(took.values())
    size = sum(path.stat().st_size for path in output.glob("rows/*/*"))
    print(
        f"digits: a run of {whole:.1f} s, {kept * 1e3:.0f} ms of it to keep {size / 1e6:.1f} MB of rows, "
        f"{kept / whole:.1%}"
    )


def _watched() -> dict[str, float]:
    """Time the functions that keep things, from now on."""
    took: dict[str, float] = {}
    for name in ("_stage_rows", "write_index", "write_joint"):
        _watch(name, took)
    return took


def _watch(name: str, took: dict[str, float]) -> None:
    plain = getattr(keeping, name)

    @wraps(plain)
    def timed(*words: Any) -> Any:
        began = time.perf_counter()
        answer = plain(*words)
        took[name] = time.perf_counter() - began
        return answer

    setattr(keeping, name, timed)


def clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds of the first call and, at the median, of the next ones."""
    times = []
    for _ in range(1 + _REPEATS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    return times[0], float(np.median(times[1:]))


def look(output: Path) -> None:
    """Open the run, find rows by every filter, look at cards, and print what it takes."""
    before = _peak_mb()
    began = time.perf_counter()
    index = RunIndex(open_kept(output, "last"))
    opened = time.perf_counter() - began
    began = time.perf_counter()
    data = index.run.dataset()
    rows = time.perf_counter() - began
    print(f"open {opened:.2f} s, its rows {rows:.2f} s")
    some, other = index.classes[len(index.classes) // 2], index.classes[1]
    filters = {
        "all": RowFilter(),
        "flagged": RowFilter(flagged=True),
        "given label": RowFilter(given=some),
        "pair": RowFilter(given=some, suggested=other),
        "either label": RowFilter(label=some),
        "quality": RowFilter(quality_below=0.5, quality_from=0.1),
        "slice": RowFilter(column="site", value="north"),
        "id": RowFilter(search="row-00012345"),
        "word": RowFilter(search="WORD4711"),
        "word, remembered": RowFilter(search="WORD4711"),
        "all at once": RowFilter(
            label=some, flagged=True, quality_below=0.9, column="day", value="7", search="word1"
        ),
    }
    rng = np.random.default_rng(0)
    worst = index.order[: 24 * (1 + _REPEATS)]
    works: dict[str, Callable[[], Any]] = {
        **{f"find: {name}": _finding(index, name, wanted) for name, wanted in filters.items()},
        "histogram": lambda: index.histogram(RowFilter()),
        "pairs, classes, heat map": lambda: (index.pairs(50), index.class_rows(50), index.heat(40)),
        "slice columns": index.slice_columns,
        "24 cards": lambda: [
            (index.row(int(row)), content_of(data, int(row)), cells_of(data, int(row)))
            for row in rng.choice(worst, 24)
        ],
        "words of a text": lambda: highlighted(index, int(rng.choice(worst))),
    }
    for name, work in works.items():
        first, later = clocked(work)
        print(f"{name:26} first {first:8.1f} ms   then {later:8.1f} ms")
    print(f"memory: {_peak_mb():,.0f} MB at most, of which {before:,.0f} MB before the run was opened")


def _finding(index: RunIndex, name: str, wanted: RowFilter) -> Callable[[], Any]:
    """Find rows; a word is another one each time, unless it is to be remembered."""
    if not wanted.search or name.endswith("remembered"):
        return partial(index.find, wanted)
    number = count(int(wanted.search[-4:]) if wanted.search[-4:].isdigit() else 1)
    stem = wanted.search.rstrip("0123456789")
    return lambda: index.find(replace(wanted, search=f"{stem}{next(number)}"))


def _peak_mb() -> float:
    """Most memory of this process; `getrusage` would count the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1e3


def main() -> None:
    """Make the run, then look at it in another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=1_000)
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help="only make the run, in this folder, and leave it there")
    given = parser.parse_args()
    if given.look:
        look(given.look)
        return
    if given.make:
        make_run(given.make, given.rows, given.classes)
        return
    with tempfile.TemporaryDirectory() as folder:
        gate_digits(Path(folder) / "digits")
    with tempfile.TemporaryDirectory() as folder:
        make_run(Path(folder), given.rows, given.classes)
        subprocess.run([sys.executable, __file__, "--look", folder], check=True)


if __name__ == "__main__":
    main()
