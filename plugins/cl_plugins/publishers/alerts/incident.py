"""What on-call services share: one incident a data set, opened and closed. Sends nothing."""

from hashlib import sha256

from cl_core.hooks import FinishedRun
from cl_plugins.publishers.alerts.message import Message, message_of, news_of

_LONGEST = 200


def incident_key(run: FinishedRun) -> str:
    """Name the incident of the data set; a test has one of its own."""
    kind = "labelgate-test" if news_of(run) == "test" else "labelgate"
    key = f"{kind}:{run.dataset}"
    if len(key) <= _LONGEST and key.isprintable():
        return key
    return f"{kind}:{sha256(run.dataset.encode(errors='replace')).hexdigest()}"


def is_over(run: FinishedRun) -> bool:
    """Whether the run closes the incident."""
    return news_of(run) in ("recovered", "passed")


def details(run: FinishedRun) -> dict[str, str]:
    """Return what the incident shows beside its title, name by name."""
    message: Message = message_of(run)
    found = {"Verdict": message.says, **dict(message.facts)}
    found |= {
        "Most confused classes": "; ".join(f"{a} -> {b}: {rows} rows" for a, b, rows in message.pairs),
        "Rows to look at": "; ".join(f"{row}: {a} -> {b}" for row, a, b in message.suspects),
        "What to do next": " ".join(message.steps),
        "Not told before": "; ".join(message.missed),
        "Report": message.link,
    }
    return {name: value for name, value in found.items() if value}
