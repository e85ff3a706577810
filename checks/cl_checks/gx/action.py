"""`LabelGateAction`: a person's checkpoint starts our gate. The gate itself is the command line's.

It runs in a process of its own: this package knows no flows, a gate's memory goes with the process, and
its exit code is the contract. Importing this module imports Great Expectations and registers the action.
"""

import json
import os
import subprocess
import sys
from typing import Any, Literal

from great_expectations.checkpoint import ValidationAction
from great_expectations.compatibility import pydantic

from cl_checks.gx.child import search_path
from cl_checks.gx.unanswered import unanswered
from cl_core.errors import GateError

_COMMAND = [sys.executable, "-P", "-c", "from cl_flows.cli import main; main()"]
_STATUSES = {0: "passed", 3: "failed", 4: "undecided"}
_KEY = "labelgate"


class LabelGateStopped(GateError):  # noqa: N818 - mostly a verdict
    """A checkpoint's gate did not pass.

    Great Expectations loses its result when an action raises, so it is kept here.

    Attributes
    ----------
    verdict
        What `LabelGateAction` found.
    checkpoint_result
        The result of the checkpoint that started the gate.
    """

    verdict: dict[str, Any]
    checkpoint_result: Any


class LabelGateAction(ValidationAction):  # type: ignore[misc]
    """Run the gate of a gate.yaml after a checkpoint's validations.

    Attributes
    ----------
    name
        What people call the action.
    config
        Path of the gate.yaml.
    on_stop
        What a gate that does not pass does. ``"raise"``: `LabelGateStopped`, which ends a process that
        does not catch it. ``"fail"``: the checkpoint's result gets ``success=False``. ``"record"``:
        nothing, for trying a gate out. A gate without a verdict (a crash, a time-out, bad input) never
        leaves the result a success.
    after_success_only
        Whether to leave the gate out where the validations failed already.
    timeout_s
        Longest time the gate may take, in seconds.
    """

    type: Literal["labelgate"] = "labelgate"
    config: str
    on_stop: Literal["raise", "fail", "record"] = "raise"
    after_success_only: bool = False
    timeout_s: float = pydantic.Field(3600.0, gt=0)

    def run(self, checkpoint_result: Any, action_context: Any = None) -> dict[str, Any]:  # noqa: ARG002
        """Run the gate and act on its verdict.

        Returns
        -------
        dict
            ``status`` (``passed``, ``failed``, ``undecided``, ``error`` or ``skipped``), ``says``, ``hint``,
            and ``report``, the run's whole report where there is one. The same, less the report, is in
            ``meta["labelgate"]`` of each result of the checkpoint.
        """
        lost = unanswered(checkpoint_result, self._resolve_context().context)
        if lost:
            verdict = _verdict("error", f"Great Expectations did not look at everything: {'; '.join(lost)}")
        elif self.after_success_only and not checkpoint_result.success:
            verdict = _verdict("skipped", "the validations failed, so the labels were not judged")
        else:
            verdict = self._judged()
        short = {key: value for key, value in verdict.items() if key != "report"}
        for result in checkpoint_result.run_results.values():
            result.meta[_KEY] = short
        self._act(verdict, checkpoint_result)
        return verdict

    def _judged(self) -> dict[str, Any]:
        command = [*_COMMAND, "run", self.config, "--format", "json"]
        environment = {**os.environ, "PYTHONPATH": search_path()}
        try:
            done = subprocess.run(  # noqa: S603 - our own command, no shell
                command, capture_output=True, check=False, timeout=self.timeout_s, env=environment
            )
        except subprocess.TimeoutExpired:
            return _verdict("error", f"the gate of {self.config} gave no verdict within {self.timeout_s:g} s")
        try:
            report = json.loads(done.stdout)
        except ValueError:
            last = "".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
            return _verdict("error", f"the gate of {self.config} crashed ({done.returncode}): {last}")
        error = report.get("error")
        status = _STATUSES.get(done.returncode, "error")
        if error is not None:
            return _verdict(status if status == "failed" else "error", error["message"], error["hint"])
        verdict = report.get("verdict") or {}
        if verdict.get("status") != status:
            return _verdict("error", f"the gate left with {done.returncode} and said {verdict.get('status')}")
        return _verdict(status, verdict["says"], verdict.get("remedy", ""), report)

    def _act(self, verdict: dict[str, Any], checkpoint_result: Any) -> None:
        status = verdict["status"]
        if status in {"passed", "skipped"}:
            return
        if self.on_stop == "raise":
            stopped = LabelGateStopped(f"label gate {status}: {verdict['says']}", hint=verdict["hint"])
            stopped.verdict, stopped.checkpoint_result = verdict, checkpoint_result
            raise stopped
        if self.on_stop == "fail" or status == "error":
            checkpoint_result.success = False


def _verdict(status: str, says: str, hint: str = "", report: Any = None) -> dict[str, Any]:
    return {"status": status, "says": says, "hint": hint, "report": report}
