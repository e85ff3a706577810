"""Where the benchmarks find real data; it is not part of the project."""

import os
import sys
from pathlib import Path


def data_folder() -> Path:
    """Where real data lie, there or not: LABELGATE_DATA, or `shared/data` beside the checkout."""
    return Path(os.environ.get("LABELGATE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def needed_data_folder() -> Path:
    """Return the folder of real data, or leave with a message that says what to set."""
    folder = data_folder()
    if not folder.is_dir():
        sys.exit(f"no benchmark data in {folder}: set LABELGATE_DATA to the folder that holds it")
    return folder
