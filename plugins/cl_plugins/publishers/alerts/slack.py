"""Alerts in Slack by an incoming webhook, as blocks. Everything from the data stands in plain text."""

from typing import Any

from cl_core.hooks import FinishedRun
from cl_plugins.publishers.alerts.message import Message, line, message_of, shortened
from cl_plugins.publishers.alerts.options import SlackOptions
from cl_plugins.publishers.post import post_json

# Slack's own limits: https://docs.slack.dev/reference/block-kit/blocks
_HEADER, _SECTION, _FALLBACK = 150, 3_000, 1_000


def publish_slack(run: FinishedRun, options: SlackOptions) -> None:
    """Send the alert."""
    run = shortened(run, options)
    post_json(options.webhook_url.get_secret_value(), slack_payload(message_of(run)), options)


def slack_payload(message: Message) -> dict[str, Any]:
    """Return the body of the request: blocks, and a line for notifications."""
    sections = [
        message.says,
        "\n".join(f"{name}: {value}" for name, value in message.facts),
        _list("Most confused classes", [f"{a} → {b}: {rows} rows" for a, b, rows in message.pairs]),
        _list("Rows to look at", [f"{row}: {a} → {b}" for row, a, b in message.suspects]),
        _list("What to do next", list(message.steps)),
        _list("Not told before", list(message.missed)),
    ]
    head = f"{message.mark} {message.title}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(line(head, _HEADER), _HEADER)},
        *({"type": "section", "text": _plain(text, _SECTION)} for text in sections if text),
    ]
    if message.link:
        blocks.append({"type": "section", "text": _link(message)})
    return {"text": _escaped(f"{head}. {message.says}", _FALLBACK), "blocks": blocks, "unfurl_links": False}


def _list(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"• {text}" for text in lines)]) if lines else ""


def _plain(text: str, most: int) -> dict[str, Any]:
    # `plain_text` knows no marks, mentions or links; without emoji, `:fire:` is text as well.
    return {"type": "plain_text", "text": _escaped(text, most), "emoji": False}


def _link(message: Message) -> dict[str, Any]:
    if not message.is_link:
        return _plain(f"Report: {message.link}", _SECTION)
    address = _escaped(message.link.replace("|", "%7C"), _SECTION - 20)
    return {"type": "mrkdwn", "text": f"<{address}|Full report>", "verbatim": True}


def _escaped(text: str, most: int) -> str:
    """Escape the characters that begin Slack's control sequences; cut before a character that has no room."""
    out, size = [], 0
    for character in text:
        safe = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, character)
        size += len(safe)
        if size > most - 1:
            out.append("…")
            break
        out.append(safe)
    return "".join(out)
