"""Finding plugins: entry points in, a registry of records by name out. Mistakes are loud."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pluggy

from cl_core.errors import ConfigError, LabelgateError, PluginError
from cl_core.folder import main_suffix
from cl_core.hooks import NAME, Check, DatasetLoader, ModelBackend, NoiseEstimator, Plugin, Publisher, Specs
from cl_core.legacy import modernised

# Names of entry points, separated by commas, that must not be loaded.
BLOCK_VARIABLE = "LABELGATE_BLOCK_PLUGINS"

KINDS: dict[type[Any], tuple[str, str]] = {
    DatasetLoader: ("loader", "labelgate_dataset_loaders"),
    ModelBackend: ("backend", "labelgate_model_backends"),
    NoiseEstimator: ("estimator", "labelgate_noise_estimators"),
    Check: ("check", "labelgate_checks"),
    Publisher: ("publisher", "labelgate_publishers"),
}

P = TypeVar("P", DatasetLoader, ModelBackend, NoiseEstimator, Check, Publisher)


@dataclass(frozen=True, slots=True)
class Offer:
    """A plugin record and where it came from.

    Attributes
    ----------
    kind
        ``loader``, ``backend``, ``estimator``, ``check`` or ``publisher``.
    plugin
        The record, in today's form.
    distribution, version
        Who offers it.
    outdated
        What its authors should change, where they wrote it in the form of an older release; else empty.
    """

    kind: str
    plugin: Plugin
    distribution: str
    version: str
    outdated: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that the plugin requires and this installation lacks."""
        return tuple(name for name in getattr(self.plugin, "requires", ()) if not _is_installed(name))

    @property
    def remedy(self) -> str:
        """The command that installs what is missing."""
        wanted = getattr(self.plugin, "extra", "") or " ".join(self.missing)
        return f'pip install "{wanted}"' if self.missing else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A plugin module that offers nothing, because something is wrong with it."""

    name: str
    distribution: str
    version: str
    error: LabelgateError


@dataclass(frozen=True, slots=True)
class Registry:
    """Every plugin of this installation, by kind and name."""

    offers: tuple[Offer, ...]

    def find(self, kind: type[P], name: str) -> P:
        """Return the plugin of that kind and name; the error lists the known ones and the nearest."""
        word = KINDS[kind][0]
        known = {o.plugin.name: o.plugin for o in self.offers if isinstance(o.plugin, kind)}
        if name in known:
            return known[name]
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"no {word} is called {name!r}", hint=f"{meant}known {word}s: {', '.join(sorted(known))}"
        )

    def all(self, kind: type[P]) -> list[P]:
        """Every plugin of that kind, by name."""
        found = [o.plugin for o in self.offers if isinstance(o.plugin, kind)]
        return sorted(found, key=lambda plugin: plugin.name)

    def loader_for(self, path: str) -> DatasetLoader:
        """Return the loader that reads files named like `path`, or a folder of what lies in it."""
        loaders = self.all(DatasetLoader)
        if os.path.isdir(path):  # noqa: PTH112 - may be a URL, which Path would bend
            loaders = [loader for loader in loaders if loader.folders]
            path = main_suffix(path, {s for loader in loaders for s in loader.suffixes}) or path
        if path.lower().startswith(("http://", "https://")):  # elsewhere a question mark is a glob
            path = urlsplit(path).path
        for loader in loaders:
            if path.lower().endswith(loader.suffixes) and loader.suffixes:
                return loader
        known = sorted({suffix for loader in loaders for suffix in loader.suffixes})
        raise ConfigError(
            f"no loader reads {Path(path).name!r}",
            hint=f"known endings: {', '.join(known)}; or name one with data.loader in gate.yaml",
        )

    def offer(self, plugin: Plugin) -> Offer:
        """Return the offer that `plugin` came with."""
        return next(o for o in self.offers if o.plugin is plugin)

    def origin(self, plugin: Plugin) -> str:
        """Name the distribution that offers `plugin`."""
        return self.offer(plugin).distribution


def load_plugins() -> Registry:
    """Load every entry point of the group ``labelgate`` and collect what the plugins offer.

    Raises
    ------
    PluginError
        For a plugin that cannot be imported, a misspelt hook, a hook that crashes or offers
        something else than its record, and two plugins of one kind and name.
    """
    offers, faults = survey_plugins()
    if faults:
        raise faults[0].error
    return Registry(offers)


def survey_plugins() -> tuple[tuple[Offer, ...], tuple[Fault, ...]]:
    """Collect what sound plugins offer, and what is wrong with the others; a broken one stops nobody."""
    blocked = {name.strip() for name in os.environ.get(BLOCK_VARIABLE, "").split(",")}
    offers: list[Offer] = []
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    for entry in sorted(entry_points(group=NAME), key=lambda e: e.name):
        if entry.name in blocked:
            continue
        name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "0")
        try:
            _refuse_taken(entry.name, name, taken)
            found = _offers_of(entry, name, version)
            _refuse_twins([*offers, *found])
        except LabelgateError as error:
            faults.append(Fault(entry.name, name, version, error))
        else:
            offers += found
    return tuple(offers), tuple(faults)


def _refuse_taken(name: str, distribution: str, taken: dict[str, str]) -> None:
    if name in taken:
        raise PluginError(
            f"two plugins are called {name!r}, from {taken[name]} and {distribution}",
            hint=f"uninstall one, or rename its entry point in the group {NAME!r}",
        )
    taken[name] = distribution


def _offers_of(entry: EntryPoint, distribution: str, version: str) -> list[Offer]:
    """Import one plugin and ask its hooks."""
    manager = pluggy.PluginManager(NAME)
    manager.add_hookspecs(Specs)
    with blame(f"plugin {entry.name!r}", distribution, "could not be imported"):
        module = entry.load()
    manager.register(module, name=entry.name)
    _refuse_misspelt(manager, distribution)
    return list(_collect(manager, distribution, version))


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # the package above it is missing
        return False


@contextmanager
def blame(what: str, distribution: str, did: str) -> Iterator[None]:
    """Turn any crash inside the block into a `PluginError` that names the culprit.

    A plugin that leaves by ``sys.exit(0)`` crashed, too: the run must not end with the code of a pass.
    """
    try:
        yield
    except LabelgateError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{what} of distribution {distribution!r} {did}: {type(error).__name__}: {error}",
            hint=f"report it to the authors of {distribution}, or keep it out with {BLOCK_VARIABLE}",
        ) from error


def _refuse_misspelt(manager: pluggy.PluginManager, distribution: str) -> None:
    known = [hook for _, hook in KINDS.values()]
    for name, module in manager.list_name_plugin():
        for attribute in dir(module):
            if attribute.startswith("labelgate_") and attribute not in known:
                near = get_close_matches(attribute, known, n=1)
                raise PluginError(
                    f"plugin {name!r} of {distribution!r} defines the unknown hook {attribute!r}",
                    hint=f"did you mean {near[0]!r}?" if near else f"known hooks: {', '.join(known)}",
                )


def _collect(manager: pluggy.PluginManager, distribution: str, version: str) -> Iterator[Offer]:
    for record, (kind, hook) in KINDS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            call: Callable[[], Any] = implementation.function
            with blame(f"plugin {implementation.plugin_name!r}", distribution, f"crashed in {hook}"):
                offered = list(call() or ())
            for plugin in offered:
                if not isinstance(plugin, record):
                    raise PluginError(
                        f"{hook} of distribution {distribution!r} offered a {type(plugin).__name__}, "
                        f"wanted a {record.__name__}",
                        hint=f"yield cl_core.{record.__name__} records",
                    )
                modern, outdated = modernised(plugin)
                yield Offer(kind, modern, distribution, version, outdated)


def _refuse_twins(offers: Sequence[Offer]) -> None:
    seen: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        twin = seen.setdefault((offer.kind, offer.plugin.name), offer)
        if twin is not offer:
            raise PluginError(
                f"two {offer.kind}s are called {offer.plugin.name!r}, from the distributions "
                f"{twin.distribution!r} and {offer.distribution!r}",
                hint=f"uninstall one, or block its entry point with {BLOCK_VARIABLE}",
            )
