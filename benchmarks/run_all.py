"""Run every benchmark of this folder and print what each prints; one that lacks data says so.

Run: make bench
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

_NOT_BENCHMARKS = {"run_all.py", "data.py", "concurrency.py", "second_run.py"}


def main() -> None:
    """Print the machine, then every benchmark's own output."""
    here = Path(__file__).parent
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n", flush=True)
    failed = []
    for script in sorted(here.glob("*.py")):
        if script.name in _NOT_BENCHMARKS:
            continue
        print(f"== {script.name}", flush=True)
        if subprocess.run([sys.executable, str(script)], check=False).returncode:
            failed.append(script.name)
        print(flush=True)
    if failed:
        sys.exit(f"did not finish: {', '.join(failed)}")


if __name__ == "__main__":
    main()
