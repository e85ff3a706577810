"""The examples for other pipelines are valid where they go."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples are part of the checkout")
def test_the_github_workflow_keeps_githubs_schema() -> None:
    """Checked against the schema of GitHub workflows, offline."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*command, str(EXAMPLES / "github/labels.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
