"""Data sets whose content changes during a soak, each as soon as a run has met the present one."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cl_flows.database.place import Database
from soak.prefect_side import read_runs
from soak.records import Row
from soak.stage import FULL, GONE, ROWS, Case, Stage

# Prefect's server is asked seldom: it has enough to do.
_ASK_S = 5.0
_CRASHES = {GONE, FULL}


@dataclass
class Changes:
    """Where each data set is on the way through its contents."""

    stage: Stage
    history: Database
    place: dict[str, int] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    asked: float = 0.0

    @property
    def waiting(self) -> set[str]:
        """The data sets with a content that no run has met."""
        return {case.name for case in self._waiting()}

    def advance(self, rows: list[Row]) -> list[str]:
        """Change what was met; return what changed, a line each."""
        said = []
        gone = self._crashed() if any(self._content(case) in _CRASHES for case in self._waiting()) else set()
        for case in self._waiting():
            if not (case.name in gone and self._content(case) in _CRASHES) and not self._judged(case, rows):
                continue
            self.place[case.name] = self.place.get(case.name, 0) + 1
            self.since[case.name] = datetime.now(UTC)
            if self.place[case.name] < len(case.contents):
                self.stage.put(case, self._content(case))
                said.append(f"{case.name}: {self._content(case)}")
        return said

    def _waiting(self) -> list[Case]:
        """Return the data sets with a content that no run has met; one whose model hangs is never judged."""
        cases = (case for case in self.stage.cases if not case.name.startswith("hangs"))
        return [case for case in cases if self.place.get(case.name, 0) < len(case.contents)]

    def _content(self, case: Case) -> str:
        return case.contents[self.place.get(case.name, 0)]

    def _judged(self, case: Case, rows: list[Row]) -> bool:
        content, since = self._content(case), self.since.get(case.name)
        return content not in _CRASHES and any(
            row.dataset == case.name
            and row.n_rows == ROWS[content]
            and (since is None or row.started >= since)
            for row in rows
        )

    def _crashed(self) -> set[str]:
        """Return the data sets of which a run has crashed for want of its file or of room on its disk."""
        if time.monotonic() - self.asked < _ASK_S:
            return set()
        self.asked = time.monotonic()
        cases = {case.name: case for case in self.stage.cases if case.crashes}
        return {
            run.dataset
            for run in read_runs()
            if run.dataset in cases and run.is_final and cases[run.dataset].crashes in run.message
        }
