"""What Great Expectations costs a run: alone, and behind a helper process that warmed up meanwhile.

Run: ``python benchmarks/great_expectations_cost.py``; takes about half a minute.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from cl_checks.gx.process import ExpectationsProcess
from cl_checks.gx.scored import ValidationRequest, validate_request
from cl_core import assess, flip_labels

_REPEATS = 5


def request_for(folder: Path, rows: int) -> ValidationRequest:
    """Write the scored table of `rows` rows in ten classes, 5 % of the labels flipped."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 10, rows)
    probs = 0.6 * np.eye(10)[true] + 0.4 * rng.dirichlet(np.ones(10), rows)
    given, _ = flip_labels(true, rate=0.05, n_classes=10, rng=rng)
    found = assess(given, probs)
    path = folder / f"scored-{rows}.parquet"
    found.scored.to_parquet(path)
    return ValidationRequest(str(path), found.noise.rate, 0.1, 50, rows, f"{rows} rows")


def timed(request: ValidationRequest, expectations: ExpectationsProcess) -> float:
    """Seconds from the request to the document."""
    begun = time.perf_counter()
    expectations.validate(request, 300)
    return time.perf_counter() - begun


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, ExpectationsProcess() as expectations:
        requests = [request_for(Path(name), rows) for rows in (2_000, 50_000)]
        expectations.close()
        begun = time.perf_counter()
        expectations.start()
        started = time.perf_counter() - begun
        timed(requests[0], expectations)
        cold = time.perf_counter() - begun
        print(f"start() returns after                     {1000 * started:8.0f} ms")
        print(f"first answer, nothing done meanwhile      {cold:8.2f} s")
        for request in requests:
            warm = sorted(timed(request, expectations) for _ in range(_REPEATS))[_REPEATS // 2]
            print(f"warm process, {request.run_name:>12}, median of {_REPEATS}   {warm:8.2f} s")
        begun = time.perf_counter()
        validate_request(requests[0])
        print(f"in this process, import included          {time.perf_counter() - begun:8.2f} s")


if __name__ == "__main__":
    main()
