"""A webhook on the loopback interface that keeps what it takes, and now and then refuses at first."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from soak.records import Post

# Every so many-th alert is refused once with 503, so that the publisher has to try again.
_REFUSES = 4


@dataclass
class Receiver:
    """What was posted, in the order in which it came.

    Attributes
    ----------
    automated
        What Prefect's automations posted: data set and text.
    posts
        What labelgate's own publisher posted.
    refused
        Deliveries that were refused once.
    """

    url: str
    automated: list[tuple[str, str]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)


def _post(body: bytes, delivery: str) -> Post:
    told = json.loads(body)
    return Post(
        dataset=told["dataset"],
        run_id=told["run"]["id"],
        status=told["verdict"]["status"],
        news=told["news"],
        missed=tuple(told["missed"]),
        delivery=delivery,
    )


@contextmanager
def listening() -> Iterator[Receiver]:
    """Take alerts until the block is left."""
    receiver = Receiver("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/automated":
                said = json.loads(body)
                # Prefect sends a text payload as a JSON string.
                told = json.loads(said) if isinstance(said, str) else said
                receiver.automated.append((told.get("dataset", ""), told["text"]))
                self._answer(200)
                return
            delivery = self.headers["X-Labelgate-Delivery"]
            with lock:
                refuses = (len(receiver.posts) + 1) % _REFUSES == 0 and delivery not in receiver.refused
                if refuses:
                    receiver.refused.add(delivery)
                else:
                    receiver.posts.append(_post(body, delivery))
            self._answer(503 if refuses else 200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
