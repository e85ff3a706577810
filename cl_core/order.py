"""The order in which people should look at the rows: two opinions of each given label. Flags nothing.

Self-confidence, what the model gives to the given label, is hard to beat where few labels are wrong. Where
errors run along pairs of classes, `auto` (cl_core/auto.py) knows more, as it has the noise matrix. Their odds
that the label is right are multiplied, which keeps the strength of each (benchmarks/review_order.py).
"""

import numpy as np
from numpy.typing import NDArray

from cl_core.auto import auto_scores
from cl_core.reading import Reading
from cl_core.types import FloatArray

# Second opinions cost 80 k² operations a row: beyond this many rows times k² they would take longer than all
# else that is done to the rows, and self-confidence decides alone.
MOST_WORK = 300_000_000
_LEAST = 1e-6  # probabilities nearer to 0 or 1 than this say no more: float16 has no finer ones near 1


def review_ranks(reading: Reading) -> NDArray[np.int64]:
    """Rank of each row, 1 for the label most worth a look, shape (n,).

    Rows whose given label is not the most probable class come first, by the product of two odds that it is
    right; the others follow by self-confidence. Equal rows keep the order they stand in.

    Examples
    --------
    >>> from cl_core.reading import read
    >>> review_ranks(read([0, 1, 0], [[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]]))
    array([3, 1, 2])
    """
    given = reading.facts.given.astype(np.float64)
    doubted = reading.suspects
    score = given.copy()
    if 0 < doubted.sum() * reading.k**2 <= MOST_WORK:
        score[doubted] = _log_odds(given[doubted]) + _log_odds(auto_scores(reading, only=doubted)[doubted])
    ranks = np.empty(len(given), dtype=np.int64)
    ranks[np.lexsort((score, ~doubted))] = np.arange(1, len(given) + 1)
    return ranks


def _log_odds(probability: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(probability, _LEAST) / np.maximum(1 - probability, _LEAST)))
