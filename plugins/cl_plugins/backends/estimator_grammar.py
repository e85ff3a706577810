"""Builds scikit-learn estimators from plain mappings and lists, as YAML has them. No pickle, no data.

The grammar, with ``spec`` for a model::

    spec  = {estimator: import path, params: {name: value, ...}}     params may be left out
          | {steps: [spec, ...]} | {steps: {name: spec, ...}}        a scikit-learn pipeline
    value = spec | number | text | list of values | mapping of values
          | {name: spec, ...}                                        named models, as voting takes them

A list stands for a tuple where the parameter's default is a tuple (``ngram_range: [1, 2]``), and where it
starts with a name and holds a model (``[name, spec]``).
"""

import inspect
from collections.abc import Mapping
from typing import Any

from sklearn.pipeline import Pipeline, make_pipeline

from cl_core.crossval import seeded
from cl_core.errors import ConfigError
from cl_plugins.backends.import_path import import_named, near

_SPECS = ({"estimator"}, {"estimator", "params"}, {"steps"})
# What these libraries need to be told so that they write no files, print nothing and give the same bits.
_QUIET: dict[str, dict[str, Any]] = {
    "catboost": {"allow_writing_files": False, "verbose": False},
    "lightgbm": {"verbose": -1, "deterministic": True, "force_row_wise": True},
    "xgboost": {"verbosity": 0},
}
# Other names of the same parameters: to set both is an error.
_ALIASES = {
    "random_state": {"random_seed", "seed"},
    "verbose": {"logging_level", "silent", "verbosity"},
}
_MOST_LISTED = 20


def build(spec: Mapping[str, Any], seed: int, notes: list[str], where: str = "model") -> Any:
    """Return the unfitted estimator that `spec` describes, every open ``random_state`` set to `seed`.

    Parameters
    ----------
    spec
        See the module.
    seed
        For every ``random_state`` that `spec` leaves open.
    notes
        Gets a sentence for each parameter that a class takes without listing it.
    where
        Option that holds `spec`, for errors.

    Raises
    ------
    ConfigError
        For a path that leads to no class with ``fit``, and for parameters that the class does not take.
    """
    model = _model(spec, seed, notes, where)
    # None of our business where a class follows no convention of scikit-learn's.
    return seeded(model, seed) if hasattr(model, "get_params") else model


def describe(spec: Any) -> str:
    """Write a spec or a value of one the way Python would, on one line.

    >>> describe({"steps": [{"estimator": "a.Scale"}, {"estimator": "b.Fit", "params": {"C": 0.1}}]})
    'a.Scale() -> b.Fit(C=0.1)'
    """
    if _is_spec(spec) and "steps" in spec:
        steps = spec["steps"]
        return " -> ".join(
            describe(step) for step in (steps.values() if isinstance(steps, Mapping) else steps)
        )
    if _is_spec(spec):
        params = (spec.get("params") or {}).items()
        return f"{spec['estimator']}({', '.join(f'{name}={describe(value)}' for name, value in params)})"
    if isinstance(spec, Mapping):
        return "{" + ", ".join(f"{name!r}: {describe(value)}" for name, value in spec.items()) + "}"
    if isinstance(spec, list | tuple):
        return f"[{', '.join(map(describe, spec))}]"
    return repr(spec)


def paths(spec: Any) -> set[str]:
    """Every import path within a spec."""
    if isinstance(spec, Mapping):
        own = {spec["estimator"]} if _is_spec(spec) and "estimator" in spec else set()
        return own.union(*(paths(value) for value in spec.values()))
    if isinstance(spec, list | tuple):
        return set().union(*(paths(value) for value in spec))
    return set()


def _model(spec: Mapping[str, Any], seed: int, notes: list[str], where: str) -> Any:
    if "steps" in spec:
        return _pipeline(spec["steps"], seed, notes, f"{where}.steps")
    path = spec["estimator"]
    if not isinstance(path, str):
        raise ConfigError(
            f"{where}.estimator is {path!r}, wanted an import path",
            hint="write {estimator: sklearn.linear_model.LogisticRegression, params: {C: 0.1}}",
        )
    made = import_named(path, f"{where}.estimator")
    if not inspect.isclass(made) or not callable(getattr(made, "fit", None)):
        what = "module" if inspect.ismodule(made) else "class" if inspect.isclass(made) else "function"
        raise ConfigError(
            f"{where}.estimator is {path!r}, a {what} without `fit`",
            hint=near(path.rpartition(".")[2], dir(made)).strip() or "name the class of an estimator",
        )
    return _call(made, path, spec.get("params") or {}, seed, notes, where)


def _call(made: Any, path: str, params: Mapping[str, Any], seed: int, notes: list[str], where: str) -> Any:
    known, open_ended = _parameters(made)
    for name in params:
        if name in known:
            continue
        hint = near(str(name), known)
        if not open_ended:
            raise ConfigError(
                f"{where}.params: {path} takes no {name!r}",
                hint=hint + _listed(known),
            )
        notes.append(f"{path} was given {name!r}, which it does not list{hint and '; ' + hint.strip()}")
    ready = {
        name: _value(
            value, seed, notes, f"{where}.params.{name}", as_tuple=isinstance(known.get(name), tuple)
        )
        for name, value in params.items()
    }
    quiet = dict(_QUIET.get(path.partition(".")[0], {}))
    if "random_state" in known:  # CatBoost's get_params would not show that it is open
        quiet["random_state"] = seed
    quiet = {name: value for name, value in quiet.items() if not _ALIASES.get(name, set()) & set(params)}
    try:
        return made(**{**quiet, **ready})
    except Exception as error:
        raise ConfigError(
            f"{where}: {path} cannot be made of these parameters: {type(error).__name__}: {error}",
            hint="see the documentation of the class",
        ) from error


def _parameters(made: Any) -> tuple[dict[str, Any], bool]:
    """Parameters of a class with their defaults, and whether it takes others as well."""
    known: dict[str, Any] = {}
    open_ended = False
    for cls in made.__mro__:  # XGBoost lists some with the parent and hands the rest through
        if "__init__" not in vars(cls) or cls is object:
            continue
        found = list(inspect.signature(cls.__init__).parameters.values())[1:]
        known = {p.name: p.default for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} | known
        open_ended = any(p.kind is p.VAR_KEYWORD for p in found)
        if not open_ended:
            break
    return known, open_ended


def _listed(known: Mapping[str, Any]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"known: {', '.join(names[:_MOST_LISTED]) or 'none'}{more}"


def _pipeline(steps: Any, seed: int, notes: list[str], where: str) -> Pipeline:
    if isinstance(steps, Mapping):
        named = [(str(name), _step(s, seed, notes, f"{where}.{name}")) for name, s in steps.items()]
        return Pipeline(_some(named, where))
    if not isinstance(steps, list | tuple):
        raise ConfigError(
            f"{where} is {steps!r}, wanted a list of models", hint="write - estimator: ... for each step"
        )
    found = [_step(step, seed, notes, f"{where}[{i}]") for i, step in enumerate(steps)]
    return make_pipeline(*_some(found, where))


def _step(step: Any, seed: int, notes: list[str], where: str) -> Any:
    if _is_spec(step):
        return _model(step, seed, notes, where)
    raise ConfigError(
        f"{where} is {step!r}, wanted a model",
        hint="write {estimator: import path, params: {...}}, params only where there are any",
    )


def _some(found: list[Any], where: str) -> list[Any]:
    if not found:
        raise ConfigError(f"{where} is empty", hint="a pipeline ends with a classifier: name one")
    return found


def _value(value: Any, seed: int, notes: list[str], where: str, *, as_tuple: bool = False) -> Any:
    if isinstance(value, Mapping):
        if _is_spec(value):
            return _model(value, seed, notes, where)
        inner = {key: _value(item, seed, notes, f"{where}.{key}") for key, item in value.items()}
        all_models = value and all(_is_spec(item) for item in value.values())
        return list(inner.items()) if all_models else inner
    if isinstance(value, list | tuple):
        items = [_value(item, seed, notes, f"{where}[{i}]") for i, item in enumerate(value)]
        named = len(value) > 1 and isinstance(value[0], str) and any(map(_is_spec, value[1:]))
        return tuple(items) if named or as_tuple else items
    return value


def _is_spec(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) not in _SPECS:
        return False
    return "steps" in value or isinstance(value["estimator"], str)  # else a parameter called estimator
