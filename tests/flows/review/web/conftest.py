"""Asks pages as a browser does, without a network: cookies are kept, redirects are not followed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

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

    def send(self, path: str, **form: Any) -> httpx.Response:
        """Send a form as our own pages do."""
        headers = {"origin": HERE, "x-csrf-token": self.csrf(), "accept": "application/json"}
        return self.post(path, form, headers=headers)

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
    """Ask pages over an empty results folder, as a browser on this machine does."""
    return lambda access=None, **options: Asker(tmp_path, access, **options)
