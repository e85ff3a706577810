"""Whether eight gates at once, in threads and processes, get their own verdicts through Great Expectations.

Run: ``python benchmarks/concurrency.py``; 200 rounds take some minutes. ``--rounds 20`` is a quick look.
It leaves with 1 when a verdict, a rate or a count is another gate's.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cl_checks import judge, reconcile, request_for, validate_request
from cl_checks.gx.process import ExpectationsProcess
from cl_checks.gx.scored import ValidationRequest
from cl_checks.noise_budget import NOISE_BUDGET, NoiseBudgetOptions
from cl_core import Evidence, assess, flip_labels

GATES = 8
Ask = Callable[[ValidationRequest], dict[str, Any]]


@dataclass(frozen=True)
class KnownGate:
    """A gate whose verdict is known: every other one is over its limit, and each has its own rows."""

    name: str
    evidence: Evidence
    limit: float
    status: str
    scored: Path


def known_gates(folder: Path) -> list[KnownGate]:
    """Make the gates: 200 to 340 rows, 4 to 18 % of the labels flipped, limits above and under the rate."""
    gates = []
    for i in range(GATES):
        rng = np.random.default_rng(i)
        true = rng.integers(0, 3, 200 + 20 * i)
        probs = 0.8 * np.eye(3)[true] + 0.2 * rng.dirichlet(np.ones(3), len(true))
        given, _ = flip_labels(true, rate=0.04 + 0.02 * i, n_classes=3, rng=rng)
        found = assess(given, probs)
        path = folder / f"{i}.parquet"
        found.scored.to_parquet(path)
        over = i % 2 == 1
        limit = found.noise.rate * (0.5 if over else 1.5)
        gates.append(KnownGate(f"gate {i}", found, limit, "failed" if over else "passed", path))
    return gates


def wrong(gate: KnownGate, ask: Ask) -> list[str]:
    """Judge one gate, hold the verdict against Great Expectations and say what is not as it must be."""
    judged = judge(gate.evidence, [(NOISE_BUDGET, NoiseBudgetOptions(max_noise_rate=gate.limit))])
    request = request_for(
        judged,
        scored=gate.scored,
        n_rows=gate.evidence.n_rows,
        run_name=gate.name,
        n_flagged=gate.evidence.n_flagged,
    )
    answered = reconcile(judged, ask(request))
    document = answered.validation or {}
    observed = {one["key"]: (one["observed"], one["success"]) for one in document["expectations"]}
    wanted = {
        "status": (answered.verdict.status, gate.status),
        "name": (document["run_name"], gate.name),
        "rate": (observed["noise_rate"], (gate.evidence.noise.rate, gate.status == "passed")),
        "rows": (observed["all_rows"], (gate.evidence.n_rows, True)),
        "flagged": (observed["flagged_rows"], (gate.evidence.n_flagged / gate.evidence.n_rows, True)),
    }
    return [
        f"{gate.name}: {what} {got}, wanted {right}" for what, (got, right) in wanted.items() if got != right
    ]


def _asked(worker: ExpectationsProcess, request: ValidationRequest) -> dict[str, Any]:
    return worker.validate(request, 600)


def mixed_up(rounds: int, how: str) -> list[str]:
    """Run all gates at once, so many rounds, and return every mix-up."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack, ThreadPoolExecutor(GATES) as pool:
        gates = known_gates(Path(name))
        asks: list[Ask] = [validate_request] * GATES
        if how == "processes":
            workers = [stack.enter_context(ExpectationsProcess()) for _ in gates]
            asks = [partial(_asked, worker) for worker in workers]
        found: list[str] = []
        for _ in range(rounds):
            for said in pool.map(wrong, gates, asks):
                found += said
        return found


def main() -> None:
    """Print a line for threads and one for processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    found: list[str] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # a hundred times more often than usual: mix-ups that can happen, happen
    for how in ("threads", "processes"):
        begun = time.perf_counter()
        mixed = mixed_up(rounds, how)
        spent = time.perf_counter() - begun
        print(
            f"{GATES} gates at once in {how:<9}, {rounds} rounds: {len(mixed)} mixed up, {spent:6.0f} s",
            flush=True,
        )
        found += mixed
    sys.setswitchinterval(interval)
    print("\n".join(found[:20]))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
