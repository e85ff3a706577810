"""A plugin of somebody else that never comes back. What a gate makes of it is not in here."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cl_core import ModelBackend, hookimpl


class HangOptions(BaseModel):
    """Options of the backend ``hangs``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    how: Literal["sleep", "pool", "lock"] = Field(description="where it waits")


def predict(_dataset: Any, options: HangOptions, _progress: Any) -> Any:
    """Wait longer than any limit: in a sleep, for a thread of a pool, or with Python's lock held."""
    match options.how:
        case "sleep":
            time.sleep(3600)
        case "pool":  # Python joins its threads before it ends
            ThreadPoolExecutor(1).submit(time.sleep, 3600).result()
        case "lock":
            re.match(r"(a+)+$", "a" * 60 + "b")


@hookimpl
def labelgate_model_backends() -> Any:
    """Offer the backend."""
    yield ModelBackend("hangs", "never answers", HangOptions, predict)
