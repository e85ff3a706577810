"""LN007: are more labels wrong than in the last accepted run? Says nothing about the level."""

from cl_checks.compared import Difference, difference, no_baseline
from cl_checks.options import Count, Options, Share
from cl_checks.rates import Rate, class_rates, class_rows
from cl_checks.wording import names, percents
from cl_core.baseline import Baseline, ClassFigures
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.noise.interval import z_score
from cl_core.verdict import Breach, Failed, Passed, Undecided, Verdict

CODE, NAME = "LN007", "noise-increase"


class NoiseIncreaseOptions(Options):
    """Options of LN007.

    Attributes
    ----------
    max_increase
        Largest rise of the noise rate, in 0..1, that passes. The check fails only when the whole
        interval of the rise is over it, so that a noisy difference is no alarm.
    per_class
        Whether each class is compared as well; their intervals hold together.
    min_rows
        Classes with fewer rows, now or then, are not compared.
    """

    max_increase: Share = 0.0
    per_class: bool = True
    min_rows: Count = 30


def check_noise_increase(evidence: Evidence, options: NoiseIncreaseOptions) -> Verdict:
    """Hold the rise of the noise rate since the last accepted run against the limit.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the accepted run.
    options
        The largest rise.

    Returns
    -------
    Verdict
        `Failed` when the rise, in all or of a class, is over the limit beyond chance; `Undecided` instead
        of a pass when the rate is not identified; else `Passed`, also without an accepted run.
    """
    first = no_baseline(CODE, NAME, evidence, classes=False)
    baseline, noise = evidence.context.baseline, evidence.noise
    if first is not None or baseline is None:
        return first or Passed(CODE, NAME, "")
    limit = options.max_increase
    total = difference(
        Rate(noise.rate, noise.low, noise.high), Rate(baseline.rate, baseline.low, baseline.high)
    )
    rises = _class_rises(evidence, baseline, options) if options.per_class else {}
    breaches = [Breach((), _says("all rows", total, limit), total.rise, limit)] if total.low > limit else []
    over = sorted((name for name in rises if rises[name].low > limit), key=lambda n: (-rises[n].low, n))
    breaches += [
        Breach((("class", name),), _says(repr(name), rises[name], limit), rises[name].rise, limit)
        for name in over
    ]
    says = _against(evidence, baseline, total)
    if breaches:
        lowest = total.low if total.low > limit else rises[over[0]].low
        says = f"{says} More labels are wrong beyond chance: {names([b.says for b in breaches], 3)}."
        remedy = (
            "Find out what changed since then: who labelled, by which rules, from which source. If the rise "
            "is accepted, say so with `labelgate history accept`."
        )
        return Failed(CODE, NAME, says, lowest, limit, remedy, tuple(breaches))
    if not noise.identified:
        says = f"{says} But the data do not pin the rate down: {noise.reason.rstrip('.')}."
        remedy = "Have people check a random sample, or use a better model."
        return Undecided(CODE, NAME, says, total.high, limit, remedy)
    compared = f" and in {len(rises):,} classes" if rises else ""
    return Passed(CODE, NAME, f"{says} No rise beyond chance in all{compared}.", max(total.low, -1.0), limit)


def _class_rises(
    evidence: Evidence, baseline: Baseline, options: NoiseIncreaseOptions
) -> dict[str, Difference]:
    """Compare the classes that have rows enough in both runs; their intervals hold together."""
    then = {figures.label: figures for figures in baseline.classes or ()}
    rows = dict(zip(evidence.classes, class_rows(evidence).tolist(), strict=True))
    fewest = max(options.min_rows, 1)
    common = [
        name
        for name in evidence.classes
        if name in then and rows[name] >= fewest and then[name].rows >= fewest and then[name].rate is not None
    ]
    rates = dict(zip(evidence.classes, class_rates(evidence, parts=len(common)), strict=True))
    rises = {}
    for name in common:
        now, before = rates[name], _widened(then[name], baseline, len(common))
        if now is not None and before is not None:
            rises[name] = difference(now, before)
    return rises


def _widened(figures: ClassFigures, baseline: Baseline, parts: int) -> Rate | None:
    """Widen an interval that was kept for one class to hold together with those of the others."""
    if figures.rate is None or figures.low is None or figures.high is None:
        return None
    kept = baseline.confidence or 0.95
    factor = z_score(1 - (1 - kept) / max(parts, 1)) / z_score(kept)
    low = figures.rate - factor * (figures.rate - figures.low)
    high = figures.rate + factor * (figures.high - figures.rate)
    return Rate(figures.rate, max(0.0, low), min(1.0, high))


def _says(title: str, found: Difference, limit: float) -> str:
    rise, low, high, most = percents(found.rise, found.low, found.high, limit)
    return f"{title} +{rise} ({low} to {high}, allowed {most})"


def _against(evidence: Evidence, baseline: Baseline, total: Difference) -> str:
    now, then, rise, low, high = percents(
        evidence.noise.rate, baseline.rate, total.rise, total.low, total.high
    )
    says = (
        f"An estimated {now} of the labels are wrong; {then} in the last accepted run {baseline.run_id} "
        f"(difference {rise}, {low} to {high})."
    )
    if evidence.noise.method != baseline.method:
        says += f" That run was estimated by {baseline.method}, this one by {evidence.noise.method}."
    return says


NOISE_INCREASE = Check(
    CODE,
    NAME,
    "no more labels are wrong than in the last accepted run",
    NoiseIncreaseOptions,
    check_noise_increase,
    rests_on=("model-quality",),
)
