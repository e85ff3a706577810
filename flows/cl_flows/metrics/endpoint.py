"""Serves metrics over HTTP for scrapers: every scrape reads history anew. No figures of its own."""

import logging
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cl_core.errors import ConfigError

logger = logging.getLogger(__name__)

# A scraper that says nothing for so long is gone.
_PATIENCE_S = 10.0
_PLAIN = "text/plain; charset=utf-8"


class Endpoint(ThreadingHTTPServer):
    """An HTTP server with one page, /metrics, and /-/healthy for probes."""

    daemon_threads = True

    def __init__(self, host: str, port: int, metrics: Callable[[], bytes]) -> None:
        self.metrics = metrics
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Address of the metrics."""
        host, port = self.server_address[0], self.server_address[1]
        return f"http://{host!s}:{port}/metrics"


def open_endpoint(address: str, metrics: Callable[[], bytes]) -> Endpoint:
    """Bind an endpoint.

    Parameters
    ----------
    address
        ``HOST:PORT``, or a port alone for 127.0.0.1; port 0 takes a free one.
    metrics
        Gives the text of a scrape.

    Raises
    ------
    ConfigError
        Where the address is none, or is taken.
    """
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) >= 2**16:
        raise ConfigError(f"{address!r} is no address", hint="wanted HOST:PORT, such as 127.0.0.1:9108")
    try:
        return Endpoint(host or "127.0.0.1", int(port), metrics)
    except OSError as error:
        raise ConfigError(
            f"cannot serve on {address}: {error.strerror or error}", hint="name another HOST:PORT"
        ) from error


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: Endpoint
    server_version = "labelgate"
    sys_version = ""

    def do_GET(self) -> None:
        from cl_plugins.metrics.exposition import CONTENT_TYPE

        path = self.path.partition("?")[0]
        if path == "/-/healthy":
            self._answer(200, _PLAIN, b"healthy\n")
        elif path != "/metrics":
            self._answer(404, _PLAIN, b"only /metrics is here\n")
        else:
            try:
                text = self.server.metrics()
            except Exception:  # a scrape must fail aloud, and the next one may work
                logger.exception("history cannot be read")
                # The cause may name hosts and users of a database: it stays in our log.
                self._answer(503, _PLAIN, b"history cannot be read; the log says why\n")
            else:
                self._answer(200, CONTENT_TYPE, text)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        logger.debug(format, *args)
