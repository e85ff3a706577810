"""Numbers and texts as people read them."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_flows.report import wording


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.1234, "12.3%"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (nan, wording.NOTHING),
        (inf, wording.NOTHING),
        (None, wording.NOTHING),
    ],
)
def test_shares_have_one_decimal(share: float | None, said: str) -> None:
    """A share that does not exist is a dash, not "nan %"."""
    assert wording.percent(share) == said


@pytest.mark.parametrize(
    ("limit", "rate", "said"),
    [
        (0.05, 0.131, ("5.0%", "13.1%")),
        (0.05, 0.0504, ("5.00%", "5.04%")),
        (0.05, 0.05, ("5.0%", "5.0%")),
        (0.05, 0.05 + 1e-12, ("5.0000%", "5.0000%")),
        (None, 0.2, (wording.NOTHING, "20.0%")),
    ],
)
def test_a_rate_just_over_the_limit_does_not_read_as_equal(
    limit: float | None, rate: float, said: tuple[str, str]
) -> None:
    """5.04 % against 5 % is not written as 5.0 % against 5.0 %."""
    assert wording.percents(limit, rate) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.84, "0.8 s"), (59.96, "1 min 0 s"), (125.2, "2 min 5 s"), (3780, "1 h 3 min")]
)
def test_durations(seconds: float, said: str) -> None:
    """Seconds, minutes or hours, never sixty of one."""
    assert wording.duration(seconds) == said


def test_counts_agree_with_their_nouns() -> None:
    """One row, two rows; one class, two classes."""
    assert [wording.count(n, "row") for n in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
    assert wording.count(2, "class", "classes") == "2 classes"


@given(st.text(st.characters(codec=None), max_size=40), st.integers(1, 20))
def test_cut_text_is_short_and_can_be_written(text: str, length: int) -> None:
    """No control character and no half of a pair is left, so that every file can hold it."""
    short = wording.cut(text, length)
    assert len(short) <= length
    short.encode()
    assert not any(ord(c) < 32 and c not in "\t\n" for c in short)
