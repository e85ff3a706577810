"""Runs torch so that the same seed gives the same bits, and leaves its global state as it was."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from cl_core.errors import ConfigError
from cl_plugins.backends.user_code import said, seeded_streams
from cl_plugins.needs import needed


def torch_device(name: str) -> Any:
    """Return the device called `name`, or say why there is none."""
    torch = needed("torch", "torch", "the backend torch")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except Exception as error:
        raise ConfigError(
            f"model.device is {name!r}: {said(error)}", hint="set model.device: cpu, or install torch for it"
        ) from error
    return device


@contextmanager
def deterministic(device: Any, threads: int) -> Iterator[None]:
    """Use deterministic algorithms and `threads` threads for the block, and put everything back after it."""
    import torch

    if device.type == "cuda":  # cuBLAS reads it when it is first used
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    tuned = torch.backends.cudnn.benchmark
    own_threads = torch.get_num_threads()
    try:
        torch.use_deterministic_algorithms(mode=True)
        torch.backends.cudnn.benchmark = False
        torch.set_num_threads(threads)
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.backends.cudnn.benchmark = tuned
        torch.set_num_threads(own_threads)


@contextmanager
def seeded_torch(device: Any, seed: int) -> Iterator[None]:
    """Seed the random streams of torch, NumPy and Python for the block; the caller's go on unmoved."""
    import torch

    with ExitStack() as stack:
        stack.enter_context(seeded_streams(seed))
        if device.type == "cpu":
            stack.enter_context(torch.random.fork_rng(devices=[]))
        else:
            stack.enter_context(torch.random.fork_rng(devices=[device], device_type=device.type))
        torch.manual_seed(seed)
        yield
