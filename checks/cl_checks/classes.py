"""LN009: are the classes those of the last accepted run? Counts names, not shares."""

from math import log, log1p

from cl_checks.compared import class_rows_then, no_baseline
from cl_checks.options import Options
from cl_checks.rates import class_rows
from cl_checks.wording import names
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Breach, Failed, Passed, Verdict

CODE, NAME = "LN009", "classes"

# All vanished classes together are called so by chance in one run of twenty, at most.
_LEVEL = 0.05


class ClassesOptions(Options):
    """Options of LN009.

    Attributes
    ----------
    allow_new
        Whether classes may appear that labelled no row of the accepted run.
    allow_vanished
        Whether classes of the accepted run may label no row now. A class so rare that a batch of this
        size may well miss it is never called vanished.
    """

    allow_new: bool = False
    allow_vanished: bool = False


def check_classes(evidence: Evidence, options: ClassesOptions) -> Verdict:
    """Compare the names of the classes that label rows with those of the last accepted run.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the accepted run.
    options
        Which changes are allowed.

    Returns
    -------
    Verdict
        `Failed` for a change that is not allowed, a breach a class; else `Passed`, also without an
        accepted run. `measured` counts the classes, `limit` is 0.
    """
    baseline = evidence.context.baseline
    first = no_baseline(CODE, NAME, evidence, classes=True)
    if first is not None or baseline is None:
        return first or Passed(CODE, NAME, "")
    then = class_rows_then(baseline)
    now = dict(zip(evidence.classes, class_rows(evidence).astype(int).tolist(), strict=True))
    new = sorted(name for name, rows in now.items() if rows and not then.get(name))
    gone = sorted(name for name, rows in then.items() if rows and not now.get(name))
    missed = [name for name in gone if _by_chance(then[name], sum(then.values()), evidence.n_rows, len(then))]
    vanished = [name for name in gone if name not in missed]
    breaches = [
        *([] if options.allow_new else [_breach(n, f"{n!r} is new: {now[n]:,} rows", now[n]) for n in new]),
        *([] if options.allow_vanished else [_breach(n, f"{n!r} had {then[n]:,} rows", 0) for n in vanished]),
    ]
    says = _says(new, vanished, missed, baseline.run_id, sum(map(bool, now.values())))
    if breaches:
        remedy = (
            "Look for misspelt labels, a changed label scheme or a missing part of the data. If the change "
            "is meant, accept this run with `labelgate history accept`, or waive it."
        )
        return Failed(CODE, NAME, says, len(breaches), 0, remedy, tuple(breaches))
    return Passed(CODE, NAME, says, 0, 0)


def _breach(name: str, says: str, rows: int) -> Breach:
    return Breach((("class", name),), says, rows)


def _by_chance(rows: int, total: int, now: int, classes: int) -> bool:
    """Whether a class may be missed by chance: more probably than its part of the level."""
    share = rows / total
    return share < 1 and now * log1p(-share) > log(_LEVEL / max(classes, 1))


def _says(new: list[str], vanished: list[str], missed: list[str], run_id: str, total: int) -> str:
    parts = []
    if new:
        parts.append(f"New since the accepted run {run_id}: {names(new)}.")
    if vanished:
        parts.append(f"Vanished since the accepted run {run_id}: {names(vanished)}.")
    if missed:
        parts.append(f"Without a row, which may be chance: {names(missed)}.")
    return " ".join(parts) or f"The {total:,} classes that label rows are those of the accepted run {run_id}."


CLASSES = Check(
    CODE, NAME, "no class is new or vanished since the last accepted run", ClassesOptions, check_classes
)
