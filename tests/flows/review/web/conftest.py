"""Real runs, and a browser's way of asking for pages: cookies are kept, redirects are not followed."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from browsing import Server
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.outcome import GateResult
from cl_flows.review.web.access import Access
from cl_flows.review.web.app import make_app

HERE = "http://127.0.0.1:8700"


class Asker:
    """One browser in front of the pages of a results folder."""

    def __init__(self, output: Path, access: Access | None = None, *, client: str = "127.0.0.1") -> None:
        self.app = make_app(output, access or Access(who="kim"))
        self.cookies = httpx.Cookies()
        self.address = (client, 50000)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a page."""
        return self.request("GET", path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> httpx.Response:
        """Send a form as it is."""
        return self.request("POST", path, data=data, **options)

    def send(self, path: str, *, accept: str = "application/json", **form: Any) -> httpx.Response:
        """Send a form as our own pages do."""
        said = {"csrf": self.csrf(), **form}
        return self.post(path, said, headers={"origin": HERE, "accept": accept})

    def csrf(self) -> str:
        """Open a page, and return the word that its forms carry."""
        page = self.get("/enter").text
        return page.partition('name="csrf" value="')[2].partition('"')[0]

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and keep the cookies of its answer."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=self.address)
            async with httpx.AsyncClient(
                transport=transport, base_url=HERE, cookies=self.cookies, headers={"accept": "text/html"}
            ) as client:
                answer = await client.request(method, path, **options)
                self.cookies = httpx.Cookies(client.cookies)
                return answer

        return asyncio.run(asked())


@pytest.fixture
def client(tmp_path: Path) -> Callable[..., Asker]:
    """Ask pages over a results folder, an empty one unless it is given, as a browser on this machine does."""

    def made(access: Access | None = None, *, output: Path | None = None, **options: Any) -> Asker:
        return Asker(output or tmp_path, access, **options)

    return made


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    started: list[Server] = []

    def made(*arguments: str) -> Server:
        server = Server(arguments)
        server.start()
        started.append(server)
        return server

    yield made
    for server in started:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def gate(
    output: Path, data: dict[str, Any], model: dict[str, Any] | None = None, limit: float = 0.05
) -> GateResult:
    """Run a real gate into a results folder."""
    raw = {
        "data": data,
        "model": model or {},
        "gate": {"max_noise_rate": limit, "great_expectations": False},
        "cache": {"enabled": False},
        "output": {"folder": str(output)},
    }
    return run_direct(make_config(raw, "test"))


@pytest.fixture
def gated() -> Callable[..., GateResult]:
    """Run a real gate with any settings into a results folder."""

    def made(output: Path, **settings: Any) -> GateResult:
        raw = {"cache": {"enabled": False}, **settings, "output": {"folder": str(output)}}
        raw["gate"] = {"max_noise_rate": 0.05, "great_expectations": False, **settings.get("gate", {})}
        return run_direct(make_config(raw, "test"))

    return made


@pytest.fixture(scope="module")
def gated_trees(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Gate 300 rows of a table, a fifth of their labels wrong."""
    output = tmp_path_factory.mktemp("trees") / "runs"
    data = {"path": str(tables / "noisy.csv"), "label": "label", "id": "tree", "name": "trees"}
    return output, gate(output, data, {"backend": "tabular", "estimator": "logistic"}).run_id


@pytest.fixture
def trees(gated_trees: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """Copy the results folder of the gated table, so that nobody has decided anything."""
    output, run_id = gated_trees
    shutil.copytree(output, tmp_path / "runs")
    return tmp_path / "runs", run_id


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., tuple[Path, str]]:
    """Gate small pictures that bring their probabilities along; classes and ids may be any."""

    def made(
        classes: tuple[str, ...] = ("ash", "birch", "cedar"), n: int = 60, **arrays: Any
    ) -> tuple[Path, str]:
        true = np.arange(n) % len(classes)
        labels = np.where(np.arange(n) % 7 == 0, (true + 1) % len(classes), true)
        probs = np.full((n, len(classes)), 0.1 / (len(classes) - 1))
        probs[np.arange(n), true] = 0.9
        images = np.random.default_rng(0).random((n, 12, 12))
        path = tmp_path / "pictures.npz"
        np.savez(path, labels=labels, classes=np.array(classes), images=images, pred_probs=probs, **arrays)
        result = gate(tmp_path / "runs", {"path": str(path), "name": "pictures"})
        return tmp_path / "runs", result.run_id

    return made
