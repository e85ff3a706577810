"""Runs the pages on a port until interrupted. No page, no command line."""

import gc
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from cl_core.errors import ConfigError
from cl_flows.review.web.access import Access

# A page that hangs is not waited for when people press Ctrl-C.
_GRACE_S = 3
_BACKLOG = 128


def open_port(host: str, port: int) -> socket.socket:
    """Bind a port, any free one for 0.

    Raises
    ------
    ConfigError
        For an address that is none, or is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # TCP by name: asyncio turns Nagle's algorithm off only where it is said, else pages wait 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"cannot serve on {host}:{port}: {error}", hint="name another --port or --host"
        ) from error
    return listener


def serve(output: Path, access: Access, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve the runs of `output` until interrupted; `ready` is called once when pages are answered."""
    import uvicorn

    from cl_flows.review.web.app import make_app

    config = uvicorn.Config(
        make_app(output, access),
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        # The address that asks decides whether a user header is believed: no header may change it.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="off",
    )
    _get_ready()
    server = uvicorn.Server(config)
    threading.Thread(target=_when_started, args=(server, ready), daemon=True).start()
    server.run(sockets=[listener])


def _get_ready() -> None:
    """Do now what the first page would wait for."""
    import pyarrow.compute
    import pyarrow.pandas_compat
    import pyarrow.parquet  # noqa: F401 - what opening a run imports

    from cl_flows.review.web.render import compile_templates

    compile_templates()
    # Modules and templates stay for good: a full collection among them takes a quarter of a second.
    gc.collect()
    gc.freeze()


def _when_started(server: "object", ready: Callable[[], None]) -> None:
    pause = threading.Event()
    while not getattr(server, "started", False):
        pause.wait(0.02)
    ready()


def url_of(listener: socket.socket, path: str = "/") -> str:
    """Return the address of a page, as a browser on this machine takes it."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}{path}"


def open_browser(url: str) -> bool:
    """Open a page in the person's browser; False where there is none."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
