"""Several requests at once, a bounded number under way; the first failure ends it. Knows no protocol."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_parallel(
    work: Callable[[Item], Answer], items: Iterable[Item], workers: int, stop: Callable[[], None]
) -> Iterator[tuple[Item, Answer]]:
    """Yield each item with its answer, in the order in which answers come.

    No more than `workers` items are taken before one of them is done, so that items may be large. When
    one fails, nothing new is begun, `stop` is called, what is under way ends, and the error is raised.
    """
    source = iter(items)
    waiting: dict[Future[Answer], Item] = {}
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                waiting |= {pool.submit(work, item): item for item in islice(source, workers - len(waiting))}
                if not waiting:
                    return
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    answer = done.result()
                    yield waiting.pop(done), answer
        except BaseException:  # the reader's own, too: it may have been interrupted
            stop()
            for future in waiting:
                future.cancel()
            raise
