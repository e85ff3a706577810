"""Alerts by e-mail, against a real SMTP server with STARTTLS and login."""

import secrets
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from cl_core import ConfigError, FinishedRun, PluginError
from cl_plugins.publishers.alerts.mail import publish_email
from cl_plugins.publishers.alerts.options import EmailOptions

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:aiosmtpd")

PASSWORD = secrets.token_urlsafe(12)
WRONG = secrets.token_urlsafe(12)


class _Inbox:
    """Keeps every mail; answers the next ones as ordered."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.orders: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.orders:
            return self.orders.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password.decode() == PASSWORD
    return AuthResult(success=right, handled=right)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Make an authority that this process trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


@contextmanager
def _server(inbox: _Inbox, authority: trustme.CA, **more: Any) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    secure = {"tls_context": context, "authenticator": _login, "auth_required": True} | more
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **secure)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _options(port: int, **more: Any) -> EmailOptions:
    plain = {"host": "localhost", "port": port, "username": "gate", "password": PASSWORD}
    addresses = {"sender": "gate@example.com", "recipients": ["a@example.com", "b@example.com"]}
    return EmailOptions.model_validate({**plain, **addresses, **more})


def test_a_mail_goes_out_encrypted_after_login(
    authority: trustme.CA, finished: Callable[..., FinishedRun]
) -> None:
    """Subject, plain text and HTML say the same; the mail is marked as a machine's."""
    inbox = _Inbox()
    with _server(inbox, authority, require_starttls=True) as port:
        publish_email(finished(), _options(port))
    (mail,) = inbox.mails
    assert mail["Subject"] == "Label gate failed: trees"
    assert mail["To"] == "a@example.com, b@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in mail.iter_parts())
    for words in (
        "8.10% (95% interval 6.20% to 10.40%), limit 5.00%",
        "31",
        "t9",
        "look at the flagged rows",
    ):
        assert words in text
        assert words in html


def test_texts_that_mean_harm_stay_texts(authority: trustme.CA, harmful: FinishedRun) -> None:
    """No line end reaches a header, no tag reaches the page, no further recipient appears."""
    inbox = _Inbox()
    with _server(inbox, authority) as port:
        publish_email(harmful, _options(port))
    (mail,) = inbox.mails
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) <= 150
    _, html = (part.get_content() for part in mail.iter_parts())
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_busy_server_is_tried_again_and_a_refusal_is_final(
    authority: trustme.CA, finished: Callable[..., FinishedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code of 4xx passes, one of 5xx stays; a wrong password is not tried twice and shows nowhere."""
    monkeypatch.setattr("cl_plugins.backends.served.patience._FIRST_WAIT_S", 0.01)
    inbox = _Inbox()
    inbox.orders = ["451 try later", "452 full", "554 no spam"]
    with _server(inbox, authority) as port:
        with pytest.raises(ConfigError, match="554 no spam"):
            publish_email(finished(), _options(port))
        publish_email(finished(), _options(port))
        with pytest.raises(ConfigError, match="refused the mail: SMTPAuthenticationError") as caught:
            publish_email(finished(), _options(port, password=WRONG))
    assert len(inbox.mails) == 1
    assert WRONG not in str(caught.value)
    with pytest.raises(PluginError, match="after 2 tries"):
        publish_email(finished(), _options(port, retries=1))


def test_no_password_travels_in_the_clear(
    authority: trustme.CA, finished: Callable[..., FinishedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server without STARTTLS, or with a stranger's certificate, gets neither login nor mail."""
    inbox = _Inbox()
    bare = {"tls_context": None, "auth_required": False, "auth_require_tls": False}
    with _server(inbox, authority, **bare) as port, pytest.raises(ConfigError, match="STARTTLS"):
        publish_email(finished(), _options(port))
    monkeypatch.delenv("SSL_CERT_FILE")
    with _server(inbox, authority) as port, pytest.raises(ConfigError, match="certificate"):
        publish_email(finished(), _options(port))
    with _server(inbox, authority) as port:
        publish_email(finished(), _options(port, verify_tls=False))
    assert len(inbox.mails) == 1


def test_no_form_of_the_password_is_told(authority: trustme.CA, finished: Callable[..., FinishedRun]) -> None:
    """A server may quote what it was told: in plain words, or as the protocol writes a login."""
    inbox = _Inbox()
    forms = [b64encode(text.encode()).decode() for text in (PASSWORD, f"\0gate\0{PASSWORD}")]
    inbox.orders = [f"554 no {PASSWORD} {' '.join(forms)}"]
    with _server(inbox, authority) as port, pytest.raises(ConfigError, match="554 no") as caught:
        publish_email(finished(), _options(port))
    assert not [form for form in (PASSWORD, *forms) if form in str(caught.value)]
