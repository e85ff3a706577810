"""What a second `labelgate run` on unchanged data costs, imports, reading and reports counted.

Run: python benchmarks/second_run.py  (real data in $LABELGATE_DATA or ../shared/data)
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from data import data_folder

DATA: dict[str, dict[str, Any]] = {
    "banking77": {"path": "banking77.parquet", "text": "text", "label": "category"},
    "sms_spam": {"path": "sms_spam.parquet", "text": "text", "label": "label"},
    "mnist_test": {"path": "mnist_test_verified.npz", "labels": "given_labels", "images": "images"},
    "spoken_digits": {"path": "spoken_digits.npz", "labels": "y", "offsets": "offset", "rate": 8000},
}
ARGUMENTS = ("run", "gate.yaml", "--engine", "direct")
_BACKENDS = {"banking77": "text", "sms_spam": "text", "mnist_test": "image", "spoken_digits": "audio"}


def main() -> None:
    """Print a row a data set: the first run, which fits, and the second, which must not."""
    print("| data | first run, cpu s | seconds | second run, cpu s | seconds |")
    print("|---|--:|--:|--:|--:|")
    for name, where in DATA.items():
        source = data_folder() / str(where["path"])
        if not source.is_file():
            print(f"| {name} | no data in {data_folder()}: set LABELGATE_DATA |")
            continue
        with tempfile.TemporaryDirectory() as folder:
            gate = {
                "data": {**where, "path": str(source)},
                "model": {"backend": _BACKENDS[name]},
                "gate": {"max_noise_rate": 0.5, "great_expectations": False},
            }
            (Path(folder) / "gate.yaml").write_text(yaml.safe_dump(gate))
            first, second = _run(folder), _run(folder)
        print(f"| {name} | {first[0]:.1f} | {first[1]:.1f} | {second[0]:.1f} | {second[1]:.1f} |", flush=True)
        if "used again" in first[2] or "used again" not in second[2]:
            sys.exit(f"{name}: the first run must fit and the second must not:\n{first[2]}\n{second[2]}")


def _run(folder: str) -> tuple[float, float, str]:
    """Run the gate; its seconds of processor time, its seconds, and what it said."""
    before, clock = os.times(), time.perf_counter()
    command = [sys.executable, "-c", "from cl_flows.cli import main; main()", *ARGUMENTS]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - clock, os.times()
    if done.returncode not in {0, 3, 4}:
        sys.exit(done.stderr)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, seconds, done.stderr


if __name__ == "__main__":
    main()
