"""Nearest neighbours among vectors, found block by block. Knows no labels.

Rows are first gathered into units: equal vectors of one group are one unit, and units are sorted by
content. So whatever is computed of them does not depend on the order of rows, to the last bit.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from cl_core.types import FloatArray, Indices

Vectors: TypeAlias = NDArray[np.float32]  # (n, d)

_BLOCK_CELLS = 2**24  # 64 MiB of distances at a time
# Distances by matrix product are off in their last digits; so many more are looked at exactly.
_SPARE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Distinct (vector, key) pairs, sorted by content."""

    vectors: Vectors  # (u, d)
    keys: Indices  # (u,)
    of_row: Indices  # (n,), unit of each row


def make_units(vectors: Vectors, keys: Indices | None = None) -> Units:
    """Gather the rows of equal vector and equal key."""
    plain = np.ascontiguousarray(vectors + np.float32(0))  # -0 and 0 are one number
    key = np.zeros(len(plain), dtype=np.int64) if keys is None else np.asarray(keys, dtype=np.int64)
    joined = np.hstack([plain.view(np.uint8), key[:, None].view(np.uint8)])
    rows = np.ascontiguousarray(joined).view(np.dtype((np.void, joined.shape[1])))[:, 0]
    first, of_row = np.unique(rows, return_index=True, return_inverse=True)[1:]
    return Units(plain[first], key[first].astype(np.intp), of_row)


def nearest(
    queries: Units, voters: Units, k: int, *, apart: bool, progress: Callable[[int, int], None]
) -> tuple[Indices, FloatArray]:
    """Find the `k` nearest voters of each query.

    Parameters
    ----------
    queries, voters
        Units of vectors of the same length.
    k
        Neighbours wanted.
    apart
        Whether voters that share the query's key are left out.
    progress
        Told of the queries done and of their number.

    Returns
    -------
    tuple of (int array of shape (q, k), float array of shape (q, k))
        Voters, the nearest first, equals in the order of their content; and squared Euclidean distances up
        to a common factor, infinite where there are fewer than `k` voters.
    """
    q, v = _centered(queries.vectors, voters.vectors)
    half = np.einsum("ij,ij->i", v, v) / 2
    block = max(1, min(1024, _BLOCK_CELLS // max(1, len(v))))
    starts = range(0, len(q), block)

    def search(start: int) -> tuple[Indices, FloatArray]:
        part = q[start : start + block]
        near = half - part @ v.T  # (|a - b|^2 - |a|^2) / 2, which sorts alike
        if apart:
            near[queries.keys[start : start + block, None] == voters.keys[None, :]] = np.inf
        return _exact(part, v, near, k)

    found = []
    # The order in which a linear algebra library's threads add up shows in the last bits.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(cpu_count()) as pool:
        for start, one in zip(starts, pool.map(search, starts), strict=True):
            found.append(one)
            progress(min(start + block, len(q)), len(q))
    return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])


def _centered(queries: Vectors, voters: Vectors) -> tuple[Vectors, Vectors]:
    """Move the mean of the voters to the origin and scale to -1..1, where squares keep their digits."""
    center = voters.mean(axis=0, dtype=np.float64)
    q, v = queries - center, voters - center
    scale = max(float(np.abs(q).max(initial=0)), float(np.abs(v).max(initial=0))) or 1.0
    return (q / scale).astype(np.float32), (v / scale).astype(np.float32)


def _exact(part: Vectors, v: Vectors, near: Vectors, k: int) -> tuple[Indices, FloatArray]:
    """Look at the candidates of one block in double precision, and put them in order."""
    wanted = min(k + _SPARE, len(v))
    chosen = np.argpartition(near, wanted - 1, axis=1)[:, :wanted]
    chosen.sort(axis=1)
    distance = np.empty(chosen.shape)
    for column in range(wanted):
        apart = part.astype(np.float64) - v[chosen[:, column]]
        distance[:, column] = np.einsum("ij,ij->i", apart, apart)
    distance[np.isinf(np.take_along_axis(near, chosen, axis=1))] = np.inf
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    index, distance = np.take_along_axis(chosen, order, axis=1), np.take_along_axis(distance, order, axis=1)
    short = k - index.shape[1]
    if short > 0:
        index = np.pad(index, ((0, 0), (0, short)))
        distance = np.pad(distance, ((0, 0), (0, short)), constant_values=np.inf)
    return index, distance
