"""A small human audit that turns an estimated noise rate into a guarantee."""

from cl_core.audit.answers import AuditAnswers, collect_answers
from cl_core.audit.decide import AuditDecision, decide_from_audit
from cl_core.audit.estimate import AuditEstimate, StratumResult, estimate_from_audit
from cl_core.audit.needed import rows_needed
from cl_core.audit.plan import AuditPlan, extend_audit, plan_audit
from cl_core.audit.strata import Strata

__all__ = [
    "AuditAnswers",
    "AuditDecision",
    "AuditEstimate",
    "AuditPlan",
    "Strata",
    "StratumResult",
    "collect_answers",
    "decide_from_audit",
    "estimate_from_audit",
    "extend_audit",
    "plan_audit",
    "rows_needed",
]
