"""Plugins and their options are found and validated before anything is read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, ModelBackend
from cl_core.plugins import Offer, Registry, load_plugins
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.plan import Plan, make_plan
from cl_plugins.options import Options


def planned(model: dict[str, Any], base: Path) -> Plan:
    """Plan a gate whose data do not exist: nothing may be read."""
    raw = {"data": {"path": "nowhere.csv", "label": "y"}, "model": model, "gate": {"max_noise_rate": 0.05}}
    return make_plan(make_config({**raw, "base": str(base)}, "test"))


TABULAR = {"backend": "tabular", "estimator": "logistic"}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([TABULAR], "members"),
        ([TABULAR, {"backend": "tabular", "fold": 3}], r"model\.members\[1\] \(tabular\): unknown key fold"),
        ([TABULAR, {"folds": 3}], r"model\.members\[1\] does not name its backend"),
        ([TABULAR, "tabular"], r"model\.members\[1\] does not name its backend"),
        ([TABULAR, {"backend": "tabulate"}], "no backend is called 'tabulate'"),
        (
            [TABULAR, {"backend": "ensemble", "members": [TABULAR, TABULAR]}],
            r"model\.members\[1\]: backend 'ensemble' has members of its own",
        ),
        (
            [TABULAR, {"backend": "precomputed", "path": "${NO_SUCH}"}],
            r"model\.members\[1\]\.path needs the environment variable NO_SUCH",
        ),
    ],
)
def test_a_member_with_a_fault_is_named_by_its_place(members: list[Any], said: str, tmp_path: Path) -> None:
    """Before hours of loading, not after."""
    with pytest.raises(ConfigError, match=said):
        planned({"backend": "ensemble", "members": members}, tmp_path)


def test_paths_and_variables_of_members_are_read_like_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path starts from gate.yaml's folder at any depth, and ${NAME} is expanded there."""
    monkeypatch.setenv("PROBS", "probs")
    members = [TABULAR, {"backend": "precomputed", "path": "${PROBS}/a.npy"}]
    plan = planned({"backend": "ensemble", "members": members}, tmp_path)
    options: Any = plan.backend_for(None)[1]  # type: ignore[arg-type]
    assert options.members[1].options.path == tmp_path / "probs" / "a.npy"
    assert options.members[1].distribution == "labelgate"


def test_a_secret_of_a_member_stays_out_of_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people wrote is shown, never what stood in for it."""
    monkeypatch.setenv("FOLDS", "hunter2-hunter2")
    with pytest.raises(ConfigError, match=r"folds is '\$\{FOLDS\}'"):
        planned({"backend": "ensemble", "members": [TABULAR, {**TABULAR, "folds": "${FOLDS}"}]}, tmp_path)


def test_a_backend_without_its_module_is_refused_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is a member; data.path does not exist, so nothing was read."""
    real = load_plugins()
    tabular = real.find(ModelBackend, "tabular")
    needy = ModelBackend(
        "needy",
        "x",
        Options,
        tabular.predict,
        requires=("numpy", "no_such_module.part"),
        extra="labelgate[needy]",
    )
    registry = Registry((*real.offers, Offer("backend", needy, "needy-dist", "1.0")))
    monkeypatch.setattr("cl_flows.plan.load_plugins", lambda: registry)
    for model, where in (
        ({"backend": "needy"}, "model: backend 'needy'"),
        (
            {"backend": "ensemble", "members": [TABULAR, {"backend": "needy"}]},
            r"model\.members\[1\]: backend",
        ),
    ):
        with pytest.raises(ConfigError, match=f"{where}.*needs no_such_module.part") as raised:
            planned(model, tmp_path)
        assert raised.value.hint == 'pip install "labelgate[needy]"'


def test_an_ensemble_gates_and_its_views_reach_the_estimate(
    tables: Path, tmp_path: Path, gate_config: Callable[..., Any]
) -> None:
    """Two models of different kinds vote on a fifth of wrong labels."""
    raw = gate_config(tables / "noisy.csv", tmp_path).model_dump(mode="json")
    members = [TABULAR, {"backend": "tabular", "estimator": "extra_trees"}]
    raw |= {"model": {"backend": "ensemble", "members": members}, "estimate": {"method": "views"}}
    result = run_direct(make_config(raw, "test"))
    assert result.status == "failed"
    assert abs(result.noise_rate - 0.2) < 0.05


@pytest.mark.parametrize(
    ("modality", "backend"),
    [("text", "text"), ("image", "image"), ("audio", "audio"), ("table", "tabular"), ("array", "tabular")],
)
def test_each_kind_of_data_has_its_backend(modality: Any, backend: str, tmp_path: Path) -> None:
    """Where the user names none; probabilities that came with the data go first."""
    labels = np.array([0, 1])
    data = Dataset("d", labels, labels, ("a", "b"), ["x", "y"], modality, "f")
    plan = planned({}, tmp_path)
    assert plan.backend_for(data)[0].name == backend
    assert plan.backend_for(replace(data, pred_probs=np.eye(2)))[0].name == "precomputed"
