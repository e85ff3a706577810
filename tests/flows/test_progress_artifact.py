"""Progress on Prefect's pages, on a real server: one artifact, few updates, no harm when Prefect is gone."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cl_flows import label_gate, progress_artifact
from cl_flows.progress import listening, report_progress

pytestmark = [pytest.mark.prefect]


@pytest.mark.usefixtures("prefect_api")
def test_the_fit_of_a_gate_leaves_how_far_it_came(
    tables: Path, tmp_path: Path, gate_config: Callable[..., Any]
) -> None:
    """One artifact of the run's predict task, at a hundred percent; what listened before still hears."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    heard: list[str] = []
    source = tmp_path / "progress trees.csv"
    source.write_bytes((tables / "clean.csv").read_bytes())
    with listening(lambda done, total, doing: heard.append(f"{done}/{total} {doing}")):
        label_gate(gate_config(source, tmp_path))
    named = ArtifactFilter(key=ArtifactFilterKey(any_=["labelgate-progress-trees-progress"]))
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(artifact_filter=named)
        assert artifact.task_run_id is not None
        assert client.read_task_run(artifact.task_run_id).name.startswith("predict")
    assert (artifact.type, artifact.data) == ("progress", 100.0)
    assert any(str(artifact.description) in said for said in heard)
    assert any("loaded 300 rows" in said for said in heard)


def test_updates_are_few_and_the_last_word_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand reports in a moment are two updates at most; a long fit makes no more than fifty."""
    left: list[float] = []
    monkeypatch.setattr(
        progress_artifact, "create_progress_artifact", lambda percent, **_: left.append(percent)
    )
    monkeypatch.setattr(
        progress_artifact, "update_progress_artifact", lambda _id, percent, _doing: left.append(percent)
    )
    with progress_artifact.progress_artifact("x"):
        for done in range(1001):
            report_progress(done, 1000, "fitting")
    assert (len(left) <= 2, left[-1]) == (True, 100.0)
    left.clear()
    monkeypatch.setattr(progress_artifact, "_EVERY_S", 0.0)
    with progress_artifact.progress_artifact("x"):
        for done in range(400):
            report_progress(done % 100, 100, "fitting")
            time.sleep(0.002)
    assert (10 < len(left) <= 51, left[-1]) == (True, 99.0)


def test_a_prefect_that_never_answers_holds_no_fit_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a deaf server nor one that is gone: the fit goes on, and the log has a line."""
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    monkeypatch.setattr(progress_artifact, "_LAST_WORD_S", 0.5)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0}):
            with progress_artifact.progress_artifact("x"):
                report_progress(1, 2, "fitting")
                assert time.monotonic() - began < 1
            assert time.monotonic() - began < 5
    deadline = time.monotonic() + 60
    while "the run goes on" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
