"""Alerts in Microsoft Teams by a workflow's webhook, as an Adaptive Card. Nothing in it is Markdown."""

import json
from dataclasses import replace
from typing import Any

from cl_core.hooks import FinishedRun
from cl_plugins.publishers.alerts.message import Message, message_of, shortened
from cl_plugins.publishers.alerts.options import TeamsOptions
from cl_plugins.publishers.post import post_json

# Teams refuses a message over 28 KB; what it adds itself counts, too.
_MOST_BYTES = 26_000
_COLOURS = {"failed": "Attention", "undecided": "Warning", "recovered": "Good", "passed": "Good"}


def publish_teams(run: FinishedRun, options: TeamsOptions) -> None:
    """Send the alert."""
    run = shortened(run, options)
    post_json(options.webhook_url.get_secret_value(), teams_payload(message_of(run)), options)


def teams_payload(message: Message) -> dict[str, Any]:
    """Return the body of the request; suspects, pairs and steps go first where it would grow too large."""
    for smaller in (
        message,
        replace(message, suspects=message.suspects[:3], missed=message.missed[-1:]),
        replace(message, suspects=(), pairs=(), missed=(), steps=message.steps[:1]),
        replace(message, suspects=(), pairs=(), missed=(), steps=(), facts=message.facts[:1]),
    ):
        payload = _payload(smaller)
        if len(json.dumps(payload, ensure_ascii=False).encode()) <= _MOST_BYTES:
            break
    return payload


def _payload(message: Message) -> dict[str, Any]:
    title = {"size": "Large", "weight": "Bolder", "color": _COLOURS.get(message.news, "Default")}
    body = [_text(f"{message.mark} {message.title}", **title), _text(message.says)]
    body += [_fact(name, value) for name, value in message.facts]
    body += _list("Most confused classes", [f"{a} → {b}: {rows} rows" for a, b, rows in message.pairs])
    body += _list("Rows to look at", [f"{row}: {a} → {b}" for row, a, b in message.suspects])
    body += _list("What to do next", list(message.steps))
    body += _list("Not told before", list(message.missed))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.is_link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Full report", "url": message.link}]
    elif message.link:
        body.append(_fact("Report", message.link))
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _text(text: str, **style: str) -> dict[str, Any]:
    # A TextRun is shown as it stands; a TextBlock or a FactSet would read Markdown.
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _fact(name: str, value: str) -> dict[str, Any]:
    named = {"type": "TextRun", "text": f"{name}: ", "weight": "Bolder"}
    return {"type": "RichTextBlock", "inlines": [named, {"type": "TextRun", "text": value}]}


def _list(title: str, lines: list[str]) -> list[dict[str, Any]]:
    return [_text(title, weight="Bolder"), *(_text(f"• {text}") for text in lines)] if lines else []
