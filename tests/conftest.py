"""Fixtures that tests of several packages share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Shared machines stall: a law that took long is still a law.
settings.register_profile("labelgate", deadline=None)
settings.load_profile("labelgate")

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
