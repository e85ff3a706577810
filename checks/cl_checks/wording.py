"""How numbers and names are put to people. No rules and no verdicts."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from cl_core.errors import ConfigError

# Beyond six decimals nobody reads on, and shares of fewer than a million rows differ before that.
_MOST_DECIMALS = 6


def percents(*shares: float) -> tuple[str, ...]:
    """Write shares as percentages, with as many decimals as it takes to tell different ones apart.

    Examples
    --------
    >>> percents(0.12, 0.05)
    ('12%', '5%')
    >>> percents(0.0504, 0.05)
    ('5.04%', '5%')
    """
    for decimals in range(1, _MOST_DECIMALS + 1):
        written = tuple(_percent(share, decimals) for share in shares)
        if len(set(written)) == len(set(shares)):
            break
    return written


def names(found: list[str], most: int = 5) -> str:
    """List at most `most` names and say how many more there are.

    Examples
    --------
    >>> names(["cat", "dog", "owl"], most=2)
    'cat, dog and 1 more'
    """
    rest = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest


def refuse_unknown(where: str, asked: Iterable[str], known: Sequence[str], noun: str) -> None:
    """Refuse names that the data do not have: a limit on them would never be held against anything."""
    for name in asked:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ConfigError(
                f"{where} names {name!r}, but there is no such {noun}",
                hint=f"did you mean {near[0]!r}?" if near else f"there are: {names(list(known), 12)}",
            )


def _percent(share: float, decimals: int) -> str:
    digits = f"{100 * share:.{decimals}f}"
    return digits.rstrip("0").rstrip(".") + "%"
