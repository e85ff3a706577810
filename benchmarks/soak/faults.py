"""What goes wrong during a soak, and when. Whether it did harm is for the checks to say."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from soak.processes import Child, wait_for_api
from soak.records import Fault
from soak.stage import Stage

_DOWN_S = 6.0


@dataclass(frozen=True)
class Planned:
    """A fault and the second of the soak in which it happens."""

    at_s: float
    what: str
    do: Callable[[], None]


@dataclass
class Faults:
    """The faults of a soak, as they happened."""

    stage: Stage
    server: Child
    worker: Child
    api: str
    done: list[Fault] = field(default_factory=list)

    def plan(self, load_s: float, *, short: bool) -> list[Planned]:
        """Spread the faults over the time in which gates become due."""
        if short:
            return [Planned(0.5 * load_s, "machine of the worker lost", self.lose_worker)]
        plan = [
            Planned(0.10 * load_s, "machine of the worker lost", self.lose_worker),
            Planned(0.35 * load_s, "server restarted", self.restart_server),
            Planned(0.55 * load_s, "worker killed with -9", self.kill_worker),
            Planned(0.75 * load_s, "server killed with -9", self.kill_server),
        ]
        return sorted(plan, key=lambda fault: fault.at_s)

    def carry_out(self, one: Planned) -> None:
        """Do it, and note from when to when."""
        begun = datetime.now(UTC)
        one.do()
        self.done.append(Fault(one.what, begun, datetime.now(UTC)))

    def lose_worker(self) -> None:
        """End the worker and all its runs, and start a worker again."""
        self.worker.kill_all()
        self.worker.start()

    def kill_worker(self) -> None:
        """End the worker alone, and start it again; what it began goes on."""
        self.worker.kill()
        self.worker.start()

    def restart_server(self) -> None:
        """Stop the server, leave it away for some seconds, and start it again."""
        self.server.stop()
        time.sleep(_DOWN_S)
        self.server.start()
        wait_for_api(self.api)

    def kill_server(self) -> None:
        """End the server with -9, and start it again at once."""
        self.server.kill_all()
        self.server.start()
        wait_for_api(self.api)
