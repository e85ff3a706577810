"""The pytest fixture ``labelgate``: a test that fails when the labels are over their limit. No rules here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    import pandas as pd

    from cl_flows.outcome import GateResult


class Gate(Protocol):
    """How the fixture is called."""

    def __call__(self, source: "Path | str | pd.DataFrame", **settings: Any) -> "GateResult":
        """Gate `source` as `cl_flows.run_gate` does; fail the test on any verdict but a pass."""
        ...


@pytest.fixture
def labelgate(tmp_path: Path) -> Gate:
    """Gate labelled data inside a test: ``labelgate("data.csv", label="y", max_noise_rate=0.05)``.

    Takes the settings of `cl_flows.run_gate`. A failed or undecided gate fails the test with the
    verdict and what to do next; bad input is an error as everywhere. Runs go to the test's
    temporary folder unless ``output`` names another.
    """

    def gate(source: "Path | str | pd.DataFrame", **settings: Any) -> "GateResult":
        from cl_flows.quick import run_gate

        result = run_gate(source, **{"output": tmp_path / "labelgate-runs", **settings})
        if result.status != "passed":
            report = Path(result.folder) / "report.html"
            told = (
                f"labelgate {result.status}: {result.dataset}",
                result.says,
                result.remedy,
                f"report: {report}",
            )
            pytest.fail("\n".join(line for line in told if line), pytrace=False)
        return result

    return gate
