"""A gate over 300 trees, a fifth of them mislabelled, that a fault may spoil: it must never pass."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from cl_core import flip_labels


def trees(noise: float = 0.2, rows: int = 300) -> pd.DataFrame:
    """Three well-separated classes in two numbers, some of their labels flipped."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, rows).astype(np.intp)
    given, _ = flip_labels(true, rate=noise, n_classes=3, rng=rng)
    numbers = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true] + rng.normal(size=(rows, 2))
    names = np.array(["ash", "birch", "cedar"])[given]
    ids = [f"t{i}" for i in range(rows)]
    return pd.DataFrame({"tree": ids, "height": numbers[:, 0], "girth": numbers[:, 1], "label": names})


def scored(rows: int = 300, classes: int = 3, noise: float = 0.2) -> dict[str, Any]:
    """Labels and good out-of-sample probabilities for an .npz file."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, classes, rows).astype(np.intp)
    labels, _ = flip_labels(true, rate=noise, n_classes=classes, rng=rng)
    probs = 0.1 * rng.dirichlet(np.ones(classes), rows) + 0.9 * np.eye(classes)[true]
    return {"labels": labels, "pred_probs": probs}


@dataclass
class Bench:
    """A folder with a gate.yaml to spoil.

    Attributes
    ----------
    folder
        Where everything lies; the run starts there.
    sections
        What gate.yaml says.
    arguments
        Of `labelgate run`, behind the gate.yaml.
    environment
        Variables set for the run.
    """

    folder: Path
    sections: dict[str, Any]
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    trees = staticmethod(trees)
    scored = staticmethod(scored)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, frame: pd.DataFrame | str | bytes, name: str = "trees.csv") -> None:
        """Let the gate read this table instead."""
        self.write(name, frame.to_csv(index=False) if isinstance(frame, pd.DataFrame) else frame)
        self.sections["data"]["path"] = name

    def arrays(self, **changes: Any) -> None:
        """Let the gate read probabilities from an .npz file instead."""
        np.savez(self.folder / "scored.npz", **(scored() | changes))
        self.sections["data"] = {"path": "scored.npz"}
        self.sections["model"] = {"backend": "precomputed", "out_of_sample": True}

    def set(self, section: str, **settings: Any) -> None:
        """Change a section of gate.yaml."""
        self.sections.setdefault(section, {}).update(settings)

    def command(self) -> list[str]:
        """Write gate.yaml, unless a fault wrote another, and return the arguments of the run."""
        path = self.folder / "gate.yaml"
        if not path.exists():
            path.write_text(yaml.safe_dump(self.sections), encoding="utf-8")
        return ["run", str(path), "--engine", "direct", *self.arguments]

    def reports(self) -> list[dict[str, Any]]:
        """Every finished run's report."""
        found = sorted((self.folder / "labelgate-runs").glob("*/report.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Prepare the gate that fails by itself: 20 % of the labels are wrong, 5 % are accepted."""
    bench = Bench(
        tmp_path,
        {
            "data": {"path": "trees.csv", "label": "label", "id": "tree"},
            "gate": {"max_noise_rate": 0.05, "great_expectations": False},
            "model": {"backend": "tabular", "estimator": "logistic"},
        },
    )
    bench.table(trees())
    return bench


@pytest.fixture
def chaos(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the distribution of plugins that do what plugins must not do."""
    site = tmp_path_factory.mktemp("site")
    (site / "chaos_labels.py").write_bytes((Path(__file__).parent / "chaos.py").read_bytes())
    info = site / "chaos_dist-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: chaos-dist\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[labelgate]\nchaos = chaos_labels\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
