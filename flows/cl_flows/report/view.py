"""What a report page shows, from the report for machines and a few tables. No markup, no files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_flows.report import charts, wording
from cl_flows.report.policy import baseline_sentence, waiver_sentence
from cl_flows.report.record import Suspect

# With these a page of 1,000 classes with long names stays well under 1 MB.
CLASSES = 100
_PAIRS = 10  # beside the heat map
_PAIRS_ALONE = 50
SUSPECTS = 50
_REMARKS = 20
_SETTINGS = 10_000  # characters
_LEAST_NOISE = 0.01  # bars of the noise rate are not enlarged beyond this


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What the report for machines leaves out or cuts short.

    Attributes
    ----------
    class_rows
        The class table, a mapping a class.
    pairs, n_pairs
        The most confused pairs, and how many there are.
    joint, joint_classes
        Rows counted by given and true label, shape ``(h, h)``, and the names of these classes; None
        where they are not known.
    joint_rows
        Rows labelled with each of these classes, shape ``(h,)``, where the joint leaves other classes out.
    review
        What people decided since; None where nobody did.
    flagged, kept
        Rows in each of twenty bins of label quality; empty where they are not known.
    suspects
        The rows to show, worst first.
    """

    class_rows: Sequence[Mapping[str, Any]]
    pairs: Sequence[Mapping[str, Any]]
    n_pairs: int
    joint: NDArray[np.int64] | None
    joint_classes: tuple[str, ...]
    flagged: NDArray[np.int64]
    kept: NDArray[np.int64]
    suspects: tuple[Suspect, ...] = ()
    joint_rows: NDArray[np.int64] | None = None
    review: Mapping[str, Any] | None = None


def page_view(document: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    """Return what the templates print: the document, with charts laid out and lists cut to a page."""
    noise = document["noise"]
    said = wording.percents(noise["limit"], noise["rate"], noise["low"], noise["high"])
    heat = None if tables.joint is None else charts.heat_map(tables.joint, tables.joint_rows)
    classes = _worst(tables.class_rows)
    settings = json.dumps(document["settings"], indent=2, ensure_ascii=False, allow_nan=False)
    return {
        **document,
        "only": document["policy"]["reporting_only"] and document["verdict"]["status"] == "passed",
        "said": dict(zip(("limit", "rate", "low", "high"), said, strict=True)),
        "line": charts.number_line(noise),
        "line_in_words": charts.line_in_words(noise, document["data"]["rows"]),
        "before": baseline_sentence(document["baseline"]),
        "waivers": [waiver_sentence(use) for use in document["policy"]["waivers"]][:_REMARKS],
        "remarks": document["notes"][:_REMARKS],
        "suspects": tables.suspects,
        "given_labels": list(dict.fromkeys(s.given for s in tables.suspects)),
        "heat": heat,
        "heat_classes": tables.joint_classes,
        "heat_left_out": max(0, document["data"]["classes"] - len(tables.joint_classes)),
        "longest_class": max((len(str(name)) for name in tables.joint_classes), default=0),
        "classes": {"total": document["classes"]["total"], "rows": classes},
        "most_noise": max(_LEAST_NOISE, *(row["noise_rate"] or 0.0 for row in tables.class_rows)),
        "pairs": {"total": tables.n_pairs, "rows": tables.pairs[: _PAIRS if heat else _PAIRS_ALONE]},
        "histograms": [
            (title, kind, int(counts.sum()), charts.histogram(counts))
            for title, kind, counts in (
                ("Flagged", "flagged", tables.flagged),
                ("Not flagged", "kept", tables.kept),
            )
            if len(counts)
        ],
        "review": tables.review,
        "settings": wording.cut(settings, _SETTINGS) if document["settings"] else "",
    }


def _worst(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of the class table, most wrong labels first."""
    wrong = np.array([(row["noise_rate"] or 0.0) * row["rows"] for row in rows])
    return [rows[i] for i in (-wrong).argsort(kind="stable")[:CLASSES]]
