"""The configuration: what is accepted, what is refused, and what the refusal says."""

import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cl_core import ConfigError
from cl_flows.config import GateConfig, expand_variables, load_config, make_config, merged
from cl_flows.config_errors import explained
from cl_flows.plan import make_plan
from cl_flows.plugin_options import anchored
from cl_flows.shown_settings import shown_settings

SMALLEST = {"data": {"path": "x.csv", "label": "y"}, "gate": {"max_noise_rate": 0.05}}


def write(folder: Path, text: str) -> Path:
    path = folder / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_smallest_configuration_is_data_and_a_limit() -> None:
    """Everything but the data and the limit has a default."""
    config = make_config(SMALLEST, "test")
    assert config.data.options == {"path": "x.csv", "label": "y"}
    assert config.gate.max_noise_rate == 0.05
    assert config.gate.great_expectations.enabled


def test_relative_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """A gate.yaml means the same wherever it is run from."""
    config = load_config(write(tmp_path, "data: {path: x.csv}\ngate: {max_noise_rate: 0.1}\n"))
    assert config.base == tmp_path.resolve()
    assert config.output.folder == tmp_path.resolve() / "labelgate-runs"


@pytest.mark.parametrize(
    ("raw", "says", "hint"),
    [
        ({**SMALLEST, "gaet": {}}, "unknown key gaet", "did you mean 'gate'?"),
        ({**SMALLEST, "gate": {"max_noise_rat": 0.1}}, "unknown key gate.max_noise_rat", "'max_noise_rate'"),
        ({**SMALLEST, "gate": {"max_noise_rate": 7}}, "gate.max_noise_rate is 7", ""),
        ({**SMALLEST, "gate": {}}, "gate.max_noise_rate is missing", ""),
        ({"gate": {"max_noise_rate": 0.1}}, "data is missing", ""),
        ({**SMALLEST, "gate": {"max_noise_rate": "nan"}}, "gate.max_noise_rate is 'nan'", ""),
        (
            {**SMALLEST, "gate": {"max_noise_rate": True}},
            "rate is True: a share from 0 to 1 is wanted",
            "0 to 1",
        ),
        (
            {**SMALLEST, "gate": {"max_noise_rate": 0.1, "great_expectations": {"imports": ["x"]}}},
            "great_expectations is {'imports': ['x']}: context, imports and parameters belong to a suite",
            "",
        ),
        ({**SMALLEST, "gate": {"max_noise_rate": "5%"}}, "gate.max_noise_rate is '5%'", "0 to 1"),
        ({**SMALLEST, "model": "tabular"}, "model is 'tabular', wanted keys with a value each", ""),
        ({**SMALLEST, "publish": {"publisher": "x"}}, "wanted a list", ""),
    ],
)
def test_a_refusal_names_the_key_and_the_nearest_known_one(raw: dict[str, Any], says: str, hint: str) -> None:
    """A misspelt key is an error, never a silent default."""
    with pytest.raises(ConfigError) as refused:
        make_config(raw, "gate.yaml")
    assert says in str(refused.value)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [("- a\n- b\n", "holds list"), ("data: [unclosed", "is not YAML"), ("", "holds NoneType")],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The error says what the file holds."""
    with pytest.raises(ConfigError, match=says):
        load_config(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gate:\n  max_noise_rate: 0.01\n  max_noise_rate: 0.9\n", "'max_noise_rate' twice, again in line 3"),
        ("gate: {max_noise_rate: 0.01}\ndata: {path: x}\ngate: {max_noise_rate: 0.9}\n", "'gate' twice"),
        ("data: &x\n  path: *x\n", r"refers to \*x in line 2"),
    ],
)
def test_a_file_that_yaml_reads_in_silence_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The second of two limits never wins unheard, and a section that holds itself has no end."""
    with pytest.raises(ConfigError, match=says):
        load_config(write(tmp_path, text))


def test_a_section_whose_keys_are_all_comments_counts_as_left_out(tmp_path: Path) -> None:
    """People comment keys out; the defaults then hold, and what has no default is missed by name."""
    limit = "data: {path: x.csv}\ngate: {max_noise_rate: 0.1}\n"
    config = load_config(write(tmp_path, limit + "model:\n  # folds: 3\nchecks:\npublish:\n"))
    assert config.model.options == {}
    with pytest.raises(ConfigError, match="gate is missing"):
        load_config(write(tmp_path, "data: {path: x.csv}\ngate:\n"))


def test_an_editors_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    """Windows' editors write one."""
    text = "\ufeffdata: {path: x.csv}\ngate: {max_noise_rate: 0.1}\n"
    assert load_config(write(tmp_path, text)).gate.max_noise_rate == 0.1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the path."""
    with pytest.raises(ConfigError, match=r"cannot read .*nowhere.yaml"):
        load_config(tmp_path / "nowhere.yaml")


def test_environment_variables_are_expanded_with_defaults_and_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``${NAME}``, ``${NAME:-default}`` and ``$$`` are the three forms."""
    monkeypatch.setenv("LIMIT", "0.2")
    monkeypatch.delenv("ABSENT", raising=False)
    assert expand_variables(["${LIMIT}", {"a": "${ABSENT:-b}"}, "$$5", 1], "x") == [
        "0.2",
        {"a": "b"},
        "$5",
        1,
    ]
    with pytest.raises(ConfigError, match=r"x\[0\] needs the environment variable ABSENT"):
        expand_variables(["${ABSENT}"], "x")


def test_a_limit_may_come_from_the_environment_and_is_still_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI sets the limit without editing the file."""
    monkeypatch.setenv("LIMIT", "0.2")
    assert make_config({**SMALLEST, "gate": {"max_noise_rate": "${LIMIT}"}}, "t").gate.max_noise_rate == 0.2


def test_secrets_stay_out_of_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's options keep their ${NAME}: reports and Prefect show the name, not the secret."""
    monkeypatch.setenv("TOKEN", "hush")
    config = make_config({**SMALLEST, "publish": [{"publisher": "p", "token": "${TOKEN}"}]}, "t")
    assert "hush" not in config.model_dump_json()
    assert "${TOKEN}" in config.model_dump_json()


def test_a_refused_option_is_shown_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the wrong place, or of the wrong type, reaches neither the terminal nor the logs."""
    monkeypatch.setenv("TOKEN", "hush")
    publish = [{"publisher": "append_markdown", "path": ["${TOKEN}"]}]
    data = {"path": "x.npz"}
    with pytest.raises(ConfigError, match=r"\$\{TOKEN\}") as refused:
        make_plan(make_config({**SMALLEST, "data": data, "publish": publish}, "t"))
    assert "hush" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("url", ["http://u:hush@h/x", "http://h/x?key=hush&v=hush", "http://hush@h/x"])
def test_an_address_that_is_refused_or_reported_keeps_its_secrets(url: str) -> None:
    """A password or a signature that people wrote in plain sight is shown by no error and no report."""
    model = {"backend": "http", "url": url, "protocol": "json", "timeout_s": -1}
    with pytest.raises(ConfigError) as refused:
        make_plan(make_config({**SMALLEST, "model": model}, "t"))
    assert "hush" not in str(refused.value)
    plan = make_plan(make_config({**SMALLEST, "data": {"path": f"{url}.csv", "loader": "table"}}, "t"))
    assert "hush" not in str(shown_settings(plan))


def test_a_signed_address_of_a_file_finds_its_loader() -> None:
    """Stores hand out addresses with a signature behind the name of the file."""
    config = make_config({**SMALLEST, "data": {"path": "https://h/x.CSV?sig=a.parquet"}}, "t")
    assert make_plan(config).loader[0].name == "table"
    with pytest.raises(ConfigError, match=r"no loader reads 'x\.doc'"):
        make_plan(make_config({**SMALLEST, "data": {"path": "https://h/x.doc?sig=a.csv"}}, "t"))


def test_flags_lie_over_the_file_key_by_key() -> None:
    """A flag replaces one key and keeps its neighbours."""
    assert merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": 4}) == {"a": {"x": 1, "y": 3}, "b": 4}


def test_the_configuration_survives_json() -> None:
    """Prefect stores it as the flow run's parameters."""
    config = make_config({**SMALLEST, "model": {"backend": "tabular", "folds": 3}}, "t")
    assert GateConfig.model_validate_json(config.model_dump_json()) == config


def test_a_path_in_a_section_of_the_options_starts_from_the_file_too(tmp_path: Path) -> None:
    """``model: {embedding: {path: ...}}`` means the same wherever the command is run; URLs stay."""
    raw = {"path": "m.onnx", "inner": [{"weights_path": "w.pth", "url_path": "s3://b/x"}], "name": "m.onnx"}
    found = anchored(raw, tmp_path, "embedding")
    inner = [{"weights_path": str(tmp_path / "w.pth"), "url_path": "s3://b/x"}]
    assert found == {"path": str(tmp_path / "m.onnx"), "inner": inner, "name": "m.onnx"}


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rate: int = Field(1, description="samples a second")


class _Outer(BaseModel):
    inner: _Inner | None = None


def test_a_misspelt_key_of_an_optional_section_gets_the_near_one() -> None:
    """The hint looks into ``Model | None`` as into ``Model``."""
    with pytest.raises(ValidationError) as refused:
        _Outer.model_validate({"inner": {"rat": 3}})
    assert explained(refused.value, _Outer, "t").hint == "did you mean 'rate'?"
