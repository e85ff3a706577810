"""From a configuration to the plugins that do the work, with their options validated. No work here."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from cl_checks.policy import Policy
from cl_core.errors import ConfigError
from cl_core.hooks import Check, DatasetLoader, ModelBackend, NoiseEstimator, Plugin, Publisher
from cl_core.plugins import Registry, load_plugins
from cl_flows.cache import Cache
from cl_flows.config import GateConfig, expand_variables
from cl_flows.plugin_options import anchored, make_options, refuse_missing
from cl_flows.policy import configured_checks

if TYPE_CHECKING:
    from cl_core.dataset import Dataset

# The backend of each kind of data, where the user names none; tables and arrays go to `tabular`.
_BY_MODALITY = {"text": "text", "image": "image", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Who does what in a run, and with which options."""

    config: GateConfig
    registry: Registry
    loader: tuple[DatasetLoader, BaseModel]
    estimator: tuple[NoiseEstimator, BaseModel]
    checks: tuple[tuple[Check, BaseModel], ...]
    publishers: tuple[tuple[Publisher, BaseModel], ...]
    policy: Policy

    @property
    def cache(self) -> Cache | None:
        """Where probabilities are kept for the next run, or None where people want none kept."""
        section = self.config.cache
        if not section.enabled:
            return None
        folder = self.config.base / section.folder if section.folder else self.config.output.folder / "cache"
        return Cache(folder, int(section.max_gigabytes * 1e9), wait_s=self.config.limits.predict)

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

    def by_people(self) -> "Plan":
        """Return the plan by which people's answers decide, whatever `decide_on` says."""
        gate = self.config.gate.model_copy(update={"decide_on": "audited"})
        return make_plan(self.config.model_copy(update={"gate": gate}))

    def backend_for(self, dataset: "Dataset") -> tuple[ModelBackend, BaseModel]:
        """Return the backend the user named, else the one that fits the data."""
        name = self.config.model.backend
        if name is None:
            fitting = _BY_MODALITY.get(dataset.modality, "tabular")
            name = "precomputed" if dataset.pred_probs is not None else fitting
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
        else registry.loader_for(
            str(anchored(expand_variables(data["path"], "data.path"), config.base, "path"))
        )
    )
    estimator = registry.find(NoiseEstimator, config.estimate.method)
    if config.model.backend is not None:  # fail before hours of loading, not after
        named = registry.find(ModelBackend, config.model.backend)
        refuse_missing(named, registry, "model")
        make_options(named, config.model.options, config.base, "model", registry)
    refuse_missing(loader, registry, "data")
    for i, section in enumerate(config.publish):
        refuse_missing(registry.find(Publisher, section.publisher), registry, f"publish[{i}]")
    checks, policy = configured_checks(config, registry)
    return Plan(
        config,
        registry,
        loader=(loader, make_options(loader, data, config.base, "data", registry)),
        estimator=(
            estimator,
            make_options(estimator, config.estimate.options, config.base, "estimate", registry),
        ),
        checks=checks,
        publishers=tuple(
            (found, make_options(found, section.options, config.base, f"publish[{i}]", registry))
            for i, section in enumerate(config.publish)
            for found in [registry.find(Publisher, section.publisher)]
        ),
        policy=policy,
    )
