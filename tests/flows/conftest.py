"""Small labelled tables, and a real Prefect server that the tests start themselves."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cl_flows.config import GateConfig, make_config
from cl_flows.database.place import Database
from cl_flows.server import PrivateServer
from trees import labelled_table, tree_gate


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``clean.csv`` and ``noisy.csv`` (a fifth of the labels flipped)."""
    folder = tmp_path_factory.mktemp("tables")
    labelled_table(300, 0.0).to_csv(folder / "clean.csv", index=False)
    labelled_table(300, 0.2).to_csv(folder / "noisy.csv", index=False)
    return folder


@pytest.fixture
def gate_config() -> Callable[..., GateConfig]:
    """Build the configuration of a quick gate: a limit of 5 %, no Great Expectations."""
    return _gate_config


def _gate_config(source: Path, output: Path, **gate: Any) -> GateConfig:
    return make_config(tree_gate(source, output, **gate), "test")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """Run a real Prefect server with a new home, the one the demo starts."""
    server = PrivateServer(home=tmp_path_factory.mktemp("prefect"))
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def prefect_api(prefect_server: PrivateServer) -> Iterator[str]:
    """Point Prefect at the server of the tests."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_LOGGING_LEVEL,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    settings = {
        PREFECT_API_URL: prefect_server.api_url,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_LEVEL: "ERROR",
        PREFECT_LOGGING_TO_API_ENABLED: False,  # its queue would wait for a server that is gone
    }
    with temporary_settings(settings):
        yield prefect_server.api_url


@pytest.fixture
def new_postgresql(postgresql_url: str) -> Iterator[str]:
    """URL of an empty database of one's own on the real PostgreSQL server of the tests."""
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.pool import NullPool

    name = f"history_{secrets.token_hex(6)}"
    engine = create_engine(postgresql_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        server.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as server:
        server.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Name a history that is not there yet, on each kind of database."""
    if request.param == "sqlite":
        return tmp_path / "history.db"
    url: str = request.getfixturevalue("new_postgresql")
    return url
