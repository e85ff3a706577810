"""One suite run over one table in a context that nobody shares, and its result as plain JSON. No verdicts.

Great Expectations takes seconds to import, so that every import of it is inside a function.
"""

import json
import math
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

KEY = "labelgate"

_first_context = threading.Lock()


def run_suite(table: pd.DataFrame, suite: list[Any], run_name: str) -> list[dict[str, Any]]:
    """Run expectations over a table and return Great Expectations' results as plain JSON."""
    return answers_in(validated(table, suite, run_name))


def answers_in(result: Any) -> list[dict[str, Any]]:
    """Return the results of one validated suite as plain JSON."""
    listed: list[dict[str, Any]] = result.to_json_dict()["results"]
    return listed


def validated(
    table: pd.DataFrame,
    suite: list[Any],
    run_name: str,
    *,
    suite_name: str = "labelgate",
    parameters: Mapping[str, Any] | None = None,
) -> Any:
    """Run expectations over a table and return Great Expectations' own result of the suite.

    The context is fresh and private: contexts and checkpoints that threads share return one another's
    results, and a long-lived one keeps every result and the last table in memory.
    """
    import great_expectations as gx

    context = private_context()
    asset = context.data_sources.add_pandas("scored").add_dataframe_asset("scored")
    batch = asset.add_batch_definition_whole_dataframe("all")
    named = context.suites.add(gx.ExpectationSuite(suite_name, expectations=suite))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="labelgate", data=batch, suite=named)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="labelgate", validation_definitions=[definition], result_format="SUMMARY")
    )
    run = gx.RunIdentifier(run_name=run_name, run_time=datetime.now(UTC))
    result = checkpoint.run(
        batch_parameters={"dataframe": table}, expectation_parameters=dict(parameters or {}), run_id=run
    )
    (of_suite,) = result.run_results.values()
    return of_suite


def answer(result: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what people and machines read of one result."""
    asked = result["expectation_config"]
    found = result.get("result") or {}
    limits = {k: v for k, v in asked["kwargs"].items() if k != "batch_id"}
    return {
        "key": (asked.get("meta") or {}).get(KEY),
        "type": asked["type"],
        "description": asked.get("description"),
        "severity": asked.get("severity") or "critical",
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


def private_context() -> Any:
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
