"""Copies the files that a URL names to this machine, so that they read like any other. Knows no format."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from cl_core.errors import ConfigError, InputError

_GLOB = frozenset("*?[")
# A server that says nothing for this long has gone; a large file may take as long as it likes.
_SECONDS_OF_SILENCE = 60


def is_url(path: str | Path) -> bool:
    """Whether `path` names something by a protocol."""
    return "://" in str(path)


def shown_url(url: str) -> str:
    """Return `url` without user, password and query, any of which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def last_part(url: str) -> str:
    """Return the name at the end of the path of `url`."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]) or urlsplit(url).netloc


def fetch(url: str, folder: Path) -> list[Path]:
    """Copy the file, the files of the folder, or the files of the glob `url` into `folder`.

    Raises
    ------
    ConfigError
        For a protocol that needs a package which is not installed, or that nobody knows.
    InputError
        Where there is nothing, or the copy fails; its cause says whether another try may help.
    """
    if urlsplit(url).scheme in ("http", "https"):
        return [_download(url, folder / last_part(url))]
    system, root = _file_system(url)
    with _explained(url):
        names = _names(system, root)
    if not names:
        raise InputError(f"there is nothing at {shown_url(url)!r}", hint="check the address")
    start = PurePosixPath(root if names != [root] and not _GLOB & set(root) else root.rpartition("/")[0])
    copies = []
    for name in names:
        inside = PurePosixPath(name)
        below = inside.relative_to(start) if inside.is_relative_to(start) else PurePosixPath(inside.name)
        copy = folder.joinpath(*(part for part in below.parts if part not in ("..", "/")))
        copy.parent.mkdir(parents=True, exist_ok=True)
        with _explained(url), system.open(name, "rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        copies.append(copy)
    return copies


def _names(system: Any, root: str) -> list[str]:
    if _GLOB & set(root):
        return sorted(name for name in system.glob(root) if not system.isdir(name))
    return sorted(system.find(root)) if system.isdir(root) else [root]


def _file_system(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    protocol = urlsplit(url).scheme
    try:
        system, root = url_to_fs(url)
    except ImportError as error:
        missing = error.__cause__ if isinstance(error.__cause__, ModuleNotFoundError) else error
        package = getattr(missing, "name", None) or _driver(protocol)
        raise ConfigError(
            f"{protocol}:// needs the package {package}, which is not installed",
            hint=f"pip install {package}",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"no file system is called {protocol!r}", hint="such as https, s3, gs, abfs or sftp"
        ) from error
    except Exception as error:
        raise ConfigError(
            f"{protocol}:// cannot be opened here: {_first_line(error)}",
            hint="check the address, and what the driver of this protocol needs",
        ) from error
    return system, str(root)


def _driver(protocol: str) -> str:
    from fsspec.registry import known_implementations

    return str(known_implementations.get(protocol, {}).get("class", protocol)).partition(".")[0]


def _download(url: str, copy: Path) -> Path:
    import httpx

    timeout = httpx.Timeout(_SECONDS_OF_SILENCE)
    # A server that packs on the way would make a .csv.gz out of a .csv, and the other way round.
    plain = {"Accept-Encoding": "identity"}
    asked = httpx.stream("GET", url, headers=plain, follow_redirects=True, timeout=timeout)
    with _explained(url), asked as answer:
        if answer.is_error:
            said = f"{answer.status_code} {answer.reason_phrase}"
            cause = ConnectionError(said) if answer.is_server_error else None
            raise InputError(f"{shown_url(url)!r} answered {said}", hint="check the address") from cause
        with copy.open("wb") as target:
            for block in answer.iter_bytes(1 << 20):
                target.write(block)
    return copy


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is nothing at {shown_url(url)!r}", hint="check the address") from error
    except Exception as error:  # each driver has errors of its own
        said = _first_line(error).replace(url, shown_url(url))
        raise InputError(
            f"{shown_url(url)!r} could not be fetched: {said}",
            hint="check the address, the credentials and the connection",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
