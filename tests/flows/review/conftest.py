"""A history on each kind of database."""

from pathlib import Path

import pytest

from cl_flows.database.place import Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Name a history that is not there yet."""
    if request.param == "sqlite":
        return tmp_path / "history.db"
    url: str = request.getfixturevalue("new_postgresql")
    return url
