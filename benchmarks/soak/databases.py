"""Where history and Prefect's records are: a PostgreSQL server of our own, which the tests use too.

deployments/compose.yaml gives it to those who run gates on workers: on SQLite, Prefect's server loses events
to locks as soon as several runs report at once, and a run that was killed may stay Running for ever.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from soak.figures import Sizes
from soak.processes import free_port


@dataclass(frozen=True)
class PostgreSQL:
    """Where the server listens, and its password."""

    port: int
    password: str

    @property
    def history(self) -> str:
        """Return the address of history."""
        return self.url("history")

    @property
    def prefect(self) -> str:
        """Return the address of Prefect's database."""
        return self.url("prefect", "asyncpg")

    def create(self) -> None:
        """Make the two, empty."""
        for name in ("history", "prefect"):
            self._ask(f"CREATE DATABASE {name}")

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until the server answers."""
        engine = create_engine(self.url(), poolclass=NullPool)
        for _ in range(300):
            if process.poll() is not None:
                break
            try:
                engine.connect().close()
            except OperationalError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("the PostgreSQL server did not start")

    def sizes(self) -> Sizes:
        """Ask the server."""
        query = "SELECT pg_database_size('{}')"
        return Sizes(*(int(self._ask(query.format(name), value=True)) for name in ("history", "prefect")))

    def url(self, name: str = "postgres", driver: str = "psycopg") -> str:
        """Return the address of a database, with the password."""
        return f"postgresql+{driver}://labelgate:{self.password}@127.0.0.1:{self.port}/{name}"

    def age_schedule(self) -> None:
        """Let Prefect have made its schedule an hour ago, as it has before a night.

        The first events of runs that were scheduled less than five minutes before reach automations
        15 minutes late.
        """
        older = "UPDATE flow_run_state SET timestamp = timestamp - interval '1 hour' WHERE type = 'SCHEDULED'"
        self._ask(older, database="prefect")

    def _ask(self, statement: str, *, value: bool = False, database: str = "postgres") -> Any:
        engine = create_engine(self.url(database), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            done = connection.execute(text(statement))
            return done.scalar_one() if value else None


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, or None where there are none."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


@contextmanager
def postgresql(*settings: str) -> Iterator[PostgreSQL]:
    """Run a new server, with settings such as `fsync=off`, until the block is left; nothing of it stays."""
    where = programs()
    if where is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    # A folder of its own, which another user may enter: the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="labelgate-postgresql-"))
    server = PostgreSQL(free_port(), secrets.token_urlsafe(12))
    options: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    if os.geteuid() == 0:
        owner = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    (folder / "password").write_text(server.password)
    (folder / "password").chmod(0o644)
    setup = ["-D", "data", "-U", "labelgate", "--pwfile=password", "--auth=scram-sha-256", "-E", "UTF8", "-N"]
    subprocess.run([str(where / "initdb"), *setup], check=True, **options)
    settings = (f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", *settings)
    configured = [word for setting in settings for word in ("-c", setting)]
    process = subprocess.Popen(
        [str(where / "postgres"), "-D", "data", "-p", str(server.port), *configured], **options
    )
    try:
        server.wait(process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(folder)
