"""One call gates a file, a frame or a gate.yaml."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_core.errors import ConfigError, InputError
from cl_flows import run_gate


def test_a_frame_a_file_and_a_yaml_get_the_same_verdict(tables: Path, tmp_path: Path) -> None:
    """Three doors, one gate."""
    more = {"great_expectations": False, "output": tmp_path / "runs", "label": "label", "id": "tree"}
    path = tables / "noisy.csv"
    (tmp_path / "gate.yaml").write_text(f"data: {{path: {path}}}\ngate: {{max_noise_rate: 0.05}}\n")
    found = [
        run_gate(pd.read_csv(path), max_noise_rate=0.05, name="noisy", **more),
        run_gate(path, max_noise_rate=0.05, **more),
        run_gate(str(tmp_path / "gate.yaml"), **more),
    ]
    assert {result.status for result in found} == {"failed"}
    assert {result.dataset for result in found} == {"noisy"}
    assert len({(result.noise_rate, result.n_flagged) for result in found}) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [({}, "max_noise_rate is missing"), ({"lable": "y"}, "no setting is called 'lable'")],
)
def test_what_is_missing_or_unknown_is_refused(tables: Path, settings: dict[str, str], says: str) -> None:
    """There is no default limit, and a misspelt setting is never ignored."""
    with pytest.raises(ConfigError, match=says) as caught:
        run_gate(tables / "clean.csv", **settings)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "got a NoneType"),
        (pd.Series([1]), "got a Series"),
        (pd.DataFrame({"x": [1j]}), "could not be read"),
    ],
)
def test_what_is_no_table_is_refused(source: Any, says: str) -> None:
    """Arrays, series and types that no file has end in an error with a way out."""
    with pytest.raises(InputError, match=says) as caught:
        run_gate(source, label="y", max_noise_rate=0.05)
    assert caught.value.hint


def test_a_named_index_identifies_the_rows(tables: Path, tmp_path: Path) -> None:
    """The index people gave their frame is what the scored table calls its rows."""
    frame = pd.read_csv(tables / "noisy.csv").set_index("tree")
    result = run_gate(
        frame, label="label", max_noise_rate=0.05, great_expectations=False, output=tmp_path / "runs"
    )
    scored = pd.read_parquet(Path(result.folder) / "scored.parquet")
    assert set(scored["id"]) == set(frame.index)
