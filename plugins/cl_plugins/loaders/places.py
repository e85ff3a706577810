"""Finds the files that a path, a folder, a glob or a URL stands for. Reads none of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from tempfile import TemporaryDirectory

from cl_core.errors import InputError
from cl_plugins.files import refuse_unreadable
from cl_plugins.remote import fetch, is_url, last_part

_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Files of one format that make one table.

    Attributes
    ----------
    files
        The parts, in the order of their names.
    root
        Folder that the parts lie in; folders below it may be called ``column=value``.
    shown
        What errors call the table.
    stem
        What the data set is called unless people name it.
    ending
        Of every part, lower case; empty for a single file of another name.
    notes
        What was left out, one sentence each.
    """

    files: tuple[Path, ...]
    root: Path
    shown: str
    stem: str
    ending: str
    notes: tuple[str, ...] = ()


@contextmanager
def found(path: Path | str, endings: tuple[str, ...]) -> Iterator[Place]:
    """Find what `path` stands for; copies of remote files last as long as the block.

    `endings` are those of tables; of two that fit, the longer is taken.
    """
    if not is_url(path):
        # The folder one stands in is called by its name, too: data sets are told apart by it.
        named = Path(path) if Path(path).name.strip(".") else Path(path).resolve()
        yield _place(Path(path), _local(path), named.name, endings)
        return
    url = str(path)
    if url.startswith("file://"):
        yield _place(Path(url[7:]), _local(url[7:]), last_part(url), endings)
        return
    with TemporaryDirectory(prefix="labelgate-") as folder:
        copies = fetch(url, Path(folder))
        one = len(copies) == 1 and copies[0].name == last_part(url)
        yield _place(copies[0] if one else Path(folder), copies, last_part(url), endings)


def _local(path: Path | str) -> list[Path]:
    place = Path(path)
    if place.is_dir():
        if (place / "dataset_info.json").is_file() or (place / "dataset_dict.json").is_file():
            raise InputError(
                f"{str(path)!r} is a data set of Hugging Face `datasets`", hint="set data.loader: huggingface"
            )
        return sorted(file for file in place.rglob("*") if file.is_file() and not _hidden(file, place))
    if has_magic(str(path)) and not place.exists():
        files = sorted(Path(file) for file in glob(str(path), recursive=True))  # noqa: PTH207 - may be absolute
        if not files:
            raise InputError(f"no file is called like {str(path)!r}", hint="check the path and the stars")
        return [file for file in files if not file.is_dir()]
    return [place]


def _hidden(file: Path, folder: Path) -> bool:
    """Whether Spark and others mean the file for themselves: _SUCCESS, .part-0.crc."""
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _place(path: Path, files: list[Path], shown: str, endings: tuple[str, ...]) -> Place:
    single = files == [path]
    parts = files if single else [file for file in files if _ending(file.name, endings)]
    if not parts:
        raise InputError(
            f"{str(path)!r} is a folder without tables, wanted parts that end in {', '.join(endings)}",
            hint="name a file or a folder of Parquet, Arrow, CSV or JSON Lines parts",
        )
    found_endings = sorted({_ending(file.name, endings) for file in parts})
    if len(found_endings) > 1:
        raise InputError(
            f"{shown!r} holds parts of several formats: {', '.join(found_endings)}",
            hint=f"name one, for instance {Path(shown).parent / ('*' + found_endings[0])}",
        )
    for part in parts:
        refuse_unreadable(part)
    others = [file.name for file in files if file not in set(parts)]
    listed = ", ".join(others[:_MAX_SHOWN]) + (", ..." if len(others) > _MAX_SHOWN else "")
    notes = (f"{len(others):,} files of {shown!r} are no tables and were left out: {listed}",)
    root = parts[0].parent if single or not path.is_dir() else path
    named = root.name if has_magic(shown) else shown
    return Place(tuple(parts), root, shown, stem(named, endings), found_endings[0], notes if others else ())


def _ending(name: str, endings: tuple[str, ...]) -> str:
    fitting = [ending for ending in endings if name.lower().endswith(ending)]
    return max(fitting, key=len, default="")


def stem(name: str, endings: tuple[str, ...]) -> str:
    """Return `name` without what says its format."""
    while (ending := _ending(name, (*endings, ".gz"))) and len(name) > len(ending):
        name = name[: -len(ending)]
    return name
