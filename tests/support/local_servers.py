"""Servers on the loopback interface that run in a thread of the tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class QuietHandler(BaseHTTPRequestHandler):
    """Answers with a status and a body, and prints nothing."""

    def body(self) -> bytes:
        """Read what was sent."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status: int, said: bytes = b"", **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def post(self) -> None:
        """Take what is posted."""
        raise NotImplementedError

    def do_POST(self) -> None:
        """Do what the server asks of handlers."""
        self.post()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(handler: Any, port: int = 0) -> Iterator[str]:
    """Serve HTTP with a handler and give the address."""
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[int]:
    """Serve an ASGI application with uvicorn and give the port."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="critical", ws="none", lifespan="off", **options)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
