"""docs/backends.md: what the page shows is what the options take."""

import re
from pathlib import Path

import yaml

from cl_plugins.builtin import labelgate_model_backends

PAGE = Path(__file__).parents[4] / "docs" / "backends.md"


def test_the_examples_of_served_models_are_valid() -> None:
    """Every block of YAML for a served model passes the options of the backend it names."""
    options = {backend.name: backend.options for backend in labelgate_model_backends()}
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    models = [yaml.safe_load(block)["model"] for block in blocks if "model:" in block]
    ours = [model for model in models if model["backend"] in ("http", "llm")]
    assert {model["backend"] for model in ours} == {"http", "llm"}
    for model in ours:
        options[model.pop("backend")].model_validate(model)
