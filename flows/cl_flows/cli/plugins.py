"""`labelgate plugins`: what is installed, from which distribution, with which options."""

import json
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.options import format_option

if TYPE_CHECKING:
    from cl_core.plugins import Offer


@click.command(
    epilog="""\b
Examples:
  labelgate plugins
  labelgate plugins backend --format json
"""
)
@click.argument(
    "kind", required=False, type=click.Choice(["loader", "backend", "estimator", "check", "publisher"])
)
@format_option
def plugins(kind: str | None, form: str) -> None:
    """List loaders, backends, estimators, checks and publishers with their options."""
    from cl_core.plugins import load_plugins

    offers = [offer for offer in load_plugins().offers if kind in {None, offer.kind}]
    described = [_described(offer) for offer in sorted(offers, key=lambda o: (o.kind, o.plugin.name))]
    if form == "json":
        click.echo(json.dumps(described, indent=2))
        return
    for plugin in described:
        click.echo(f"{plugin['kind']:<10} {plugin['name']:<20} {plugin['summary']}")
        click.echo(f"{'':<31} from {plugin['distribution']} {plugin['version']}")
        for option, facts in plugin["options"].items():
            click.echo(f"{'':<31} {option}: {facts}")


def _described(offer: "Offer") -> dict[str, Any]:
    return {
        "kind": offer.kind,
        "name": offer.plugin.name,
        "summary": offer.plugin.summary,
        "distribution": offer.distribution,
        "version": offer.version,
        "options": {name: _facts(field) for name, field in offer.plugin.options.model_fields.items()},
    }


def _facts(field: Any) -> str:
    """Say what an option means and what it is when left out."""
    default = (
        "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
    )
    return f"{field.description} ({default})" if field.description else default
