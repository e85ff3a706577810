"""Undecided runs that wait for people: their audit plan, and which of them answers decide. No Prefect."""

import json
import logging
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cl_core.errors import LabelgateError
from cl_flows.audit_sheet import write_sheet
from cl_flows.audits import finding_for_data, plan_for_run, read_audit_of_data, read_scored
from cl_flows.claims import Claim, all_claims
from cl_flows.config import GateConfig, OutputSection
from cl_flows.database.place import Database
from cl_flows.outcome import GateResult
from cl_flows.resuming import result_of

logger = logging.getLogger(__name__)

SHEET = "audit.csv"


def with_plan(config: GateConfig, result: GateResult) -> tuple[GateResult, bool]:
    """Plan the audit of a run that people are to decide, and tell of it in the result's remedy.

    Returns
    -------
    result, planned
        The result, and whether people can decide it now. An audit of the same rows that somebody planned
        earlier goes on: its answers count for this run as well.
    """
    folder = Path(result.folder)
    if result.status != "undecided" or not config.gate.asks_people:
        return result, False
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        fingerprint = report["data"]["fingerprint"]
        known = read_audit_of_data(config.history, fingerprint)
        run_id = result.run_id if known is None else known.run_id
        planned_in = folder if known is None else folder.parent / run_id
        audit = plan_for_run(config.history, planned_in, max_noise_rate=None, rows=None, more=0, seed=0)
        sheet = folder / SHEET
        if not sheet.exists():  # it may hold answers already
            write_sheet(sheet, audit.plan, read_scored(folder))
    except (LabelgateError, OSError) as error:
        logger.warning("no audit could be planned, so that nobody can decide this run: %s", error)
        return result, False
    says = (
        f"People decide: {len(audit.plan.positions):,} rows to check are in {sheet}. Fill in is_wrong (yes "
        "or no) from the top, and add what you have as often as you like: "
        f"labelgate audit add {run_id} SHEET{_output(folder.parent)}"
    )
    return replace(result, remedy=says), True


@dataclass(frozen=True, slots=True)
class Decided:
    """A suspended run that people's answers decide."""

    claim: Claim
    decision: str

    @property
    def says(self) -> str:
        """Say it to whoever answered."""
        how = {"below": "under", "above": "over"}[self.decision]
        return f"run {self.claim.run_id} waits for this: its noise rate is {how} the limit"


def decided_by_answers(output: Path, database: Database, fingerprint: str) -> list[Decided]:
    """Return the suspended runs of data with this very content that the answers until now decide."""
    found = []
    for claim in waiting_runs(output):
        if claim.fingerprint != fingerprint:
            continue
        finding = finding_for_data(database, fingerprint, max_noise_rate=claim.max_noise_rate)
        if finding is not None and finding.decision.decision != "undecided":
            found.append(Decided(claim, finding.decision.decision))
    return found


def waiting_runs(output: Path) -> list[Claim]:
    """Return the claims on runs that are suspended until people have answered, newest first."""
    return [claim for claim in all_claims(output) if claim.is_waiting and result_of(claim, "undecided")]


def is_decided(config: GateConfig, fingerprint: str) -> bool:
    """Whether an audit of these rows has come to its end, so that more answers would change nothing."""
    limit = config.gate.max_noise_rate
    finding = finding_for_data(config.history, fingerprint, max_noise_rate=limit) if 0 < limit < 1 else None
    return finding is not None and finding.decision.decision != "undecided"


def form_text(claim: Claim, results: Mapping[str, Any]) -> str:
    """Tell people at Prefect's form what they are asked."""
    sheet = Path(results.get("folder", "")) / SHEET
    return (
        f"Run {claim.run_id} of {results.get('dataset', '')} is undecided: {results.get('says', '')}\n\n"
        f"Rows to check are in `{sheet}`. Answers that `labelgate audit add {claim.run_id} SHEET` put on "
        "record count without pasting them here."
    )


def _output(folder: Path) -> str:
    """Return the option that a command needs to find the results folder; none for the usual one."""
    usual = folder.resolve() == OutputSection().folder.resolve()
    return "" if usual else f" --output {shlex.quote(str(folder))}"
