"""Suspends the flow run of an undecided gate until people have answered, and resumes it. Decides nothing."""

import csv
import logging
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import NotPausedError, Pause
from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.settings import get_current_settings
from prefect.states import Failed
from pydantic import ConfigDict, Field

from cl_core.errors import LabelgateError
from cl_flows.audit_sheet import read_sheet
from cl_flows.audits import add_answers, read_audit_of_data, read_scored
from cl_flows.claims import KEPT_S, Claim, change_claim, drop_claim, read_claim
from cl_flows.config import GateConfig
from cl_flows.outcome import GateResult
from cl_flows.resuming import Attempt
from cl_flows.states import STATE_NAMES
from cl_flows.waiting import form_text, is_decided, waiting_runs

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

logger = logging.getLogger(__name__)

# What Prefect says when the time is up.
_NEVER_RESUMED = "never resumed"
_NO_API = "PREFECT_API_URL is not set"


class AuditAnswers(RunInput):
    """What people are asked by Prefect's own form when they resume the run; nothing must be filled in."""

    model_config = ConfigDict(title="Decide an undecided gate")

    action: Literal["judge again", "leave it undecided"] = Field(
        "judge again", description="judge again with all answers on record, or end the run undecided"
    )
    sheet: str = Field(
        "", description="the filled sheet as CSV with the columns id and is_wrong; empty where it was added"
    )
    who: str = Field("prefect", description="who answered, where the sheet does not say")


def repeated_flow_run() -> str:
    """Return the id of this flow run, if Prefect can start it again; else an empty text.

    It must have a deployment, and be nobody's subflow.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return str(run.id) if run and run.deployment_id and not run.parent_task_run_id else ""


def begin_to_wait(config: GateConfig, run_id: str, fingerprint: str) -> None:
    """Put down that the run waits, before its verdict is shown: its work is then kept until people answer."""
    output = config.output.folder
    known = read_claim(output, run_id)
    if known is None or (known.is_waiting and known.answers_until <= time.time()):
        return
    until = known.answers_until or time.time() + config.limits.answers
    change_claim(
        output,
        run_id,
        pauses=known.pauses + 1,
        answers_until=until,
        until=until + KEPT_S,
        fingerprint=fingerprint,
        max_noise_rate=config.gate.max_noise_rate,
    )


def heard_people(config: GateConfig, attempt: Attempt) -> bool:
    """Take what people said who resumed a waiting run; return whether it is to be judged again.

    Where nobody has resumed it, this suspends the flow run and does not return.
    """
    claim = attempt.claim
    if claim is None:
        return True
    said = _suspend(config, claim)
    _put_on_record(config, claim, said)
    if said.action == "judge again":
        return True
    drop_claim(config.output.folder, claim.run_id)
    return False


def wait_for_people(config: GateConfig, result: GateResult, *, planned: bool) -> None:
    """Suspend the flow run where it waits for people; else it is done with its run."""
    claim = read_claim(config.output.folder, result.run_id)
    if claim is None:
        return
    if claim.is_waiting and planned:
        _suspend(config, claim)
    drop_claim(config.output.folder, claim.run_id)


def _suspend(config: GateConfig, claim: Claim) -> AuditAnswers:
    """End this process until the run is resumed; then, called again, return what people said.

    Raises Prefect's ``Pause`` the first time for each of the claim's pauses. Whoever gave the answer that
    decides before Prefect knew that the run rests could resume nothing: then it goes on at once.
    """
    left = max(1, int(claim.answers_until - time.time()))
    form = AuditAnswers.with_initial_data(description=form_text(claim, claim.results.get("undecided", {})))
    try:
        return suspend_flow_run(wait_for_input=form, timeout=left, key=f"people-{claim.pauses}")
    except Pause:
        if is_decided(config, claim.fingerprint) and (problem := resume(claim).problem):
            logger.warning("run %s is decided, but could not be resumed: %s", claim.run_id, problem)
        raise
    except (ValueError, RuntimeError) as fault:  # resumed by force, without the form
        logger.warning("run %s goes on without input: %s", claim.run_id, fault)
        return AuditAnswers()


def _put_on_record(config: GateConfig, claim: Claim, answers: AuditAnswers) -> None:
    """Put answers that were pasted into the form on record; a sheet that makes no sense is left."""
    if not answers.sheet.strip():
        return
    try:
        audit = read_audit_of_data(config.history, claim.fingerprint)
        if audit is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            sheet = Path(folder) / "form.csv"
            sheet.write_text(answers.sheet, encoding="utf-8")
            scored = read_scored(config.output.folder / claim.run_id)
            add_answers(config.history, audit, read_sheet(sheet, scored, answers.who))
    except (LabelgateError, OSError, csv.Error) as error:
        logger.warning("the sheet in the form was not read: %s", error)


@dataclass(frozen=True, slots=True)
class Asked:
    """What Prefect did with the flow run of a run that waits, and what is the matter where it did not."""

    run_id: str
    problem: str = ""


def resume(claim: Claim) -> Asked:
    """Have Prefect start a suspended flow run again; a worker of its pool runs it."""
    if not get_current_settings().api.url:  # Prefect would start a server of its own, which knows no run
        return Asked(claim.run_id, _NO_API)
    try:
        with suppress(NotPausedError):
            resume_flow_run(UUID(claim.owner), run_input={})
            return Asked(claim.run_id)
        state = _state(claim)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the answers are on record
        return Asked(claim.run_id, f"{type(fault).__name__}: {fault}")
    if state is None or state.is_final():
        return Asked(claim.run_id, f"it is {state and state.name}")
    return Asked(claim.run_id)  # still at work, or going on already: it looks for answers before it rests


def name_overdue(output: Path) -> list[Asked]:
    """Give flow runs that nobody resumed in time their verdict as state; Prefect fails them without one.

    Returns those that waited in vain. A flow run that crashed or is at work stays as it is.
    """
    overdue = [claim for claim in waiting_runs(output) if claim.is_overdue]
    if overdue and not get_current_settings().api.url:
        return [Asked(claim.run_id, _NO_API) for claim in overdue]
    return [asked for claim in overdue if (asked := _named(output, claim)) is not None]


def name_overdue_aside(output: Path) -> None:
    """Do the same beside other work: what is the matter goes to the log."""
    for late in name_overdue(output):
        if late.problem:
            logger.warning("the flow run of run %s keeps its state: %s", late.run_id, late.problem)


def _named(output: Path, claim: Claim) -> Asked | None:
    try:
        state = _state(claim)
        if state is None or not (state.is_paused() or _NEVER_RESUMED in (state.message or "")):
            return None
        says = f"nobody decided in time; {claim.results['undecided']['says']}"
        ended: State[None] = Failed(name=STATE_NAMES["undecided"], message=says)
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(UUID(claim.owner), ended, force=True)
    except Exception as fault:  # noqa: BLE001 - history knows the verdict
        return Asked(claim.run_id, f"{type(fault).__name__}: {fault}")
    drop_claim(output, claim.run_id)
    return Asked(claim.run_id)


def _state(claim: Claim) -> "State | None":
    with get_client(sync_client=True) as client:
        return client.read_flow_run(UUID(claim.owner)).state
