"""LN013: have people checked enough of these very rows, and lately? What they found is LN001's business."""

from cl_checks.options import Count, Options
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Passed, Undecided, Verdict

CODE, NAME = "LN013", "audit-required"
_HOW = (
    "Run `labelgate audit plan last`, have people fill in the sheet, "
    "and add it with `labelgate audit add last SHEET`."
)


class AuditRequiredOptions(Options):
    """Options of LN013.

    Attributes
    ----------
    min_rows
        Fewest rows that people have checked.
    max_age_days
        Most days since the last answer came in.
    """

    min_rows: Count = 50
    max_age_days: Count = 90


def check_audit_required(evidence: Evidence, options: AuditRequiredOptions) -> Verdict:
    """Ask for an audit of data with this very content, large and fresh enough.

    Parameters
    ----------
    evidence
        What was measured about the labels, with the audit; its context holds the clock and the audit's date.
    options
        The fewest rows and the greatest age.

    Returns
    -------
    Verdict
        `Undecided` without such an audit, else `Passed`. Never `Failed`: the labels may be all right.
    """
    audit, answered = evidence.audit, evidence.context.audited_at
    if audit is None and answered is not None:
        says = "People checked some of these rows, but no audit can be weighed against a limit of 0 or 1."
        return Undecided(CODE, NAME, says, 0, options.min_rows, "Set gate.max_noise_rate between 0 and 1.")
    if audit is None or answered is None:
        return Undecided(
            CODE,
            NAME,
            "Nobody has checked any of these rows.",
            0,
            options.min_rows,
            f"{_HOW} Then run again.",
        )
    checked = audit.estimate.n_audited
    if checked < options.min_rows:
        says = f"People checked {checked:,} of these rows; {options.min_rows:,} are wanted."
        remedy = f"Have more rows checked: `labelgate audit plan last --more {options.min_rows - checked}`."
        return Undecided(CODE, NAME, says, checked, options.min_rows, remedy)
    days = max(0, (evidence.context.time - answered).days)
    says = (
        f"People checked {checked:,} of these rows, the last one {days:,} days ago; "
        f"the limit is {options.max_age_days:,} days."
    )
    if days > options.max_age_days:
        return Undecided(CODE, NAME, says, days, options.max_age_days, f"Have rows checked anew. {_HOW}")
    return Passed(CODE, NAME, says, days, options.max_age_days)


AUDIT_REQUIRED = Check(
    CODE,
    NAME,
    "people have checked enough of these rows, not too long ago",
    AuditRequiredOptions,
    check_audit_required,
)
