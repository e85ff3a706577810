"""Publishers that follow a run from its beginning: what they hear, and that nobody waits for them."""

import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import cl_flows.following
from cl_core import InputError, ModelBackend, PluginError, Publisher, UnfinishedRun
from cl_core.plugins import Offer, Registry, load_plugins
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from trees import tree_gate

SECRET = secrets.token_urlsafe(16)


class Followed(BaseModel):
    """Takes anything."""

    token: str = ""


def deliveries_in(folder: str) -> list[dict[str, Any]]:
    """Read what became of deliveries."""
    found: list[dict[str, Any]] = json.loads((Path(folder) / "deliveries.json").read_text())
    return found


@pytest.fixture
def heard() -> list[UnfinishedRun]:
    """Keep what the publisher heard."""
    return []


@pytest.fixture
def follow(
    heard: list[UnfinishedRun], tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Have a gate of a noisy table followed; `does` may go wrong, and `predict` take the model's place."""

    def made(
        does: Callable[..., None] = lambda *_: None, predict: Any = None, **section: Any
    ) -> dict[str, Any]:
        def unfinished(run: UnfinishedRun, options: Any) -> None:
            heard.append(run)
            does(run, options)

        real = load_plugins()
        publisher = Publisher("odd", "follows", Followed, lambda *_: None, unfinished=unfinished)
        backend = ModelBackend("odd", "odd", Followed, predict)
        offers = (
            Offer("publisher", publisher, "odd-distribution", "1.0"),
            Offer("backend", backend, "odd-distribution", "1.0"),
        )
        registry = Registry((*real.offers, *offers))
        monkeypatch.setattr("cl_flows.plan.load_plugins", lambda: registry)
        monkeypatch.setenv("TOKEN", SECRET)
        raw = tree_gate(tables / "noisy.csv", tmp_path / "out")
        if predict is not None:
            raw["model"] = {"backend": "odd", "token": "${TOKEN}"}
        return {**raw, "publish": [{"publisher": "odd", "token": "${TOKEN}", **section}]}

    return made


def test_a_run_with_a_verdict_is_told_of_once_when_it_begins(
    follow: Callable[..., dict[str, Any]], heard: list[UnfinishedRun], tables: Path
) -> None:
    """By the id and the time that its report has; a delivery that works leaves no further record."""
    result = run_direct(make_config(follow(), "test"))
    (run,) = heard
    assert (run.run_id, run.dataset, run.problem) == (result.run_id, result.dataset, "")
    assert run.data["path"] == str(tables / "noisy.csv")
    assert run.started_at <= run.told_at
    assert [one["delivered"] for one in deliveries_in(result.folder)] == [True]


def test_a_run_that_crashes_is_told_of_again_without_its_secrets(
    follow: Callable[..., dict[str, Any]], heard: list[UnfinishedRun]
) -> None:
    """The caller gets the same error as ever."""

    def crash(_dataset: Any, options: Any, _progress: Any) -> Any:
        raise RuntimeError(f"no answer to {options.token}, see https://kim:{options.token}@host/x?key=1234")

    with pytest.raises(PluginError, match="no answer to") as raised:
        run_direct(make_config(follow(predict=crash), "test"))
    began, ended = heard
    assert (began.run_id, began.started_at, began.problem) == (ended.run_id, ended.started_at, "")
    assert ended.problem.startswith("PluginError: plugin 'odd' of distribution 'odd-distribution' crashed")
    assert "no answer to ${TOKEN}" in ended.problem
    assert "1234" not in ended.problem
    assert SECRET not in f"{ended} {raised.value}"


def test_a_run_that_people_end_is_told_of_too(
    follow: Callable[..., dict[str, Any]], heard: list[UnfinishedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an error that is not ours only the kind is told: it may quote anything."""

    def ends(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt(SECRET)

    monkeypatch.setattr("cl_flows.direct.steps.predict", ends)
    with pytest.raises(KeyboardInterrupt):
        run_direct(make_config(follow(), "test"))
    assert [one.problem for one in heard] == ["", "KeyboardInterrupt"]


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Give what a call may wait for as long as the test lasts."""
    ended = threading.Event()
    yield ended
    ended.set()


def test_a_follower_that_fails_or_hangs_is_on_record_and_changes_nothing(
    follow: Callable[..., dict[str, Any]],
    never: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The gate goes on after a few seconds, to the same verdict; the token is nowhere."""

    def shout(_run: Any, options: Any) -> None:
        raise ValueError(f"401 for {options.token}")

    caplog.set_level(logging.WARNING)
    result = run_direct(make_config(follow(shout), "test"))
    began, ended = deliveries_in(result.folder)
    assert (result.status, ended["delivered"], ended["problem"]) == ("failed", True, "")
    assert (began["publisher"], began["delivered"], began["news"]) == ("odd", False, "began")
    assert "401 for ${TOKEN}" in began["problem"]
    assert "401 for ${TOKEN}" in caplog.text
    assert SECRET not in caplog.text

    monkeypatch.setattr(cl_flows.following, "_LIMIT_S", 0.1)
    result = run_direct(make_config(follow(lambda *_: never.wait() and None), "test"))
    assert result.status == "failed"
    assert "did not answer within 0.1 seconds" in deliveries_in(result.folder)[0]["problem"]


@pytest.mark.parametrize(
    ("section", "laid_over"),
    [({"when": "change"}, {}), ({}, {"as_of": "2026-01-05"})],
)
def test_who_does_not_hear_of_each_end_hears_of_no_beginning(
    section: dict[str, Any],
    laid_over: dict[str, Any],
    follow: Callable[..., dict[str, Any]],
    heard: list[UnfinishedRun],
) -> None:
    """Else such a run would go on for ever in the eyes of that tool."""
    assert run_direct(make_config({**follow(**section), **laid_over}, "test")).status == "failed"
    assert heard == []


def test_nothing_is_told_of_data_that_are_refused(
    follow: Callable[..., dict[str, Any]], heard: list[UnfinishedRun], tmp_path: Path
) -> None:
    """No run has begun then."""
    raw = follow()
    raw["data"]["path"] = str(tmp_path / "nowhere.csv")
    with pytest.raises(InputError):
        run_direct(make_config(raw, "test"))
    assert heard == []
