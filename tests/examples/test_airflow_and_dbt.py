"""The Airflow and dbt examples, run by the real tools from environments of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.extra
EXAMPLES = Path(__file__).parents[2] / "examples"


def tool(name: str) -> str:
    """Path of a tool that `make test-extras` installed apart."""
    found = os.environ.get(f"LABELGATE_TEST_{name}")
    if not found:
        pytest.skip(f"LABELGATE_TEST_{name} names no executable: run `make test-extras`")
    return found


def our_command(folder: Path) -> str:
    """Write a labelgate command for the Python that runs the tests."""
    script = folder / "labelgate"
    program = f"#!{sys.executable}\nfrom cl_flows.cli import main\nmain()\n"
    script.write_text(program, encoding="utf-8")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(("project", "trained"), [(0.0, True), (0.2, False)], indirect=["project"])
def test_airflow_trains_on_good_labels_only(project: Path, trained: bool) -> None:
    """`airflow dags test` runs the DAG's tasks; the one behind a failed gate never starts."""
    airflow = tool("AIRFLOW")
    home = project / "airflow"
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        "LABELGATE": our_command(project),
        "LABELS_PROJECT": str(project),
    }
    for command in (["db", "migrate"], ["dags", "test", "train_on_good_labels"]):
        done = subprocess.run(
            [airflow, *command], env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert command[0] != "db" or done.returncode == 0, done.stdout + done.stderr
    assert (project / "trained").exists() is trained, done.stdout + done.stderr
    assert (done.returncode == 0) is trained
    assert list((project / "labelgate-runs").glob("*/report.json"))


@pytest.mark.parametrize(
    ("dbt_project", "code", "built"), [(0.0, 0, True), (0.2, 3, False)], indirect=["dbt_project"]
)
def test_dbt_builds_training_on_good_labels_only(dbt_project: Path, code: int, built: bool) -> None:
    """The script ends with the gate's exit code, and dbt itself skips the table behind the verdict."""
    dbt = tool("DBT")
    environment = os.environ | {
        "DBT": dbt,
        "LABELGATE": our_command(dbt_project),
        "DBT_PROFILES_DIR": str(dbt_project),
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        ["sh", "build.sh"], cwd=dbt_project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    created, skipped = (
        re.search(rf"{word} .*main\.training", done.stdout) for word in ("OK created", "SKIP relation")
    )
    assert (bool(created), bool(skipped)) == (built, not built), done.stdout
