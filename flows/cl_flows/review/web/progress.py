"""How far the review of a run has come, in numbers."""

import numpy as np

from cl_flows.review.web.record import DECIDED, DISPUTED
from cl_flows.review.web.shelf import Opened


def progress(run: Opened) -> dict[str, int]:
    """Count the suspects, those that are decided, and all rows that people dispute."""
    states = run.record.states
    flagged = run.index.flagged
    return {
        "total": int(flagged.sum()),
        "decided": int(np.sum(flagged & (states == DECIDED))),
        "disputed": int(np.sum(states == DISPUTED)),
        "rows": int(np.sum(states == DECIDED)),
    }
