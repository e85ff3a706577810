"""LN005: are too many rows of one class labelled as another? Names the confusion, not only the class."""

import numpy as np
from pydantic import Field

from cl_checks.options import Count, Options, Share
from cl_checks.parts import DecideOn, Part, hold
from cl_checks.rates import class_rows, part_rate, wrong_shares
from cl_checks.wording import names, refuse_unknown
from cl_core.errors import ConfigError
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Verdict

CODE, NAME = "LN005", "pair-noise"
_ARROW = "->"


class PairNoiseOptions(Options):
    """Options of LN005.

    Attributes
    ----------
    max_noise_rate
        Largest share, in 0..1, of the rows with one given label that truly are of one other class.
    limits
        Other limits for single pairs: ``"cat -> dog"`` are rows labelled cat that are dogs.
    decide_on
        As in LN004, over all pairs together.
    min_rows
        Given labels with fewer rows are not judged, and the check says which.
    """

    max_noise_rate: Share = 0.1
    limits: dict[str, Share] = Field(default_factory=dict)
    decide_on: DecideOn = "alarm"
    min_rows: Count = 30


def check_pair_noise(evidence: Evidence, options: PairNoiseOptions) -> Verdict:
    """Hold the estimated share of every confusion (given, true) against its limit.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The limits and what is held against them.

    Returns
    -------
    Verdict
        See `cl_checks.parts.hold`; a breach a pair, ``where`` it is ``{given: name, true: name}``. Pairs
        that no row speaks for share one entry a given label, ``{given: name}``.
    """
    limits = _limits(options, evidence.classes)
    rows, shares, classes = class_rows(evidence).astype(int), wrong_shares(evidence), evidence.classes
    judged = [i for i, n in enumerate(rows.tolist()) if n > 0 and n >= options.min_rows]
    total = len(judged) * (len(classes) - 1)
    parts = []
    for i in judged:
        seen = [j for j in np.flatnonzero(shares[i] > 0).tolist() if j != i]
        for j in seen:
            limit = limits.get((classes[i], classes[j]), options.max_noise_rate)
            rate = part_rate(evidence, float(shares[i, j]), float(rows[i]), parts=total)
            where = (("given", classes[i]), ("true", classes[j]))
            parts.append(Part(where, f"{classes[i]!r} that are {classes[j]!r}:", int(rows[i]), rate, limit))
        unseen = [classes[j] for j in range(len(classes)) if j != i and j not in set(seen)]
        if unseen:
            lowest = min(limits.get((classes[i], name), options.max_noise_rate) for name in unseen)
            rate = part_rate(evidence, 0.0, float(rows[i]), parts=total)
            title = f"{classes[i]!r} that are of any other class:"
            parts.append(Part((("given", classes[i]),), title, int(rows[i]), rate, lowest))
    scarce = [name for i, name in enumerate(classes) if i not in set(judged)]
    aside = f"Not judged, with fewer than {options.min_rows} rows: {names(scarce)}." if scarce else ""
    return hold(CODE, NAME, parts, evidence, decide_on=options.decide_on, noun="pair", aside=aside)


def _limits(options: PairNoiseOptions, classes: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Read ``cat -> dog``; a class whose own name holds the arrow is found all the same."""
    found = {}
    for text, limit in options.limits.items():
        steps = text.split(_ARROW)
        cuts = [
            (_ARROW.join(steps[:at]).strip(), _ARROW.join(steps[at:]).strip()) for at in range(1, len(steps))
        ]
        known = [cut for cut in cuts if set(cut) <= set(classes)]
        if not cuts:
            raise ConfigError(
                f"{NAME}.limits: {text!r} is no pair",
                hint="write the given label, an arrow and the true one: cat -> dog",
            )
        if not known:
            refuse_unknown(f"{NAME}.limits", cuts[0], classes, "class")
        found[known[0]] = limit
    return found


PAIR_NOISE = Check(
    CODE,
    NAME,
    "no class has too many rows labelled as another",
    PairNoiseOptions,
    check_pair_noise,
    rests_on=("model-quality",),
)
