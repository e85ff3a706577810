"""How numbers are put to people. No rules and no verdicts."""

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


def _percent(share: float, decimals: int) -> str:
    digits = f"{100 * share:.{decimals}f}"
    return digits.rstrip("0").rstrip(".") + "%"
