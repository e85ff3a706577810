"""How far several reviewers agree, beyond what chance would do. Decides no row: standing.py does."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from cl_flows.database.place import Database
from cl_flows.review.decisions import Action, Decision, latest


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the rows that both gave an opinion on.

    Attributes
    ----------
    first, second
        Their names.
    rows, same
        Rows that both judged, and those on which they said the same.
    kappa
        Cohen's kappa in -1..1; None where it is not defined.
    """

    first: str
    second: str
    rows: int
    same: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """All reviewers together.

    Attributes
    ----------
    rows, unanimous
        Rows with the opinions of two or more people, and those on which all said the same.
    raw
        Mean share of agreeing pairs of opinions a row, in 0..1; None without such rows.
    kappa
        Fleiss' kappa, at most 1; None where it is not defined.
    pairs
        Every two people with a row in common, by name.
    """

    rows: int
    unanimous: int
    raw: float | None
    kappa: float | None
    pairs: tuple[PairAgreement, ...]


def agreement(database: Database, fingerprint: str, *, blind_only: bool = False) -> Agreement:
    """Compare everybody's latest opinions; ``skip`` is none.

    Opinions are the same when they give the row the same label; ``ambiguous`` and ``none`` are two opinions
    here, though both exclude the row. With `blind_only`, words that were given in sight of others' are left
    out: only blind ones are independent, and agreement of the others flatters.
    """
    words = (word for word in latest(database, fingerprint) if word.blind or not blind_only)
    return agreement_of(words)


def agreement_of(words: Iterable[Decision]) -> Agreement:
    """Compare words that were read already, at most one a person and row."""
    by_row: dict[int, dict[str, str]] = {}
    for word in words:
        if word.action != Action.SKIP.value:
            by_row.setdefault(word.position, {})[word.who] = _opinion(word)
    several = [said for said in by_row.values() if len(said) > 1]
    counts = [Counter(said.values()) for said in several]
    return Agreement(
        rows=len(counts),
        unanimous=sum(len(count) == 1 for count in counts),
        raw=sum(map(_agreeing, counts)) / len(counts) if counts else None,
        kappa=fleiss_kappa(counts),
        pairs=_pairs(several),
    )


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two raters beyond chance.

    ``(p_o - p_e) / (1 - p_e)``: `p_o` is the share of rows on which they agree, `p_e` the share on which two
    raters would agree who give each answer as often as these two do, by lot.

    Parameters
    ----------
    pairs
        The answers of both on each row.

    Returns
    -------
    float or None
        In -1..1. None without rows, and where both gave one and the same answer to all of them: chance alone
        would agree always, and 0 / 0 says nothing.

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20.
    """
    if not pairs:
        return None
    n = len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    expected = sum(first[answer] * second[answer] for answer in first)
    if expected == n * n:
        return None
    observed = sum(one == two for one, two in pairs)
    return (observed / n - expected / n**2) / (1 - expected / n**2)


def fleiss_kappa(counts: Sequence[Counter[str]]) -> float | None:
    """Agreement of many raters beyond chance, whoever they were on each row.

    ``(P - P_e) / (1 - P_e)``: `P` is the mean share of agreeing pairs of answers a row, `P_e` the sum of the
    squares of the answers' shares.

    Parameters
    ----------
    counts
        How often each answer was given to each row; two answers or more a row. Rows may have different
        numbers of answers: each row weighs the same in `P`, each answer in `P_e`. With equal numbers this is
        the kappa of the paper.

    Returns
    -------
    float or None
        At most 1. None without rows, and where all answers to all rows are the same (0 / 0).

    References
    ----------
    Fleiss (1971), Measuring nominal scale agreement among many raters, Psychological Bulletin 76.
    """
    if not counts:
        return None
    total: Counter[str] = sum(counts, Counter())
    if len(total) == 1:
        return None
    answers = total.total()
    expected = sum((count / answers) ** 2 for count in total.values())
    return (sum(map(_agreeing, counts)) / len(counts) - expected) / (1 - expected)


def _agreeing(count: Counter[str]) -> float:
    """Share of the pairs of answers to one row that agree."""
    n = count.total()
    return sum(one * (one - 1) for one in count.values()) / (n * (n - 1))


def _pairs(several: Sequence[dict[str, str]]) -> tuple[PairAgreement, ...]:
    both: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for said in several:
        for one, two in combinations(sorted(said), 2):
            both.setdefault((one, two), []).append((said[one], said[two]))
    return tuple(
        PairAgreement(one, two, len(pairs), sum(a == b for a, b in pairs), cohen_kappa(pairs))
        for (one, two), pairs in sorted(both.items())
    )


def _opinion(word: Decision) -> str:
    match word.action:
        case "keep":
            return f"label {word.given_label}"
        case "relabel":
            return f"label {word.label}"
        case action:
            return action
