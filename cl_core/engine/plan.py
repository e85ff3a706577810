"""How sweeps are cut into blocks and shared among threads. Nothing here changes a result."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import local
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.source import Source
from cl_core.errors import ConfigError
from cl_core.types import Probs

T = TypeVar("T")

# Smaller blocks pay for calls, and two threads wait for each other at every one of them (twice the time at
# 0.5 MB); larger ones would break the promise of 64 MB of scratch on two threads.
BLOCK_BYTES = 1 << 21
# More threads than this share one memory bus and add scratch, not speed.
_MOST_WORKERS = 16
_MOST_STRETCH = 16


@dataclass(frozen=True)
class Plan:
    """Number of threads and size of blocks; any choice gives the same bits.

    Attributes
    ----------
    workers
        Threads that work on blocks at the same time; 0 means one a usable core, 16 at most.
    block_bytes
        Aimed size of one block of probabilities in bytes.

    Examples
    --------
    >>> Plan(workers=1, block_bytes=4096).rows(k=4, itemsize=8)
    128
    """

    workers: int = 0
    block_bytes: int = BLOCK_BYTES

    def __post_init__(self) -> None:
        if self.workers < 0 or self.block_bytes < 1:
            raise ConfigError(
                f"a plan of {self.workers} workers and blocks of {self.block_bytes} bytes cannot run",
                hint="workers=0 takes every core; block_bytes is 1 or more",
            )

    @cached_property
    def threads(self) -> int:
        """Number of threads this plan runs on."""
        usable = getattr(os, "sched_getaffinity", None)  # Linux only
        cores = len(usable(0)) if usable else os.cpu_count() or 1
        return self.workers or min(cores, _MOST_WORKERS)

    def rows(self, k: int, itemsize: int) -> int:
        """Rows in a block of `k` classes: never fewer than one."""
        return max(1, self.block_bytes // (k * itemsize))


class Scratch(local):
    """Reusable buffers, a set for each thread, so that no block pays for fresh memory pages."""

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[Any]] = {}

    def get(self, name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Return an array of this shape; whatever a former block left in it is still there."""
        size, dtype = int(np.prod(shape)), np.dtype(dtype)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.dtype != dtype or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)


def swept(
    source: Source, plan: Plan, work: Callable[[int, Probs, Scratch], T], *, share: float = 1.0
) -> Iterator[T]:
    """Yield ``work(first row, block, scratch)`` of every block, in the order of the blocks.

    `share` is the part of the rows that the work will touch: blocks of an array grow by its inverse.
    """
    scratch = Scratch()

    def run(start: int, load: Callable[[Scratch], Probs]) -> T:
        return work(start, load(scratch), scratch)

    rows = plan.rows(source.k, max(source.dtype.itemsize, 4))
    if source.kind == "array":
        rows = int(rows * min(_MOST_STRETCH, 1 / max(share, 1e-9)))
    blocks = source.blocks(rows)
    if plan.threads == 1:
        for start, load in blocks:
            yield run(start, load)
        return
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(plan.threads, thread_name_prefix="labelgate") as pool:
        for start, load in blocks:
            waiting.append(pool.submit(run, start, load))
            # Blocks that hold their own memory must not pile up in front of slower workers.
            while len(waiting) > 2 * plan.threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def sweep(source: Source, plan: Plan, work: Callable[[int, Probs, Scratch], T]) -> list[T]:
    """Call ``work(first row, block, scratch)`` on every block and return all results."""
    return list(swept(source, plan, work))
