"""The backend ``http`` against a server that fails to order: what is tried again, what ends the run."""

import json
import logging
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError, LabelgateError, PluginError, Predictions
from cl_core.testing import sample_dataset
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_plugins.backends.served import patience
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.backends.served.predict import predict_http

ROWS = sample_dataset(n_rows=60)
GOOD = [0.25, 0.25, 0.5]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_WAIT_S", 0.01)


def predict(server: Any, **options: Any) -> Predictions:
    ready = {"url": server.url, "model": "clouds", "output": "predict_proba", "batch_size": 20, **options}
    return predict_http(ROWS, HttpOptions.model_validate(ready), lambda *_: None)


def body(*rows: Any) -> str:
    """Write what a server answers instead of probabilities."""
    output = {"name": "predict_proba", "datatype": "FP64", "shape": [len(rows), 3], "data": list(rows)}
    return f"body:{json.dumps({'outputs': [output]})}"


@pytest.mark.parametrize("fault", ["status:503", "status:502", "status:504", "status:429", "drop", "later:0"])
def test_a_passing_failure_is_tried_again(model_server: Any, fault: str) -> None:
    """Twice broken, then fine: the answer is as if nothing had been."""
    wanted = predict(model_server).pred_probs
    model_server.asked.clear()
    model_server.faults.extend([fault, fault])
    assert (predict(model_server).pred_probs == wanted).all()
    assert len(model_server.asked) == 3 + 2


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500])
def test_a_lasting_failure_is_not_tried_again(model_server: Any, status: int) -> None:
    """The same request would be refused again."""
    model_server.faults.append(f"status:{status}")
    with pytest.raises(LabelgateError, match=f"rows 0 to 19: .* status {status}: .*busy") as caught:
        predict(model_server)
    assert caught.value.hint
    assert len(model_server.asked) == 1


def test_a_batch_that_stays_broken_fails_the_run(model_server: Any) -> None:
    """The second of three batches: nothing is filled in, and the error says which rows and how often."""
    model_server.faults.extend(["", "status:503", "status:503", "status:503"])
    with pytest.raises(PluginError, match=r"rows 20 to 39: .* gave no answer after 3 tries: status 503"):
        predict(model_server, retries=2, concurrency=1)
    assert len(model_server.asked) == 1 + 3


def test_the_servers_own_waiting_time_counts(model_server: Any) -> None:
    """Retry-After is waited for; one past the time limit ends the run at once, and says so."""
    model_server.faults.append("later:0.3")
    began = time.monotonic()
    predict(model_server)
    assert time.monotonic() - began >= 0.3
    model_server.faults.append("later:500")
    began = time.monotonic()
    with pytest.raises(PluginError, match="due in 500 seconds, after the end of time_limit_s"):
        predict(model_server, time_limit_s=30)
    assert time.monotonic() - began < 5


def test_slow_answers_end(model_server: Any) -> None:
    """A request that takes too long is tried again; all of them together have a limit, too."""
    model_server.faults.append("slow:1")
    predict(model_server, timeout_s=0.3)
    model_server.faults.extend(["slow:1"] * 9)
    began = time.monotonic()
    with pytest.raises(PluginError, match="ReadTimeout"):
        predict(model_server, timeout_s=0.2, retries=1)
    with pytest.raises(PluginError, match="time_limit_s"):
        predict(model_server, timeout_s=0.2, time_limit_s=0.5, retries=20)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "something else than JSON: '<html><body>Please log in"),
        ("body:", "something else than JSON: ''"),
        ("body:[1]", r"no inference response with `outputs`: '\[1\]'"),
        (body(*[GOOD] * 19), "the answer has 19 rows, 20 were sent"),
        (body(*[GOOD] * 19, [0.5, 0.5, float("nan")]), "1 NaN cells, the first in row 19"),
        (body(*[GOOD] * 19, [0.5, 0.5, 0.5]), "row 19 sums to 1.5"),
        (body(*[GOOD] * 19, [1.5, -0.5, 0.0]), "1 negative cells"),
        (body(*["spam"] * 20), r"something else than \[20, 3\] numbers"),
        (body(*[[0.5, 0.5]] * 20), r"something else than \[20, 3\] numbers"),
    ],
)
def test_nonsense_is_refused_with_what_came(model_server: Any, fault: str, said: str) -> None:
    """Rows that are missing, no numbers or no probabilities never reach the gate."""
    model_server.faults.append(fault)
    with pytest.raises(PluginError, match=said) as caught:
        predict(model_server)
    assert caught.value.hint
    assert len(str(caught.value)) < 700


def test_an_answer_without_end_is_cut(model_server: Any) -> None:
    """No more is read than max_response_mb allows."""
    model_server.faults.append("body:" + "[" * 200_000)
    with pytest.raises(PluginError, match=r"sent more than 0\.1 MB"):
        predict(model_server, max_response_mb=0.1)


def test_data_go_to_no_other_host(model_server: Any) -> None:
    """A redirect on the same host is followed, one elsewhere is an error that names where."""
    model_server.faults.append(f"redirect:{model_server.url}/v2/models/clouds/infer")
    predict(model_server)
    model_server.faults.append(f"redirect:http://localhost:{model_server.port}/v2/models/clouds/infer")
    asked = len(model_server.asked)
    with pytest.raises(ConfigError, match=r"redirects \(307\) to http://localhost"):
        predict(model_server)
    assert len(model_server.asked) == asked + 1
    model_server.faults.extend([f"redirect:{model_server.url}/v2/models/clouds/infer"] * 9)
    with pytest.raises(ConfigError, match="redirects in circles"):
        predict(model_server)


def test_a_server_that_is_away_or_not_ready_is_named(model_server: Any) -> None:
    """Nobody listens, or the server is still loading."""
    with pytest.raises(PluginError, match=r"127\.0\.0\.1:1/v2/health/ready gave no answer after 2 tries"):
        predict(model_server, url="http://127.0.0.1:1", retries=1)
    model_server.ready = False
    with pytest.raises(PluginError, match="health/ready gave no answer after 2 tries: status 503"):
        predict(model_server, retries=1)
    with pytest.raises(ConfigError, match="no HTTP header may hold"):
        predict(model_server, token="line\nend")  # noqa: S106 - not one


def test_waits_double_and_differ() -> None:
    """Half to all of 0.01, 0.02, 0.04 ... seconds, never over half a minute; dates are understood."""
    assert all(0.04 * 0.5 <= patience.wait_s(3, None) <= 0.04 for _ in range(50))
    assert len({patience.wait_s(9, None) for _ in range(9)}) > 1
    assert patience.wait_s(60, None) <= 30
    assert patience.wait_s(1, "7") == 7
    assert patience.wait_s(1, "Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert patience.wait_s(1, "soon") <= 0.01


def test_secrets_show_nowhere(
    model_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server gets the token; errors, notes, reports and the log do not, though the server echoes it."""
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("MODEL_TOKEN", "hush-hush-hush")
    sample = ROWS.features.assign(label=[ROWS.classes[c] for c in ROWS.labels])
    sample.to_csv(tmp_path / "rows.csv", index=False)
    raw = {
        "data": {"path": str(tmp_path / "rows.csv"), "label": "label"},
        "model": {
            "backend": "http",
            "url": model_server.url,
            "model": "clouds",
            "output": "predict_proba",
            "token": "${MODEL_TOKEN}",
            "headers": {"X-Key": "${MODEL_TOKEN}"},
        },
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(tmp_path / "out")},
    }
    result = run_direct(make_config(raw, "test"))
    assert model_server.headers[0]["authorization"] == "Bearer hush-hush-hush"
    assert model_server.headers[0]["x-key"] == "hush-hush-hush"
    written = [p.read_bytes() for p in Path(result.folder).rglob("*") if p.is_file()]
    assert written
    assert not any(b"hush-hush" in content for content in written)
    assert b"model 'clouds' at 127.0.0.1" in (Path(result.folder) / "report.json").read_bytes()

    model_server.faults.append("echo")
    with pytest.raises(ConfigError, match="status 401") as caught:
        run_direct(make_config(raw, "test"))
    told = "".join(traceback.format_exception(caught.value)) + caught.value.hint + caplog.text
    assert "hush-hush" not in told
    options = HttpOptions.model_validate({"url": "http://x", "model": "m", "token": "hush-hush-hush"})
    assert "hush" not in repr(options)
