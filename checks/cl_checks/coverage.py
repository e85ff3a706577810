"""LN003: are there enough rows, in every class, to say anything? Looks at counts only."""

import pandas as pd

from cl_checks.options import Count, Options
from cl_checks.wording import names
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Breach, Passed, Undecided, Verdict

CODE, NAME = "LN003", "coverage"


class CoverageOptions(Options):
    """Options of LN003.

    Attributes
    ----------
    min_rows
        Fewest rows that are judged.
    min_rows_per_class
        Fewest rows of every class, those that label no row included.
    """

    # With fewer than 50 rows one wrong label moves the rate by more than 2 points, and the 95 %
    # interval of a rate of 5 % is over 13 points wide: no limit people use can be told from it.
    min_rows: Count = 50
    # A class's threshold is the mean of its rows' probabilities: with 10 rows its standard error can
    # reach 0.16 (0.5 / sqrt 10), about as far as the thresholds of a usable model lie from chance.
    # It also leaves every fold of a 5-fold cross-validation two rows of the class to be tested on.
    min_rows_per_class: Count = 10


def check_coverage(evidence: Evidence, options: CoverageOptions) -> Verdict:
    """Count the rows.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The fewest rows in all and in a class; exactly that many pass.

    Returns
    -------
    Verdict
        `Undecided` when rows are too few, in all or in a class; else `Passed`.
    """
    rows = evidence.n_rows
    if rows < options.min_rows:
        return Undecided(
            CODE,
            NAME,
            f"There are only {rows:,} labelled rows; a verdict needs {options.min_rows:,}.",
            rows,
            options.min_rows,
            f"Collect more labelled rows, or judge several batches together (option min_rows of {NAME}).",
        )
    counts = evidence.class_table.sort_values("rows", kind="stable")
    scarce = counts[counts["rows"] < options.min_rows_per_class]
    if len(scarce):
        listed = [f"{label} ({n:,})" for label, n in zip(scarce["label"], scarce["rows"], strict=True)]
        return Undecided(
            CODE,
            NAME,
            f"Too few rows to judge {len(scarce):,} of {len(counts):,} classes: {names(listed)}; "
            f"each needs {options.min_rows_per_class:,}.",
            int(scarce["rows"].iloc[0]),
            options.min_rows_per_class,
            "Label more rows of these classes, merge them with others, or leave them out "
            f"(option min_rows_per_class of {NAME}).",
            _breaches(scarce, options.min_rows_per_class),
        )
    fewest = int(counts["rows"].iloc[0])
    says = f"{rows:,} rows, at least {fewest:,} of each of the {len(counts):,} classes: enough to judge."
    return Passed(CODE, NAME, says, rows, options.min_rows)


def _breaches(scarce: pd.DataFrame, limit: int) -> tuple[Breach, ...]:
    return tuple(
        Breach((("class", str(label)),), f"{n:,} rows", int(n), limit)
        for label, n in zip(scarce["label"], scarce["rows"], strict=True)
    )


COVERAGE = Check(
    CODE, NAME, "there are enough rows in all and in every class", CoverageOptions, check_coverage
)
