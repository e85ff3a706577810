"""The gate's limits run through Great Expectations over the scored table. Its answer is no verdict.

Great Expectations takes seconds to import, so that every import of it is inside a function. An
expectation for people's own suites is in `cl_checks.gx.label_noise`.
"""

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cl_checks.reconcile import ALL_ROWS, ENOUGH_ROWS, NOISE_RATE, budget_outcome
from cl_core.errors import GateError
from cl_core.verdict import Judgement

# Great Expectations fingerprints every column it is given, so it gets these and no others.
_COLUMNS = ("id", "given_label", "suggested_label", "label_quality", "is_label_issue")
_RATE = "est_noise_rate"
_KEY = "labelgate"

_first_context = threading.Lock()


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
    """

    scored: str
    noise_rate: float
    max_noise_rate: float
    min_rows: int
    n_rows: int
    run_name: str


def request_for(
    judgement: Judgement, *, scored: Path, n_rows: int, run_name: str, min_rows: int = 1
) -> ValidationRequest:
    """Ask about the very numbers that LN001 compared; `min_rows` is LN003's where that check is on."""
    ours = budget_outcome(judgement)
    if ours.measured is None or ours.limit is None:
        raise GateError(
            f"{ours.code} compared no numbers: measured {ours.measured}, limit {ours.limit}",
            hint="its outcome must carry both, so that Great Expectations can compare them too",
        )
    return ValidationRequest(str(scored), ours.measured, ours.limit, min_rows, n_rows, run_name)


def validate_request(request: ValidationRequest) -> dict[str, Any]:
    """Read the scored table and run `validate_scored` on it, in this process."""
    if not Path(request.scored).is_file():
        raise GateError(
            f"the scored table {request.scored} is not there",
            hint="it is written before the gate; keep the results folder until the run ends",
        )
    return validate_scored(
        pd.read_parquet(request.scored),
        noise_rate=request.noise_rate,
        max_noise_rate=request.max_noise_rate,
        min_rows=request.min_rows,
        n_rows=request.n_rows,
        run_name=request.run_name,
    )


def validate_scored(
    scored: pd.DataFrame,
    *,
    noise_rate: float,
    max_noise_rate: float,
    min_rows: int,
    run_name: str,
    n_rows: int | None = None,
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
    suite = _suite(max_noise_rate, max(1, min_rows), n_rows)
    return {
        "run_name": run_name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "great_expectations": _version(),
        "noise_rate": float(noise_rate),
        "max_noise_rate": float(max_noise_rate),
        "min_rows": int(min_rows),
        "n_rows": n_rows,
        "expectations": [_answer(result) for result in run_suite(table, suite, run_name)],
    }


def run_suite(table: pd.DataFrame, suite: list[Any], run_name: str) -> list[dict[str, Any]]:
    """Run expectations over a table and return Great Expectations' results as plain JSON.

    The context is fresh and private: contexts and checkpoints that threads share return one another's
    results, and a long-lived one keeps every result and the last table in memory.
    """
    import great_expectations as gx

    context = _private_context()
    asset = context.data_sources.add_pandas("scored").add_dataframe_asset("scored")
    batch = asset.add_batch_definition_whole_dataframe("all")
    named = context.suites.add(gx.ExpectationSuite("labelgate", expectations=suite))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="labelgate", data=batch, suite=named)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="labelgate", validation_definitions=[definition], result_format="SUMMARY")
    )
    run = gx.RunIdentifier(run_name=run_name, run_time=datetime.now(UTC))
    result = checkpoint.run(batch_parameters={"dataframe": table}, run_id=run)
    documents = [suite_result.to_json_dict() for suite_result in result.run_results.values()]
    return [answer for document in documents for answer in document["results"]]


def _suite(max_noise_rate: float, min_rows: int, n_rows: int | None) -> list[Any]:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    def key(name: str, says: str) -> dict[str, Any]:
        return {"meta": {_KEY: name}, "description": says}

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
            **key(NOISE_RATE, "the noise rate keeps to the limit"),
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


def _private_context() -> Any:
    """Build a context that nobody shares.

    Great Expectations insists that some process-wide context exists. Where there is none, an empty
    one that never sees data is put there; a person's own context stays what it is.
    """
    from great_expectations.data_context.data_context.context_factory import project_manager, set_context
    from great_expectations.exceptions.exceptions import DataContextRequiredError

    with _first_context:
        try:
            project_manager.get_current_project()
        except DataContextRequiredError:
            set_context(_new_context())
    return _new_context()


def _new_context() -> Any:
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = EphemeralDataContext(
        project_config=DataContextConfig(
            store_backend_defaults=stores, data_docs_sites={}, analytics_enabled=False
        )
    )
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _answer(result: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what people and `reconcile` read of one result."""
    asked = result["expectation_config"]
    found = result.get("result") or {}
    limits = {k: v for k, v in asked["kwargs"].items() if k != "batch_id"}
    return {
        "key": (asked.get("meta") or {}).get(_KEY),
        "type": asked["type"],
        "description": asked.get("description"),
        "success": result["success"],
        "observed": _finite(found.get("observed_value", found.get("unexpected_count"))),
        "limits": json.loads(json.dumps(limits, default=str)),
        "exception": exception_in(result),
    }


def exception_in(result: Mapping[str, Any]) -> str | None:
    """Return the message of the exception in a result, which comes in two shapes, or None."""
    info = result.get("exception_info") or {}
    for one in [info] if "raised_exception" in info else info.values():
        if one.get("raised_exception"):
            return str(one.get("exception_message") or "no message")
    return None


def _finite(value: Any) -> Any:
    """NaN and infinities are no JSON: they become None, which compares with no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
