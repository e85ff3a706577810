"""What a process of ours needs to find the packages that this one runs on. Starts none."""

import os
import sys
from pathlib import Path

import cl_core


def search_path() -> str:
    """Return a PYTHONPATH: this process's path in its order, then this package and cl_core."""
    ours = [str(Path(__file__).parents[2]), str(Path(cl_core.__file__).parents[1])]
    return os.pathsep.join(dict.fromkeys([*filter(None, sys.path), *ours]))
