"""What a human audit decides about a noise budget. The statistics are `cl_core.audit`'s."""

from cl_checks.wording import percents
from cl_core.audit.finding import AuditFinding
from cl_core.evidence import Evidence
from cl_core.verdict import Failed, Passed, Undecided, Verdict


def audited_outcome(evidence: Evidence, limit: float, *, code: str, name: str) -> Verdict:
    """Let people's answers decide whether the noise rate is over `limit`.

    Parameters
    ----------
    evidence
        With the audit of these very rows, or without one.
    limit
        Largest share of wrong labels that passes, in 0..1.
    code, name
        The check that asks.

    Returns
    -------
    Verdict
        `Passed` or `Failed` at the error rates of the audit, which hold however often one looks;
        `Undecided` without an audit or before it decides. The outcome's `measured` is the end of the
        audit's interval that decided.
    """
    if evidence.audit is None:
        says = "No audit of these rows is on record, and the gate was told to decide on one."
        remedy = (
            "Run `labelgate audit plan last`, have people fill in the sheet, and add it with "
            "`labelgate audit add last SHEET`; then run the gate again."
        )
        return Undecided(code, name, says, evidence.noise.rate, limit, remedy)
    decision, says = evidence.audit.decision, _says(evidence.audit, limit)
    match decision.decision:
        case "below":
            # The bets may have decided before the last answers widened the interval a little.
            return Passed(code, name, says, min(decision.high, limit), limit)
        case "above":
            remedy = "Do not train on these labels yet: correct the flagged rows and run the gate again."
            over = max(decision.low, limit + (1 - limit) * 1e-9)
            return Failed(code, name, says, over, limit, remedy)
        case "undecided":
            remedy = (
                f"Have people check about {decision.more_rows:,} more rows: "
                f"`labelgate audit plan last --more {decision.more_rows}`."
            )
            return Undecided(code, name, says, evidence.audit.estimate.rate, limit, remedy)


def _says(audit: AuditFinding, limit: float) -> str:
    estimate, decision = audit.estimate, audit.decision
    rate, low, high, most = percents(estimate.rate, estimate.low, estimate.high, limit)
    chance = {
        "below": f", and the rate is under it (chance to pass worse data: {decision.alpha:.0%})",
        "above": f", and the rate is over it (chance to fail better data: {decision.beta:.0%})",
        "undecided": ", and the answers do not decide yet",
    }[decision.decision]
    return (
        f"People checked {estimate.n_audited:,} of {estimate.n_rows:,} rows: {rate} of the labels are wrong "
        f"({estimate.confidence:.0%} interval {low} to {high}); the limit is {most}{chance}."
    )
