"""The backend ``ensemble``: asks several backends, averages, and keeps what each of them said. No model."""

from collections.abc import Sequence

import numpy as np

from cl_core.answers import predictions_fault
from cl_core.dataset import Dataset, Predictions, View
from cl_core.errors import LabelgateError, PluginError
from cl_core.hooks import Member, Progress
from cl_core.types import FloatArray, Labels, Probs
from cl_plugins.backends.ensemble_options import EnsembleOptions

# Steps of the search for weights: each is an average over rows, and 50 settle two digits.
_STEPS = 50


def predict_ensemble(dataset: Dataset, options: EnsembleOptions, progress: Progress) -> Predictions:
    """Average the members' probabilities; one member that fails fails the ensemble."""
    names = _names(options.members)
    answers = []
    for number, (name, member) in enumerate(zip(names, options.members, strict=True)):
        steps = _part(progress, number, len(names), name)
        answers.append(_asked(dataset, member, name, steps))
    weights = _weights(options, dataset.labels, [answer.pred_probs for answer in answers])
    probs = np.zeros((dataset.n_rows, dataset.n_classes))
    for weight, answer in zip(weights.tolist(), answers, strict=True):
        probs += weight * answer.pred_probs
    shares = ", ".join(f"{name} {weight:.2f}" for name, weight in zip(names, weights, strict=True))
    said = [f"{name}: {note}" for name, answer in zip(names, answers, strict=True) for note in answer.notes]
    return Predictions(
        probs / probs.sum(axis=1, keepdims=True),
        out_of_sample=_out_of_sample([answer.out_of_sample for answer in answers]),
        model="ensemble of " + "; ".join(f"{n}: {a.model}" for n, a in zip(names, answers, strict=True)),
        notes=(f"probabilities are averages with the weights {shares}", *said),
        views=tuple(View(n, a.pred_probs) for n, a in zip(names, answers, strict=True)),
    )


def _names(members: Sequence[Member]) -> list[str]:
    """Call each member by its backend, numbered where a backend comes twice."""
    backends = [member.backend.name for member in members]
    return [
        name if backends.count(name) == 1 else f"{name} {backends[: i + 1].count(name)}"
        for i, name in enumerate(backends)
    ]


def _part(progress: Progress, number: int, total: int, name: str) -> Progress:
    """Report a member's progress as its share of the whole."""

    def report(done: int, steps: int, doing: str) -> None:
        progress(number * steps + done, total * steps, f"{name}: {doing}")

    return report


def _asked(dataset: Dataset, member: Member, name: str, progress: Progress) -> Predictions:
    try:
        found = member.backend.predict(dataset, member.options, progress)
    except LabelgateError as error:
        raise type(error)(f"member {name!r}: {error}", hint=error.hint) from error
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"member {name!r} of distribution {member.distribution!r} crashed: "
            f"{type(error).__name__}: {error}",
            hint=f"report it to the authors of {member.distribution}, or leave it out of model.members",
        ) from error
    fault = predictions_fault(dataset, found)
    if fault:
        raise PluginError(
            f"member {name!r} of distribution {member.distribution!r} {fault}",
            hint="a backend returns one row a row and one column a class, in the data set's order",
        )
    return found


def _weights(options: EnsembleOptions, labels: Labels, models: Sequence[Probs]) -> FloatArray:
    if options.weights == "equal":
        return np.full(len(models), 1 / len(models))
    if options.weights != "by_log_loss":
        given: FloatArray = np.asarray(options.weights, dtype=np.float64)
        return np.asarray(given / given.sum())
    rows = np.arange(len(labels))
    return _most_probable(np.column_stack([probs[rows, labels] for probs in models]).astype(np.float64))


def _most_probable(of_given: FloatArray) -> FloatArray:
    """Find the shares of a mixture under which the given labels are most probable, by EM.

    `of_given` is each member's probability of the given label, shape (n, members). Rows that no member
    thinks possible say nothing about the shares; without any other row the shares are equal.
    """
    weights = np.full(of_given.shape[1], 1 / of_given.shape[1])
    possible = of_given[of_given.sum(axis=1) > 0]
    for _ in range(_STEPS if len(possible) else 0):
        parts = possible * weights
        whole = parts.sum(axis=1, keepdims=True)
        weights = np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0).mean(axis=0)
        weights /= weights.sum()
    return weights


def _out_of_sample(known: Sequence[bool | None]) -> bool | None:
    """Say False where a member saw the labels, else None where nobody can know of one."""
    if False in known:
        return False
    return None if None in known else True
