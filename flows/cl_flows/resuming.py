"""A flow run that is started again finds what it had finished. Files and history; no Prefect."""

import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cl_flows.claims import Claim, all_claims, new_claim
from cl_flows.config import GateConfig
from cl_flows.history import recorded_status
from cl_flows.outcome import GateResult
from cl_flows.runs import RunFolder, is_free, new_run_id


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a flow run at its gate.

    Attributes
    ----------
    claim
        On the run that it goes on with, or that it begins; None without a flow run.
    run_id
        The run.
    status
        The verdict that history holds of this run already, or None.
    started
        When the first attempt began.
    """

    claim: Claim | None
    run_id: str
    status: str | None
    started: datetime

    @property
    def waits(self) -> bool:
        """Whether the run was suspended and has no final verdict yet."""
        return self.claim is not None and self.claim.is_waiting and self.status == "undecided"

    @property
    def result(self) -> GateResult | None:
        """The verdict that an earlier attempt recorded, or None."""
        return result_of(self.claim, self.status) if self.claim and self.status else None


def attempt_for(config: GateConfig, owner: str) -> Attempt:
    """Find the run that flow run `owner` began earlier, or begin one; an empty owner claims nothing."""
    output = config.output.folder
    known = next((c for c in all_claims(output) if owner and c.owner == owner), None)
    if known is not None and is_free(output, known.run_id):
        status = recorded_status(config.history, known.run_id)
        return Attempt(known, known.run_id, status, datetime.fromisoformat(known.started))
    run_id = new_run_id(config.as_of)
    claim = new_claim(run_id, owner) if owner else None
    return Attempt(claim, run_id, None, datetime.now(UTC))


def put_right(run: RunFolder, status: str | None) -> RunFolder:
    """Undo what a kill left half-way, and bring the work of a waiting run back; return the folder to use."""
    if run.replaced.is_dir():  # killed while the final verdict took the place of the undecided one
        if status == "undecided":
            shutil.rmtree(run.final, ignore_errors=True)
            os.replace(run.replaced, run.final)  # noqa: PTH105
        else:
            shutil.rmtree(run.replaced, ignore_errors=True)
    if status is None and run.final.is_dir():  # killed after the run was shown and before it was recorded
        shutil.rmtree(run.partial)
        os.replace(run.final, run.partial)  # noqa: PTH105
        run.work.mkdir(exist_ok=True)
    if run.kept.is_dir() and not any(run.work.iterdir()):
        run.work.rmdir()
        os.replace(run.kept, run.work)  # noqa: PTH105
    return replace(run, replaces=status == "undecided")


def result_of(claim: Claim, status: str) -> GateResult | None:
    """Return the result of a verdict that was about to be recorded, or None."""
    kept: dict[str, Any] | None = claim.results.get(status)
    if kept is None:
        return None
    lists = {name: tuple(kept.get(name, ())) for name in ("warnings", "waivers")}
    return GateResult(**{**kept, **lists})
