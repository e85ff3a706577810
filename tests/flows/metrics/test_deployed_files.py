"""The files below deployments/ that Prometheus, Alertmanager and Grafana read, checked by their own tools."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cl_flows.metrics.newest import current_metrics
from cl_plugins.metrics.gauges import NAMES

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
PROMETHEUS, GRAFANA = DEPLOYMENTS / "prometheus", DEPLOYMENTS / "grafana"
RULES = PROMETHEUS / "labelgate.rules.yml"


def tool(name: str, *arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([name, *arguments], input=stdin, capture_output=True, cwd=PROMETHEUS, check=False)


@pytest.fixture
def have_promtool() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("apt-get install prometheus brings promtool")


@pytest.fixture
def have_amtool() -> None:
    if shutil.which("amtool") is None:
        pytest.skip("apt-get install prometheus-alertmanager brings amtool")


@pytest.mark.servers
@pytest.mark.usefixtures("have_promtool")
def test_prometheus_takes_rules_configuration_and_metrics(gated: Path) -> None:
    """Promtool's own checks, and its linter over the metrics of real runs."""
    for arguments in (["check", "rules", RULES.name], ["check", "config", "prometheus.yml"]):
        done = tool("promtool", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    done = tool("promtool", "check", "metrics", stdin=current_metrics(gated))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.servers
@pytest.mark.usefixtures("have_promtool")
def test_every_alert_fires_when_it_should_and_not_before() -> None:
    """labelgate.test.yml tells when; no alert is left out of it."""
    done = tool("promtool", "test", "rules", "labelgate.test.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    told = yaml.safe_load((PROMETHEUS / "labelgate.test.yml").read_text(encoding="utf-8"))
    tested = {
        case["alertname"]
        for one in told["tests"]
        for case in one.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert tested == {rule["alert"] for rule in rules() if "alert" in rule}


@pytest.mark.servers
@pytest.mark.usefixtures("have_promtool")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("26 \\* 3600", "27 * 3600"),
        ('"failed"', '"undecided"'),
        ("> on \\(dataset\\)", ">= on (dataset)"),
        ("> 0.01", "> 0.001"),
        ("noise_rate_low > labelgate", "noise_rate > labelgate"),
        ("absent\\(", "count("),
    ],
)
def test_a_spoiled_rule_is_found(old: str, new: str, tmp_path: Path) -> None:
    """The tests of the rules can fail."""
    shutil.copyfile(PROMETHEUS / "labelgate.test.yml", tmp_path / "labelgate.test.yml")
    spoiled = re.sub(old, new, RULES.read_text(encoding="utf-8"))
    assert spoiled != RULES.read_text(encoding="utf-8")
    (tmp_path / RULES.name).write_text(spoiled, encoding="utf-8")
    assert tool("promtool", "test", "rules", str(tmp_path / "labelgate.test.yml")).returncode != 0


@pytest.mark.servers
@pytest.mark.usefixtures("have_amtool")
@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "page"), ("warning", "ticket"), ("info", "log")]
)
def test_every_severity_has_its_receiver(severity: str, receiver: str) -> None:
    """Asked of Alertmanager's own tool, and no rule has another severity."""
    assert tool("amtool", "check-config", "alertmanager.yml").returncode == 0
    route = ("config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}")
    assert tool("amtool", *route).stdout.split() == [receiver.encode()]
    assert {rule["labels"]["severity"] for rule in rules() if "alert" in rule} == {
        "critical",
        "warning",
        "info",
    }


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(value)


DASHBOARDS = {"labelgate.json": "prometheus", "history.json": "grafana-postgresql-datasource"}


def dashboard(name: str = "labelgate.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GRAFANA / name).read_text(encoding="utf-8"))
    return found


def test_rules_and_dashboard_ask_for_metrics_that_there_are() -> None:
    """A metric that was renamed is found before Prometheus answers with nothing."""
    queries = [rule["expr"] for rule in rules()] + [n["expr"] for n in nodes(dashboard()) if "expr" in n]
    asked = {name for query in queries for name in re.findall(r"\blabelgate_\w+", query)}
    assert asked <= set(NAMES)
    assert len(asked) > 12


@pytest.mark.parametrize(("name", "source"), DASHBOARDS.items())
def test_the_dashboard_is_whole(name: str, source: str) -> None:
    """Panels have ids of their own and do not overlap; every data source is the one people choose."""
    panels = dashboard(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        assert panel["description"]
    sources = [node["datasource"] for node in nodes(dashboard(name)) if "datasource" in node]
    assert all(one == {"type": source, "uid": "${datasource}"} for one in sources)
    names = {variable["name"] for variable in dashboard(name)["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard(name)))) - {"__all", "__timeFilter"} == names


def test_provisioning_names_what_there_is() -> None:
    """Grafana finds the dashboard by its folder and the data source by its type."""
    sources = yaml.safe_load(
        (GRAFANA / "provisioning/datasources/labelgate.yaml").read_text(encoding="utf-8")
    )
    providers = yaml.safe_load(
        (GRAFANA / "provisioning/dashboards/labelgate.yaml").read_text(encoding="utf-8")
    )
    assert [source["type"] for source in sources["datasources"]] == ["prometheus"]
    assert [provider["type"] for provider in providers["providers"]] == ["file"]


@pytest.mark.extra
@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("labelgate.json", {"definition", "titleFormat", "textFormat"}),
        ("history.json", {"definition", "format", "rawQuery"}),
    ],
)
def test_grafanas_own_model_knows_every_field_of_the_dashboard(name: str, lacking: set[str]) -> None:
    """Read and written by Grafana's SDK, nothing is lost but the fields that its models lack."""
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()
    raw = dashboard(name)
    back = json.loads(JSONEncoder().encode(Dashboard.from_json(raw)))
    assert set(lost(raw, back)) == lacking
    raw["panels"][0]["gridPos"]["width"] = raw["panels"][0]["gridPos"].pop("w")
    assert "width" in set(lost(raw, json.loads(JSONEncoder().encode(Dashboard.from_json(raw)))))


def lost(raw: Any, back: Any) -> Iterator[str]:
    """Name the keys that are in `raw` and not in `back`, or have another value there."""
    if isinstance(raw, dict) and isinstance(back, dict):
        for key, value in raw.items():
            if key not in back or (not isinstance(value, dict | list) and value != back[key]):
                yield key
            else:
                yield from lost(value, back[key])
    elif isinstance(raw, list) and isinstance(back, list):
        for one, other in zip(raw, back, strict=True):
            yield from lost(one, other)
