"""The course of one soak: start everything, let gates become due while things go wrong, stop, read."""

import os
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from soak.changes import Changes
from soak.checks import missing
from soak.databases import PostgreSQL
from soak.faults import Faults
from soak.figures import Costs
from soak.gather import gathered, history_rows
from soak.prefect_side import pause, prepare, read_runs, run_now
from soak.processes import MARK, Child, free_port, wait_for_api
from soak.receiver import Receiver
from soak.records import Records, Row
from soak.stage import ALERTS, AUTOMATED, HISTORY, Stage

_AUTOMATIONS = Path(__file__).parents[2] / "deployments" / "automations"
# After the last gate became due: the slowest run, and a dead one is found after 90 seconds and a beat.
_DRAIN_S = 180.0
# How often is looked for what was not tried, once the time of the soak is over.
_HURRY_S = 5.0


@dataclass
class Soak:
    """One soak, from the empty stage to its records."""

    stage: Stage
    databases: PostgreSQL
    receiver: Receiver
    mark: str
    at_once: int
    patience_s: float

    def run(self, load_s: float, every_s: float, *, short: bool) -> tuple[Records, Costs]:
        """Let gates become due for so many seconds, and return what is on record at the end."""
        faults = self._faults()
        try:
            faults.server.start()
            wait_for_api(faults.api)
            say("the server answers")
            prepare(self.stage, every_s, _AUTOMATIONS, short=short)
            self.databases.age_schedule()
            say(f"{len(self.stage.cases)} data sets are scheduled")
            self._first_history()
            before = self.databases.sizes()
            began = time.monotonic()
            faults.worker.start()
            self._load(faults, load_s, short=short)
            pause()
            self._drain()
            minutes = (time.monotonic() - began) / 60
            faults.worker.stop()
            say("the worker has stopped")
            records = gathered(self.stage, self.databases.history, self.receiver, faults)
            return records, Costs(minutes, before, self.databases.sizes())
        finally:
            for child in (faults.worker, faults.server):
                with suppress(ProcessLookupError):
                    child.stop()

    def _faults(self) -> Faults:
        port = free_port()
        api = f"http://127.0.0.1:{port}/api"
        environment = {**os.environ, **self._environment(api)}
        os.environ.update(environment)
        logs = self.stage.folder / "logs"
        serving = ("server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui")
        working = ("worker", "start", "--pool", "soak", "--limit", str(self.at_once), "--type", "process")
        return Faults(
            self.stage,
            Child("server", serving, environment, logs),
            Child("worker", working, environment, logs),
            api,
        )

    def _environment(self, api: str) -> dict[str, str]:
        """Build what server, worker and this process share."""
        return {
            MARK: self.mark,
            "PREFECT_HOME": str(self.stage.folder / "home"),
            "PREFECT_API_URL": api,
            "PREFECT_API_DATABASE_CONNECTION_URL": self.databases.prefect,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_LOGGING_TO_API_ENABLED": "true",
            "DO_NOT_TRACK": "1",
            "TMPDIR": str(self.stage.folder / "tmp"),
            "PYTHONPATH": os.pathsep.join([str(self.stage.plugins), os.environ.get("PYTHONPATH", "")]),
            # Each run fits a small model; runs at once share few cores.
            "OMP_NUM_THREADS": "1",
            HISTORY: str(self.databases.history),
            ALERTS: f"{self.receiver.url}/alerts",
            AUTOMATED: f"{self.receiver.url}/automated",
        }

    def _load(self, faults: Faults, load_s: float, *, short: bool) -> None:
        """Let gates become due, things go wrong, and contents change; longer where the machine is slow."""
        plan = faults.plan(load_s, short=short)
        changes = Changes(self.stage, self.databases.history)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < load_s + self.patience_s:
            if plan and plan[0].at_s <= passed:
                fault = plan.pop(0)
                faults.carry_out(fault)
                say(f"{passed:4.0f} s: {fault.what}")
            rows = history_rows(self.databases.history)
            for what in changes.advance(rows):
                say(f"{passed:4.0f} s: {what}")
            if passed >= load_s and not self._hurry(rows, changes.waiting):
                return
            time.sleep(1 if passed < load_s else _HURRY_S)

    def _hurry(self, rows: Sequence[Row], waiting: Collection[str]) -> bool:
        """Give the worker what was not tried by now, and nothing else; say whether there is any."""
        runs = read_runs()
        lacking = {case.name for case in self.stage.cases if any(missing(runs, rows, case))} | set(waiting)
        pause(but=lacking)
        run_now(lacking - {run.dataset for run in runs if not run.is_final})
        return bool(lacking)

    def _drain(self) -> None:
        """Wait until every run that has begun has ended."""
        deadline = time.monotonic() + _DRAIN_S
        while time.monotonic() < deadline:
            open_ = [run for run in read_runs() if not run.is_final]
            if not open_:
                return
            pause()  # the scheduler may have made runs in the very moment of the first
            time.sleep(3)
        say(f"{len(open_)} runs have not ended {_DRAIN_S:.0f} s after the last was due")

    def _first_history(self) -> None:
        """Make the tables, so that the growth of history is that of its rows."""
        from cl_flows.database.connect import writing

        with writing(self.databases.history):
            pass


def say(what: str) -> None:
    """Tell whoever waits."""
    print(f"  {what}", flush=True)
