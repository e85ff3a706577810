"""A person's own suite over their own table, before ours says anything. Decides nothing about labels.

What Great Expectations reports as a success though it judged nothing is an error here: an expectation that
nobody imported, an empty suite, a crash inside. Its import takes seconds, so that it is inside functions.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from cl_checks.gx.data_docs import data_docs_page
from cl_checks.gx.suite_run import answer, answers_in, exception_in, validated
from cl_core.errors import ConfigError, GateError

_WORDS = 10  # of failed expectations; a message must stay readable


@dataclass(frozen=True, slots=True)
class SuiteRequest:
    """What Great Expectations is asked about a raw table.

    Attributes
    ----------
    table
        Path of the table, a Parquet file.
    suite
        Path of a suite's JSON, or the name of a suite in `context`.
    run_name
        Name of the run; comes back in the document.
    context
        Folder of a file context; None for a suite that is a file.
    imports
        Modules to import first: those that define the suite's expectations.
    parameters
        Values of the suite's parameters.
    data_docs
        Path of the page that Great Expectations writes about it; None for none.
    """

    table: str
    suite: str
    run_name: str
    context: str | None = None
    imports: tuple[str, ...] = ()
    parameters: Mapping[str, Any] | None = None
    data_docs: str | None = None


def validate_own(request: SuiteRequest) -> dict[str, Any]:
    """Run the suite over the table, in this process.

    Returns
    -------
    dict
        Plain JSON: ``run_name, time, suite, rows`` and ``expectations``, as in `validate_scored`.

    Raises
    ------
    ConfigError
        For a suite or module that is not there, or a file that is no suite.
    GateError
        For a suite that holds nothing, or that Great Expectations did not load, run or answer in full.
    """
    _import_all(request.imports)
    stored = _stored(request)
    suite = known_expectations(stored, request.suite)
    table = pd.read_parquet(request.table)
    result = validated(
        table, suite, request.run_name, suite_name=_name(request.suite), parameters=request.parameters
    )
    if request.data_docs is not None:
        Path(request.data_docs).write_text(data_docs_page(result), encoding="utf-8")
    answers = answers_in(result)
    if len(answers) != len(stored):
        raise GateError(
            f"the suite {request.suite} holds {len(stored)} expectations, {len(answers)} were answered",
            hint="a fault of Great Expectations or of an expectation's author: nothing was concluded",
        )
    return {
        "run_name": request.run_name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": request.suite,
        "rows": len(table),
        "expectations": [answer(one) | {"vacuous": _vacuous(one)} for one in answers],
    }


def broken_limits(document: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the failed expectations as sentences: those that block, and those that only warn.

    Raises
    ------
    GateError
        For an expectation that crashed: Great Expectations reports that as one that was not met.
    """
    blocking: list[str] = []
    warning: list[str] = []
    for one in document["expectations"]:
        if one["exception"] is not None:
            raise GateError(
                f"the suite {document['suite']} could not be run: {_said(one)} raised {one['exception']}",
                hint="mend the suite or the table it expects; a crash is neither a pass nor a failure",
            )
        if one["vacuous"]:
            warning.append(f"{_said(one)} looked at no value: all are missing")
        elif not one["success"]:
            (blocking if one["severity"] == "critical" else warning).append(f"{_said(one)} is not met")
    return blocking, warning


def listed(sentences: Sequence[str]) -> str:
    """Join as many sentences as people read."""
    rest = f"; and {len(sentences) - _WORDS} more" if len(sentences) > _WORDS else ""
    return "; ".join(sentences[:_WORDS]) + rest


def known_expectations(stored: Sequence[Mapping[str, Any]], suite: str) -> list[Any]:
    """Build every expectation of a stored suite.

    Raises
    ------
    GateError
        For an expectation whose class is not known: Great Expectations itself would leave it out.
    """
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from cl_checks.gx.registered import registered

    registered()
    if not stored:
        raise GateError(
            f"the suite {suite} holds no expectations", hint="an empty suite judges nothing: add to it"
        )
    built, unknown = [], Counter[str]()
    for one in stored:
        plain = {key: value for key, value in one.items() if key not in {"id", "rendered_content"}}
        try:
            built.append(ExpectationConfiguration(**plain).to_domain_obj())
        except ExpectationNotFoundError:
            unknown[str(one.get("type"))] += 1
        except (TypeError, ValueError) as error:
            raise GateError(
                f"the suite {suite} holds an expectation that is none: {error}", hint=f"it is {one}"[:300]
            ) from error
    if unknown:
        raise GateError(
            f"the suite {suite} holds expectations that nobody knows: {', '.join(sorted(unknown))}",
            hint="name the module that defines them (`imports`); left out, they would read as met",
        )
    return built


def _stored(request: SuiteRequest) -> list[Any]:
    """Return the stored expectations, as they are written, before anything can be left out."""
    if request.context is None:
        path = Path(request.suite)
        try:
            suite = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the suite {path} cannot be read: {error}", hint="name a suite's JSON, or a `context` folder"
            ) from error
    else:
        suite = _from_context(request.context, request.suite)
    found = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and "type" in one for one in found):
        raise ConfigError(
            f"{request.suite} is no suite of Great Expectations 1.x: it has no list of expectations",
            hint="write it with suite.to_json_dict(), or take it from the context's folder",
        )
    return found


def _from_context(folder: str, name: str) -> Any:
    import great_expectations as gx

    if not Path(folder).is_dir():
        raise ConfigError(
            f"there is no folder {folder}", hint="name the folder that holds gx/, or gx/ itself"
        )
    root = Path(folder)
    if (root / "gx" / "great_expectations.yml").is_file():
        root = root / "gx"
    if not (root / "great_expectations.yml").is_file():
        raise ConfigError(
            f"{folder} holds no Great Expectations context", hint="it has a great_expectations.yml"
        )
    store = gx.get_context(mode="file", context_root_dir=str(root)).expectations_store
    key = store.get_key(name=name, id=None)
    if not store.has_key(key=key):
        there = ", ".join(sorted(str(one.name) for one in store.list_keys()))
        raise ConfigError(f"the context {folder} has no suite {name!r}", hint=f"it has {there or 'none'}")
    stored = store.get(key=key)
    return {
        "expectations": [
            getattr(one, "to_json_dict", lambda one=one: one)() for one in stored["expectations"]
        ]
    }


def _import_all(modules: Sequence[str]) -> None:
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise ConfigError(
                f"the module {module!r} cannot be imported: {error}",
                hint="it must be installed, or lie on PYTHONPATH",
            ) from error


def _name(suite: str) -> str:
    return Path(suite).stem or suite


def _vacuous(result: Mapping[str, Any]) -> bool:
    """Tell whether a map expectation saw missing values only, of which anything is true."""
    found = result.get("result") or {}
    rows = found.get("element_count")
    met = result["success"] and exception_in(result) is None
    return bool(met and rows and found.get("missing_count") == rows)


def _said(one: Mapping[str, Any]) -> str:
    limits = ", ".join(f"{name}={value!r}" for name, value in one["limits"].items())
    return f"{one['type']}({limits}) [observed {one['observed']!r}]"
