"""Files for people: written whole under another name and shown by one rename, over none that is there."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cl_core.errors import ConfigError


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a path to write to, which takes the place of `path` when the block succeeds.

    Where `path` is a link, of the file or folder that it leads to: the link stays. The mode of what was there
    stays, too.

    Raises
    ------
    ConfigError
        When there is something at `path` already and `force` is false, or it cannot be written.
    """
    refuse_existing(path, force=force)
    place = Path(os.path.realpath(path))
    part = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:
        yield part
        if place.exists():
            shutil.copymode(place, part)
        if part.is_dir() and place.exists():
            shutil.rmtree(place)
        os.replace(part, place)  # noqa: PTH105 - Path.replace hides that this is atomic
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}", hint="name another place with --to"
        ) from error
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over what is there."""
    if not force and (path.exists() or path.is_symlink()):
        raise ConfigError(f"{path} is there already", hint="name another place, or say --force")
