"""Runs a plugin's function in a real, freshly spawned process, as worker pools do. Compares nothing."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from cl_core.errors import LabelgateError
from cl_core.testing.record import ContractError


def in_worker(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `function` returns in a new process; what cannot travel there is a `ContractError`."""
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(function, *arguments).result()
    except LabelgateError:
        raise
    except Exception as error:
        raise ContractError(
            f"{name}: does not run in a worker process: {type(error).__name__}: {error}; use functions of an "
            "installed module, and data that can be pickled"
        ) from error
