"""Turns blocks of columns into the numbers a model takes, learned from a fold's training rows only."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from cl_core.types import FloatArray, Indices
from cl_plugins.backends.columns import Block

# Native: missing cells and category numbers as they are. Scaled: nothing missing, equal spread.
Taste: TypeAlias = Literal["native", "scaled"]

_TEXT_DIMENSIONS = 16
_HASH_BUCKETS = 2**12
# From as many words on, a column is prose and read by words; below it is read by letters, so that
# "Zurich 8001" and "8001 zurich" are near.
_PROSE_WORDS = 4


class FoldEncoder:
    """Encodes the rows of one data set, fold by fold."""

    def __init__(self, blocks: Sequence[Block], taste: Taste, seed: int) -> None:
        self._taste, self._seed = taste, seed
        self._blocks = [
            (block.kind, _hash(block.values) if block.kind == "text" else block.values) for block in blocks
        ]

    def split(self, train: Indices, test: Indices) -> tuple[FloatArray, FloatArray]:
        """Learn the encoding from the rows `train`, and encode both sets of rows."""
        learned = [(self._make(kind), values) for kind, values in self._blocks]
        fitted = [encoder.fit_transform(values[train]) for encoder, values in learned]
        other = [encoder.transform(values[test]) for encoder, values in learned]
        return np.hstack(fitted), np.hstack(other)

    @property
    def categorical(self) -> list[int]:
        """Positions of the encoded columns that hold category numbers."""
        position, found = 0, []
        for kind, values in self._blocks:
            width = _TEXT_DIMENSIONS if kind == "text" else values.shape[1]
            if kind == "categories":
                found = list(range(position, position + width))
            position += width
        return found

    def _make(self, kind: str) -> Any:
        native = self._taste == "native"
        match kind:
            case "text":
                svd = TruncatedSVD(_TEXT_DIMENSIONS, random_state=self._seed)
                return make_pipeline(TfidfTransformer(sublinear_tf=True), svd)
            case "categories" if native:
                return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
            case "categories":
                return OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
            case "numbers" if not native:
                filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
                return make_pipeline(filled, StandardScaler())
            case _:
                return FunctionTransformer()


def _hash(texts: Any) -> Any:
    """Count words or letter groups by hash: needs no vocabulary, so nothing is learned here."""
    prose = np.mean([text.count(" ") + 1 for text in texts[:1000]]) >= _PROSE_WORDS
    kind: dict[str, Any] = (
        {"analyzer": "word", "ngram_range": (1, 2)}
        if prose
        else {"analyzer": "char_wb", "ngram_range": (2, 4)}
    )
    return HashingVectorizer(
        n_features=_HASH_BUCKETS, alternate_sign=False, norm=None, dtype=np.float32, **kind
    ).transform(texts)
