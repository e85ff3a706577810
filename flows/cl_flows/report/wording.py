"""Numbers and texts as people read them. Escaping belongs to the format that is written."""

import math
import re

# Control characters (tab and newline excepted), unpaired surrogates and non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MOST_DECIMALS = 4  # a hundredth of a label in ten thousand: nobody reads on
NOTHING = "–"  # noqa: RUF001 - the dash that stands for "no number"


def percent(share: float | None) -> str:
    """Write a share of 1 as a percentage with one decimal: ``0.1234`` is ``12.3%``."""
    return NOTHING if share is None or not math.isfinite(share) else f"{share * 100:.1f}%"


def percents(limit: float | None, *shares: float) -> tuple[str, ...]:
    """Write the limit and shares as `percent` does, with the decimals it takes to tell them from the limit.

    Examples
    --------
    >>> percents(0.05, 0.131), percents(0.05, 0.0504)
    (('5.0%', '13.1%'), ('5.00%', '5.04%'))
    """
    decimals = 1
    if limit is not None:
        others = [share for share in shares if share != limit]
        while decimals < _MOST_DECIMALS and f"{limit:.{decimals}%}" in [f"{s:.{decimals}%}" for s in others]:
            decimals += 1
    return tuple(NOTHING if s is None else f"{s:.{decimals}%}" for s in (limit, *shares))


def quality(score: float) -> str:
    """Write a label quality with three decimals."""
    return NOTHING if not math.isfinite(score) else f"{score:.3f}"


def count(number: int, noun: str = "", plural: str = "") -> str:
    """Write a count with its noun: ``1 row``, ``1,234 rows``."""
    word = noun if number == 1 else plural or f"{noun}s"
    return f"{number:,} {word}" if noun else f"{number:,}"


def duration(seconds: float) -> str:
    """Write a time span: ``0.8 s``, ``2 min 5 s``, ``1 h 3 min``."""
    if round(seconds, 1) < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def printable(text: object) -> str:
    """Return the text with Unix line ends, and U+FFFD for every character that no file may hold."""
    return _UNPRINTABLE.sub("\ufffd", str(text).replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: object, length: int) -> str:
    """Return the printable text, at most `length` characters, an ellipsis where it was cut."""
    whole = printable(text)
    return whole if len(whole) <= length else whole[: length - 1].rstrip() + "…"
