"""From a configuration to the checks that run and how their outcomes count. Judges nothing."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from cl_checks.policy import AUDIT_CHECKS, BUDGET, PRESETS, Policy, Preset
from cl_core.errors import ConfigError
from cl_core.hooks import Check
from cl_core.plugins import Registry
from cl_core.verdict import Severity
from cl_flows.baselines import refuse_unknown_run
from cl_flows.config import GateConfig
from cl_flows.plugin_options import make_options

# Data without content are no fault where nobody asked for this check by name.
_PRESET_OPTIONS: Mapping[str, dict[str, Any]] = {"duplicates": {"required": False}}


def configured_checks(
    config: GateConfig, registry: Registry
) -> tuple[tuple[tuple[Check, BaseModel], ...], Policy]:
    """Find every check that the preset or `checks` names, with its options, and how each counts."""
    preset = PRESETS[config.gate.preset]
    wanted = _wanted(config, preset)
    severities = _severities(config, preset)
    found: dict[str, tuple[Check, BaseModel]] = {}
    queue = list(wanted)
    while queue:
        name = queue.pop(0)
        if name in found:
            continue
        check = registry.find(Check, name)
        options = make_options(check, wanted.get(name, {}), config.base, f"checks.{name}", registry)
        found[name] = (check, options)
        severities.setdefault(name, preset.checks.get(name, preset.added))
        queue += check.rests_on
    refuse_unknown_run(config.history, config.gate.baseline)
    for waiver in config.waivers:
        registry.find(Check, waiver.check)
    policy = Policy(config.gate.preset, severities, tuple(waiver.record() for waiver in config.waivers))
    return tuple(found.values()), policy


def _wanted(config: GateConfig, preset: Preset) -> dict[str, dict[str, Any]]:
    """Return the options of every check by name, in the order they run."""
    standing = AUDIT_CHECKS if config.gate.decide_on == "audited" else tuple(preset.checks)
    wanted = {name: dict(_PRESET_OPTIONS.get(name, {})) for name in standing}
    wanted[BUDGET] = {"max_noise_rate": config.gate.max_noise_rate, "decide_on": config.gate.decide_on}
    for name, written in config.checks.items():
        options = {key: value for key, value in (written or {}).items() if key != "severity"}
        if name == BUDGET and options:
            raise ConfigError(
                f"checks.{BUDGET} is set in two places",
                hint="set it under `gate:` only; its severity alone belongs under `checks`",
            )
        wanted[name] = {**wanted.get(name, {}), **options}
    return wanted


def _severities(config: GateConfig, preset: Preset) -> dict[str, Severity]:
    """Return the severity of every check that the preset or the user names."""
    severities: dict[str, Severity] = dict(preset.checks)
    for name, written in config.checks.items():
        said = (written or {}).get("severity", preset.checks.get(name, preset.added))
        known = get_args(Severity)
        if said not in known:
            near = get_close_matches(str(said), known, n=1)
            raise ConfigError(
                f"checks.{name}.severity is {said!r}, wanted {', '.join(known)}",
                hint=f"did you mean {near[0]!r}?" if near else "warn is shown and never fails a run",
            )
        severities[name] = said
    return severities
