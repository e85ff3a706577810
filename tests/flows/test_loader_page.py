"""docs/loaders.md: every example on the page loads, as it is written."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from cl_core.hooks import DatasetLoader
from cl_core.plugins import load_plugins
from cl_flows import steps
from cl_flows.config import make_config
from cl_flows.plan import make_plan

PAGE = (Path(__file__).parents[2] / "docs" / "loaders.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LABELS = np.array(["ill", "healthy", "ill", "healthy"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that the page speaks of, small."""
    visits = pd.DataFrame({"visit": ["v1", "v2", "v3", "v4"], "patient": [7, 7, 8, 8], "diagnosis": LABELS})
    visits["day"], visits["comment"], visits["pulse"] = "2026-11-24", "none", [60, 70, 80, 90]
    visits.to_csv(tmp_path / "visits.csv", index=False)
    mails = [{"body": f"mail {i}", "folder": "ab"[i % 2]} for i in range(4)]
    (tmp_path / "mails.jsonl").write_text("\n".join(map(json.dumps, mails)))
    (tmp_path / "scored").mkdir()
    scored = pd.DataFrame({"label": LABELS, "p_ill": 0.25, "p_healthy": 0.75})
    scored.to_parquet(tmp_path / "scored" / "part-0.parquet")
    with sqlite3.connect(tmp_path / "reviews.db") as database:
        pd.DataFrame({"text": list("abcd"), "stars": [1, 5, 1, 5]}).to_sql("reviews", database, index=False)
    database.close()
    monkeypatch.setenv("REVIEWS_URL", f"sqlite:///{tmp_path / 'reviews.db'}")
    write_saved(tmp_path / "saved")
    np.savez(
        tmp_path / "scored.npz", labels=[0, 1, 0, 1], pred_probs=np.full((4, 2), 0.5), speaker=list("aabb")
    )
    return tmp_path


def write_saved(folder: Path) -> None:
    (folder / "train").mkdir(parents=True)
    (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    table = pa.table({"text": list("abcd"), "label": [0, 1, 0, 1]})
    with pa.ipc.new_stream(str(folder / "train" / "0.arrow"), table.schema) as stream:
        stream.write_table(table)
    features = {"text": {"dtype": "string"}, "label": {"_type": "ClassLabel", "names": ["no", "yes"]}}
    (folder / "train" / "state.json").write_text('{"_data_files": [{"filename": "0.arrow"}]}')
    (folder / "train" / "dataset_info.json").write_text(json.dumps({"features": features}))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[1].split("#")[0].strip())
def test_every_example_loads(block: str, folder: Path) -> None:
    """Four rows of two classes each, whatever they lie in."""
    raw: dict[str, Any] = {**yaml.safe_load(block), "gate": {"max_noise_rate": 0.05}, "base": str(folder)}
    data = steps.load(make_plan(make_config(raw, "docs/loaders.md")))
    assert (data.n_rows, data.n_classes) == (4, 2)
    assert (data.groups is not None) == ("groups" in raw["data"])


def test_the_page_has_examples_and_every_loader() -> None:
    """A loader that nobody reads about is not there."""
    assert len(BLOCKS) == 6
    for loader in load_plugins().all(DatasetLoader):
        assert f"`{loader.name}`" in PAGE
