"""Names of the arrays that travel through labelgate; the name carries the shape. No behaviour."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Labels: TypeAlias = NDArray[np.intp]  # shape (n,), class numbers in 0..k-1
Probs: TypeAlias = NDArray[np.floating[Any]]  # shape (n, k), rows sum to 1; float16, float32 or float64
FloatArray: TypeAlias = NDArray[np.float64]  # any shape
Counts: TypeAlias = NDArray[np.int64]  # shape (k, k), rows = given label, columns = true label
Mask: TypeAlias = NDArray[np.bool_]  # shape (n,)
Indices: TypeAlias = NDArray[np.intp]  # shape (m,), row numbers
