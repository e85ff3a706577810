"""What an alert says, in plain text and bounded; each service's format escapes it. Sends nothing."""

import math
import re
from dataclasses import dataclass, replace

from cl_core.hooks import FinishedRun
from cl_core.telling import News
from cl_plugins.publishers.alerts.options import AlertOptions

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NAME, _SENTENCE = 60, 500
_STEPS = 3
_WORDS: dict[News, str] = {
    "failed": "Label gate failed",
    "undecided": "Label gate undecided",
    "recovered": "Label gate recovered",
    "passed": "Label gate passed",
    "test": "Test message of labelgate, no gate ran",
}
MARKS: dict[News, str] = {
    "failed": "❌",
    "undecided": "⚠️",
    "recovered": "✅",
    "passed": "✅",
    "test": "🔧",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One alert.

    Attributes
    ----------
    news
        What kind of news it is.
    dataset
        Name of the data set.
    title
        One line.
    says
        The verdict's own sentence.
    facts
        Figures, each with its name.
    pairs
        The worst pairs of classes: given label, likely true label, rows.
    suspects
        Rows to look at: what people call it, given label, suggested label.
    steps
        What to do next.
    missed
        Earlier runs that should have been told.
    link
        Where the full report is.
    """

    news: News
    dataset: str
    title: str
    says: str
    facts: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, str, str], ...]
    suspects: tuple[tuple[str, str, str], ...]
    steps: tuple[str, ...]
    missed: tuple[str, ...]
    link: str

    @property
    def mark(self) -> str:
        """A symbol for the news."""
        return MARKS[self.news]

    @property
    def is_link(self) -> bool:
        """Whether the link may be followed; a path is for reading."""
        return self.link.startswith(("https://", "http://"))


def message_of(run: FinishedRun) -> Message:
    """Say in few words what came of `run`."""
    dataset = line(run.dataset, _NAME)
    return Message(
        news=news_of(run),
        dataset=dataset,
        title=f"{_word(run)}: {dataset}",
        says=line(run.judgement.verdict.says, _SENTENCE),
        facts=_facts(run),
        pairs=tuple((line(p.given, _NAME), line(p.suggested, _NAME), f"{p.rows:,}") for p in run.pairs[:3]),
        suspects=tuple(
            (line(s.id, _NAME), line(s.given, _NAME), line(s.suggested, _NAME)) for s in run.suspects[:10]
        ),
        steps=tuple(line(step, _SENTENCE) for step in run.next_steps[:_STEPS]),
        missed=tuple(line(text, _SENTENCE) for text in (run.telling.missed if run.telling else ())),
        link=line(run.report, 2_000),
    )


def shortened(run: FinishedRun, options: AlertOptions) -> FinishedRun:
    """Leave out the suspects beyond those that people want named."""
    return replace(run, suspects=run.suspects[: options.suspects])


def news_of(run: FinishedRun) -> News:
    """Return the news, by the verdict alone where nobody decided."""
    return run.telling.news if run.telling is not None else run.judgement.verdict.status


def _word(run: FinishedRun) -> str:
    """Return what happened; a gate that cannot fail must not read as a pass."""
    if run.judgement.reporting_only and news_of(run) == "passed":
        return "Label gate reports only"
    return _WORDS[news_of(run)]


def line(text: object, most: int) -> str:
    """Return `text` on one line without what no reader sees, at most `most` characters long."""
    flat = " ".join(_UNPRINTABLE.sub(" ", str(text)).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def _facts(run: FinishedRun) -> tuple[tuple[str, str], ...]:
    noise = run.noise
    rate, low, high, limit = map(_percent, (noise.rate, noise.low, noise.high, run.limit))
    facts = [
        ("Estimated noise rate", f"{rate} ({noise.confidence:.0%} interval {low} to {high}), limit {limit}"),
        ("Flagged rows", f"{run.n_flagged:,} of {run.n_rows:,}"),
        ("Since the last accepted run", line(run.since, _SENTENCE) or "there is none yet"),
    ]
    if not noise.identified:
        facts.insert(1, ("Not identified", line(noise.reason, _SENTENCE)))
    warned = [line(outcome.says, 150) for outcome in run.judgement.warnings]
    if warned:
        facts.append(("Warnings", line("; ".join(warned), _SENTENCE)))
    waived = [use.waiver.check for use in run.judgement.waivers if use.state == "used"]
    if waived:
        facts.append(("Waived", line(", ".join(waived), _SENTENCE)))
    facts.append(("Run", run.run_id))
    return tuple(facts)


def _percent(share: float | None) -> str:
    return "none" if share is None or not math.isfinite(share) else f"{share:.2%}"
