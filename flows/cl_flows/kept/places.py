"""Names of what a run leaves for later. No reading, no writing."""

import re
from pathlib import Path

RUN_FILE = "run.json"
INDEX = "index"  # index.arrow
OLD_TOP_FILE = "top.parquet"  # of runs before there was an index
JOINT_FILE = "joint.parquet"
ROWS_FOLDER = "rows"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def rows_folder(output: Path, name: str) -> Path:
    """Return the folder of kept rows called `name`; a name that is no digest leads nowhere."""
    if not is_digest(name):
        raise ValueError(f"{name!r} is no digest of rows")
    return output / ROWS_FOLDER / name


def is_digest(name: str) -> bool:
    """Whether a folder of rows may be called so."""
    return _DIGEST.fullmatch(name) is not None


def rows_lock(output: Path) -> Path:
    """File whose lock is held while rows are put in their place or removed."""
    return output / ROWS_FOLDER / ".lock"
