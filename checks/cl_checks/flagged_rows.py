"""LN008: are too many rows flagged? Counts label issues; how many labels are wrong is LN001's question."""

from typing import Self

from pydantic import model_validator

from cl_checks.options import Count, Options, Share
from cl_checks.wording import percents
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Failed, Passed, Verdict

CODE, NAME = "LN008", "flagged-rows"


class FlaggedRowsOptions(Options):
    """Options of LN008; one of them at least.

    Attributes
    ----------
    max_share
        Largest share of rows called a label issue, in 0..1.
    max_rows
        Largest number of rows called a label issue.
    """

    max_share: Share | None = None
    max_rows: Count | None = None

    @model_validator(mode="after")
    def _wants_a_limit(self) -> Self:
        if self.max_share is None and self.max_rows is None:
            raise ValueError("give max_share, max_rows or both: without a limit nothing is checked")
        return self


def check_flagged_rows(evidence: Evidence, options: FlaggedRowsOptions) -> Verdict:
    """Hold the share and the number of flagged rows against their limits.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The limits; exactly as many pass.

    Returns
    -------
    Verdict
        `Failed` over a limit, else `Passed`.
    """
    flagged, rows = evidence.n_flagged, evidence.n_rows
    share = flagged / rows
    says = f"{flagged:,} of {rows:,} rows are flagged"
    remedy = "Check the flagged rows, rank 1 first, correct the wrong ones and run the gate again."
    if options.max_rows is not None and flagged > options.max_rows:
        return Failed(
            CODE, NAME, f"{says}; the limit is {options.max_rows:,}.", flagged, options.max_rows, remedy
        )
    if options.max_share is not None:
        found, most = percents(share, options.max_share)
        says = f"{says}, {found}; the limit is {most}."
        if share > options.max_share:
            return Failed(CODE, NAME, says, share, options.max_share, remedy)
        return Passed(CODE, NAME, says, share, options.max_share)
    return Passed(CODE, NAME, f"{says}; the limit is {options.max_rows:,}.", flagged, options.max_rows)


FLAGGED_ROWS = Check(CODE, NAME, "not too many rows are flagged", FlaggedRowsOptions, check_flagged_rows)
