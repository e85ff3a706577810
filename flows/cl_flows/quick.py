"""One gate by one call, for notebooks, tests and other pipelines: no Prefect, whatever the verdict."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cl_core.errors import ConfigError, InputError
from cl_flows.config import load_config, make_config, merged
from cl_flows.direct import run_direct
from cl_flows.outcome import GateResult

if TYPE_CHECKING:
    import pandas as pd

# Where each argument stands in gate.yaml.
_HOMES = {
    "path": ("data", "path"),
    "label": ("data", "label"),
    "id": ("data", "id"),
    "name": ("data", "name"),
    "max_noise_rate": ("gate", "max_noise_rate"),
    "decide_on": ("gate", "decide_on"),
    "preset": ("gate", "preset"),
    "baseline": ("gate", "baseline"),
    "great_expectations": ("gate", "great_expectations"),
    "backend": ("model", "backend"),
    "folds": ("model", "folds"),
    "seed": ("model", "seed"),
    "output": ("output", "folder"),
}


def run_gate(source: "Path | str | pd.DataFrame", **settings: Any) -> GateResult:
    """Gate a file, a data frame or what a gate.yaml says, in this process.

    Parameters
    ----------
    source
        Path of labelled data or of a gate.yaml, or a data frame with a label column.
    **settings
        Any of ``path, label, id, name, max_noise_rate, decide_on, preset, baseline, great_expectations,
        backend, folds, seed, output``, each laid over what a gate.yaml says. ``max_noise_rate`` is needed
        without one.

    Returns
    -------
    GateResult
        The verdict, whatever it is. The run's folder lies under `output`.

    Raises
    ------
    ConfigError
        For a setting that does not exist, or a limit that is missing.
    InputError
        For data that cannot be judged, see the loader.
    """
    given = _sections(settings)
    with ExitStack() as stack:
        if not isinstance(source, str | Path):
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="labelgate-")))
            path, found = _written(source, folder)
            given = merged({"data": found}, given)
        else:
            path = Path(source)
        if path.suffix.lower() in {".yaml", ".yml"}:
            return run_direct(load_config(path, given))
        return run_direct(make_config(merged(_of_path(path, given), given), "run_gate"))


def _written(frame: Any, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write a data frame for the loader; an index that has a name and identifies every row is the id."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"run_gate got a {type(frame).__name__}, wanted a path or a pandas data frame",
            hint="put the label beside the features in one frame; cl_core.assess takes arrays",
        )
    table = frame.rename(columns=str)
    name = table.index.name
    named = isinstance(name, str) and name not in table.columns and table.index.is_unique
    path = folder / "frame.parquet"
    try:
        (table.reset_index() if named else table).to_parquet(path, index=False)
    except (ValueError, TypeError, NotImplementedError) as error:  # Arrow's own errors are among these
        raise InputError(
            f"the data frame could not be read: {error}",
            hint="convert the column, for instance with .astype(str), or leave it out",
        ) from error
    return path, {"id": name} if named else {}


def _of_path(path: Path, given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if "max_noise_rate" not in given.get("gate", {}):
        raise ConfigError(
            "no limit given: max_noise_rate is missing", hint="0.05 lets one label in twenty be wrong"
        )
    return {"data": {"path": str(path)}}


def _sections(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        if name not in _HOMES:
            raise ConfigError(f"no setting is called {name!r}", hint=f"known settings: {', '.join(_HOMES)}")
        if value is not None:
            section, key = _HOMES[name]
            sections.setdefault(section, {})[key] = str(value) if isinstance(value, Path) else value
    return sections
