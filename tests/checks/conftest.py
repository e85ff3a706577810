"""Hand-made evidence for the checks: every number is chosen, none is computed from a model."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cl_core import Evidence, ModelQuality, NoiseEstimate


def make_noise(
    rate: float = 0.04, low: float = 0.02, high: float = 0.06, *, identified: bool = True, reason: str = ""
) -> NoiseEstimate:
    """Build a noise estimate about 200 rows."""
    return NoiseEstimate(rate, low, high, 0.95, "hand", 200, None, identified, reason)


def make_scored(rows: tuple[int, ...] = (120, 80), wrong: int = 8) -> pd.DataFrame:
    """Build a scored table: so many rows a class, the first `wrong` of them flagged."""
    given = np.repeat([f"class-{i}" for i in range(len(rows))], rows).astype(object)
    flagged = np.arange(len(given)) < wrong
    suggested = np.where(flagged, f"class-{len(rows) - 1}", given)
    quality = np.where(flagged, 0.1, 0.9)
    return pd.DataFrame(
        {
            "id": np.arange(len(given)),
            "given_label": given,
            "suggested_label": suggested,
            "label_quality": quality,
            "is_label_issue": flagged,
            "rank": np.arange(1, len(given) + 1),
            "self_confidence": quality,
            "normalized_margin": quality,
            "reasons": np.where(flagged, "the model says so", ""),
        }
    )


def make_evidence(
    noise: NoiseEstimate | None = None,
    *,
    rows: tuple[int, ...] = (120, 80),
    wrong: int = 8,
    calibration_error: float = 0.05,
) -> Evidence:
    """Build evidence of two classes, 120 and 80 rows, 8 of the first class disputed."""
    scored = make_scored(rows, wrong)
    n, k = len(scored), len(rows)
    quality = ModelQuality(1 - wrong / n, max(rows) / n, calibration_error, int(np.argmin(rows)), min(rows))
    classes = tuple(f"class-{i}" for i in range(k))
    return Evidence(
        classes=classes,
        thresholds=np.full(k, 0.8),
        confident_joint=np.diag(rows).astype(np.int64),
        noise=noise or make_noise(),
        quality=quality,
        class_table=pd.DataFrame({"label": classes, "rows": rows}),
        pair_table=pd.DataFrame({"given_label": [], "suggested_label": [], "rows": []}),
        scored=scored,
    )


@pytest.fixture(scope="session")
def evidence() -> Callable[..., Evidence]:
    """Return the builder of hand-made evidence."""
    return make_evidence


@pytest.fixture(scope="session")
def noise() -> Callable[..., NoiseEstimate]:
    """Return the builder of hand-made noise estimates."""
    return make_noise


@pytest.fixture(scope="session")
def scored() -> Callable[..., pd.DataFrame]:
    """Return the builder of hand-made scored tables."""
    return make_scored
