"""One call gates a file, a frame or a gate.yaml."""

from pathlib import Path

import pandas as pd
import pytest

from cl_core.errors import ConfigError
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
