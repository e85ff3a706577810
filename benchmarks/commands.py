"""How long people wait for the command line: help, the demo, and a 2,000-row table. Best of three runs.

Run: python benchmarks/commands.py
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

_RUNS = 3
_KEPT = "the same, probabilities kept from the run before,"


def main() -> None:
    """Print a table: a row a command."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_table(folder / "data.csv")
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        environment.pop("PREFECT_API_URL", None)
        gate = ["run", "data.csv", "--label", "y", "--max-noise-rate", "0.05", "--engine", "direct"]
        commands = {
            "--help": ["--help"],
            "2,000 rows x 19 columns, direct": gate,
            "the same without Great Expectations": [*gate, "--no-great-expectations"],
            f"{_KEPT} and without Great Expectations": [*gate, "--no-great-expectations"],
            "demo, direct": ["demo", "--engine", "direct"],
        }
        print("| command | best | all |")
        print("|---|---|---|")
        for name, words in commands.items():
            seconds = []
            for _ in range(_RUNS):
                if not name.startswith(_KEPT):  # fit each time
                    shutil.rmtree(folder / "labelgate-runs" / "cache", ignore_errors=True)
                seconds.append(_seconds(words, folder, environment))
            _print_row(name, seconds)
        shutil.rmtree(folder / "labelgate-runs" / "cache", ignore_errors=True)
        first, *later = (_seconds(["demo"], folder, environment) for _ in range(_RUNS))
        _print_row("demo on Prefect, new home", [first])
        _print_row("demo on Prefect, warm, probabilities kept", later)


def write_table(path: Path, rows: int = 2_000) -> None:
    """Write a table of numbers, categories, dates and words with three classes that overlap."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, rows)
    columns: dict[str, object] = {
        f"number{i}": (rng.normal(size=rows) + true * rng.uniform(0, 1.2)).round(4) for i in range(12)
    }
    colours = np.array(["red", "green", "blue", "grey"])
    for i in range(5):
        columns[f"colour{i}"] = colours[(true + rng.integers(0, 4, rows)) % 4]
    columns["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 500, rows), unit="D")
    columns["words"] = [f"word{i} and more" for i in rng.integers(0, 500, rows)]
    columns["y"] = np.array(["ash", "birch", "cedar"])[true]
    pd.DataFrame(columns).to_csv(path, index=False)


def _seconds(words: list[str], folder: Path, environment: dict[str, str]) -> float:
    program = "from cl_flows.cli import main; main()"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, env=environment, capture_output=True, check=False
    )
    took = time.perf_counter() - start
    if done.returncode not in {0, 3, 4}:  # any verdict will do
        sys.exit(done.stderr.decode(errors="replace"))
    return took


def _print_row(name: str, seconds: list[float]) -> None:
    print(f"| {name} | {min(seconds):.1f} s | {', '.join(f'{s:.1f}' for s in seconds)} |", flush=True)


if __name__ == "__main__":
    main()
