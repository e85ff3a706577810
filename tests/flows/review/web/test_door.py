"""The door of the review pages: who comes in, what is refused, and what every answer carries."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cl_core.errors import ConfigError
from cl_flows.review.web.access import Access, networks, person, token_in

HERE = "http://127.0.0.1:8700"
TOKEN = "a-token-of-twenty-characters"  # noqa: S105 - of this test only


Client: TypeAlias = Callable[..., Any]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8700", 200),
        ("localhost:8700", 200),
        ("[::1]:8700", 200),
        ("10.1.2.3", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ],
)
def test_a_page_of_another_name_cannot_talk_to_it(client: Client, host: str, status: int) -> None:
    """A name that somebody made point at this machine is refused, whatever it asks for."""
    assert client().get("/", headers={"host": host}).status_code == status


def test_a_public_name_is_answered_to_when_it_is_named(client: Client) -> None:
    """--allow-host adds a name, and pages of that name may post even where a proxy changes Host."""
    asked = client(Access(who="kim", hosts=frozenset({"gate.example.com"})))
    assert asked.get("/", headers={"host": "gate.example.com"}).status_code == 200
    word = asked.csrf()
    ours = {"origin": "https://gate.example.com"}
    assert asked.post("/enter", data={"csrf": word, "who": "kim"}, headers=ours).status_code == 303


def test_every_answer_says_what_a_browser_may_do_with_it(client: Client) -> None:
    """No script but ours, no frame, no guessing of types; pages are not kept, files are."""
    asked = client()
    for path in ("/", "/nothing", "/static/review.css", "/healthz"):
        headers = asked.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    assert asked.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in asked.get("/static/review.css").headers["cache-control"]


@pytest.mark.parametrize(
    ("origin", "said", "status"),
    [
        (HERE, "right", 303),
        (HERE, "wrong", 403),
        (HERE, "", 403),
        ("http://127.0.0.1:9999", "right", 403),
        ("https://evil.example", "right", 403),
        ("null", "right", 403),
        (None, "right", 403),
    ],
)
def test_only_our_own_pages_may_post(client: Client, origin: str | None, said: str, status: int) -> None:
    """Another site, another port, a missing or wrong word: refused before anything is read."""
    asked = client()
    word = asked.csrf()
    data = {"who": "kim", "csrf": word if said == "right" else "x" * len(word) if said else ""}
    headers = {} if origin is None else {"origin": origin}
    assert asked.post("/enter", data=data, headers=headers).status_code == status


def test_a_form_is_bounded(client: Client) -> None:
    """A megabyte, a thousand fields, and no other type than a form's."""
    asked = client()
    ours = {"origin": HERE, "x-csrf-token": asked.csrf()}
    form = ours | {"content-type": "application/x-www-form-urlencoded"}
    assert asked.post("/enter", content=b"a=" + b"x" * 1_000_001, headers=form).status_code == 413
    assert asked.post("/enter", content=b"a=1&" * 1_001, headers=form).status_code == 400
    assert asked.post("/enter", content=b"\xff=\xfe", headers=form).status_code == 400
    assert (
        asked.post("/enter", content=b"{}", headers=ours | {"content-type": "application/json"}).status_code
        == 415
    )
    assert asked.request("PUT", "/enter").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/runs/..%2f..%2fetc",
        "/runs/%2e%2e",
        "/runs/.20261127-000000-aaaaaa.partial",
        "/runs/history.db",
        "/runs/20261127*",
        "/runs/%00",
    ],
)
def test_no_path_of_a_client_reaches_the_disk(client: Client, tmp_path: Path, path: str) -> None:
    """Files and runs are looked up among the ones that are there."""
    (tmp_path / ".20261127-000000-aaaaaa.partial").mkdir()
    (tmp_path / "history.db.txt").write_text("x")
    assert client().get(path).status_code == 404


def test_a_token_lets_in_once_and_for_all(client: Client) -> None:
    """?token= becomes a cookie that scripts cannot read and other sites cannot send."""
    asked = client(Access(token=TOKEN))
    assert asked.get("/runs/x?page=2").headers["location"] == "/enter?next=%2Fruns%2Fx%3Fpage%3D2"
    assert asked.get("/?token=wrong").headers["location"].startswith("/enter")
    entered = asked.get(f"/runs/x?token={TOKEN}&state=all")
    assert (entered.status_code, entered.headers["location"]) == (303, "/runs/x?state=all")
    cookie = next(c for c in entered.headers.get_list("set-cookie") if "labelgate_in" in c)
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    # Let in, but nobody knows the name yet.
    assert asked.get("/").headers["location"].startswith("/enter")
    said = {"who": "kim", "next": "/runs/x", "csrf": asked.csrf()}
    named = asked.post("/enter", data=said, headers={"origin": HERE})
    assert named.headers["location"] == "/runs/x"
    assert asked.get("/").status_code == 200
    assert "kim" in asked.get("/").text


def test_people_can_leave(client: Client) -> None:
    """Log out takes this browser's cookies, asks for the token again, and goes by a form of ours only."""
    asked = client(Access(token=TOKEN))
    asked.get(f"/?token={TOKEN}")
    assert asked.send("/enter", who="kim").status_code == 303
    assert 'action="/leave"' in asked.get("/").text
    assert asked.post("/leave", data={"csrf": "x" * 43}, headers={"origin": HERE}).status_code == 403
    assert asked.get("/").status_code == 200
    assert asked.send("/leave").headers["location"] == "/enter"
    assert list(asked.cookies) == []
    assert asked.get("/").headers["location"].startswith("/enter")
    assert "kim" not in asked.get("/enter").text
    # Who works alone, or was named by a proxy, did not come in here and has nothing to leave.
    assert "/leave" not in client().get("/").text


@pytest.mark.parametrize(
    ("sender", "says", "secure"),
    [
        ("10.1.2.3", {"x-forwarded-proto": "https"}, True),
        ("127.0.0.1", {"x-forwarded-proto": "http, HTTPS"}, True),
        ("10.1.2.3", {"x-forwarded-proto": "https, http"}, False),
        ("10.1.2.3", {}, False),
        ("10.2.2.3", {"x-forwarded-proto": "https"}, False),
    ],
)
def test_cookies_of_https_stay_on_https(
    client: Client, sender: str, says: dict[str, str], secure: bool
) -> None:
    """Behind a proxy that ends TLS they are marked so; what an unknown address says does not count."""
    access = Access(token=TOKEN, trusted=networks(("10.1.0.0/16",)))
    entered = client(access, client=sender).get(f"/?token={TOKEN}", headers=says)
    cookies = entered.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert [("secure" in cookie.lower()) for cookie in cookies] == [secure, secure]


def test_a_wrong_token_and_a_made_up_cookie_stay_outside(client: Client) -> None:
    """Neither a wrong token nor a name alone opens anything; probes and files need none."""
    asked = client(Access(token=TOKEN))
    said = {"who": "kim", "token": "wrong", "csrf": asked.csrf()}
    assert asked.post("/enter", data=said, headers={"origin": HERE}).status_code == 403
    asked.cookies.set("labelgate_who", "kim")
    asked.cookies.set(Access(token=TOKEN).session_cookie, Access(token=TOKEN + "x").session)
    assert asked.get("/").status_code == 303
    assert asked.get("/", headers={"accept": "application/json"}).status_code == 401
    assert asked.get("/healthz").status_code == 200
    assert asked.get("/static/review.css").status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nb"]
)
def test_nobody_is_sent_to_another_site(client: Client, target: str) -> None:
    """After entering people land on a page of ours."""
    asked = client()
    said = {"who": "kim", "next": target, "csrf": asked.csrf()}
    assert asked.post("/enter", data=said, headers={"origin": HERE}).headers["location"] == "/"


def test_a_proxy_names_people_and_only_a_proxy(client: Client) -> None:
    """The header counts from trusted addresses, once, and with a name in it."""
    access = Access(user_header="X-Forwarded-User", trusted=networks(("10.1.0.0/16",)))
    kim = {"X-Forwarded-User": "kim"}
    assert "kim" in client(access).get("/", headers=kim).text
    assert client(access, client="10.1.2.3").get("/", headers=kim).status_code == 200
    assert client(access, client="::ffff:10.1.2.3").get("/", headers=kim).status_code == 200
    assert client(access, client="10.2.2.3").get("/", headers=kim).status_code == 403
    assert client(access).get("/").status_code == 401
    assert client(access).get("/", headers={"X-Forwarded-User": " "}).status_code == 401
    twice = [("accept", "text/html"), ("X-Forwarded-User", "kim"), ("X-Forwarded-User", "lee")]
    assert client(access).get("/", headers=twice).status_code == 401
    # A header that nobody asked for is not believed.
    assert "lee" not in client().get("/", headers={"X-Forwarded-User": "lee"}).text


def test_a_link_on_another_site_still_finds_people_logged_in(client: Client) -> None:
    """Browsers keep strict cookies back on such a link: the page asks for itself again, from here."""
    elsewhere = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    answer = client().get("/runs/x?state=all", headers=elsewhere)
    assert answer.headers["refresh"] == "0;url=/runs/x?state=all"
    assert "set-cookie" not in answer.headers
    assert (
        client().get(f"{HERE}//evil.example/x", headers=elsewhere).headers["refresh"]
        == "0;url=/evil.example/x"
    )


def test_names_on_record_are_readable() -> None:
    """A person is one line of at most 100 characters that can be printed."""
    assert person("  Kim   Lee ") == "Kim Lee"
    assert person("") == person("\u202eKim") == person("x" * 101) == person("a\x00b") == ""


def test_a_token_file_is_made_or_read(tmp_path: Path) -> None:
    """A new file is its owner's alone; a file without a token is refused."""
    file = tmp_path / "token"
    made = token_in(file)
    assert len(made) >= 32
    assert file.stat().st_mode & 0o077 == 0
    assert token_in(file) == made
    for content in ("", "short", "two words that are long enough", "ä" * 30):
        file.write_text(content)
        with pytest.raises(ConfigError, match="holds no token"):
            token_in(file)
