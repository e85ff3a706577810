"""Alerts as JSON for your own receivers: ``webhook.schema.json`` beside this module describes it."""

import hmac
import json
import time
from hashlib import sha256
from typing import Any

from cl_core.hooks import FinishedRun
from cl_core.verdict import Ruling, Verdict
from cl_plugins.publishers.alerts.message import line, news_of, shortened
from cl_plugins.publishers.alerts.options import WebhookOptions
from cl_plugins.publishers.delivery import plain_headers
from cl_plugins.publishers.post import post_bytes

SCHEMA_VERSION = 1
_TEXT, _MOST_CHECKS = 2_000, 100


def publish_webhook(run: FinishedRun, options: WebhookOptions) -> None:
    """Send the alert, signed where there is a key.

    ``X-Labelgate-Delivery`` is the same for every try of one alert, so that a receiver may drop doubles.
    """
    run = shortened(run, options)
    content = json.dumps(webhook_payload(run), ensure_ascii=False, allow_nan=False).encode()
    headers = plain_headers(options.headers)
    secrets: tuple[str, ...] = ()
    plain = {"X-Labelgate-Delivery": sha256(f"{run.run_id}\0{news_of(run)}".encode()).hexdigest()[:32]}
    if options.secret is not None:
        secrets = (options.secret.get_secret_value(),)
        moment = str(int(time.time()))
        plain |= {
            "X-Labelgate-Timestamp": moment,
            "X-Labelgate-Signature": f"sha256={signature(secrets[0], moment, content)}",
        }
    post_bytes(
        options.url.get_secret_value(), content, options, headers={**headers, **plain}, secrets=secrets
    )


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """Return the HMAC-SHA256, in hexadecimal, of ``timestamp.content``."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + content, sha256).hexdigest()


def webhook_payload(run: FinishedRun) -> dict[str, Any]:
    """Return the alert as plain values, valid by the schema."""
    verdict, noise, telling = run.judgement.verdict, run.noise, run.telling
    return {
        "schema_version": SCHEMA_VERSION,
        "news": news_of(run),
        "known": telling.known if telling else "",
        "missed": [line(text, _TEXT) for text in telling.missed] if telling else [],
        "run": {"id": run.run_id, "finished": run.finished_at, "labelgate": run.version},
        "dataset": line(run.dataset, _TEXT),
        "verdict": {"status": verdict.status, "check": verdict.name, "says": line(verdict.says, _TEXT)},
        "noise": {
            "rate": noise.rate,
            "low": noise.low,
            "high": noise.high,
            "confidence": noise.confidence,
            "limit": run.limit,
            "identified": noise.identified,
        },
        "rows": run.n_rows,
        "flagged": run.n_flagged,
        "since": line(run.since, _TEXT),
        "pairs": [
            {"given_label": line(p.given, _TEXT), "suggested_label": line(p.suggested, _TEXT), "rows": p.rows}
            for p in run.pairs
        ],
        "suspects": [
            {
                "id": s.id if isinstance(s.id, int) else line(s.id, _TEXT),
                "given_label": line(s.given, _TEXT),
                "suggested_label": line(s.suggested, _TEXT),
            }
            for s in run.suspects
        ],
        "checks": [_check(*ruled) for ruled in run.judgement.ruled()[:_MOST_CHECKS]],
        "waivers": [
            {"check": use.waiver.check, "state": use.state, "until": use.waiver.until.isoformat()}
            for use in run.judgement.waivers
        ],
        "next_steps": [line(step, _TEXT) for step in run.next_steps],
        "report": run.report,
    }


def _check(outcome: Verdict, ruling: Ruling) -> dict[str, str]:
    return {
        "code": outcome.code,
        "name": outcome.name,
        "status": outcome.status,
        "severity": ruling.severity,
        "effect": ruling.effect,
        "says": line(outcome.says, _TEXT),
    }
