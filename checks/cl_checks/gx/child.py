"""What a process of ours needs to find the packages that this one runs on. Starts none."""

import os
import sys
from pathlib import Path

import cl_core


def search_path() -> str:
    """Return a PYTHONPATH: this package, cl_core, and all that is on this process's path."""
    ours = [str(Path(__file__).parents[2]), str(Path(cl_core.__file__).parents[1])]
    return os.pathsep.join(dict.fromkeys([*ours, *filter(None, sys.path)]))
