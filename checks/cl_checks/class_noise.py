"""LN004: are too many labels of one class wrong? The total is LN001's."""

from pydantic import Field

from cl_checks.options import Count, Options, Share
from cl_checks.parts import DecideOn, Part, hold
from cl_checks.rates import class_rates, class_rows
from cl_checks.wording import names, refuse_unknown
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Verdict

CODE, NAME = "LN004", "class-noise"


class ClassNoiseOptions(Options):
    """Options of LN004.

    Attributes
    ----------
    max_noise_rate
        Largest share of wrong labels among the rows of a class, in 0..1.
    limits
        Other limits for single classes, by name.
    decide_on
        ``"alarm"``: fails where the whole interval of a class is over its limit, all classes' intervals
        holding together. ``"estimate"``: where the estimate is. ``"confident"``: undecided between.
    min_rows
        Classes with fewer rows are not judged, and the check says which.
    """

    # Twice the noise that most data sets of the field carry in all (3 % to 10 %): a class beyond it is
    # labelled by other rules than the rest.
    max_noise_rate: Share = 0.2
    limits: dict[str, Share] = Field(default_factory=dict)
    decide_on: DecideOn = "alarm"
    # The 95 % interval of a rate of 20 % on 30 rows is 28 points wide; on fewer, no alarm is possible
    # at all once ten classes share the error.
    min_rows: Count = 30


def check_class_noise(evidence: Evidence, options: ClassNoiseOptions) -> Verdict:
    """Hold the estimated noise rate of every class against its limit.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The limits and what is held against them.

    Returns
    -------
    Verdict
        See `cl_checks.parts.hold`; a breach a class, ``where`` it is ``{class: name}``.
    """
    refuse_unknown(f"{NAME}.limits", options.limits, evidence.classes, "class")
    rows = class_rows(evidence).astype(int).tolist()
    judged = [n > 0 and n >= options.min_rows for n in rows]
    rates = class_rates(evidence, parts=sum(judged))
    parts = [
        Part((("class", name),), f"{name!r}", n, rate, options.limits.get(name, options.max_noise_rate))
        for name, n, rate, enough in zip(evidence.classes, rows, rates, judged, strict=True)
        if enough and rate is not None
    ]
    scarce = [name for name, enough in zip(evidence.classes, judged, strict=True) if not enough]
    aside = f"Not judged, with fewer than {options.min_rows} rows: {names(scarce)}." if scarce else ""
    return hold(CODE, NAME, parts, evidence, decide_on=options.decide_on, noun="class", aside=aside)


CLASS_NOISE = Check(
    CODE,
    NAME,
    "no class has too many wrong labels",
    ClassNoiseOptions,
    check_class_noise,
    rests_on=("model-quality",),
)
