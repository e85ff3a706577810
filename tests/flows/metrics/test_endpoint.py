"""`labelgate metrics`: what is printed, what a scraper gets, and what it gets when history is spoiled."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cl_core.errors import ConfigError
from cl_flows.cli import main
from cl_flows.metrics.endpoint import Endpoint, open_endpoint
from cl_flows.metrics.newest import current_metrics
from cl_flows.outcome import GateResult
from cl_flows.runs import HISTORY_FILE


def values(text: str, name: str) -> dict[str, float]:
    """Return the values of a metric by data set."""
    families = text_string_to_metric_families(text)
    return {s.labels["dataset"]: s.value for f in families for s in f.samples if s.name == name}


@contextmanager
def serving(output: Path) -> Iterator[Endpoint]:
    with open_endpoint("127.0.0.1:0", lambda: current_metrics(output)) as endpoint:
        thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.shutdown()
            thread.join()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own endpoint
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8")


def test_a_scrape_tells_the_newest_run_of_each_data_set(gated: Path) -> None:
    """The failed run counts for `trees`; every number is that of its report."""
    with serving(gated) as endpoint:
        status, text = get(endpoint.url)
        assert status == 200
        assert values(text, "labelgate_noise_rate").keys() == {"trees", 'say "ash"'}
        assert values(text, "labelgate_noise_rate")["trees"] > 0.1
        assert values(text, "labelgate_noise_rate")['say "ash"'] < 0.05
        assert values(text, "labelgate_rows") == {"trees": 300, 'say "ash"': 300}
        assert 'labelgate_verdict{dataset="trees",status="failed"} 1.0' in text
        assert 'labelgate_class_noise_rate{class="birch",dataset="trees"}' in text
        assert get(endpoint.url.replace("/metrics", "/-/healthy"))[0] == 200
        assert get(endpoint.url.replace("/metrics", "/history.db"))[0] == 404


def test_the_textfile_says_what_the_endpoint_says(
    gate: Callable[..., GateResult], tables: Path, tmp_path: Path
) -> None:
    """Two ways, the same text."""
    textfile = {"publisher": "prometheus_textfile", "folder": str(tmp_path / "prom")}
    gate(tables / "noisy.csv", tmp_path, "trees", textfile)
    (file,) = (tmp_path / "prom").iterdir()
    assert file.read_bytes() == current_metrics(tmp_path)


def test_a_run_whose_folder_is_gone_still_counts(gated: Path, tmp_path: Path) -> None:
    """History alone gives verdict, rates, rows and classes; what only the report knew is absent."""
    shutil.copyfile(gated / HISTORY_FILE, tmp_path / HISTORY_FILE)
    text = current_metrics(tmp_path, without=['say "ash"']).decode()
    whole = current_metrics(gated, without=['say "ash"']).decode()
    gone = {line.split("{")[0] for line in whole.splitlines()} - {
        line.split("{")[0] for line in text.splitlines()
    }
    absent = {name for name in gone if not name.startswith("#")}
    assert absent == {
        f"labelgate_{name}"
        for name in ("rows_without_label", "warnings", "model_accuracy", "waivers", "check")
    }
    for name in ("noise_rate", "noise_rate_limit", "flagged_rows", "last_run_timestamp_seconds"):
        assert values(text, f"labelgate_{name}") == values(whole, f"labelgate_{name}")


def test_a_spoiled_history_is_a_failed_scrape(tmp_path: Path) -> None:
    """503, so that `up` turns 0; the answer names no file and no host. A mended one is scraped again."""
    (tmp_path / HISTORY_FILE).write_bytes(b"no database" * 100)
    with serving(tmp_path) as endpoint:
        status, text = get(endpoint.url)
        assert (status, str(tmp_path) in text) == (503, False)
        (tmp_path / HISTORY_FILE).unlink()
        assert get(endpoint.url) == (200, "")


def test_a_scraper_that_says_nothing_holds_nobody_up(gated: Path) -> None:
    """Every connection has a thread of its own."""
    with serving(gated) as endpoint, socket.create_connection(endpoint.server_address[:2]):  # type: ignore[arg-type]
        assert get(endpoint.url)[0] == 200


@pytest.mark.parametrize(
    "address", ["", "localhost", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "no.such.host.invalid:9108"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """The hint shows one."""
    with pytest.raises(ConfigError) as caught:
        open_endpoint(address, lambda: b"")
    assert "HOST:PORT" in caught.value.hint


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    """Two endpoints on one port would each see half of the scrapes."""
    with serving(tmp_path) as endpoint, pytest.raises(ConfigError, match="cannot serve"):
        open_endpoint(f"127.0.0.1:{endpoint.server_address[1]}", lambda: b"")


def test_the_command_prints_or_serves(gated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a flag the text goes to standard output; with one, the process serves until it is ended."""
    with pytest.raises(SystemExit) as left:
        main(["metrics", "--output", str(gated), "--without", "trees"])
    told = capsys.readouterr()
    assert (left.value.code, told.err) == (0, "")
    assert values(told.out, "labelgate_rows") == {'say "ash"': 300}
    # A suite that a shell runs in the background ignores Ctrl-C, and so would the process it starts.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heard}; from cl_flows.cli import main; main()"
    command = [sys.executable, "-c", program, "metrics", "--serve", "0", "--output", str(gated)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = server.stderr.readline()
        url = next(word for word in said.split() if word.startswith("http://")).rstrip(";")
        assert url.startswith("http://127.0.0.1:")
        assert values(get(url)[1], "labelgate_rows") == {"trees": 300, 'say "ash"': 300}
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(timeout=20) == 130
        finally:
            server.kill()  # else a failure here would wait for ever


def test_a_folder_without_runs_has_no_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so to people."""
    with pytest.raises(SystemExit):
        main(["metrics", "--output", str(tmp_path)])
    told = capsys.readouterr()
    assert (told.out, "no runs" in told.err) == ("", True)
