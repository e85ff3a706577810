"""Gates that run at once keep their own verdicts: the small form of ``benchmarks/concurrency.py``."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.gx

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "concurrency.py"


def benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("concurrency", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_eight_gates_in_threads_are_not_mixed_up() -> None:
    """Four pass and four fail, each with rows, a rate and a limit of its own, three rounds."""
    assert benchmark().mixed_up(3, "threads") == []


def test_a_mix_up_would_be_seen(tmp_path: Path) -> None:
    """Another gate's answer is refused, and another gate's table is told apart."""
    made = benchmark()
    first, second, *_ = made.known_gates(tmp_path)
    with pytest.raises(made.reconcile.__globals__["GateError"]):
        made.wrong(first, lambda _: made.validate_request(request_of(made, second)))


def request_of(made: Any, gate: Any) -> Any:
    options = made.NoiseBudgetOptions(max_noise_rate=gate.limit)
    judged = made.judge(gate.evidence, [(made.NOISE_BUDGET, options)])
    return made.request_for(judged, scored=gate.scored, n_rows=gate.evidence.n_rows, run_name=gate.name)
