"""What a gate costs beside its plugins: directly, and on a running Prefect server beside an empty flow.

Run: ``python benchmarks/overhead.py``. Targets: at most 0.5 s directly and 3 s on a server, without Great
Expectations, whose import alone takes seconds of another process. Directly, the best of five runs counts, and
a sixth is looked into; on a server the median of five, each beside an empty flow.
"""

import os
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from cl_core import flip_labels
from cl_flows import direct, limits, publish, steps, telling
from cl_flows.config import GateConfig, make_config
from cl_flows.server import PrivateServer

_RUNS = 5
DIRECT_TARGET_S, SERVER_TARGET_S = 0.5, 3.0

# Where our own time may go; what is inside another of these is counted there alone.
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("plan: plugins found, options validated", direct, "make_plan"),
    ("evidence: joint, scores, tables", steps, "assess"),
    ("scored table written", direct, "write_scored"),
    ("report.html", publish, "render_html"),
    ("report.json", publish, "report_json"),
    ("report.md", publish, "render_markdown"),
    ("suspects gathered", publish, "gather_suspects"),
    ("alerts told", publish, "tell"),
)


class Clock:
    """Seconds by name; a name that is entered within another stops the other's clock."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Count the block's time under `name`."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call`, with its time counted."""

        @wraps(call)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.running(name):
                return call(*args, **kwargs)

        return timed


@contextmanager
def watched(*parts: tuple[str, Any, str]) -> Iterator[Clock]:
    """Count the time of plugins, and of our own `parts`, within the block."""
    clock = Clock()
    with ExitStack() as stack:
        for module in (steps, telling):
            stack.enter_context(patch.object(module, "within", clock.around("plugins", limits.within)))
        for name, module, attribute in parts:
            call = getattr(module, attribute)
            stack.enter_context(patch.object(module, attribute, clock.around(name, call)))
        yield clock


def quick_gate(folder: Path) -> GateConfig:
    """Build a gate over 300 rows of three classes that passes; the probabilities are kept."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300).astype(np.intp)
    given, _ = flip_labels(true, rate=0.0, n_classes=3, rng=rng)
    numbers = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true] + rng.normal(size=(300, 2))
    path = folder / "trees.csv"
    names = np.array(["ash", "birch", "cedar"])[given]
    pd.DataFrame({"height": numbers[:, 0], "girth": numbers[:, 1], "label": names}).to_csv(path, index=False)
    raw = {
        "data": {"path": str(path), "label": "label"},
        "model": {"backend": "tabular", "estimator": "logistic"},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(folder / "runs")},
    }
    return make_config(raw, "overhead")


def timed(call: Callable[[], Any], *parts: tuple[str, Any, str]) -> tuple[float, float, Clock]:
    """Return the seconds of a call, those of the plugins within it, and the clock."""
    with watched(*parts) as clock:
        began = time.perf_counter()
        call()
        took = time.perf_counter() - began
    return took, clock.seconds["plugins"], clock


def best(call: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds and plugin seconds of the run with the least time of our own; the first warms up."""
    call()
    runs = [timed(call)[:2] for _ in range(_RUNS)]
    return min(runs, key=lambda run: run[0] - run[1])


def empty_flow() -> Callable[[], Any]:
    """Build a flow with as many tasks as a gate has, which do nothing."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    from cl_flows.gate import TASKS

    @task(cache_policy=NO_CACHE)
    def nothing() -> None:
        pass

    @flow
    def empty() -> None:
        for _ in TASKS:
            nothing()

    return empty


def on_server(folder: Path) -> tuple[float, float, float]:
    """Return the seconds of a gate, of its plugins and of an empty flow, on a server that runs."""
    server = PrivateServer(folder / "home")
    server.start()
    try:
        server.wait()
        os.environ.update(server.environment)
        os.environ["PREFECT_API_URL"] = server.api_url
        os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
        return beside_prefect(folder)
    finally:
        server.stop()


def beside_prefect(folder: Path) -> tuple[float, float, float]:
    """Return the seconds of a gate, of its plugins and of an empty flow, on the server of the environment."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from cl_flows.gate import label_gate

    config = quick_gate(folder)
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # as `labelgate run` has it
        empty = empty_flow()
        rounds = []
        for _ in range(_RUNS + 1):
            gate, plugins, _ = timed(lambda: label_gate(config))
            rounds.append((gate, plugins, timed(empty)[0]))
    # Side by side, so that a busy moment hits both; the first round warms up.
    return sorted(rounds[1:], key=lambda r: r[0] - r[1] - r[2])[_RUNS // 2]


def main() -> None:
    """Print both overheads, and what takes the direct one."""
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = quick_gate(folder)
        took, plugins = best(lambda: direct.run_direct(config))
        whole, _, clock = timed(lambda: direct.run_direct(config), *PARTS)
        print("| | gate | plugins | empty flow | our own | target |\n|---|---|---|---|---|---|")
        print(f"| direct | {took:.2f} s | {plugins:.2f} s | | {took - plugins:.2f} s | {DIRECT_TARGET_S} s |")
        gate, inside, empty = on_server(folder)
        own = gate - inside - empty
        seconds = " | ".join(f"{s:.2f} s" for s in (gate, inside, empty, own, SERVER_TARGET_S))
        print(f"| on a server | {seconds} |")
    print("\n| of a direct gate | ms |\n|---|---|")
    spent = {**clock.seconds, "everything else: folder, history, cache": whole - sum(clock.seconds.values())}
    for part, each in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"| {part} | {1e3 * each:.0f} |")


if __name__ == "__main__":
    main()
