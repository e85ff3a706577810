"""Presets, severities, waivers and baselines, from gate.yaml to the exit code and every report."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError, InputError
from cl_flows import steps
from cl_flows.baselines import find_baseline
from cl_flows.cli import main
from cl_flows.config import GateConfig, make_config
from cl_flows.direct import run_direct
from cl_flows.plan import make_plan

WAIVER = {"check": "noise-budget", "reason": "known since May", "owner": "kim", "until": "2999-01-01"}


@pytest.fixture
def with_policy(gate_config: Any) -> Any:
    """Build a quick gate with more sections."""

    def build(source: Path, output: Path, **sections: Any) -> GateConfig:
        raw = gate_config(source, output, **sections.pop("gate", {})).model_dump(mode="json")
        raw["data"]["name"] = "trees"
        return make_config({**raw, **sections}, "test")

    return build


def report_of(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(result.folder) / "report.json").read_text())
    return found


def checks_of(config: GateConfig) -> dict[str, str]:
    """Name every check that runs with its severity."""
    plan = make_plan(config)
    return {check.name: plan.policy.severity_of(check.name) for check, _ in plan.checks}


def test_standard_is_what_gates_ran_before_and_shows_duplicates(
    tables: Path, tmp_path: Path, with_policy: Any
) -> None:
    """The three standing checks fail; contradicting duplicates warn."""
    config = with_policy(tables / "clean.csv", tmp_path)
    assert checks_of(config) == {
        "noise-budget": "fail",
        "model-quality": "fail",
        "coverage": "fail",
        "duplicates": "warn",
    }


def test_checks_bring_what_they_rest_on_and_take_severities(
    tables: Path, tmp_path: Path, with_policy: Any
) -> None:
    """An audit alone rests on no model; a check of classes does, and brings the check of the model along."""
    config = with_policy(
        tables / "clean.csv",
        tmp_path,
        gate={"decide_on": "audited", "preset": "report-only"},
        checks={"class-noise": {"severity": "info", "min_rows": 5}},
    )
    assert checks_of(config) == {"noise-budget": "warn", "class-noise": "info", "model-quality": "warn"}


@pytest.mark.parametrize(
    ("sections", "says", "hint"),
    [
        ({"checks": {"class-noise": {"severity": "wran"}}}, "severity is 'wran'", "'warn'"),
        ({"checks": {"noise-budget": {"max_noise_rate": 1}}}, "two places", "severity alone"),
        ({"checks": {"clas-noise": {}}}, "clas-noise", "class-noise"),
        ({"gate": {"preset": "stric"}}, "gate.preset", ""),
        ({"waivers": [{**WAIVER, "check": "noise-bugdet"}]}, "noise-bugdet", "noise-budget"),
        ({"waivers": [{**WAIVER, "reason": "  "}]}, "waivers.0.reason", ""),
        ({"waivers": [{k: v for k, v in WAIVER.items() if k != "owner"}]}, "waivers.0.owner is missing", ""),
        ({"waivers": [{**WAIVER, "until": "soon"}]}, "waivers.0.until is 'soon'", ""),
        ({"waivers": [{**WAIVER, "where": {"class": False}}]}, "waivers.0.where.class", ""),
        ({"clean": {"quarantine": "flagged", "worst": 0.1}}, "one rule", ""),
        ({"clean": {"worst": True}}, "clean.worst is True", ""),
        ({"clean": {}}, "one rule", ""),
    ],
)
def test_a_policy_that_says_nothing_sure_is_refused(
    tables: Path, tmp_path: Path, with_policy: Any, sections: Any, says: str, hint: str
) -> None:
    """A misspelt severity must not become the strictest or the loosest one in silence."""
    with pytest.raises(ConfigError) as refused:
        make_plan(with_policy(tables / "clean.csv", tmp_path, **sections))
    assert says in str(refused.value)
    assert hint in refused.value.hint


def test_a_baseline_that_is_no_run_is_refused_before_anything_is_read(
    tables: Path, tmp_path: Path, with_policy: Any
) -> None:
    """Not after hours of a model's work; a run of another data set shows once the data are loaded."""
    with pytest.raises(ConfigError, match="no run called '1999'"):
        make_plan(with_policy(tables / "clean.csv", tmp_path, gate={"baseline": "1999"}))
    first = run_direct(with_policy(tables / "clean.csv", tmp_path))
    named = {"baseline": first.run_id}
    for wanted, found in ((first.run_id, True), ("last", True), ("1999", False)):
        config = with_policy(tables / "clean.csv", tmp_path, gate={"baseline": wanted})
        if found:
            assert run_direct(config).status == "passed"
        else:
            with pytest.raises(ConfigError, match="1999"):
                make_plan(config)
    raw = with_policy(tables / "clean.csv", tmp_path, gate=named).model_dump(mode="json")
    raw["data"]["name"] = "others"
    with pytest.raises(ConfigError, match="of data set 'others'"):
        run_direct(make_config(raw, "test"))


def test_a_day_alone_names_a_baseline(tables: Path, tmp_path: Path, with_policy: Any) -> None:
    """YAML reads 20260101 as a number; ids begin with it."""
    assert (
        with_policy(tables / "clean.csv", tmp_path, gate={"baseline": 20260101}).gate.baseline == "20260101"
    )
    with pytest.raises(ConfigError, match="baseline"):
        with_policy(tables / "clean.csv", tmp_path, gate={"baseline": True})


def test_report_only_never_stops_and_says_so_everywhere(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fifth of the labels is wrong; the exit code is 0, and nobody can take it for a pass."""
    command = ["run", str(tables / "noisy.csv"), "--label", "label", "--max-noise-rate", "0.05"]
    command += ["--preset", "report-only", "--engine", "direct", "--no-great-expectations"]
    command += ["--output", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0
    assert "REPORTING ONLY" in capsys.readouterr().err
    (folder,) = tmp_path.glob("2*-*")
    assert "REPORTING ONLY" in (folder / "report.md").read_text(encoding="utf-8")
    assert "Reporting only" in (folder / "report.html").read_text(encoding="utf-8")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["policy"]["reporting_only"]
    assert "noise-budget" in report["policy"]["warnings"]
    assert report["verdict"]["says"].startswith("Reporting only")
    budget = next(check for check in report["checks"] if check["name"] == "noise-budget")
    assert (budget["status"], budget["effect"], budget["severity"]) == ("failed", "warns", "warn")
    assert find_baseline(tmp_path / "history.db", "noisy") is None


def test_a_waived_failure_passes_in_the_open_until_its_day(
    tables: Path, tmp_path: Path, with_policy: Any
) -> None:
    """Both engines' steps get the day from one clock; the day after, the gate fails again."""
    config = with_policy(tables / "noisy.csv", tmp_path, waivers=[{**WAIVER, "until": "2026-06-15"}])
    plan = make_plan(config)
    dataset = steps.load(plan)
    evidence = steps.score(plan, dataset, steps.predict(plan, dataset))
    statuses = [
        steps.judge(plan, evidence, dataset, now=datetime(2026, 6, day, 23, 59, tzinfo=UTC)).verdict.status
        for day in (15, 16)
    ]
    assert statuses == ["passed", "failed"]


def test_every_report_shows_waivers_warnings_and_remedies(
    tables: Path, tmp_path: Path, with_policy: Any
) -> None:
    """One waiver used, one idle, one expired, and a check that only warns."""
    waivers = [
        WAIVER,
        {**WAIVER, "check": "coverage", "where": {"class": "ash"}},
        {**WAIVER, "check": "classes", "until": "2020-01-01"},
    ]
    checks = {"flagged-rows": {"max_rows": 3, "severity": "warn"}}
    result = run_direct(with_policy(tables / "noisy.csv", tmp_path, waivers=waivers, checks=checks))
    assert result.status == "passed"
    assert [text.split(":")[0] for text in result.warnings] == ["flagged-rows failed"]
    report = report_of(result)
    assert [waiver["state"] for waiver in report["policy"]["waivers"]] == ["used", "idle", "expired"]
    for name in ("report.md", "report.html"):
        text = (Path(result.folder) / name).read_text(encoding="utf-8").replace("\\", "")
        for words in ("known since May", "nothing to waive", "counts no more", "only warns", "rank 1 first"):
            assert words in text, (name, words)
    assert find_baseline(tmp_path / "history.db", "trees").run_id == result.run_id  # type: ignore[union-attr]


def test_a_strict_gate_compares_with_the_last_accepted_run(
    tables: Path, tmp_path: Path, with_policy: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clean labels first, then a fifth wrong: the rise fails; accepted by hand, the same rows show none."""
    loose: dict[str, Any] = {
        "gate": {"max_noise_rate": 0.5, "preset": "strict"},
        "checks": {"class-noise": {"max_noise_rate": 1}},
    }
    first = run_direct(with_policy(tables / "clean.csv", tmp_path, **loose))
    assert (first.status, report_of(first)["baseline"]) == ("passed", None)
    second = run_direct(with_policy(tables / "noisy.csv", tmp_path, **loose))
    report = report_of(second)
    assert (second.status, report["verdict"]["name"]) == ("failed", "noise-increase")
    assert report["baseline"]["run"] == first.run_id
    assert report["baseline"]["rise_low"] > 0
    assert report["verdict"]["breaches"]["total"] >= 1
    assert first.run_id in (Path(second.folder) / "report.md").read_text(encoding="utf-8")

    where = ["--output", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        main(["history", "accept", second.run_id, "--who", "kim", "--reason", "new rules", *where])
    assert left.value.code == 0
    third = run_direct(with_policy(tables / "noisy.csv", tmp_path, **loose))
    assert third.status == "passed"
    assert report_of(third)["baseline"]["accepted_by"] == "kim"
    capsys.readouterr()
    for command in (["history"], ["history", "trees"], ["history", "list", "trees"]):
        with pytest.raises(SystemExit):
            main([*command, *where])
        assert "accepted by kim" in capsys.readouterr().out
    named = {**loose, "gate": {**loose["gate"], "baseline": first.run_id}}
    assert run_direct(with_policy(tables / "noisy.csv", tmp_path, **named)).status == "failed"


def test_a_slice_is_cut_from_the_columns_as_read(tables: Path, tmp_path: Path, with_policy: Any) -> None:
    """A column that is not there is an error even of a check that only warns."""
    good = {"slice-noise": {"columns": "bark", "max_noise_rate": 0.05, "severity": "warn"}}
    result = run_direct(
        with_policy(tables / "noisy.csv", tmp_path, checks=good, gate={"max_noise_rate": 0.9})
    )
    assert result.status == "passed"
    rows = next(c for c in report_of(result)["checks"] if c["name"] == "slice-noise")["breaches"]["rows"]
    assert {row["where"]["bark"] for row in rows} <= {"rough", "smooth"}
    bad = {"slice-noise": {"columns": "barc", "severity": "info"}}
    with pytest.raises((ConfigError, InputError), match="barc"):
        run_direct(with_policy(tables / "noisy.csv", tmp_path, checks=bad))


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
def test_both_engines_agree_on_policy_and_split(tables: Path, tmp_path: Path, with_policy: Any) -> None:
    """Slices, waivers, the baseline and the split come out alike on Prefect."""
    from cl_flows import label_gate

    sections = {
        "gate": {"preset": "strict", "max_noise_rate": 0.05},
        "checks": {"slice-noise": {"columns": ["bark"]}},
        "waivers": [WAIVER, {**WAIVER, "check": "class-noise"}, {**WAIVER, "check": "slice-noise"}],
        "clean": {"worst": 0.1},
    }
    folders = []
    for name, engine in (("direct", run_direct), ("prefect", label_gate)):
        engine(with_policy(tables / "noisy.csv", tmp_path / name, **sections))
        result = engine(with_policy(tables / "noisy.csv", tmp_path / name, **sections))
        folders.append(Path(result.folder))
    for file in ("kept.parquet", "quarantined.parquet", "quarantine.json"):
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes()
    reports = [json.loads((folder / "report.json").read_text()) for folder in folders]
    assert reports[0]["policy"] == reports[1]["policy"]
    assert reports[0]["clean"] == reports[1]["clean"]
    assert [c["status"] for c in reports[0]["checks"]] == [c["status"] for c in reports[1]["checks"]]
    assert all(report["baseline"] is not None for report in reports)
