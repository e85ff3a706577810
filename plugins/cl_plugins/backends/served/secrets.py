"""Keeps what is secret out of what people read: errors, notes, reports. Not the storing of secrets."""

from collections.abc import Iterable
from urllib.parse import urlsplit

# A shorter value is no secret, and would be found in the middle of words.
_SHORTEST_SECRET = 4
_MOST_SHOWN = 300


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """Return the first few words of an answer on one line, with every secret in it blotted out."""
    return masked(" ".join(text.split()), secrets)[:_MOST_SHOWN]


def masked(text: str, secrets: Iterable[str]) -> str:
    """Blot every secret in `text` out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def shown(url: str) -> str:
    """Return an address without its query, which often holds a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def host(url: str) -> str:
    """Return host and port of an address: all that a report shows of it."""
    return urlsplit(url).netloc
