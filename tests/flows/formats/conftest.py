"""One real run over a CSV file whose wrong labels are known, in the working directory of the test."""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cl_flows.quick import run_gate

SWAPPED = (20, 21, 22, 23, 24, 25, 27, 28, 30, 31, 33, 35, 40, 41)
Report: TypeAlias = Callable[..., dict[str, Any]]


def write_pets(path: Path, swapped: tuple[int, ...] = SWAPPED) -> None:
    """Write 200 cats and dogs that a number tells apart, the rows `swapped` with the other's label."""
    noise = random.Random(1)  # noqa: S311 - a table
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["key", "size", "weight", "note", "pet"])
        for i in range(200):
            pet = ("dog", "cat")[(i + (i in swapped)) % 2]
            size, weight = (i % 2 * 6 + noise.gauss(0, 1) for _ in range(2))
            note = "two\nlines" if i == 5 else "one line"
            rows.writerow([f"r{i}", f"{size:.3f}", f"{weight:.3f}", note, pet])


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Gate ``pets.csv`` in an empty working directory and return the run's report."""
    monkeypatch.chdir(tmp_path)

    def make(swapped: tuple[int, ...] = SWAPPED, **settings: Any) -> dict[str, Any]:
        write_pets(tmp_path / "pets.csv", swapped)
        chosen = {"label": "pet", "id": "key", "max_noise_rate": 0.03, "great_expectations": False}
        result = run_gate("pets.csv", **(chosen | settings))
        found: dict[str, Any] = json.loads((Path(result.folder) / "report.json").read_text(encoding="utf-8"))
        return found

    return make
