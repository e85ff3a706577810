"""A scratch installation of labelgate and of plugin distributions, as `pip` would leave it."""

import os
import subprocess
import sys
import textwrap
import tomllib
import venv
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import TypeAlias

import pytest

import cl_checks
import cl_core
import cl_flows
import cl_plugins

ROOT = Path(__file__).parents[2]
RunPython: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
Shell: TypeAlias = Callable[[str, Path], "subprocess.CompletedProcess[str]"]


def installed() -> bool:
    """Whether labelgate is installed here, as a wheel or in development mode."""
    return any(distribution.name == "labelgate" for distribution in distributions())


def write_distribution(folder: Path, name: str, version: str, entry_points: dict[str, str]) -> None:
    """Leave the metadata of an installed distribution in `folder`, and nothing else."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
    lines = [f"{key} = {value}" for key, value in entry_points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[labelgate]", *lines, ""]))


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Folder on the scratch interpreter's path, with labelgate's entry points unless it is installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    if not installed():
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        write_distribution(folder, "labelgate", project["version"], project["entry-points"]["labelgate"])
    return folder


@pytest.fixture
def add_plugin(plugin_folder: Path) -> Callable[[str], None]:
    """Install the distribution bad-dist, whose plugin ``bad`` is a module with the code given."""

    def add(code: str) -> None:
        (plugin_folder / "bad_module.py").write_text(textwrap.dedent(code))
        write_distribution(plugin_folder, "bad-dist", "0.1", {"bad": "bad_module"})

    return add


@pytest.fixture
def run_python(plugin_folder: Path, tmp_path: Path) -> RunPython:
    """Run code in a new interpreter that sees this checkout's built-ins and the plugin folder."""

    def run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        # The packages under test, even where another copy is installed.
        sources = [
            Path(str(package.__file__)).parents[1] for package in (cl_core, cl_plugins, cl_checks, cl_flows)
        ]
        paths = [plugin_folder, *dict.fromkeys(sources)]
        variables = {"PYTHONPATH": ":".join(map(str, paths)), "PATH": "/usr/bin:/bin", **environment}
        command = [sys.executable, "-W", "error", "-c", code]
        return subprocess.run(
            command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )

    return run


# Installing from a package index is what these stand for; here everything is installed already.
PIP = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}


@pytest.fixture
def shell(tmp_path: Path, plugin_folder: Path) -> Shell:
    """Run a command line where labelgate and pip are at hand, in an environment that may be changed."""
    folder = tmp_path / "venv"
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    here = [str(plugin_folder), *(path for path in sys.path if path and Path(path).is_dir())]
    (packages / "here.pth").write_text("\n".join(here))
    python = folder / "bin" / "python"
    for name, call in (("labelgate", "cl_flows.cli"), ("pip", "pip._internal.cli.main")):
        script = folder / "bin" / name
        script.write_text(f"#!{python}\nimport sys\nfrom {call} import main\nsys.exit(main())\n")
        script.chmod(0o755)

    def run(command: str, where: Path) -> "subprocess.CompletedProcess[str]":
        paths = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
        kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
        environment = {**kept, **PIP, "PATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        return subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run
