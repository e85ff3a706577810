"""`labelgate review` and `labelgate serve`: people see the suspects and decide, in a browser."""

import getpass
from pathlib import Path

import click

from cl_flows.cli.options import OUTPUT_FOLDER, output_option


@click.command(
    epilog="""\b
Examples:
  labelgate review
  labelgate review 20260131 --who kim
  labelgate review --port 8700 --no-browser
"""
)
@click.argument("run_id", required=False, metavar="[RUN]")
@click.option("--who", help="Whose decisions these are.  [default: the login name]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to serve on.  [default: a free one]"
)
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.")
@output_option
def review(run_id: str | None, who: str | None, port: int, output: Path | None, *, browser: bool) -> None:
    """Look at the suspects of RUN (the beginning of its id, or `last`) and decide, on a page of this machine.

    Only this machine can reach it. What you decide is on record before the page says so.
    """
    from cl_core.errors import ConfigError
    from cl_flows.review.web.access import Access, person
    from cl_flows.review.web.serving import open_browser, open_port, serve, url_of
    from cl_flows.runs import find_run

    folder = _checked(output)
    path = f"/runs/{find_run(folder, run_id).name}/rows" if run_id else "/"
    name = person(who if who is not None else _login_name())
    if not name:
        raise ConfigError(f"{who!r} is no name of 1 to 100 characters", hint="say who decides: --who NAME")
    listener = open_port("127.0.0.1", port)
    url = url_of(listener, path)

    def ready() -> None:
        click.echo(f"review pages of {folder} for {name}: {url}\nCtrl-C ends them", err=True)
        if browser:
            open_browser(url)

    serve(folder, Access(who=name), listener, ready=ready)


def _no_clock(_context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Send whoever wants gates on a clock to the command that has one."""
    if value is None:
        return
    from cl_core.errors import ConfigError

    flag = f"--{option.name}"
    raise ConfigError(
        f"{flag} is for gates, and `labelgate serve` only serves the review pages",
        hint=f'labelgate schedule gate.yaml {flag} "{value}"',
    )


@click.command(
    epilog="""\b
Examples:
  labelgate serve --token-file review.token
  labelgate serve --host 0.0.0.0 --port 8700 --token-file review.token --allow-host gate.example.com
  labelgate serve --port 8700 --proxy-user-header X-Forwarded-User --allow-host gate.example.com
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="Port to serve on."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Let in who says the token of this file; it is made where it is not there.",
)
@click.option("--proxy-user-header", metavar="NAME", help="Header in which a proxy names the person.")
@click.option(
    "--trust-proxy",
    multiple=True,
    metavar="ADDRESS",
    help="Believe what a proxy at this address or network says, too; repeatable.  [default: this machine]",
)
@click.option("--allow-host", multiple=True, metavar="NAME", help="Public name of the server; repeatable.")
@click.option("--cron", hidden=True, expose_value=False, callback=_no_clock)
@click.option("--every", hidden=True, expose_value=False, callback=_no_clock)
@output_option
def serve(
    host: str,
    port: int,
    token_file: Path | None,
    proxy_user_header: str | None,
    trust_proxy: tuple[str, ...],
    allow_host: tuple[str, ...],
    output: Path | None,
) -> None:
    """Serve the review pages to a team: with a token, or behind a proxy that knows who people are."""
    from cl_core.errors import ConfigError
    from cl_flows.review.web.access import Access, is_loopback, networks, token_in
    from cl_flows.review.web.serving import open_port, url_of
    from cl_flows.review.web.serving import serve as serve_pages

    if token_file is not None and proxy_user_header is not None:
        raise ConfigError(
            "--token-file and --proxy-user-header exclude each other", hint="choose one of them"
        )
    if token_file is None and proxy_user_header is None:
        where = "this machine" if is_loopback(host) else f"everybody who reaches {host}"
        raise ConfigError(
            f"{where} would get in without saying who they are",
            hint="give --token-file FILE (it is made) or --proxy-user-header NAME; alone: `labelgate review`",
        )
    folder = _checked(output)
    access = Access(
        token=None if token_file is None else token_in(token_file),
        user_header=proxy_user_header,
        trusted=networks(trust_proxy),
        hosts=frozenset(name.lower() for name in (*allow_host, host)),
    )
    listener = open_port(host, port)
    how = f"the token is in {token_file}" if token_file else f"people are named by {proxy_user_header}"
    says = f"review pages of {folder}: {url_of(listener)}; {how}\nCtrl-C ends them"
    serve_pages(folder, access, listener, ready=lambda: click.echo(says, err=True))


def _checked(output: Path | None) -> Path:
    from cl_core.errors import ConfigError

    folder = output or OUTPUT_FOLDER
    if not folder.is_dir():
        raise ConfigError(
            f"there is no results folder {folder}", hint="`labelgate run` makes it; or --output"
        )
    return folder


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "somebody"
