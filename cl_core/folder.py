"""What a folder mainly holds, by the endings of its files. Nothing is opened."""

import os
from collections import Counter
from collections.abc import Iterable
from itertools import islice

# Enough to tell pictures from sounds, soon enough in a folder of a million.
_LOOKED_AT = 2_000


def main_suffix(folder: str, suffixes: Iterable[str]) -> str | None:
    """Return which of `suffixes` ends most of the first 2,000 files below `folder`, None when none does.

    Suffixes are lower case, with the dot; hidden files and hidden folders do not count.
    """
    known = tuple(suffixes)
    names = islice(_file_names(folder), _LOOKED_AT)
    count = Counter(suffix for name in names for suffix in known if name.endswith(suffix))
    return min(count, key=lambda suffix: (-count[suffix], suffix)) if count else None


def _file_names(folder: str) -> Iterable[str]:
    for _, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (name.lower() for name in sorted(names) if not name.startswith("."))
