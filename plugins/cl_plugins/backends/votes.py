"""Votes of neighbours as class probabilities, and how many of them vote. Finds no neighbours.

A vote weighs ``exp(-sharpness * (d^2 - n^2) / f^2)``: d is the voter's distance, n that of the nearest
and f that of the farthest voter of the row. Some votes by class frequency are added, so that no class gets 0.
The own label of a row, and those of its group, take part in neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from cl_core.types import Counts, FloatArray, Indices, Labels

SIZES = (3, 5, 10, 20, 40, 80)
_SHARPNESS = (0.0, 2.0, 8.0, 32.0)
_FREQUENCY_VOTES = (0.1, 0.3, 1.0, 3.0)
_DIGITS = 9  # log-losses that differ by less are equal: sums in another order must not change the choice


@dataclass(frozen=True, slots=True)
class Setting:
    """How votes are counted."""

    k: int
    sharpness: float
    frequency_votes: float


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """Who votes for which rows. Rows of one query and one label are one case.

    Attributes
    ----------
    neighbours, distances
        Voters of each query, the nearest first, shape ``(q, m)``; squared distances, infinite for none.
    counts
        Rows of each class in each voter, CSR array of shape ``(v, c)``.
    queries, labels, n_rows
        Query, label and number of rows of each case, shape ``(i,)``.
    own
        Whether the first neighbour of each query is the query itself; the row's own label is taken off.
    totals
        Rows of each class that may vote for anybody, shape ``(c,)``.
    barred
        Rows of each class that may not vote for a case, CSR array of shape ``(i, c)``.
    """

    neighbours: Indices
    distances: FloatArray
    counts: Any
    queries: Indices
    labels: Labels
    n_rows: Indices
    own: bool
    totals: Counts
    barred: Any


def choose(ballots: Sequence[Ballot], k: int | None) -> Setting:
    """Return the setting with the least log-loss on the labels, none of which votes for itself."""
    sizes = SIZES if k is None else (k,)
    agreements = [_agreement(ballot) for ballot in ballots]
    frequencies = [_frequency_of_label(ballot) for ballot in ballots]
    n_rows = sum(int(ballot.n_rows.sum()) for ballot in ballots)
    best, least = Setting(sizes[0], 0.0, 1.0), np.inf
    for size, sharpness in product(sizes, _SHARPNESS):
        losses = np.zeros(len(_FREQUENCY_VOTES))
        for ballot, agreement, frequency in zip(ballots, agreements, frequencies, strict=True):
            weights = _weights(ballot, slice(None), size, sharpness)
            given, total = (weights * agreement).sum(axis=1), weights.sum(axis=1)
            for i, votes in enumerate(_FREQUENCY_VOTES):
                right = (given + votes * frequency) / (total + votes)
                losses[i] -= (np.log(right) * ballot.n_rows).sum()
        for votes, loss in zip(_FREQUENCY_VOTES, np.round(losses / n_rows, _DIGITS), strict=True):
            if loss < least:
                best, least = Setting(size, sharpness, votes), float(loss)
    return best


def probabilities(ballot: Ballot, setting: Setting, cases: Indices) -> FloatArray:
    """Class probabilities of `cases`, shape (i, c): positive, rows that sum to 1."""
    from scipy.sparse import csr_array

    near = ballot.neighbours[ballot.queries[cases]]
    size = _sizes(ballot)[near]
    if ballot.own:
        size[:, 0] -= 1
    share = _weights(ballot, cases, setting.k, setting.sharpness) / np.maximum(size, 1)
    n, m = share.shape
    voters = csr_array(
        (share.ravel(), near.ravel(), np.arange(0, n * m + 1, m)), shape=(n, ballot.counts.shape[0])
    )
    given: FloatArray = (voters @ ballot.counts).toarray()
    if ballot.own:
        given[np.arange(n), ballot.labels[cases]] -= share[:, 0]
        given = np.maximum(given, 0)  # what rounding leaves of a label taken off
    others = ballot.totals + 1.0 - ballot.barred[cases].toarray()
    given += setting.frequency_votes * others / others.sum(axis=1, keepdims=True)
    probs: FloatArray = given / given.sum(axis=1, keepdims=True)
    return probs


def _frequency_of_label(ballot: Ballot) -> FloatArray:
    """Share of a case's own label among all rows that may vote for it, one more row in each class."""
    n_classes = len(ballot.totals)
    barred = np.asarray(ballot.barred[np.arange(len(ballot.labels)), ballot.labels]).ravel()
    everybody = ballot.totals.sum() + n_classes - np.asarray(ballot.barred.sum(axis=1)).ravel()
    share: FloatArray = (ballot.totals[ballot.labels] + 1.0 - barred) / everybody
    return share


def _sizes(ballot: Ballot) -> Indices:
    return np.asarray(ballot.counts.sum(axis=1), dtype=np.intp).ravel()


def _agreement(ballot: Ballot) -> FloatArray:
    """Share of each neighbour's rows that carry the label of the case, shape (i, m)."""
    near = ballot.neighbours[ballot.queries]
    n_classes = len(ballot.totals)
    entries = ballot.counts.tocoo()
    key = entries.row.astype(np.int64) * n_classes + entries.col
    order = np.argsort(key)
    key, rows = key[order], entries.data[order]
    wanted = near.astype(np.int64) * n_classes + ballot.labels[:, None]
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    same = np.where(key[place] == wanted, rows[place], 0).astype(np.float64)
    size = _sizes(ballot)[near]
    if ballot.own:
        same[:, 0] -= 1
        size[:, 0] -= 1
    return same / np.maximum(size, 1)


def _weights(ballot: Ballot, cases: Indices | slice, k: int, sharpness: float) -> FloatArray:
    """Weight of each neighbour for each case, shape (i, m): the votes of its rows, at most k in all."""
    queries = ballot.queries[cases]
    near, distances = ballot.neighbours[queries], ballot.distances[queries]
    rows = np.where(np.isfinite(distances), _sizes(ballot)[near], 0)
    if ballot.own:
        rows[:, 0] -= 1
    voting = np.clip(k - (np.cumsum(rows, axis=1) - rows), 0, rows)
    far = np.where(voting > 0, distances, 0).max(axis=1, keepdims=True)
    nearest = np.where(voting > 0, distances, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    beyond = np.where(voting > 0, distances - np.minimum(nearest, far), 0)
    weights: FloatArray = voting * np.exp(-sharpness * beyond / np.where(far > 0, far, 1))
    return weights
