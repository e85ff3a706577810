"""From a configuration to the plugins that do the work, with their options validated. No work here."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from cl_core.errors import ConfigError
from cl_core.hooks import Check, DatasetLoader, ModelBackend, NoiseEstimator, Plugin, Publisher
from cl_core.plugins import Registry, load_plugins
from cl_flows.config import GateConfig, expand_variables
from cl_flows.plugin_options import make_options, refuse_missing

if TYPE_CHECKING:
    from cl_core.dataset import Dataset

# The checks that every gate runs; a user's `checks:` may set their options and add others.
STANDING_CHECKS = ("noise-budget", "model-quality", "coverage")
# An audit is a random sample: it holds whatever the model is worth and however rare a class is.
AUDIT_CHECKS = ("noise-budget",)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who does what in a run, and with which options."""

    config: GateConfig
    registry: Registry
    loader: tuple[DatasetLoader, BaseModel]
    estimator: tuple[NoiseEstimator, BaseModel]
    checks: tuple[tuple[Check, BaseModel], ...]
    publishers: tuple[tuple[Publisher, BaseModel], ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the authors of plugins in use should change, a sentence each."""
        used: list[tuple[Plugin, BaseModel]] = [self.loader, self.estimator, *self.checks, *self.publishers]
        offers = [self.registry.offer(plugin) for plugin, _ in used]
        return tuple(
            f"{o.kind} {o.plugin.name!r} of {o.distribution} {o.version} has an old form: {o.outdated}"
            for o in offers
            if o.outdated
        )

    def backend_for(self, dataset: "Dataset") -> tuple[ModelBackend, BaseModel]:
        """Return the backend the user named, else the one that fits the data."""
        name = self.config.model.backend
        if name is None:
            name = "precomputed" if dataset.pred_probs is not None else "tabular"
        backend = self.registry.find(ModelBackend, name)
        return backend, make_options(
            backend, self.config.model.options, self.config.base, "model", self.registry
        )


def make_plan(config: GateConfig) -> Plan:
    """Find every plugin that `config` names and validate its options, before anything is read."""
    registry = load_plugins()
    data = config.data.options
    if config.data.loader is None and "path" not in data:
        raise ConfigError("data.path is missing", hint="name the file of labelled data, or a data.loader")
    loader = (
        registry.find(DatasetLoader, config.data.loader)
        if config.data.loader
        else registry.loader_for(str(expand_variables(data["path"], "data.path")))
    )
    estimator = registry.find(NoiseEstimator, config.estimate.method)
    if config.model.backend is not None:  # fail before hours of loading, not after
        named = registry.find(ModelBackend, config.model.backend)
        refuse_missing(named, registry, "model")
        make_options(named, config.model.options, config.base, "model", registry)
    refuse_missing(loader, registry, "data")
    return Plan(
        config,
        registry,
        loader=(loader, make_options(loader, data, config.base, "data", registry)),
        estimator=(
            estimator,
            make_options(estimator, config.estimate.options, config.base, "estimate", registry),
        ),
        checks=tuple(_checks(config, registry)),
        publishers=tuple(
            (found, make_options(found, section.options, config.base, f"publish[{i}]", registry))
            for i, section in enumerate(config.publish)
            for found in [registry.find(Publisher, section.publisher)]
        ),
    )


def _checks(config: GateConfig, registry: Registry) -> list[tuple[Check, BaseModel]]:
    standing = AUDIT_CHECKS if config.gate.decide_on == "audited" else STANDING_CHECKS
    wanted: dict[str, dict[str, Any]] = {name: {} for name in standing}
    budget = {"max_noise_rate": config.gate.max_noise_rate, "decide_on": config.gate.decide_on}
    wanted["noise-budget"] = budget
    for name, options in config.checks.items():
        if name == "noise-budget":
            raise ConfigError("checks.noise-budget is set in two places", hint="set it under `gate:` only")
        wanted[name] = {**wanted.get(name, {}), **(options or {})}
    found = [(registry.find(Check, name), options) for name, options in wanted.items()]
    return [
        (check, make_options(check, options, config.base, f"checks.{check.name}", registry))
        for check, options in found
    ]
