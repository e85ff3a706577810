"""A digest of what a data set holds, so that two runs can tell whether they saw the same rows."""

from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd


def fingerprint(*parts: Any) -> str:
    """Digest data frames, series, arrays and strings, in order; file names play no part."""
    digest = sha256()
    for part in parts:
        if isinstance(part, pd.DataFrame):
            for column in part.columns:
                _feed(digest, str(column), _row_hashes(part[column]))
        elif isinstance(part, np.ndarray) and part.dtype.kind != "O":
            plain = part.view(np.int64) if part.dtype.kind in "mM" else part
            _feed(digest, part.dtype.str, plain)
        elif part is not None:
            _feed(digest, "values", _row_hashes(pd.Series(part)))
    return digest.hexdigest()


def _feed(digest: Any, kind: str, values: np.ndarray[Any, Any]) -> None:
    digest.update(f"{kind}{values.shape}".encode())
    digest.update(np.ascontiguousarray(values).data)


def _row_hashes(column: "pd.Series[Any]") -> np.ndarray[Any, Any]:
    try:
        return pd.util.hash_pandas_object(column, index=False).to_numpy()
    except TypeError:  # cells that hold lists or records
        return pd.util.hash_pandas_object(column.map(repr), index=False).to_numpy()
