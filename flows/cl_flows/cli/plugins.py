"""`labelgate plugins`: what is installed, from where, with which options, and whether it is healthy."""

import json
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.options import format_option
from cl_flows.cli.plugins_new import new
from cl_flows.exit_codes import ExitCode

if TYPE_CHECKING:
    from cl_core.plugins import Fault, Offer

KINDS = ("loader", "backend", "estimator", "check", "publisher")


class _Listing(click.Group):
    """Lists when no subcommand is named: ``labelgate plugins backend`` is ``plugins list backend``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Listing,
    epilog="""\b
Examples:
  labelgate plugins
  labelgate plugins backend --format json
  labelgate plugins new acme-bayes --kind backend
""",
)
def plugins() -> None:
    """List loaders, backends, estimators, checks and publishers, or start a new one."""


@plugins.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@format_option
@click.pass_context
def list_(context: click.Context, /, kind: str | None, form: str) -> None:
    """List what is installed, with origin, options and health.

    A plugin that is broken is listed as such and makes the exit code 1: a gate would refuse to run.
    """
    from cl_core.plugins import survey_plugins

    offers, faults = survey_plugins()
    chosen = [offer for offer in offers if kind in {None, offer.kind}]
    described = [_described(offer) for offer in sorted(chosen, key=lambda o: (o.kind, o.plugin.name))]
    described += [_broken(fault) for fault in faults]
    if form == "json":
        click.echo(json.dumps(described, indent=2))
    else:
        for plugin in described:
            _tell(plugin)
    context.exit(ExitCode.CRASHED if faults else ExitCode.PASSED)


plugins.add_command(new)


def _tell(plugin: dict[str, Any]) -> None:
    click.echo(f"{plugin['kind']:<10} {plugin['name']:<20} {plugin['summary']}")
    click.echo(f"{'':<31} from {plugin['distribution']} {plugin['version']}")
    if plugin["health"] != "ok":
        click.secho(f"{'':<31} {plugin['health']}", fg="yellow" if plugin["options"] else "red")
    for option, facts in plugin["options"].items():
        click.echo(f"{'':<31} {option}: {facts}")


def _described(offer: "Offer") -> dict[str, Any]:
    return {
        "kind": offer.kind,
        "name": offer.plugin.name,
        "summary": offer.plugin.summary,
        "distribution": offer.distribution,
        "version": offer.version,
        "health": _health(offer),
        "options": {name: _facts(field) for name, field in offer.plugin.options.model_fields.items()},
    }


def _health(offer: "Offer") -> str:
    """Say ``ok``, or what keeps the plugin from working, and what to do about it."""
    if offer.missing:
        return f"needs {', '.join(offer.missing)}: {offer.remedy}"
    return f"deprecated form: {offer.outdated}" if offer.outdated else "ok"


def _broken(fault: "Fault") -> dict[str, Any]:
    return {
        "kind": "unknown",
        "name": fault.name,
        "summary": "offers nothing, because it is broken",
        "distribution": fault.distribution,
        "version": fault.version,
        "health": f"broken: {fault.error} ({fault.error.hint})",
        "options": {},
    }


def _facts(field: Any) -> str:
    """Say what an option means and what it is when left out."""
    default = (
        "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
    )
    return f"{field.description} ({default})" if field.description else default
