"""LN010: are labels distributed otherwise than in the last accepted run? Says nothing of who is right."""

import numpy as np

from cl_checks.compared import class_rows_then, no_baseline, shift_distance
from cl_checks.options import Options, Share
from cl_checks.rates import class_rows
from cl_checks.wording import names, percents
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Failed, Passed, Verdict

CODE, NAME = "LN010", "label-shift"

# Rows that come from the same distribution raise this alarm in one run of twenty at most.
_LEVEL = 0.05


class LabelShiftOptions(Options):
    """Options of LN010.

    Attributes
    ----------
    max_shift
        Largest total variation distance of the label distributions, in 0..1: the share of rows that would
        have to change their label. The check fails only when the distance is over it beyond chance.
    """

    max_shift: Share = 0.1


def check_label_shift(evidence: Evidence, options: LabelShiftOptions) -> Verdict:
    """Hold the distance to the accepted run's label distribution against the limit.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the accepted run.
    options
        The largest distance.

    Returns
    -------
    Verdict
        `Failed` when the lower end of the distance is over the limit (`cl_checks.compared.shift_distance`),
        else `Passed`, also without an accepted run.
    """
    baseline = evidence.context.baseline
    first = no_baseline(CODE, NAME, evidence, classes=True)
    if first is not None or baseline is None:
        return first or Passed(CODE, NAME, "")
    then = class_rows_then(baseline)
    now = dict(zip(evidence.classes, class_rows(evidence).tolist(), strict=True))
    every = sorted({*then, *now})
    new, old = (np.array([counts.get(name, 0) for name in every], dtype=float) for counts in (now, then))
    seen, beyond = shift_distance(new, old, level=_LEVEL)
    moved = new / new.sum() - old / old.sum()
    order = sorted(range(len(every)), key=lambda i: (-abs(moved[i]), every[i]))[:3]
    most = [f"{every[i]} {old[i] / old.sum():.1%} to {new[i] / new.sum():.1%}" for i in order if moved[i]]
    far, sure, limit = percents(seen, beyond, options.max_shift)
    says = (
        f"Labels lie {far} from those of the accepted run {baseline.run_id}, {sure} beyond chance; "
        f"the limit is {limit}." + (f" Most moved: {names(most, 3)}." if most else "")
    )
    if beyond > options.max_shift:
        remedy = (
            "Find out whether other rows came in or other rules of labelling. If the change is meant, accept "
            "this run with `labelgate history accept`."
        )
        return Failed(CODE, NAME, says, beyond, options.max_shift, remedy)
    return Passed(CODE, NAME, says, beyond, options.max_shift)


LABEL_SHIFT = Check(
    CODE, NAME, "labels are distributed as in the last accepted run", LabelShiftOptions, check_label_shift
)
