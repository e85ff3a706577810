"""Drafts a gate.yaml for a source: guesses are said aloud, and the draft is tried before it is shown."""

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from cl_core.plugins import load_plugins
from cl_flows import steps
from cl_flows.config import make_config
from cl_flows.plan import make_plan

if TYPE_CHECKING:
    from cl_core.dataset import Dataset

# Files by which a folder that `datasets` saved is known.
_SAVED_DATASET = ("dataset_info.json", "dataset_dict.json")


def draft(source: str, label: str | None, target: Path) -> tuple[str, list[str]]:
    """Return the text of a gate.yaml for a file, folder, glob or URL, and what was guessed on the way."""
    data, said = _guess(source, label)
    raw = {"data": {"path": source, **data}, "gate": {"max_noise_rate": 0.05}}
    dataset = steps.load(make_plan(make_config(raw, source)))
    said.append(f"{dataset.n_rows:,} rows of {dataset.n_classes} classes: {', '.join(dataset.classes[:8])}")
    said += [f"note: {note}" for note in dataset.notes]
    return _render({"path": _seen_from(target, source), **data}, dataset), said


def _guess(source: str, label: str | None) -> tuple[dict[str, str], list[str]]:
    data = {} if label is None else {"label": label}
    said = [f"label column: {label}"] if label else []
    if any((Path(source) / name).is_file() for name in _SAVED_DATASET):
        return {"loader": "huggingface", **data}, said
    if load_plugins().loader_for(source).name != "table":
        return data, said
    from cl_plugins.loaders.guesses import guess_columns
    from cl_plugins.loaders.table import open_table

    with open_table(source) as table:
        found = guess_columns(table, label)
    data["label"] = found.label
    if label is None:
        said.append(f"label column: {found.label} (a guess; --label names another)")
    for role, column in (("id", found.id), ("text", found.text)):
        if column is not None:
            data[role] = column
            said.append(f"{role} column: {column} (a guess)")
    return data, said


def _seen_from(target: Path, source: str) -> str:
    """Return the path from the folder of gate.yaml, which relative paths start from."""
    if "://" in source:
        return source
    return Path(os.path.relpath(Path(source).absolute(), target.resolve().parent)).as_posix()


def _render(data: dict[str, str], dataset: "Dataset") -> str:
    from jinja2 import Environment

    template = files("cl_flows").joinpath("templates/gate.yaml.j2").read_text(encoding="utf-8")
    environment = Environment(trim_blocks=True, keep_trailing_newline=True)  # noqa: S701 - YAML, not HTML
    precomputed = dataset.pred_probs is not None
    return environment.from_string(template).render(
        data=data, precomputed=precomputed, modality=dataset.modality
    )
