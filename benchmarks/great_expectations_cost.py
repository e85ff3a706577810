"""What Great Expectations costs a run beside our own part: time and peak memory, for 1e4, 1e5 and 1e6 rows.

Run: ``python benchmarks/great_expectations_cost.py``; takes about a minute, on Linux. Each part runs in a
process of its own, so that its memory is its own; what Great Expectations' process holds anyway, imports
and all, stands in the last column.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from cl_checks.gx.process import ExpectationsProcess
from cl_checks.gx.scored import ValidationRequest, validate_request
from cl_core import assess, flip_labels

ROWS = (10_000, 100_000, 1_000_000)
_CLASSES = 10
_REPEATS = 5


def arrays(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Make labels and probabilities of so many rows in ten classes, 5 % of the labels flipped."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, _CLASSES, rows)
    probs = 0.6 * np.eye(_CLASSES)[true] + 0.4 * rng.dirichlet(np.ones(_CLASSES), rows)
    given, _ = flip_labels(true, rate=0.05, n_classes=_CLASSES, rng=rng)
    return given, probs


def prepare(folder: Path, rows: int) -> ValidationRequest:
    """Write the arrays and the scored table."""
    given, probs = arrays(rows)
    np.save(folder / f"labels-{rows}.npy", given)
    np.save(folder / f"probs-{rows}.npy", probs)
    found = assess(given, probs)
    path = folder / f"scored-{rows}.parquet"
    found.scored.to_parquet(path)
    return ValidationRequest(
        str(path), found.noise.rate, 0.1, 50, rows, f"{rows} rows", n_flagged=found.n_flagged
    )


def measured(work: Callable[[], object]) -> None:
    """Print seconds, this process's memory before the work, and its peak during the work, in MB."""
    # Linux only: ru_maxrss would start from the memory of the process that started this one.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    begun = time.perf_counter()
    work()
    spent = time.perf_counter() - begun
    print(json.dumps([spent, before, _status("VmHWM")]))


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def ours(folder: Path, rows: int) -> None:
    """Assess the labels and write the scored table, in this process."""
    given, probs = np.load(folder / f"labels-{rows}.npy"), np.load(folder / f"probs-{rows}.npy")
    assess(given[:1000], probs[:1000])  # imports what it needs
    measured(lambda: assess(given, probs).scored.to_parquet(folder / "again.parquet"))


def theirs(request: ValidationRequest, small: ValidationRequest) -> None:
    """Validate the scored table, in this process, after a small one for the imports."""
    validate_request(small)
    measured(lambda: validate_request(request))


def part(*arguments: str) -> tuple[float, float, float]:
    """Run one part in a process of its own: seconds, peak before and after in MB."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, *arguments], check=True, capture_output=True, text=True
    )
    seconds, before, after = json.loads(done.stdout.splitlines()[-1])
    return seconds, before, after


def table(folder: Path, requests: dict[int, ValidationRequest]) -> None:
    """Print time and memory of both parts, a line a size."""
    print("rows         our part, s  adds MB   Great Expectations, s  adds MB  its process holds MB")
    for rows in ROWS:
        mine = part("ours", str(folder), str(rows))
        its = part("theirs", json.dumps(asdict(requests[rows])), json.dumps(asdict(requests[ROWS[0]])))
        print(
            f"{rows:>9,}  {mine[0]:>12.2f}  {mine[2] - mine[1]:>7.0f}  {its[0]:>22.2f}  "
            f"{its[2] - its[1]:>7.0f}  {its[1]:>7.0f}",
            flush=True,
        )


def waiting(request: ValidationRequest) -> None:
    """Print what a run waits for: a process that warmed up meanwhile, and one that did not."""
    with ExpectationsProcess() as expectations:
        begun = time.perf_counter()
        expectations.validate(request, 300)
        cold = time.perf_counter() - begun
        times = []
        for _ in range(_REPEATS):
            begun = time.perf_counter()
            expectations.validate(request, 300)
            times.append(time.perf_counter() - begun)
    warm = sorted(times)[_REPEATS // 2]
    print(f"first answer, nothing done meanwhile      {cold:8.2f} s")
    print(f"warm process, {request.run_name:>12}, median of {_REPEATS}   {warm:8.2f} s")


def main() -> None:
    """Print the tables; with arguments, run one part."""
    match sys.argv[1:]:
        case ["ours", folder, rows]:
            ours(Path(folder), int(rows))
        case ["theirs", request, small]:
            theirs(ValidationRequest(**json.loads(request)), ValidationRequest(**json.loads(small)))
        case _:
            with tempfile.TemporaryDirectory() as name:
                requests = {rows: prepare(Path(name), rows) for rows in ROWS}
                waiting(requests[ROWS[0]])
                table(Path(name), requests)


if __name__ == "__main__":
    main()
