"""A small disk of its own that can be filled up, and emptied again."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FILLER = "filler"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount 8 MB as a disk of its own; say whether that was allowed."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "labelgate-soak", str(folder)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


def fill(disk: Path) -> None:
    """Write until there is no room left."""
    with (disk / _FILLER).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass
    try:
        (disk / "probe").write_bytes(os.urandom(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    else:
        raise SystemExit(f"{disk} did not fill up")
    finally:
        with suppress(OSError):
            (disk / "probe").unlink()


def free(disk: Path) -> None:
    """Take the filler away."""
    (disk / _FILLER).unlink(missing_ok=True)
