"""All that an audit says, in one record: the estimate and the decision. No storage."""

from dataclasses import dataclass

from cl_core.audit.answers import AuditAnswers
from cl_core.audit.decide import AuditDecision, decide_from_audit
from cl_core.audit.estimate import AuditEstimate, estimate_from_audit
from cl_core.audit.plan import AuditPlan


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What people found, for the gate and the report.

    Attributes
    ----------
    estimate
        The noise rate with its interval.
    decision
        Whether the rate is under the limit, at error rates that hold however often one looks.
    """

    estimate: AuditEstimate
    decision: AuditDecision


def audit_finding(plan: AuditPlan, answers: AuditAnswers, *, max_noise_rate: float) -> AuditFinding:
    """Estimate the rate and decide against `max_noise_rate`; refuses an audit without answers."""
    decision = decide_from_audit(plan, answers, max_noise_rate=max_noise_rate)
    return AuditFinding(estimate_from_audit(plan, answers), decision)
