"""A curve is read by the settings most like it."""

import numpy as np
import pytest

from cl_core.noise.reading import Known, Terms, known, readings


def _settings(above: np.ndarray) -> Known:
    plateau = np.linspace(0.1, 0.3, len(above))
    return Known(np.repeat(plateau[:, None], 4, axis=1), plateau + above, np.ones(len(above)))


def test_a_reading_is_the_plateau_and_what_its_likes_had_above_it() -> None:
    """Where every known setting's truth is 2 points above its plateau, so are the rate and both ends."""
    read = readings(Terms(0.2, 0.2, 0.2, 0.2), _settings(np.full(80, 0.02)), 0.9)
    assert read == pytest.approx((0.22, 0.22, 0.22))


def test_only_settings_near_by_count() -> None:
    """Half the settings, those of high plateaus, lie far off: they do not move a reading at the low end."""
    settings = _settings(np.r_[np.full(100, 0.01), np.full(100, 0.2)])
    assert readings(Terms(0.1, 0.1, 0.1, 0.1), settings, 0.9) == pytest.approx((0.11, 0.11, 0.11))


def test_the_ends_widen_with_the_confidence() -> None:
    """Low, rate and high are in order and a higher confidence holds a lower one's range, all over."""
    for plateau in (0.0, 0.05, 0.2, 0.4, 0.9):
        found = Terms(plateau, 0.02, 0.05, 0.03)
        rate, low, high = readings(found, known(), 0.8)
        same, lower, higher = readings(found, known(), 0.95)
        assert 0 <= lower <= low <= rate == same <= high <= higher <= 1
