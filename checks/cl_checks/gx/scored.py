"""The gate's limits run through Great Expectations over the scored table. Its answer is no verdict.

Great Expectations takes seconds to import, so that every import of it is inside a function. An
expectation for people's own suites is in `cl_checks.gx.label_noise`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cl_checks.gx.data_docs import data_docs_page
from cl_checks.gx.suite_run import KEY, answer, answers_in, validated
from cl_checks.reconcile import ALL_ROWS, ENOUGH_ROWS, FLAGGED_ROWS, NOISE_RATE, budget_outcome
from cl_checks.wording import percents
from cl_core.errors import GateError
from cl_core.verdict import Judgement

# Great Expectations fingerprints every column it is given, so it gets these and no others.
_COLUMNS = ("id", "given_label", "suggested_label", "label_quality", "is_label_issue")
_RATE = "est_noise_rate"


@dataclass(frozen=True, slots=True)
class ValidationRequest:
    """What Great Expectations is asked about one run.

    Attributes
    ----------
    scored
        Path of the scored table, a Parquet file.
    noise_rate, max_noise_rate
        LN001's `measured` and `limit`.
    min_rows
        Fewest rows; LN003's where that check is on, else 1.
    n_rows
        Rows that were judged, so that a cut-off file shows.
    run_name
        Name of the run; comes back in the document.
    data_docs
        Path of the page that Great Expectations writes about it; None for none.
    n_flagged
        Rows that were called a label issue, to be counted again; not checked when left out.
    """

    scored: str
    noise_rate: float
    max_noise_rate: float
    min_rows: int
    n_rows: int
    run_name: str
    data_docs: str | None = None
    n_flagged: int | None = None


def request_for(
    judgement: Judgement,
    *,
    scored: Path,
    n_rows: int,
    run_name: str,
    min_rows: int = 1,
    data_docs: Path | None = None,
    n_flagged: int | None = None,
) -> ValidationRequest:
    """Ask about the very numbers that LN001 compared; `min_rows` is LN003's where that check is on."""
    ours = budget_outcome(judgement)
    if ours.measured is None or ours.limit is None:
        raise GateError(
            f"{ours.code} compared no numbers: measured {ours.measured}, limit {ours.limit}",
            hint="its outcome must carry both, so that Great Expectations can compare them too",
        )
    page = None if data_docs is None else str(data_docs)
    return ValidationRequest(
        str(scored), ours.measured, ours.limit, min_rows, n_rows, run_name, page, n_flagged
    )


def validate_request(request: ValidationRequest) -> dict[str, Any]:
    """Read the scored table and run `validate_scored` on it, in this process."""
    if not Path(request.scored).is_file():
        raise GateError(
            f"the scored table {request.scored} is not there",
            hint="it is written before the gate; keep the results folder until the run ends",
        )
    import pyarrow.parquet as pq

    # The reasons alone are half of a large file, and nothing here reads them.
    there = set(pq.read_schema(request.scored).names)
    return validate_scored(
        pd.read_parquet(request.scored, columns=[column for column in _COLUMNS if column in there]),
        noise_rate=request.noise_rate,
        max_noise_rate=request.max_noise_rate,
        min_rows=request.min_rows,
        n_rows=request.n_rows,
        run_name=request.run_name,
        data_docs=Path(request.data_docs) if request.data_docs else None,
        n_flagged=request.n_flagged,
    )


def validate_scored(
    scored: pd.DataFrame,
    *,
    noise_rate: float,
    max_noise_rate: float,
    min_rows: int,
    run_name: str,
    n_rows: int | None = None,
    data_docs: Path | None = None,
    n_flagged: int | None = None,
) -> dict[str, Any]:
    """Run the gate's limits through Great Expectations, in a context of its own that leaves no trace.

    Parameters
    ----------
    scored
        The scored table; other columns than the needed ones are left aside.
    noise_rate, max_noise_rate
        The number the gate decides on and its limit, both in 0..1.
    min_rows
        Fewest rows, at least 1: on no rows most expectations are true of nothing.
    run_name
        Name of the run.
    n_rows
        Rows the table must have exactly; not checked when left out.
    data_docs
        File for Great Expectations' own page about this run; none when left out.
    n_flagged
        Rows the table must flag; not checked when left out.

    Returns
    -------
    dict
        Plain JSON: what was asked, ``great_expectations`` (its version) and ``expectations``, a list of
        ``key, type, description, success, observed, limits, exception``. It holds no verdict: pass it
        to `cl_checks.reconcile.reconcile`.

    Raises
    ------
    GateError
        For a number that is no share, or a scored table without a needed column.
    """
    _refuse_unusable(scored, noise_rate, max_noise_rate)
    table = scored[list(_COLUMNS)].assign(**{_RATE: float(noise_rate)})
    suite = [*_suite(noise_rate, max_noise_rate, max(1, min_rows), n_rows), *_flagged(n_flagged, len(table))]
    result = validated(table, suite, run_name)
    if data_docs is not None:
        data_docs.write_text(data_docs_page(result), encoding="utf-8")
    return {
        "run_name": run_name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "great_expectations": _version(),
        "noise_rate": float(noise_rate),
        "max_noise_rate": float(max_noise_rate),
        "min_rows": int(min_rows),
        "n_rows": n_rows,
        "n_flagged": n_flagged,
        "expectations": [answer(one) for one in answers_in(result)],
    }


def _suite(noise_rate: float, max_noise_rate: float, min_rows: int, n_rows: int | None) -> list[Any]:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    rate, limit = percents(noise_rate, max_noise_rate)

    def key(name: str, says: str) -> dict[str, Any]:
        return {"meta": {KEY: name}, "description": says}

    known = [
        gxe.ExpectColumnValuesToNotBeNull(
            column=column, **key(f"{name}_known", f"every row has its {column}")
        )
        for name, column in (
            ("id", "id"),
            ("given_label", "given_label"),
            ("suggested_label", "suggested_label"),
            ("quality", "label_quality"),
            ("flag", "is_label_issue"),
        )
    ]
    counted = (
        []
        if n_rows is None
        else [
            gxe.ExpectTableRowCountToEqual(value=n_rows, **key(ALL_ROWS, "every judged row is in the table"))
        ]
    )
    return [
        gxe.ExpectColumnMaxToBeBetween(
            column=_RATE,
            min_value=0,
            max_value=max_noise_rate,
            # Data Docs show no observed value of a largest value, so that the sentence tells it.
            **key(NOISE_RATE, f"the noise rate, {rate}, keeps to the limit of {limit}"),
        ),
        gxe.ExpectTableRowCountToBeBetween(
            min_value=min_rows, **key(ENOUGH_ROWS, "there are enough rows to judge")
        ),
        *counted,
        *known,
        gxe.ExpectColumnValuesToBeUnique(column="id", **key("id_unique", "no row is there twice")),
        gxe.ExpectColumnValuesToBeBetween(
            column="label_quality",
            min_value=0,
            max_value=1,
            **key("quality_in_range", "label quality is in 0..1"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="given_label",
            column_B="suggested_label",
            row_condition=Column("is_label_issue") == False,  # noqa: E712 - builds a condition
            **key("unflagged_keep_their_label", "a row that is not flagged keeps its label"),
        ),
    ]


def _flagged(n_flagged: int | None, n_rows: int) -> list[Any]:
    """Have the flagged rows counted again; its table of pairs is what people read in Data Docs."""
    if n_flagged is None or n_rows == 0:
        return []
    from cl_checks.gx.issue_share import ExpectLabelIssueShareToBeBelow

    return [
        ExpectLabelIssueShareToBeBelow(
            label_column="given_label",
            suggested_column="suggested_label",
            issue_column="is_label_issue",
            max_issue_share=min(1.0, n_flagged / n_rows),
            meta={KEY: FLAGGED_ROWS},
        )
    ]


def _version() -> str:
    import great_expectations as gx

    return str(gx.__version__)


def _refuse_unusable(scored: pd.DataFrame, noise_rate: float, max_noise_rate: float) -> None:
    for name, share in (("noise_rate", noise_rate), ("max_noise_rate", max_noise_rate)):
        if isinstance(share, bool) or not 0 <= share <= 1:
            raise GateError(f"{name} is {share!r}, wanted a share in 0..1", hint="pass LN001's numbers")
    missing = [column for column in _COLUMNS if column not in scored.columns]
    if missing:
        raise GateError(
            f"the scored table has no column {', '.join(missing)}",
            hint=f"it has {', '.join(map(str, scored.columns))}; pass the table that cl_core.assess returned",
        )
