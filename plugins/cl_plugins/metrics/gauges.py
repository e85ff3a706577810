"""The metrics by name: what each gauge is called, what it means, and its values for a few gates.

Every value is a gauge of the newest run. Numbers of series are bounded: see `MOST_CLASSES`.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from cl_core.baseline import ClassFigures
from cl_plugins.metrics.measures import STATUSES, Measures, Reported

Labels: TypeAlias = tuple[tuple[str, str], ...]

# A data set of 10,000 classes must not make 10,000 series a run; people look at the worst few.
MOST_CLASSES = 20
# Names beyond this make systems that store them refuse or slow down.
_LONGEST_NAME = 120
_DIGEST = 8
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: its name, what it says, and its values by labels."""

    name: str
    says: str
    unit: str = "1"
    values: dict[Labels, float] = field(default_factory=dict)


def gauges(runs: Iterable[Measures]) -> list[Gauge]:
    """Return every metric of the newest runs of some data sets, in a stable order.

    Parameters
    ----------
    runs
        At most one a data set.

    Returns
    -------
    list of Gauge
        Only those with a value. What nobody knows has no series: it is never 0.
    """
    named = {name: Gauge(name, says, unit) for name, (says, unit) in _SAYS.items()}
    for run in runs:
        owner = (("dataset", safe_name(run.dataset)),)
        for name, labels, value in _values(run):
            named[name].values[(*owner, *labels)] = value
    return [gauge for gauge in named.values() if gauge.values]


def safe_name(name: str) -> str:
    """Return a name that every monitoring system stores, different for different names.

    Control characters and lone surrogates become U+FFFD and a long name is cut; a digest of the name
    is then added.
    """
    clean = _UNPRINTABLE.sub("\ufffd", name)
    if clean == name and len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{clean[: _LONGEST_NAME - _DIGEST - 1]}~{digest}"


def worst_classes(classes: Iterable[ClassFigures]) -> tuple[list[ClassFigures], list[ClassFigures]]:
    """Part the classes into those of the highest rates, at most `MOST_CLASSES`, and the others.

    A class that labels no row has no rate and is in neither.
    """
    rated = [one for one in classes if one.rate is not None]
    rated.sort(key=lambda one: (-(one.rate or 0.0), one.label))
    return rated[:MOST_CLASSES], rated[MOST_CLASSES:]


_SAYS = {
    "labelgate_noise_rate": ("Estimated share of wrong labels, from 0 to 1.", "1"),
    "labelgate_noise_rate_low": ("Lower end of the interval of the noise rate.", "1"),
    "labelgate_noise_rate_high": ("Upper end of the interval of the noise rate.", "1"),
    "labelgate_noise_rate_limit": ("Largest accepted noise rate.", "1"),
    "labelgate_verdict": ("1 for the verdict of the newest run, 0 for the others.", "1"),
    "labelgate_check": ("1 for the outcome of a check in the newest run, 0 for the others.", "1"),
    "labelgate_rows": ("Rows judged.", "{row}"),
    "labelgate_rows_without_label": ("Rows left out because they carry no label.", "{row}"),
    "labelgate_flagged_rows": ("Rows called a label issue: the suspects.", "{row}"),
    "labelgate_classes": ("Classes that label a row.", "{class}"),
    "labelgate_class_noise_rate": ("Estimated share of wrong labels in a class, the worst 20 classes.", "1"),
    "labelgate_class_noise_rate_low": ("Lower end of the interval of a class's noise rate.", "1"),
    "labelgate_class_noise_rate_high": ("Upper end of the interval of a class's noise rate.", "1"),
    "labelgate_class_rows": ("Rows that carry a class, the worst 20 classes.", "{row}"),
    "labelgate_other_classes": ("Classes beyond the worst 20.", "{class}"),
    "labelgate_other_classes_noise_rate": ("Estimated share of wrong labels in all other classes.", "1"),
    "labelgate_model_accuracy": ("Out-of-sample accuracy of the model against the given labels.", "1"),
    "labelgate_warnings": ("Checks that object and only warn.", "{check}"),
    "labelgate_waivers": ("Waivers by what became of them.", "{waiver}"),
    "labelgate_run_duration_seconds": ("How long the newest run took.", "s"),
    "labelgate_last_run_timestamp_seconds": ("When the newest run ended, seconds since 1970.", "s"),
    "labelgate_run_info": ("Always 1; how the newest run was made.", "1"),
}
NAMES = tuple(_SAYS)


def _values(run: Measures) -> Iterator[tuple[str, Labels, float]]:
    yield "labelgate_noise_rate", (), run.rate
    yield "labelgate_noise_rate_low", (), run.low
    yield "labelgate_noise_rate_high", (), run.high
    yield from _one_hot("labelgate_verdict", (), run.status)
    yield "labelgate_last_run_timestamp_seconds", (), run.finished
    yield from _of_classes(run.classes)
    if run.report is not None:
        yield from _of_report(run.report, run.method)


def _of_report(report: Reported, method: str) -> Iterator[tuple[str, Labels, float]]:
    maybe = {
        "labelgate_noise_rate_limit": report.limit,
        "labelgate_rows": report.n_rows,
        "labelgate_rows_without_label": report.n_unlabelled,
        "labelgate_flagged_rows": report.n_flagged,
        "labelgate_warnings": report.n_warnings,
        "labelgate_model_accuracy": report.accuracy,
        "labelgate_run_duration_seconds": report.seconds,
    }
    yield from ((name, (), float(value)) for name, value in maybe.items() if value is not None)
    for state, count in report.waivers.items():
        yield "labelgate_waivers", (("state", state),), float(count)
    for check, status in report.checks.items():
        yield from _one_hot("labelgate_check", (("check", safe_name(check)),), status)
    about = (("engine", report.engine), ("method", safe_name(method)), ("version", report.version))
    yield "labelgate_run_info", about, 1.0


def _of_classes(classes: tuple[ClassFigures, ...]) -> Iterator[tuple[str, Labels, float]]:
    worst, others = worst_classes(classes)
    if not worst:
        return
    yield "labelgate_classes", (), float(len(worst) + len(others))
    for one in worst:
        label = (("class", safe_name(one.label)),)
        yield "labelgate_class_rows", label, float(one.rows)
        rates = {"": one.rate, "_low": one.low, "_high": one.high}
        for end, rate in rates.items():
            if rate is not None:
                yield f"labelgate_class_noise_rate{end}", label, rate
    if others:
        wrong = sum((one.rate or 0.0) * one.rows for one in others)
        yield "labelgate_other_classes", (), float(len(others))
        yield "labelgate_other_classes_noise_rate", (), wrong / sum(one.rows for one in others)


def _one_hot(name: str, labels: Labels, status: str) -> Iterator[tuple[str, Labels, float]]:
    for one in STATUSES:
        yield name, (*labels, ("status", one)), float(one == status)
