"""Where rows of probabilities come from: one door for arrays, files, tables and readers. No statistics."""

import os
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from cl_core.errors import InputError
from cl_core.types import Probs

if TYPE_CHECKING:
    from cl_core.engine.plan import Scratch

Load: TypeAlias = "Callable[[Scratch], Probs]"


class Source(Protocol):
    """Probabilities of `n` rows and `k` classes that can be read block by block, again and again."""

    n: int
    k: int
    dtype: np.dtype[Any]
    kind: str

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield the first row of each block and a function that gives the block, C-contiguous."""
        ...


@runtime_checkable
class BlockReader(Protocol):
    """What users implement for a store of their own: a shape, a type, and rows `start` to `stop`.

    `read` is called from several threads and must give the same rows each time.
    """

    shape: tuple[int, int]
    dtype: Any

    def read(self, start: int, stop: int) -> Probs:
        """Return rows ``start..stop-1``, shape ``(stop - start, k)``."""
        ...


class ArraySource:
    """An array in memory, or a memory map: blocks are views."""

    kind = "array"

    def __init__(self, probs: Probs) -> None:
        self.array = probs
        self.n, self.k = probs.shape
        self.dtype = probs.dtype

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield views; a block that is not contiguous (a Fortran array) is copied, block by block."""
        for start in range(0, self.n, rows):
            yield start, partial(_contiguous, self.array[start : start + rows])


class FileSource:
    """A C-ordered ``.npy`` file read with plain reads, so that resident memory stays a block a thread.

    A memory map of the same file would count every page it touched as this process's memory.
    """

    kind = "npy"

    def __init__(self, path: Path, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self.path, self.offset = path, offset
        self.n, self.k = shape
        self.dtype = dtype
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield loads that read into the worker's own buffer."""
        for start in range(0, self.n, rows):
            yield start, partial(self._read, start, min(self.n, start + rows))

    def mapped(self) -> Probs:
        """Give the whole file as a memory map."""
        return np.memmap(self.path, self.dtype, "r", self.offset, (self.n, self.k))

    def _read(self, start: int, stop: int, scratch: "Scratch") -> Probs:
        block = scratch.get("file", (stop - start, self.k), self.dtype)
        view = memoryview(block.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        at, done = self.offset + start * self.k * self.dtype.itemsize, 0
        while done < len(view):
            got = os.preadv(self._handle, [view[done:]], at + done)
            if got == 0:
                raise InputError(
                    f"{self.path} ends before row {stop:,}; it has shape {(self.n, self.k)} by its header",
                    hint="the file was cut off or is still being written",
                )
            done += got
        return block


class ReaderSource:
    """A user's own `BlockReader`."""

    kind = "reader"

    def __init__(self, reader: BlockReader) -> None:
        self.reader = reader
        self.n, self.k = reader.shape
        self.dtype = np.dtype(reader.dtype)

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield loads that call the reader and check what it gave."""
        for start in range(0, self.n, rows):
            yield start, partial(self._read, start, min(self.n, start + rows))

    def _read(self, start: int, stop: int, _scratch: "Scratch") -> Probs:
        block = np.ascontiguousarray(self.reader.read(start, stop))
        if block.shape != (stop - start, self.k) or block.dtype != self.dtype:
            raise InputError(
                f"the reader gave shape {block.shape} of {block.dtype} for rows {start} to {stop}, "
                f"wanted {(stop - start, self.k)} of {self.dtype}",
                hint="`read(start, stop)` must give exactly these rows, in the reader's `dtype`",
            )
        return block


def _contiguous(block: Probs, _scratch: "Scratch") -> Probs:
    return np.ascontiguousarray(block)


def refuse_masked(given: Any, what: str) -> None:
    """Refuse masked cells: what lies under a mask is no value, and NumPy would take it for one."""
    if np.ma.is_masked(given):
        raise InputError(
            f"{what} has {int(np.ma.getmaskarray(given).sum()):,} masked cells",
            hint="a masked cell holds no value: drop these rows, or fill them on purpose",
        )


def open_source(pred_probs: Any) -> Source:
    """Open whatever holds probabilities; an array that fits is never copied."""
    refuse_masked(pred_probs, "pred_probs")
    if isinstance(pred_probs, np.memmap) and (file := _mapped_file(pred_probs)) is not None:
        return file
    if isinstance(pred_probs, np.ndarray):
        return ArraySource(_checked(pred_probs))
    if isinstance(pred_probs, (str, Path)):
        return _open_path(Path(pred_probs))
    if type(pred_probs).__module__.partition(".")[0] in ("pyarrow", "pandas", "polars"):
        from cl_core.engine.arrow import open_table

        return open_table(pred_probs)
    if isinstance(pred_probs, BlockReader):
        check_form(np.dtype(pred_probs.dtype), tuple(pred_probs.shape))
        return ReaderSource(pred_probs)
    return ArraySource(_checked(np.asarray(pred_probs)))


def _checked(probs: Probs) -> Probs:
    check_form(probs.dtype, probs.shape)
    return probs


def check_form(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Refuse what cannot be probabilities by its type or shape alone."""
    if dtype.kind != "f" or dtype.itemsize > 8 or not dtype.isnative:  # noqa: PLR2004 - bytes of float64
        raise InputError(
            f"pred_probs has type {dtype}, wanted float16, float32 or float64 in the machine's byte order",
            hint="pass the output of predict_proba, not class numbers or strings",
        )
    if len(shape) != 2 or shape[1] < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"pred_probs has shape {shape}, wanted (rows, classes) with two classes or more",
            hint="a binary model's single column p becomes two: 1 - p and p",
        )
    if shape[0] == 0:
        raise InputError("pred_probs has no rows", hint="an empty batch cannot be judged")


def _mapped_file(probs: "np.memmap[Any, Any]") -> FileSource | None:
    """Read a read-only memory map by its file; a slice of one keeps its pages and stays an array."""
    name = getattr(probs, "filename", None)
    # The base of a slice is the memory map it was cut from.
    if name is None or isinstance(probs.base, np.ndarray) or not probs.flags.c_contiguous:
        return None
    check_form(probs.dtype, probs.shape)
    if probs.mode != "r":
        return None
    return FileSource(Path(name), probs.offset, (probs.shape[0], probs.shape[1]), probs.dtype)


def _open_path(path: Path) -> Source:
    if not path.is_file():
        raise InputError(f"no file {path}", hint="pass a .npy or .parquet file of probabilities, or an array")
    if path.suffix == ".parquet":
        from cl_core.engine.arrow import open_parquet

        return open_parquet(path)
    if path.suffix != ".npy":
        raise InputError(f"{path} is no .npy or .parquet file", hint="save the probabilities with np.save")
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else _later_header
            shape, fortran, dtype = header(file)
            offset = file.tell()
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="save the array with np.save") from error
    check_form(dtype, shape)
    if fortran:
        return ArraySource(np.load(path, mmap_mode="r", allow_pickle=False))
    return FileSource(path, offset, (shape[0], shape[1]), dtype)


def _later_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    return np.lib.format.read_array_header_2_0(file)
