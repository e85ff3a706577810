"""What people hide stays hidden: in hints, notes, the model's line, and in the settings of members."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from cl_core import ConfigError, InputError, Predictions
from cl_core.testing import sample_dataset
from cl_flows import steps
from cl_flows.config import make_config
from cl_flows.plan import Plan, make_plan
from cl_flows.shown_settings import shown_settings

SECRET = "hunter2-correct-horse"  # noqa: S105 - stands for one
PROBS = np.full((2, 2), 0.5)


def raw(**model: Any) -> dict[str, Any]:
    return {"data": {"path": "x.csv", "label": "y"}, "gate": {"max_noise_rate": 0.05}, "model": model}


def called(call: Callable[[], Any]) -> Any:
    """Call a plugin whose token people wrote as ${TOKEN}."""
    plan = SimpleNamespace(
        registry=SimpleNamespace(origin=lambda _: "odd-dist"),
        config=SimpleNamespace(limits=SimpleNamespace(predict=60.0)),
    )
    plugin = SimpleNamespace(name="odd")
    return steps._called(
        cast("Plan", plan), plugin, "predict", call, lambda _: "", written={"token": "${TOKEN}"}
    )


def test_a_secret_in_a_hint_or_its_cause_is_put_back_as_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Message, hint and cause are all shown or logged."""
    monkeypatch.setenv("TOKEN", SECRET)

    def fail() -> None:
        inner = InputError(f"inner {SECRET}", hint=f"inner {SECRET}")
        raise InputError(f"refused {SECRET}", hint=f"use another than {SECRET}") from inner

    with pytest.raises(InputError, match=r"refused \$\{TOKEN\}") as caught:
        called(fail)
    assert caught.value.hint == "use another than ${TOKEN}"
    assert isinstance(caught.value.__cause__, InputError)
    assert caught.value.__cause__.hint == "inner ${TOKEN}"


def test_a_secret_in_what_a_plugin_says_is_put_back_as_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes and the model's line stand in every report."""
    monkeypatch.setenv("TOKEN", SECRET)
    made = Predictions(PROBS, out_of_sample=True, model=f"m {SECRET}", notes=("as is", f"n {SECRET}"))
    found = called(lambda: made)
    assert (found.model, found.notes) == ("m ${TOKEN}", ("as is", "n ${TOKEN}"))
    data = called(lambda: replace(sample_dataset(), notes=(f"from {SECRET}",)))
    assert data.notes == ("from ${TOKEN}",)


def test_secrets_of_members_are_hidden(tmp_path: Path) -> None:
    """Written in plain sight within an ensemble, a token is in no report; ${NAME} stays."""
    http = {"backend": "http", "url": "http://localhost:1", "model": "m"}
    config = make_config(
        {
            **raw(
                backend="ensemble",
                members=[{**http, "token": SECRET}, {"backend": "tabular", "folds": 3}],
            ),
            "base": str(tmp_path),
        },
        "test",
    )
    shown = shown_settings(make_plan(config))
    assert SECRET not in repr(shown)
    assert shown["model"]["members"][0]["url"] == "http://localhost:1"
    assert shown["model"]["members"][1] == {"backend": "tabular", "folds": 3}


def test_options_that_exclude_each_other_are_named_in_a_plain_sentence() -> None:
    """No pydantic in it, no empty value, and a hint."""
    vectors = raw(backend="knn", embedding={"path": "a.onnx"}, embeddings_path="b.npy")
    with pytest.raises(ConfigError) as caught:
        make_plan(make_config(vectors, "test"))
    assert str(caught.value).endswith("embedding and embeddings_path are both set; wanted one of them")
    assert "Value error" not in str(caught.value)
    assert caught.value.hint


def test_secrets_within_sections_and_defaults_are_hidden_too() -> None:
    """Whatever the depth: a secret of a section within a section, and the default of a variable."""
    from pydantic import BaseModel, SecretStr

    from cl_flows.shown_settings import _hidden

    class Door(BaseModel):
        key: SecretStr
        name: str = ""

    class Options(BaseModel):
        door: Door | None = None
        doors: tuple[Door, ...] = ()
        token: SecretStr | None = None

    written = {
        "door": {"key": "sesame", "name": "front"},
        "doors": [{"key": "${KEY}"}, {"key": "sesame"}],
        "token": "Bearer ${TOKEN:-sesame}",
        "unknown": {"key": "not declared"},
    }
    assert _hidden(written, Options) == {
        "door": {"key": "**********", "name": "front"},
        "doors": [{"key": "${KEY}"}, {"key": "**********"}],
        "token": "Bearer ${TOKEN:-**********}",
        "unknown": {"key": "not declared"},
    }
