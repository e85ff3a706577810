"""LN006: are too many labels wrong where a column has a certain value? Does not say why."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from cl_checks.options import Count, Options, Share
from cl_checks.parts import DecideOn, Part, hold
from cl_checks.rates import part_rate, row_shares
from cl_checks.slices import cut_slices
from cl_checks.wording import names
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Verdict

CODE, NAME = "LN006", "slice-noise"


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class SliceNoiseOptions(Options):
    """Options of LN006.

    Attributes
    ----------
    columns
        Column, or columns, of the source to cut the rows by, each by itself.
    max_noise_rate
        Largest share of wrong labels among the rows of a slice, in 0..1.
    decide_on
        As in LN004, over the slices of all columns together.
    min_rows
        Slices with fewer rows are not judged, and the check says which.
    bins
        Numbers and times of more different values than this are cut into so many slices of equal size.
    max_values
        A column of other values with more different ones than this is refused.
    """

    columns: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    max_noise_rate: Share = 0.2
    decide_on: DecideOn = "alarm"
    min_rows: Count = 50
    bins: Annotated[Count, Field(ge=2)] = 4
    max_values: Count = 200


def check_slice_noise(evidence: Evidence, options: SliceNoiseOptions) -> Verdict:
    """Hold the estimated noise rate of every slice against the limit.

    A slice's rate is the mean, over its rows, of each label's chance to be wrong
    (`cl_checks.rates.row_shares`), so that slices of one column add up to the total.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the source's rows.
    options
        The columns, the limit and what is held against it.

    Returns
    -------
    Verdict
        See `cl_checks.parts.hold`; a breach a slice, ``where`` it is ``{column: value}``.
    """
    slices = cut_slices(evidence, options.columns, bins=options.bins, most=options.max_values, check=NAME)
    chances = row_shares(evidence)
    judged = [part for part in slices if len(part.rows) >= max(options.min_rows, 1)]
    parts = []
    for part in judged:
        share = min(1.0, float(chances[part.rows].mean()))
        rate = part_rate(evidence, share, len(part.rows), parts=len(judged))
        title = f"{part.column} {part.value!r}"
        parts.append(Part(((part.column, part.value),), title, len(part.rows), rate, options.max_noise_rate))
    small = [f"{part.column} {part.value!r}" for part in slices if len(part.rows) < max(options.min_rows, 1)]
    aside = f"Not judged, with fewer than {options.min_rows} rows: {names(small)}." if small else ""
    return hold(CODE, NAME, parts, evidence, decide_on=options.decide_on, noun="slice", aside=aside)


SLICE_NOISE = Check(
    CODE,
    NAME,
    "no slice of the rows has too many wrong labels",
    SliceNoiseOptions,
    check_slice_noise,
    rests_on=("model-quality",),
)
