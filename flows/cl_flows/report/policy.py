"""What waivers, warnings, the accepted run and the clean split are called in reports. No judging."""

import math
from collections.abc import Mapping
from typing import Any

from cl_checks.compared import difference
from cl_checks.rates import Rate
from cl_core.verdict import Judgement, Ruling, Verdict, Waiver
from cl_flows.report.record import RunReport
from cl_flows.report.wording import percents

_EFFECTS = {"counts": "", "warns": "only warns", "informs": "for information", "waived": "waived"}


def effect_in_words(check: Mapping[str, Any]) -> str:
    """Say how the objection of a check counts; empty for a pass and for one that decides."""
    if check["status"] == "passed":
        return ""
    part = bool(check["waivers"]) and check["effect"] != "waived"
    return ", ".join(text for text in (_EFFECTS[check["effect"]], "partly waived" if part else "") if text)


def waiver_lines(judgement: Judgement) -> tuple[str, ...]:
    """Say of every waiver what became of it."""
    return tuple(waiver_sentence(use) for use in policy_json(judgement)["waivers"])


def waiver_sentence(use: Mapping[str, Any]) -> str:
    """Say of a waiver, as the report for machines has it, what became of it."""
    about = ", ".join(f"{what} {which}" for what, which in use["where"].items())
    of = f"{use['check']} ({about})" if about else use["check"]
    until = f"{use['owner']} until {use['until']}"
    match use["state"]:
        case "used":
            times = "1 objection" if use["waived"] == 1 else f"{use['waived']:,} objections"
            return f"{of}: {times} waived by {until}. Reason: {use['reason']}"
        case "idle":
            return f"{of}: waived by {until}, but there is nothing to waive"
        case _:
            return f"{of}: the waiver of {use['owner']} ended on {use['until']} and counts no more"


def baseline_line(report: RunReport) -> str:
    """Compare with the accepted run in a sentence; empty for the first run."""
    return baseline_sentence(baseline_json(report))


def baseline_sentence(baseline: Mapping[str, Any] | None) -> str:
    """Compare with the accepted run, as the report for machines has it; empty where there is none."""
    if baseline is None:
        return ""
    rates = (baseline[key] for key in ("rate", "rise", "rise_low", "rise_high"))
    _, then, rise, low, high = percents(None, *(math.nan if rate is None else rate for rate in rates))
    by = baseline["accepted_by"]
    accepted = f", accepted by {by}: {baseline['reason']}" if by else ""
    return f"{then} in run {baseline['run']}{accepted}; difference {rise} ({low} to {high})"


def baseline_json(report: RunReport) -> dict[str, Any] | None:
    """Return the accepted run and the difference as plain values."""
    baseline, noise = report.judgement.baseline, report.evidence.noise
    if baseline is None:
        return None
    found = difference(
        Rate(noise.rate, noise.low, noise.high), Rate(baseline.rate, baseline.low, baseline.high)
    )
    return {
        "run": baseline.run_id,
        "finished": baseline.finished_at,
        "rows": baseline.n_rows,
        "rate": baseline.rate,
        "low": baseline.low,
        "high": baseline.high,
        "method": baseline.method,
        "accepted_by": baseline.accepted_by,
        "reason": baseline.reason,
        "rise": found.rise,
        "rise_low": found.low,
        "rise_high": found.high,
    }


def policy_json(judgement: Judgement) -> dict[str, Any]:
    """Return preset, warnings and waivers as plain values."""
    return {
        "preset": judgement.preset,
        "reporting_only": judgement.reporting_only,
        "warnings": [outcome.name for outcome in judgement.warnings],
        "waivers": [
            {**waiver_json(use.waiver), "state": use.state, "waived": use.waived} for use in judgement.waivers
        ],
    }


def waiver_json(waiver: Waiver) -> dict[str, Any]:
    """Return a waiver as plain values."""
    return {
        "check": waiver.check,
        "where": dict(waiver.where),
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until.isoformat(),
    }


def outcome_json(outcome: Verdict, ruling: Ruling, *, most: int) -> Mapping[str, Any]:
    """Return a check's outcome and how it counts; at most `most` breaches."""
    return {
        "code": outcome.code,
        "name": outcome.name,
        "status": outcome.status,
        "says": outcome.says,
        "measured": outcome.measured,
        "limit": outcome.limit,
        "remedy": outcome.remedy,
        "severity": ruling.severity,
        "effect": ruling.effect,
        "waived": ruling.effect == "waived",
        "waivers": [waiver_json(waiver) for waiver in ruling.waivers],
        "breaches": {
            "total": len(outcome.breaches),
            "rows": [
                {"where": dict(b.where), "says": b.says, "measured": b.measured, "limit": b.limit}
                for b in outcome.breaches[:most]
            ],
        },
    }
