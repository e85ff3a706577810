"""From answers to class probabilities: the code in a text, alternatives to its tokens, votes. No requests."""

from collections.abc import Sequence

import numpy as np

from cl_core.types import FloatArray
from cl_plugins.backends.llm.answer import Position

# Spaces as tokenizers write them, and what models put around a letter: **A**, "A", (A), A.
_AROUND = " \t\r\n\u2581\u0120*\"'`.,:;()[]<>"


def code_in(content: str, codes: tuple[str, ...]) -> int | None:
    """Return the class whose code the answer is; None for any other answer, however plausible.

    Examples
    --------
    >>> code_in(" **b** ", ("A", "B")), code_in("A, because ...", ("A", "B"))
    (1, None)
    """
    bare = content.strip(_AROUND).upper()
    return codes.index(bare) if bare in codes else None


def probs_from_tokens(positions: Sequence[Position], codes: tuple[str, ...]) -> FloatArray | None:
    """Return the probability of each class from the alternatives to the tokens of an answer.

    A token that completes a code gives its probability to that class. One that begins codes is followed
    where the model went on with it, and else shared evenly among the classes it may lead to. What lies on
    tokens the server does not list is shared among the classes that no listed token leads to, none of them
    getting more than the least likely listed token. Tokens that lead to no code are left out, and the rest
    is divided by its sum.

    Parameters
    ----------
    positions
        Token by token, what was chosen and the alternatives.
    codes
        Of the classes, none the beginning of another.

    Returns
    -------
    float array of shape (k,) or None
        Sums to 1; None where no token leads to a code.
    """
    mass: FloatArray = np.zeros(len(codes))
    prefix, reached = "", 1.0
    for chosen, top in positions:
        follow: tuple[str, float] | None = None
        open_codes = {i for i, code in enumerate(codes) if code.startswith(prefix)}
        uncovered, listed = set(open_codes), 0.0
        for token, log in top:
            share = float(np.exp(log))
            listed += share
            begun = prefix + token.strip(_AROUND).upper()
            leads_to = [i for i in open_codes if codes[i].startswith(begun)]
            if begun != prefix:
                uncovered -= set(leads_to)
            if token == chosen and leads_to and begun not in codes:
                follow = (begun, share)
            elif leads_to and begun != prefix:
                mass[leads_to] += reached * share / len(leads_to)
        if uncovered and top and (follow is None or follow[0] != prefix):
            least = float(np.exp(min(log for _, log in top)))
            mass[list(uncovered)] += reached * min(max(0.0, 1.0 - listed) / len(uncovered), least)
        if follow is None:
            break
        prefix, reached = follow[0], reached * follow[1]
    total = float(mass.sum())
    if total == 0:
        return None
    mass /= total
    return mass


def probs_from_votes(votes: Sequence[int], n_classes: int, smoothing: float) -> FloatArray:
    """Return the share of votes for each class, with `smoothing` votes more, spread over all classes.

    Examples
    --------
    >>> probs_from_votes([0, 0, 1], 2, 1.0).tolist()
    [0.625, 0.375]
    """
    counts = np.bincount(np.asarray(votes, dtype=np.intp), minlength=n_classes)
    return np.asarray((counts + smoothing / n_classes) / (len(votes) + smoothing), dtype=np.float64)
