"""The backend ``ensemble``: averages, keeps every view, and hides no member's fault."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from cl_core import Dataset, InputError, Member, ModelBackend, PluginError, Predictions
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.ensemble import predict_ensemble
from cl_plugins.backends.ensemble_options import EnsembleOptions, all_repeat
from cl_plugins.backends.options import TabularOptions
from cl_plugins.builtin import labelgate_model_backends
from cl_plugins.options import Options

BACKENDS = {backend.name: backend for backend in labelgate_model_backends()}
DATA = replace(sample_dataset(n_rows=4, n_classes=2), labels=np.array([0, 0, 1, 1]))
SURE = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
EVEN = np.full((4, 2), 0.5)


def says(probs: Any, **facts: Any) -> Member:
    """Make a member that always says `probs`."""

    def predict(_dataset: Dataset, _options: Any, progress: Any) -> Predictions:
        progress(1, 1, "said")
        return Predictions(probs, **{"out_of_sample": True, "model": "fixed", "notes": ("a note",), **facts})

    return Member(ModelBackend("fixed", "fixed", Options, predict), Options(), "fixed-dist")


def raises(error: BaseException) -> Member:
    """Make a member that fails."""

    def predict(*_: Any) -> Any:
        raise error

    return Member(ModelBackend("odd", "odd", Options, predict), Options(), "odd-dist")


def ask(*members: Member, weights: Any = "equal") -> Predictions:
    """Ask an ensemble, progress to nobody."""
    return predict_ensemble(DATA, EnsembleOptions(members=members, weights=weights), lambda *_: None)


def test_the_members_are_averaged_and_each_stays_visible() -> None:
    """0.9 and 0.5 make 0.7; twins are numbered; notes and models carry the member's name."""
    found = ask(says(SURE), says(EVEN))
    np.testing.assert_allclose(found.pred_probs[:, 0], [0.7, 0.7, 0.3, 0.3])
    assert [view.name for view in found.views] == ["fixed 1", "fixed 2"]
    assert found.views[1].pred_probs is EVEN
    assert found.model == "ensemble of fixed 1: fixed; fixed 2: fixed"
    assert found.notes[1:] == ("fixed 1: a note", "fixed 2: a note")


def test_weights_are_shares() -> None:
    """3 to 1, whatever they sum to."""
    np.testing.assert_allclose(ask(says(SURE), says(EVEN), weights=(3, 1)).pred_probs[0], [0.8, 0.2])


def test_weights_by_log_loss_go_to_the_model_that_finds_the_labels_probable() -> None:
    """One member names every label, the other tosses a coin."""
    found = ask(says(SURE), says(EVEN), weights="by_log_loss")
    np.testing.assert_allclose(found.pred_probs, SURE, atol=0.01)
    assert "fixed 1 1.00, fixed 2 0.00" in found.notes[0]


@pytest.mark.parametrize(
    ("known", "joint"),
    [((True, True), True), ((True, None), None), ((True, False), False), ((None, False), False)],
)
def test_it_is_as_out_of_sample_as_its_worst_member(known: tuple[bool | None, ...], joint: Any) -> None:
    """One member that saw the labels spoils the average."""
    assert ask(*(says(SURE, out_of_sample=one) for one in known)).out_of_sample is joint


@pytest.mark.parametrize(
    ("member", "kind", "said"),
    [
        (raises(InputError("no rows", hint="bring some")), InputError, "member 'odd': no rows"),
        (raises(ZeroDivisionError("oops")), PluginError, "'odd' of distribution 'odd-dist' crashed: Zero"),
        (raises(SystemExit(0)), PluginError, "crashed: SystemExit: 0"),
        (says(SURE[:3]), PluginError, r"gave probabilities of shape \(3, 2\)"),
        (says(np.where(SURE > 0.5, np.nan, SURE)), PluginError, "4 NaN cells"),
        (says(SURE.tolist()), PluginError, "gave a list for pred_probs"),
    ],
)
def test_a_member_that_fails_fails_the_ensemble_by_name(
    member: Member, kind: type[Exception], said: str
) -> None:
    """Nothing is averaged over the members that are left."""
    with pytest.raises(kind, match=said):
        ask(says(SURE), member)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, -1.0), (0.0, 0.0), (float("nan"), 1.0), "best"])
def test_weights_that_are_none_are_refused(weights: Any) -> None:
    """One a member, 0 or more, not all 0."""
    with pytest.raises(ValidationError):
        EnsembleOptions(members=(says(SURE), says(EVEN)), weights=weights)


def test_one_member_that_may_answer_otherwise_makes_all_so() -> None:
    """Its answers are then not kept."""
    sure = says(SURE)
    fickle = replace(sure, backend=replace(sure.backend, repeatable=False))
    assert all_repeat(EnsembleOptions(members=(sure, sure)))
    assert not BACKENDS["ensemble"].repeats(EnsembleOptions(members=(sure, fickle)))


def test_the_ensemble_keeps_the_contract() -> None:
    """Like any backend."""
    members = tuple(
        Member(BACKENDS["tabular"], TabularOptions(estimator=name, folds=3), "labelgate")
        for name in ("logistic", "kernel")
    )
    check_backend(BACKENDS["ensemble"], EnsembleOptions(members=members), worker=False)
