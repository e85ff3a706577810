"""`labelgate review` and `labelgate serve`: what they refuse before anybody can come in."""

import asyncio
import socket
from pathlib import Path

import pytest

from cl_flows.cli import main
from cl_flows.review.web.serving import open_port


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must refuse, and return what it says."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert left.value.code == 2
    return capsys.readouterr().err


def test_a_shared_server_knows_who_asks(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without a token or a proxy nothing is served, least of all to everybody; both at once make no sense."""
    where = ("--output", str(tmp_path))
    assert "without saying who they are" in refused(capsys, "serve", *where)
    assert "everybody who reaches 0.0.0.0" in refused(capsys, "serve", "--host", "0.0.0.0", *where)  # noqa: S104
    both = ("--token-file", str(tmp_path / "t"), "--proxy-user-header", "X-User")
    assert "exclude each other" in refused(capsys, "serve", *both, *where)
    assert not (tmp_path / "t").exists()
    wrong = ("--proxy-user-header", "X-User", "--trust-proxy", "nowhere")
    assert "10.1.2.3 or 10.1.0.0/16" in refused(capsys, "serve", *wrong, *where)


def test_answers_do_not_wait_for_nagle() -> None:
    """Asyncio sends at once on connections of a listener that says TCP; others lose 40 ms an answer."""

    async def is_at_once(listener: socket.socket) -> bool:
        seen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            seen.set_result(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        async with await asyncio.start_server(connected, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            found = await seen
            writer.close()
            await writer.wait_closed()
            return found

    assert asyncio.run(is_at_once(open_port("127.0.0.1", 0)))


def test_a_page_of_ones_own_says_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No results folder, no such run, no name, no free port."""
    assert "no results folder" in refused(capsys, "review", "--output", str(tmp_path / "none"))
    assert "no runs" in refused(capsys, "review", "last", "--output", str(tmp_path))
    assert "--who NAME" in refused(capsys, "review", "--who", " ", "--output", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "cannot serve on" in refused(capsys, "review", "--port", port, "--output", str(tmp_path))
