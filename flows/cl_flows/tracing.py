"""A run and its steps as OpenTelemetry spans, for whoever set up a tracer provider. Sends nothing itself."""

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.metadata import version
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def traced(
    step: str, told: Callable[[T], Mapping[str, str | int | float]]
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make every call of a function the span ``labelgate.STEP``; `told` returns what it says of the result.

    An error is told by its type alone, as its words may quote rows. In a process without OpenTelemetry
    nothing is imported and nothing happens.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            trace = sys.modules.get("opentelemetry.trace")
            if trace is None:
                return function(*args, **kwargs)
            tracer = trace.get_tracer("labelgate", version("labelgate"))
            quiet = {"record_exception": False, "set_status_on_exception": False}
            with tracer.start_as_current_span(f"labelgate.{step}", **quiet) as span:
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    span.set_attribute("error.type", type(error).__name__)
                    span.set_status(trace.StatusCode.ERROR)
                    raise
                span.set_attributes({f"labelgate.{name}": value for name, value in told(result).items()})
                return result

        return called

    return decorated
