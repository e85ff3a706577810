"""What a report is made of: one frozen record of a finished run. No rendering."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from cl_core.evidence import Evidence
from cl_core.verdict import Judgement, Verdict
from cl_flows.clean import CleanSplit

# Text, the cells of a table row, or a PNG file's bytes; None where the data hold probabilities only.
Excerpt: TypeAlias = str | dict[str, str] | bytes | None

# The check that holds the noise rate against the limit, the product's promise.
_BUDGET = "noise-budget"
_IN_SAMPLE = "The model saw the labels it judges, so it finds fewer wrong labels than there are."


@dataclass(frozen=True, slots=True)
class Suspect:
    """One row whose label people should look at.

    Attributes
    ----------
    id
        What people call the row.
    given, suggested
        The label in the data and the label the model would give.
    quality
        Label quality in 0..1, low for suspect labels.
    flagged
        Whether the row is called a label issue; a row that is not was added to fill the list.
    reason
        Why it is flagged, one sentence; may be empty.
    excerpt
        What the row looks like.
    decided
        What people decided about it since; may be empty.
    """

    id: str | int
    given: str
    suggested: str
    quality: float
    flagged: bool = True
    reason: str = ""
    excerpt: Excerpt = None
    decided: str = ""


@dataclass(frozen=True, slots=True)
class InjectedNoise:
    """How many labels that were flipped on purpose were found.

    Attributes
    ----------
    n_flipped, n_found
        Labels flipped, and those of them that are flagged.
    precision, recall
        Share of the flagged rows that were flipped, and of the flipped rows that are flagged; NaN
        where the share is of nothing.
    """

    n_flipped: int
    n_found: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True, eq=False)
class RunReport:
    """A finished run, as all three reports (HTML, Markdown, JSON) tell it.

    Attributes
    ----------
    run_id, dataset
        Names of the run and of the data set.
    started, finished
        When, with a time zone.
    version, engine
        labelgate's version, and how the steps were run (``direct`` or ``prefect``).
    source, fingerprint
        Where the rows came from, and the digest of their content.
    n_rows, n_unlabelled
        Rows judged, and rows left out because they carry no label.
    model, out_of_sample
        One line about the model, and whether it never saw the label it judges; None: nobody knows.
    judgement, evidence
        The verdict with its checks, and everything measured.
    suspects
        The worst rows, worst first.
    notes
        What people should know before they trust the figures, one sentence each.
    settings
        The configuration of the run as plain data.
    found
        What became of labels flipped on purpose; None when none were.
    clean
        What the clean split kept and set aside; None when none was asked for.
    """

    run_id: str
    dataset: str
    started: datetime
    finished: datetime
    version: str
    engine: str
    source: str
    fingerprint: str
    n_rows: int
    n_unlabelled: int
    model: str
    out_of_sample: bool | None
    judgement: Judgement
    evidence: Evidence
    suspects: tuple[Suspect, ...] = ()
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    found: InjectedNoise | None = None
    clean: CleanSplit | None = None

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.finished - self.started).total_seconds()

    @property
    def limit(self) -> float | None:
        """The noise rate that the run may not exceed; None when no check holds one."""
        return next((check.limit for check in self.judgement.checks if check.name == _BUDGET), None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know before trusting the figures, each sentence once."""
        seen = (_IN_SAMPLE,) if self.out_of_sample is False else ()
        return tuple(dict.fromkeys((*seen, *self.notes, *self.evidence.warnings)))

    @property
    def remedies(self) -> tuple[str, ...]:
        """What to do next, each once: the deciding check's word, then the other open checks'."""
        open_checks: tuple[Verdict, ...] = tuple(
            check
            for check, ruling in self.judgement.ruled()
            if check.status != "passed" and ruling.effect != "waived"
        )
        said = (check.remedy for check in (self.judgement.verdict, *open_checks))
        return tuple(dict.fromkeys(text for text in said if text))
