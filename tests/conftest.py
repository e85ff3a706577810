"""Fixtures that tests of several packages share."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Shared machines stall: a law that took long is still a law.
# What stands between a change and main draws the same examples each time; everybody else looks further.
settings.register_profile("labelgate", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("labelgate")

# Two workers whose libraries start a thread a core each spin while they wait for one another: a test of class
# noise took 103 seconds on two busy cores and 12 so.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# Nothing a test starts may call home.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the benchmark data; the test is skipped where it is not there."""
    folder = Path(os.environ.get("LABELGATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no benchmark data in {folder}: set LABELGATE_DATA")
    return folder


def _programs() -> Path:
    """Folder of PostgreSQL's server programs."""
    on_path = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if on_path is None and not versions:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    return Path(on_path).resolve().parent if on_path else versions[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL, with its password, of a new database on a real PostgreSQL server that ends with the session."""
    programs, password, port = _programs(), secrets.token_urlsafe(12), _free_port()
    # Not below pytest's own folder, which only its owner may enter: the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="labelgate-postgresql-"))
    as_owner: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    if os.geteuid() == 0:
        owner = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    (folder / "password").write_text(password)
    (folder / "password").chmod(0o644)
    setup = ["-D", "data", "-U", "labelgate", "--pwfile=password", "--auth=scram-sha-256", "-E", "UTF8", "-N"]
    subprocess.run([str(programs / "initdb"), *setup], check=True, **as_owner)
    quick = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=127.0.0.1"]
    server = subprocess.Popen([str(programs / "postgres"), "-D", "data", "-p", str(port), *quick], **as_owner)
    try:
        url = f"postgresql+psycopg://labelgate:{password}@127.0.0.1:{port}/postgres"
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    for _ in range(300):
        assert server.poll() is None, "the PostgreSQL server ended"
        try:
            engine.connect().close()
        except OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the PostgreSQL server did not answer within 30 s")
