"""Fixtures that tests of several packages share."""

import os
import shutil
import signal
import sys
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

# Tests that a script starts in the background ignore SIGINT, and so does all that they start.
# Prefect's worker sends itself one when it is told to end: it would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nobody_left_behind() -> Iterator[None]:
    """Wait for plugins that a test left hanging: the next test's command would end the process for them."""
    yield
    limits = sys.modules.get("cl_flows.limits")
    deadline = time.monotonic() + 30
    while limits is not None and limits.anyone_left_behind() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the benchmark data; the test is skipped where it is not there."""
    folder = Path(os.environ.get("LABELGATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no benchmark data in {folder}: set LABELGATE_DATA")
    return folder


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL, with its password, of a new database on a real PostgreSQL server that ends with the session."""
    from soak.databases import postgresql, programs

    if programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgresql("fsync=off") as server:
        yield server.url()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, from LABELGATE_CHROMIUM or the search path."""
    names = (os.environ.get("LABELGATE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for found in map(shutil.which, filter(None, names)) if found), None)
    if path is None:
        pytest.skip("no Chromium: install it or name it in LABELGATE_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    quiet = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        *("--disable-component-update", "--disable-sync", "--no-first-run"),
    )
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(quiet))
        yield chromium
        chromium.close()
