"""Words of a text that speak for one label or against it. Counts rows, fits no model."""

from dataclasses import dataclass

import numpy as np

from cl_flows.review.counts import MOST_CHARACTERS, WORD, words_of
from cl_flows.review.index import RunIndex

# Rows that the prior counts for, shared out over words as both classes together hold them.
_PRIOR_ROWS = 10.0
# |log odds| beyond so many standard errors: 95 % of a normal distribution.
_CLEAR = 1.96


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and what it says of the label.

    Attributes
    ----------
    text
        The word as it stands in the text.
    start, end
        Where it stands: ``text[start:end]``.
    weight
        Log odds that a row with the suggested label holds it, less those of the given label: above 0 it
        speaks for the suggested label, below 0 for the given one.
    for_suggested, for_given
        Share of the rows with either label that hold it, this row left out, in 0..1.
    """

    text: str
    start: int
    end: int
    weight: float
    for_suggested: float
    for_given: float


def highlighted(index: RunIndex, position: int) -> tuple[Word, ...]:
    """Return the words of a text that tell its given label from the suggested one.

    Parameters
    ----------
    index
        The run. At most 1,000 rows of each label are read, drawn with a fixed seed.
    position
        The row; where it has no suggestion, its given label is held against the most probable other one.

    Returns
    -------
    tuple of Word
        Each place of a word whose log odds differ from 0 by more than 1.96 standard errors, in the order
        of the text; empty where the data are no texts. The row itself is left out of the counts.

    References
    ----------
    Monroe, Colaresi and Quinn (2008), Fightin' Words, Political Analysis 16(4), section 3.5: log odds with an
    informative Dirichlet prior and their approximate variance, here of rows that hold a word or do not.
    """
    counts = index.words
    if counts is None:
        return ()
    given, other = int(index.given[position]), _other(index, position)
    if other is None:
        return ()
    text = str(counts.texts[position])[:MOST_CHARACTERS]
    own = words_of(text)
    against, n_against, read = counts.of_class(given)
    speaking, n_speaking, _ = counts.of_class(other)
    itself = int(position in read)
    weights = {
        word: found
        for word in own
        if (found := _weight(speaking[word], n_speaking, against[word] - itself, n_against - itself))
    }
    return tuple(
        Word(match[0], match.start(), match.end(), *found)
        for match in WORD.finditer(text)
        if (found := weights.get(match[0].lower())) is not None
    )


def _other(index: RunIndex, position: int) -> int | None:
    given = int(index.given[position])
    if index.suggested[position] != given:
        return int(index.suggested[position])
    others = [name for name, _ in index.row(position).probabilities if name != index.classes[given]]
    return index.classes.index(others[0]) if others else None


def _weight(
    speaking: int, n_speaking: int, against: int, n_against: int
) -> tuple[float, float, float] | None:
    """Return log odds and both shares where the odds differ clearly, None otherwise."""
    if not n_speaking or not n_against:
        return None
    share = (speaking + against + 0.5) / (n_speaking + n_against + 1)
    with_it = np.array([speaking, against]) + _PRIOR_ROWS * share
    without = np.array([n_speaking - speaking, n_against - against]) + _PRIOR_ROWS * (1 - share)
    odds = float(np.subtract(*np.log(with_it / without)))
    if abs(odds) <= _CLEAR * np.sqrt((1 / with_it + 1 / without).sum()):
        return None
    return odds, speaking / n_speaking, against / n_against
