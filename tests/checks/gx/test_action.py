"""A person's checkpoint starts our gate: every verdict, every way to act on it, and a lost expectation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_checks.gx.suite_run import private_context
from cl_core import flip_labels

pytestmark = pytest.mark.gx


def gate_yaml(folder: Path, *, rate: float = 0.0, more: str = "") -> str:
    """Write 300 scored rows, a share of the labels wrong, and a gate of 5 % over them."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300)
    probs = 0.9 * np.eye(3)[true] + 0.1 * rng.dirichlet(np.ones(3), 300)
    given, _ = flip_labels(true, rate=rate, n_classes=3, rng=rng)
    np.savez(folder / "scored.npz", labels=given, pred_probs=probs)
    path = folder / "gate.yaml"
    path.write_text(
        "data: {path: scored.npz}\n"
        "gate: {max_noise_rate: 0.05, great_expectations: false}\n"
        f"output: {{folder: runs}}\n{more}"
    )
    return str(path)


def checkpoint(action: Any, *, met: bool = True) -> Any:
    """Build a checkpoint of three rows with one expectation, as people do."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = private_context()
    asset = context.data_sources.add_pandas("own").add_dataframe_asset("own")
    rows = gxe.ExpectTableRowCountToEqual(value=3 if met else 4)
    suite = context.suites.add(gx.ExpectationSuite("own", expectations=[rows]))
    definition = gx.ValidationDefinition(
        name="own", data=asset.add_batch_definition_whole_dataframe("all"), suite=suite
    )
    ready = gx.Checkpoint(
        name="own", validation_definitions=[context.validation_definitions.add(definition)], actions=[action]
    )
    return context.checkpoints.add(ready)


def run(action: Any, *, met: bool = True) -> Any:
    return checkpoint(action, met=met).run({"dataframe": pd.DataFrame({"x": [1, 2, 3]})})


def verdict_in(result: Any) -> Any:
    return next(iter(result.run_results.values())).meta["labelgate"]


def test_a_gate_that_passes_leaves_the_checkpoint_a_success(tmp_path: Path) -> None:
    """The verdict is in the result, and the run lies where gate.yaml says."""
    from cl_checks import LabelGateAction

    result = run(LabelGateAction(name="gate", config=gate_yaml(tmp_path, rate=0.02)))
    assert result.success is True
    assert verdict_in(result)["status"] == "passed"
    assert len(list((tmp_path / "runs").glob("[0-9]*-*"))) == 1


@pytest.mark.parametrize("on_stop", ["raise", "record"])
def test_a_gate_that_fails_does_what_was_configured(tmp_path: Path, on_stop: str) -> None:
    """The process stops with the verdict and the checkpoint's own result; or it is only recorded."""
    from cl_checks import LabelGateAction, LabelGateStopped

    action = LabelGateAction(name="gate", config=gate_yaml(tmp_path, rate=0.2), on_stop=on_stop)
    if on_stop == "raise":
        with pytest.raises(LabelGateStopped, match="label gate failed: An estimated") as caught:
            run(action)
        result = caught.value.checkpoint_result
        assert caught.value.verdict["report"]["verdict"]["status"] == "failed"
        assert "Do not train" in caught.value.hint
    else:
        result = run(action)
        assert result.success is True
    assert verdict_in(result)["status"] == "failed"
    json.dumps(verdict_in(result))


@pytest.mark.parametrize("on_stop", ["raise", "record"])
def test_a_gate_without_a_verdict_is_never_a_success(tmp_path: Path, on_stop: str) -> None:
    """A file that is not there is an error, also where failures are only recorded."""
    from cl_checks import LabelGateAction, LabelGateStopped

    action = LabelGateAction(name="gate", config=str(tmp_path / "none.yaml"), on_stop=on_stop)
    if on_stop == "raise":
        with pytest.raises(LabelGateStopped, match=r"label gate error: .*none\.yaml"):
            run(action)
        return
    result = run(action)
    assert result.success is False
    assert verdict_in(result)["status"] == "error"


def test_an_undecided_gate_is_no_pass(tmp_path: Path) -> None:
    """Too few rows for a verdict fail the checkpoint too."""
    from cl_checks import LabelGateAction

    config = gate_yaml(tmp_path, more="checks: {coverage: {min_rows: 1000}}\n")
    result = run(LabelGateAction(name="gate", config=config, on_stop="fail"))
    assert result.success is False
    assert verdict_in(result)["status"] == "undecided"


def test_a_gate_that_takes_too_long_is_cut_off(tmp_path: Path) -> None:
    """Its process is ended, and that is an error."""
    from cl_checks import LabelGateAction, LabelGateStopped

    with pytest.raises(LabelGateStopped, match=r"no verdict within 0\.01 s"):
        run(LabelGateAction(name="gate", config=gate_yaml(tmp_path), timeout_s=0.01))


def test_labels_are_left_alone_where_the_validations_failed(tmp_path: Path) -> None:
    """With `after_success_only` a failed suite stays a failed suite, and no model is fitted."""
    from cl_checks import LabelGateAction

    action = LabelGateAction(name="gate", config=str(tmp_path / "none.yaml"), after_success_only=True)
    result = run(action, met=False)
    assert result.success is False
    assert verdict_in(result)["status"] == "skipped"


def test_the_action_is_stored_with_its_checkpoint() -> None:
    """All that was set comes back from the JSON that Great Expectations keeps."""
    from cl_checks import LabelGateAction

    action = LabelGateAction(name="gate", config="gate.yaml", on_stop="fail", timeout_s=9)
    stored = json.loads(checkpoint(action).json())["actions"]
    assert [LabelGateAction(**one) for one in stored] == [action]
    with pytest.raises(ValueError, match="on_stop"):
        LabelGateAction(name="gate", config="gate.yaml", on_stop="ignore")
