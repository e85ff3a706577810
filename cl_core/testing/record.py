"""What every plugin record must be, whatever its kind: named, described, validated, fit to travel."""

import pickle
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from cl_core.errors import LabelgateError
from cl_core.hooks import Plugin

if TYPE_CHECKING:
    from pydantic import BaseModel


class ContractError(AssertionError):
    """A plugin does not keep the contract; the message says what came and what was wanted."""


def demand(kept: object, message: str) -> None:
    """Raise `ContractError` with `message` unless `kept` is true."""
    if not kept:
        raise ContractError(message)


def check_record(plugin: Plugin) -> None:
    """Check the parts that all records share: name, summary, options, pickling."""
    demand(
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", plugin.name),
        f"the name {plugin.name!r} is not one word of letters, digits, dots, dashes and underscores",
    )
    demand(
        plugin.summary.strip() and "\n" not in plugin.summary, f"{plugin.name}: the summary must be one line"
    )
    model = plugin.options
    demand(
        model.model_config.get("extra") == "forbid",
        f"{plugin.name}: options {model.__name__} let unknown keys pass; wanted "
        "model_config = ConfigDict(frozen=True, extra='forbid')",
    )
    demand(model.model_config.get("frozen"), f"{plugin.name}: options {model.__name__} must be frozen")
    for name, field in model.model_fields.items():
        said = field.description or re.search(rf"^\s*{name}\b", model.__doc__ or "", flags=re.MULTILINE)
        demand(
            said,
            f"{plugin.name}: option {name!r} is described neither by Field(description=...) nor in the "
            f"docstring of {model.__name__}",
        )
    try:
        copy = pickle.loads(pickle.dumps(plugin))  # noqa: S301 - our own bytes
    except Exception as error:
        raise ContractError(f"{plugin.name}: the record cannot be pickled for a worker: {error}") from error
    demand(copy == plugin, f"{plugin.name}: the record changes when pickled: use functions of a module")


def make_options(plugin: Plugin, options: "BaseModel | dict[str, Any] | None") -> Any:
    """Validate `options` by the plugin's own model."""
    if options is None or isinstance(options, dict):
        return plugin.options.model_validate(options or {})
    return options


@contextmanager
def leaves_alone(plugin: Plugin) -> Iterator[None]:
    """Demand that the block does not touch the global random streams of NumPy and Python."""
    before = _streams()
    yield
    demand(
        before == _streams(),
        f"{plugin.name}: draws from the global random stream of NumPy or Python; take a seed option",
    )


@contextmanager
def elsewhere_in_the_random_streams() -> Iterator[None]:
    """Run the block with the global random streams at another place, and put them back."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(12345)  # noqa: NPY002
    random.seed(12345)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _streams() -> bytes:
    return pickle.dumps((np.random.get_state(), random.getstate()))  # noqa: NPY002 - what plugins must not touch


def check_refusal(plugin: Plugin, what: str, call: Callable[[], object], *, must_refuse: bool) -> None:
    """Demand that `call` works (unless `must_refuse`) or ends in an error of ours that says what to do."""
    try:
        call()
    except LabelgateError as error:
        demand(str(error).strip(), f"{plugin.name}: the error for {what} says nothing")
        demand(error.hint, f"{plugin.name}: the error for {what} has no hint: {error}")
    except Exception as error:
        raise ContractError(
            f"{plugin.name}: {what} ended in {type(error).__name__}: {error}; wanted cl_core.InputError "
            "(or another LabelgateError) with a hint"
        ) from error
    else:
        demand(not must_refuse, f"{plugin.name}: {what} was accepted; wanted an InputError with a hint")
