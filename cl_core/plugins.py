"""Finding plugins: entry points in, a registry of records by name out. Mistakes are loud."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from cl_core.errors import ConfigError, LabelgateError, PluginError
from cl_core.folder import main_suffix
from cl_core.hooks import NAME, Check, DatasetLoader, ModelBackend, NoiseEstimator, Plugin, Publisher, Specs

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
    """A plugin record and where it came from."""

    kind: str
    plugin: Plugin
    distribution: str
    version: str


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
        for loader in loaders:
            if path.lower().endswith(loader.suffixes) and loader.suffixes:
                return loader
        known = sorted({suffix for loader in loaders for suffix in loader.suffixes})
        raise ConfigError(
            f"no loader reads {Path(path).name!r}",
            hint=f"known endings: {', '.join(known)}; or name one with data.loader in gate.yaml",
        )

    def origin(self, plugin: Plugin) -> str:
        """Name the distribution that offers `plugin`."""
        return next(o.distribution for o in self.offers if o.plugin is plugin)


def load_plugins() -> Registry:
    """Load every entry point of the group ``labelgate`` and collect what the plugins offer.

    Raises
    ------
    PluginError
        For a plugin that cannot be imported, a misspelt hook, a hook that crashes or offers
        something else than its record, and two plugins of one kind and name.
    """
    blocked = {name.strip() for name in os.environ.get(BLOCK_VARIABLE, "").split(",")}
    manager = pluggy.PluginManager(NAME)
    manager.add_hookspecs(Specs)
    origin: dict[str, tuple[str, str]] = {}
    for entry in sorted(entry_points(group=NAME), key=lambda e: e.name):
        if entry.name in blocked:
            continue
        where = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "0")
        with blame(f"plugin {entry.name!r}", where[0], "could not be imported"):
            module = entry.load()
        if entry.name in origin:
            raise PluginError(
                f"two plugins are called {entry.name!r}, from {origin[entry.name][0]} and {where[0]}",
                hint=f"uninstall one, or rename its entry point in the group {NAME!r}",
            )
        manager.register(module, name=entry.name)
        origin[entry.name] = where
    _refuse_misspelt(manager, origin)
    offers = tuple(_collect(manager, origin))
    _refuse_twins(offers)
    return Registry(offers)


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


def _refuse_misspelt(manager: pluggy.PluginManager, origin: dict[str, tuple[str, str]]) -> None:
    known = [hook for _, hook in KINDS.values()]
    for name, module in manager.list_name_plugin():
        for attribute in dir(module):
            if attribute.startswith("labelgate_") and attribute not in known:
                near = get_close_matches(attribute, known, n=1)
                raise PluginError(
                    f"plugin {name!r} of {origin[name][0]!r} defines the unknown hook {attribute!r}",
                    hint=f"did you mean {near[0]!r}?" if near else f"known hooks: {', '.join(known)}",
                )


def _collect(manager: pluggy.PluginManager, origin: dict[str, tuple[str, str]]) -> Iterator[Offer]:
    for record, (kind, hook) in KINDS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            distribution, version = origin[implementation.plugin_name]
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
                yield Offer(kind, plugin, distribution, version)


def _refuse_twins(offers: tuple[Offer, ...]) -> None:
    seen: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        twin = seen.setdefault((offer.kind, offer.plugin.name), offer)
        if twin is not offer:
            raise PluginError(
                f"two {offer.kind}s are called {offer.plugin.name!r}, from the distributions "
                f"{twin.distribution!r} and {offer.distribution!r}",
                hint=f"uninstall one, or block its entry point with {BLOCK_VARIABLE}",
            )
