"""What people install holds all that the checkout has."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("cl_core", "plugins/cl_plugins", "checks/cl_checks", "flows/cl_flows")

pytestmark = pytest.mark.skipif(
    not (ROOT / "cl_core").is_dir(), reason="these tests stand beside a wheel, not in a checkout"
)


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(tmp_path: Path) -> None:
    """A template, a schema or a migration that the build leaves out would be missed by users only."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    there = {
        f"{package.rpartition('/')[2]}/{file.relative_to(ROOT / package).as_posix()}"
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == there
