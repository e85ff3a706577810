"""A check: every class must label enough rows."""

from pydantic import BaseModel, ConfigDict, Field

from cl_core import Evidence, Failed, Passed, Verdict


class BalanceOptions(BaseModel):
    """Options of the check ``AC001``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_share: float = Field(
        0.05, ge=0, le=1, description="smallest share of rows a class may label, in 0..1"
    )


def check_balance(evidence: Evidence, options: BalanceOptions) -> Verdict:
    """Compare the rarest class with the smallest share allowed."""
    table = evidence.class_table
    rarest = table.loc[table["rows"].idxmin()]
    share = float(rarest["rows"]) / evidence.n_rows
    said = f"class {rarest['label']} labels {share:.1%} of rows, wanted {options.min_share:.1%}"
    if share >= options.min_share:
        return Passed("AC001", "acme-balance", said, share, options.min_share)
    return Failed(
        "AC001", "acme-balance", said, share, options.min_share, f"label more rows as {rarest['label']}"
    )
