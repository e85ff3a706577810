"""A pandera schema refuses a frame whose labels are over the limit."""

from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.extra


def test_the_failure_cases_are_the_flagged_rows(tables: Path) -> None:
    """People read which rows to look at where pandera puts them."""
    import pandera.pandas as pa

    from cl_flows import label_noise_at_most

    check = label_noise_at_most(0.05, label="label", id="tree", great_expectations=False)
    schema = pa.DataFrameSchema(checks=[check])
    clean, noisy = pd.read_csv(tables / "clean.csv"), pd.read_csv(tables / "noisy.csv")
    assert len(schema.validate(clean)) == 300
    with pytest.raises(pa.errors.SchemaErrors) as caught:
        schema.validate(noisy, lazy=True)
    rows = caught.value.failure_cases["index"].unique()
    assert 40 < len(rows) < 80
    assert "label noise of 'label' at most 5.0%" in str(caught.value)


def test_an_undecided_gate_is_no_pass(tables: Path) -> None:
    """Five rows of a class allow no verdict: pandera says that the check raised."""
    import pandera.pandas as pa

    from cl_flows import label_noise_at_most

    few = pd.read_csv(tables / "clean.csv").groupby("label").head(6)
    schema = pa.DataFrameSchema(checks=[label_noise_at_most(0.05, label="label", great_expectations=False)])
    with pytest.raises(pa.errors.SchemaErrors, match="GateUndecided"):
        schema.validate(few, lazy=True)
