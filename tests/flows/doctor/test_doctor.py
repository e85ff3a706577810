"""`labelgate doctor` finds what was broken for real, says what to do, and shows no secret."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cl_flows.claims import new_claim, write_claim
from cl_flows.database.connect import writing
from cl_flows.doctor import Finding, examine

SECRET = "hunter2-is-secret"  # noqa: S105 - what must not be shown


class FakeApi(HTTPServer):
    """A Prefect API as far as the doctor asks, on a clock of its own."""

    ahead = timedelta()
    release = "3.8.8"
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.pools: list[dict[str, Any]] = [{"name": "labels", "is_paused": False}]
        self.workers: list[dict[str, Any]] = [{"name": "worker-1", "status": "ONLINE"}]
        self.storage = "prefect.server.concurrency.lease_storage.filesystem"
        self.pending: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self.server_port}/api"


class _Answers(BaseHTTPRequestHandler):
    server: FakeApi

    def do_GET(self) -> None:
        settings = {"server": {"concurrency": {"lease_storage": self.server.storage}}}
        self._answer(settings if self.path.endswith("settings") else self.server.release)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        for part, answer in (("workers", self.server.workers), ("flow_runs", self.server.pending)):
            if part in self.path:
                return self._answer(answer)
        return self._answer(self.server.pools)

    def date_time_string(self, timestamp: float | None = None) -> str:
        assert timestamp is None
        return format_datetime(datetime.now(UTC) + self.server.ahead, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        """Keep the tests' output clean."""

    def _answer(self, what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Run a sound API and name it, with a secret, in the environment."""
    server = FakeApi()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PREFECT_API_URL", server.url)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", f"admin:{SECRET}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin with nothing set, and homes of the test's own."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.endswith("_NUM_THREADS") or name == "PREFECT_API_URL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def of(area: str, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.area == area]


def worst(findings: list[Finding]) -> set[str]:
    return {finding.area for finding in findings if finding.level == "problem"}


@pytest.mark.usefixtures("api")
def test_a_sound_installation_has_no_problem(tmp_path: Path) -> None:
    """Server, workers and clock are well, and looking leaves nothing behind."""
    findings = examine(tmp_path / "runs")
    assert worst(findings) == set()
    assert {f.level for f in of("server", findings) + of("workers", findings) + of("clock", findings)} == {
        "ok"
    }
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """Here its parent is a file, which stops root, too."""
    (tmp_path / "file").write_text("")
    (finding,) = of("results", examine(tmp_path / "file" / "runs"))
    assert (finding.level, "--output" in finding.remedy) == ("problem", True)


def test_a_home_that_cannot_be_written_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Direct runs need none."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [f.level for f in of("private server", examine(tmp_path / "runs"))] == ["warning", "ok"]


@pytest.mark.parametrize("keep", [0, 3 * 4096])
def test_a_damaged_history_is_a_problem(tmp_path: Path, keep: int) -> None:
    """No database at all, and one with a page of rubbish in its middle."""
    database = tmp_path / "history.db"
    with writing(database) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE filling AS SELECT randomblob(3000) AS x FROM (VALUES (1), (2), (3))"
        )
        connection.exec_driver_sql("INSERT INTO filling VALUES (randomblob(?))", [(3000,)] * 20)
    whole = database.read_bytes()
    database.write_bytes(whole[:keep] + b"rubbish!" * 512 + whole[keep + 4096 :])
    (finding,) = of("history", examine(tmp_path))
    assert finding.level == "problem"
    assert "aside" in finding.remedy


@pytest.mark.parametrize(
    ("left_s", "level", "says"), [(60, "ok", "to be decided"), (-60, "warning", "in vain")]
)
def test_runs_that_wait_for_people_are_told(tmp_path: Path, left_s: float, level: str, says: str) -> None:
    """With the command for those that nobody answered in time."""
    claim = replace(new_claim("20260131-020100-1", "flow-run"), pauses=1, answers_until=time.time() + left_s)
    told = dict.fromkeys(("run_id", "dataset", "says", "remedy", "folder"), "")
    figures = dict.fromkeys(("noise_rate", "low", "high", "max_noise_rate", "n_rows", "n_flagged"), 0)
    write_claim(tmp_path, replace(claim, results={"undecided": {**told, **figures, "status": "undecided"}}))
    (finding,) = (one for one in examine(tmp_path) if one.area == "people")
    assert (finding.level, says in finding.says) == (level, True)
    assert ("audit overdue" in finding.remedy) is (level == "warning")


def test_a_server_that_is_down_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A password in the address shows nowhere."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://admin:{SECRET}@127.0.0.1:9/api")
    findings = examine(tmp_path)
    assert worst(findings) == {"server"}
    assert SECRET not in str(findings)


@pytest.mark.parametrize("url", ["ftp://x/api", "localhost:4200/api", "nonsense"])
def test_an_address_that_is_none_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    """It is not asked."""
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert worst(examine(tmp_path)) == {"server"}


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (30, "warning"), (-30, "warning"), (-3600, "problem")]
)
def test_a_server_of_another_time_is_told(api: FakeApi, tmp_path: Path, seconds: int, level: str) -> None:
    """Schedules and alerts go by both clocks."""
    api.ahead = timedelta(seconds=seconds)
    (finding,) = of("clock", examine(tmp_path))
    assert finding.level == level


def test_a_server_of_another_release_is_a_warning(api: FakeApi, tmp_path: Path) -> None:
    """Patch releases go together."""
    api.release = "3.8.1"
    assert of("server", examine(tmp_path))[0].level == "ok"
    api.release = "2.20.0"
    assert of("server", examine(tmp_path))[0].level == "warning"


@pytest.mark.prefect
def test_a_real_server_answers_what_the_doctor_asks(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool is without a worker until one reports."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.states import Pending

    from cl_flows.gate import label_gate

    async def make_pool() -> None:
        async with get_client() as client:
            await client.create_work_pool(WorkPoolCreate(name="doctors pool", type="process"))

    async def report_worker() -> None:
        async with get_client() as client:
            await client.send_worker_heartbeat("doctors pool", "nurse", heartbeat_interval_seconds=30)

    async def take_a_run() -> UUID:
        async with get_client() as client:
            return (await client.create_flow_run(label_gate, state=Pending())).id

    async def forget() -> None:
        async with get_client() as client:
            await client.delete_work_pool("doctors pool")

    def said() -> str:
        return next(f.says for f in of("workers", examine(tmp_path)) if "doctors pool" in f.says)

    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    asyncio.run(make_pool())
    try:
        findings = examine(tmp_path)
        assert {f.level for f in of("server", findings) + of("clock", findings)} == {"ok"}
        assert of("server", findings)[0].says.endswith(f"runs Prefect {version('prefect')}")
        assert said() == "no worker takes the runs of pool doctors pool"
        asyncio.run(report_worker())
        assert said() == "pool doctors pool: nurse"
        monkeypatch.setattr("cl_flows.doctor.server._STUCK", timedelta())
        taken = asyncio.run(take_a_run())
        assert of("slots", findings)[0].level == "warning"
        assert f"prefect flow-run delete {taken}" in {f.remedy for f in of("runs", examine(tmp_path))}
    finally:
        asyncio.run(forget())


def test_a_server_that_forgets_who_holds_a_slot_is_a_warning(api: FakeApi, tmp_path: Path) -> None:
    """It is Prefect's default."""
    assert of("slots", examine(tmp_path)) == []
    api.storage = "prefect.server.concurrency.lease_storage.memory"
    (finding,) = of("slots", examine(tmp_path))
    assert finding.level == "warning"
    assert finding.remedy.endswith("LEASE_STORAGE=prefect.server.concurrency.lease_storage.filesystem")


@pytest.mark.parametrize(("minutes", "n_told"), [(1, 0), (20, 1)])
def test_a_gate_that_a_worker_took_and_never_began_is_a_problem(
    api: FakeApi, tmp_path: Path, minutes: int, n_told: int
) -> None:
    """One that was taken a moment ago is about to begin. Deleting it is what gives its slot back."""
    since = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    api.pending = [
        {"id": "8c85907c", "name": "gabby-mamba", "state": {"name": "Submitting", "timestamp": since}}
    ]
    found = of("runs", examine(tmp_path))
    assert [(f.level, f.remedy) for f in found] == [("problem", "prefect flow-run delete 8c85907c")] * n_told


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_server_that_refuses_is_a_problem(api: FakeApi, tmp_path: Path, status: int) -> None:
    """The secret that it was sent is not shown."""
    api.status = status
    (finding,) = of("server", examine(tmp_path))
    assert (finding.level, str(status) in finding.says) == ("problem", True)
    assert SECRET not in str(finding)


def test_pools_without_a_worker_are_a_warning(api: FakeApi, tmp_path: Path) -> None:
    """Nobody would take their runs; nor where a pool is paused, nor without any pool."""
    api.workers = [{"name": "worker-1", "status": "OFFLINE"}]
    assert "no worker" in of("workers", examine(tmp_path))[0].says
    api.pools = [{"name": "labels", "is_paused": True}]
    assert "paused" in of("workers", examine(tmp_path))[0].says
    api.pools = []
    assert of("workers", examine(tmp_path))[0].says == "there is no work pool"


def test_proxies_telemetry_and_threads_are_told(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy's password is not."""
    monkeypatch.setenv("http_proxy", f"http://me:{SECRET}@127.0.0.1:{api.server_port}")
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    findings = examine(tmp_path)
    for area in ("proxies", "telemetry", "threads"):
        assert [f.level for f in of(area, findings)] == ["warning"], area
    assert SECRET not in str(findings)


def doctor(folder: Path, *arguments: str, **environment: str) -> tuple[int, list[dict[str, str]], str]:
    """Run the command in a process of its own and return its code, what it found and its standard error."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from cl_flows.cli import main; main()",
            "doctor",
            "--format",
            "json",
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(("name", "release"), [("fastapi", "0.155.0"), ("sqlalchemy", "3.0.1")])
def test_a_release_that_does_not_fit_is_a_problem(tmp_path: Path, name: str, release: str) -> None:
    """A distribution's own words, put before the installed one's."""
    fake = tmp_path / "site" / f"{name}-{release}.dist-info"
    fake.mkdir(parents=True)
    (fake / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n")
    path = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    code, findings, _ = doctor(tmp_path, PYTHONPATH=path)
    told = [f for f in findings if f["level"] == "problem"]
    assert code == 1
    assert {f["area"] for f in told} == {"versions"}
    assert f"{name} {release} is installed, " in told[0]["says"]
    assert told[0]["remedy"].startswith("pip install")


def test_a_broken_plugin_and_a_gate_that_needs_it_are_problems(tmp_path: Path) -> None:
    """Either is told, and the rest is looked at all the same."""
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[labelgate]\nacme = acme_is_not_there\n")
    (tmp_path / "gate.yaml").write_text("data: {path: x.csv}\ngate: {max_noise_rate: 2}\n")
    path = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    code, findings, _ = doctor(tmp_path, "gate.yaml", PYTHONPATH=path)
    assert code == 1
    assert {f["area"] for f in findings if f["level"] == "problem"} == {"plugins", "gate"}
    assert {"history", "server", "threads"} <= {f["area"] for f in findings}


def test_a_sound_gate_is_code_0_and_its_own_folder_is_looked_at(tmp_path: Path) -> None:
    """Without Prefect being imported: people wait for the doctor."""
    gate = "data: {path: x.csv, label: y}\ngate: {max_noise_rate: 0.05}\noutput: {folder: there}\n"
    (tmp_path / "gate.yaml").write_text(gate)
    code, findings, said = doctor(tmp_path, "gate.yaml", PYTHONPROFILEIMPORTTIME="1")
    assert code == 0
    assert any(str(tmp_path / "there") in f["says"] for f in findings if f["area"] == "results")
    imported = {
        line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time")
    }
    assert "cl_flows.doctor" in imported
    assert imported & {"prefect", "great_expectations"} == set()
