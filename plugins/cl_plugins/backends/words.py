"""Describes texts by words and groups of letters: counts once, weights by the rows of a fold. No model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from cl_core.types import Indices

_BUCKETS = 2**18
# A word, or a sign such as an emoji.
_WORD = r"\b\w+\b|[^\w\s]"
# A word that a single text holds tells nothing about others.
_FEWEST_TEXTS = 2
# Weights of a model, words times classes: 160 MB.
_MOST_WEIGHTS = 20_000_000
_MOST_WORDS = 2**17


class Words:
    """Counts of words and pairs of words, and of two to five letters, for all texts of a data set."""

    def __init__(self, texts: list[str], n_classes: int) -> None:
        shared: dict[str, Any] = {
            "n_features": _BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32,
        }  # fmt: skip
        words = HashingVectorizer(ngram_range=(1, 2), token_pattern=_WORD, **shared)
        letters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
        self._counts = tuple(kind.transform(texts) for kind in (words, letters))
        self._most = min(_MOST_WORDS, max(2**10, _MOST_WEIGHTS // n_classes)) // 2

    def split(self, train: Indices, test: Indices) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """Weigh by the rows `train`; returns (words, words and letters) of `train`, then of `test`."""
        weighed = [self._weighed(counts, train, test) for counts in self._counts]
        (words_train, words_test), (letters_train, letters_test) = weighed
        return (
            (words_train, hstack([words_train, letters_train], format="csr")),
            (words_test, hstack([words_test, letters_test], format="csr")),
        )

    def shared(self) -> Any:
        """Count what several texts share, in all rows: words, then letters."""
        kept = [
            counts[:, self._kept(np.bincount(counts.indices, minlength=counts.shape[1]))]
            for counts in self._counts
        ]
        return hstack(kept, format="csr")

    def _weighed(self, counts: Any, train: Indices, test: Indices) -> tuple[Any, Any]:
        learn = counts[train]
        kept = self._kept(np.bincount(learn.indices, minlength=learn.shape[1]))
        weights = TfidfTransformer(sublinear_tf=True).fit(learn[:, kept])
        return weights.transform(learn[:, kept]), weights.transform(counts[test][:, kept])

    def _kept(self, texts_with: NDArray[np.intp]) -> NDArray[np.intp]:
        """Buckets that several texts share, the most common ones where there are too many."""
        shared = np.flatnonzero(texts_with >= _FEWEST_TEXTS)
        if len(shared) == 0:
            return np.flatnonzero(texts_with)[: self._most] if texts_with.any() else np.arange(1)
        common = np.argsort(-texts_with[shared], kind="stable")[: self._most]
        return np.sort(shared[common])
