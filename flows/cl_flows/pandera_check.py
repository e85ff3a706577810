"""A pandera check that gates the labels of a data frame. Needs the extra ``pandera``."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cl_flows.outcome import error_for
from cl_flows.quick import run_gate

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


def label_noise_at_most(max_noise_rate: float, *, label: str, **settings: Any) -> "pa.Check":
    """Build a check for ``pandera.DataFrameSchema(checks=[...])``.

    Parameters
    ----------
    max_noise_rate
        Largest accepted share of wrong labels, in 0..1.
    label
        Column with the given labels.
    **settings
        Further settings of `cl_flows.run_gate`.

    Returns
    -------
    pandera.Check
        Over the limit, the flagged rows are its failure cases. An undecided gate raises inside the
        check, which pandera reports as a check error and never as a pass.
    """
    import pandera.pandas as pa

    def keeps_the_limit(frame: "pd.DataFrame") -> "pd.Series[bool] | bool":
        return _judged(frame, {"max_noise_rate": max_noise_rate, "label": label, **settings})

    said = f"label noise of {label!r} at most {max_noise_rate:.1%}"
    return pa.Check(keeps_the_limit, name="label_noise_at_most", error=said)


def _judged(frame: "pd.DataFrame", settings: dict[str, Any]) -> "pd.Series[bool] | bool":
    import numpy as np
    import pandas as pd

    # Rows without a label are judged by nobody: pandera's own `nullable` speaks of them.
    labelled = frame[frame[settings["label"]].notna()]
    with TemporaryDirectory(prefix="labelgate-") as folder:
        result = run_gate(labelled, **{"output": Path(folder), **settings})
        if result.status == "passed":
            return True
        error = error_for(result)
        if error is not None and result.status == "undecided":
            raise error
        scored = pd.read_parquet(Path(result.folder) / "scored.parquet", columns=["is_label_issue"])
    flagged = scored["is_label_issue"].to_numpy()
    if not flagged.any():  # another check failed, or the rate is over the limit without suspects
        return False
    suspect = pd.Series(np.zeros(len(frame), dtype=np.bool_), index=frame.index)
    suspect.loc[labelled.index[flagged]] = True
    return ~suspect
