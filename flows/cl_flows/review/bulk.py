"""Taking the model's suggestion for many rows at once: what it changes, and how often that would be right."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cl_core.types import Indices
from cl_flows.database.place import Database
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide, latest
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from cl_flows.review.standing import Outcome, Standing

# The model's mean probability counts as much as this many rows that people judged.
_WORTH_ROWS = 2.0
_MOST_PAIRS = 20
_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a suggestion in this range is right, as far as anybody can tell.

    Attributes
    ----------
    estimate, low, high
        Mean and 95 % interval, in 0..1.
    n_judged, n_right
        Rows in the range that people settled one by one, and those on which they took the suggestion.
    model
        Mean probability of the suggested label on the rows that would change; None for a run of an older
        labelgate, which left none.
    """

    estimate: float
    low: float
    high: float
    n_judged: int
    n_right: int
    model: float | None

    @property
    def says(self) -> str:
        """Say what the estimate rests on."""
        band = f"{self.estimate:.0%} ({self.low:.0%} to {self.high:.0%})"
        if self.n_judged:
            return f"{band}: people took {self.n_right:,} of {self.n_judged:,} suggestions in this range"
        return f"{band}: the model's own opinion, nobody has judged a row in this range yet"


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What accepting all suggestions in a range would do.

    Attributes
    ----------
    positions
        Rows that would get the suggested label, worst first.
    pairs
        The most frequent (given, suggested, rows) among them.
    n_decided, n_same
        Rows in the range that are left out: people gave a word on them, or the suggestion is the given label.
    precision
        None where nothing would change.
    examples
        Positions of up to twelve rows to look at first, spread evenly from the worst to the best.
    """

    positions: Indices
    pairs: tuple[tuple[str, str, int], ...]
    n_decided: int
    n_same: int
    precision: Precision | None
    examples: tuple[int, ...]

    @property
    def n_rows(self) -> int:
        """Rows that would change."""
        return len(self.positions)


def preview_bulk(index: RunIndex, wanted: RowFilter, decided: Standing) -> BulkPreview:
    """Say what taking the suggestion for all rows that fit `wanted` would change, and how good it would be.

    Rows on which anybody gave a word are never touched. The estimated precision is the mean of a beta
    distribution: the model's mean probability of the suggested label on the rows that would change, worth two
    judged rows, and then every row of the range that people settled one by one (not in bulk): a success where
    they took the suggestion. With no judged row it rests on the model alone, and its wide interval says so;
    with many it rests on them. Two cautions: people mostly judge the worst rows first, so the judged rows of
    a broad range are no random sample (narrow it); and a model that is sure and wrong looks good until
    somebody judges.
    """
    found = index.find(wanted)
    differs = index.given[found] != index.suggested[found]
    words = np.array(sorted(decided.verdicts), dtype=np.intp)
    judged = np.isin(found, words)
    positions = found[differs & ~judged]
    return BulkPreview(
        positions=positions,
        pairs=_pairs(index, positions),
        n_decided=int(judged.sum()),
        n_same=int((~differs & ~judged).sum()),
        precision=_precision(index, positions, found[differs & judged], decided) if len(positions) else None,
        examples=tuple(positions[_spread(len(positions))].tolist()),
    )


def accept_bulk(
    database: Database,
    run: RunKey,
    who: str,
    index: RunIndex,
    positions: Iterable[int],
    *,
    token: str = "",
    note: str = "",
) -> int:
    """Give rows their suggested labels, as one step of `undo`, and return how many are on record for it.

    Rows that somebody judged since the preview, and those whose suggestion is their given label, are left
    out. With a token a repeated call writes nothing more.
    """
    words = latest(database, run.fingerprint)
    again = {word.position for word in words if token and (word.origin, word.who) == ("bulk", who)}
    judged = {word.position for word in words} - again
    new = []
    ids = index.ids
    for place in map(int, positions):
        given, suggested = (index.classes[codes[place]] for codes in (index.given, index.suggested))
        if given != suggested and place not in judged:
            mark = f"{token}-{place}" if token else ""
            new.append(
                NewDecision(place, str(ids[place]), given, Action.RELABEL, suggested, note=note, token=mark)
            )
    return len(decide(database, run, who, new, origin="bulk")) if new else 0


def _precision(index: RunIndex, positions: Indices, judged: Indices, decided: Standing) -> Precision:
    right = seen = 0
    for place in judged.tolist():
        outcome, label, word = decided.verdicts[place]
        if word.origin == "bulk" or outcome in {Outcome.OPEN, Outcome.DISPUTED}:
            continue
        seen += 1
        right += outcome is Outcome.RELABEL and label == index.classes[index.suggested[place]]
    model = index.mean_suggested_probability(positions)
    # Where no probabilities are on record, Jeffreys' prior: as ignorant as a half of a row either way.
    prior, worth = (0.5, 1.0) if model is None else (model, _WORTH_ROWS)
    a, b = prior * worth + right, (1 - prior) * worth + seen - right
    low, high = stats.beta.ppf([0.025, 0.975], max(a, 1e-6), max(b, 1e-6))
    return Precision(a / (a + b), float(low), float(high), seen, right, model)


def _pairs(index: RunIndex, positions: Indices) -> tuple[tuple[str, str, int], ...]:
    codes = zip(index.given[positions].tolist(), index.suggested[positions].tolist(), strict=True)
    return tuple(
        (index.classes[given], index.classes[suggested], rows)
        for (given, suggested), rows in Counter(codes).most_common(_MOST_PAIRS)
    )


def _spread(n: int) -> Indices:
    return np.unique(np.linspace(0, n - 1, min(n, _EXAMPLES)).astype(np.intp)) if n else np.empty(0, np.intp)
