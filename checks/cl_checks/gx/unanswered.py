"""Expectations that a stored suite holds and a checkpoint's result does not. Runs nothing.

Great Expectations leaves out an expectation whose class nobody imported, logs a line, and calls the rest a
success: of a suite with one such expectation nothing is left, and nothing is a success too.
"""

from collections import Counter
from typing import Any

from cl_core.errors import GateError


def refuse_unanswered(checkpoint_result: Any, context: Any) -> None:
    """Refuse a checkpoint's result that does not answer every stored expectation.

    Parameters
    ----------
    checkpoint_result
        What ``checkpoint.run(...)`` returned.
    context
        The data context that stores the suites.

    Raises
    ------
    GateError
        Naming the suites and the expectations that were not answered, also for a suite without any.
    """
    lost = unanswered(checkpoint_result, context)
    if lost:
        raise GateError(
            f"Great Expectations did not look at all it was to look at: {'; '.join(lost)}",
            hint="import the modules that define these expectations before the suite is loaded, "
            "ours by `from cl_checks import ExpectLabelNoiseRateToBeBelow`",
        )


def unanswered(checkpoint_result: Any, context: Any) -> list[str]:
    """Say which expectations of which suites were not answered, one sentence a suite."""
    said = []
    for result in checkpoint_result.run_results.values():
        store = context.expectations_store
        key = store.get_key(name=result.suite_name, id=None)
        stored = store.get(key)["expectations"] if store.has_key(key) else []
        asked = Counter(str(one["type"]) for one in stored)
        answered = Counter(str(one.expectation_config.type) for one in result.results)
        lost = asked - answered
        if lost:
            said.append(f"suite {result.suite_name!r} lost {', '.join(sorted(lost.elements()))}")
        elif not answered:
            said.append(f"suite {result.suite_name!r} holds no expectations")
    return said
