"""The backend ``onnx``: real models in ONNX files, fed as they want it, their answers read as they are."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from cl_core import ConfigError, Dataset, InputError, Predictions
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.model_options import OnnxOptions
from cl_plugins.backends.onnx_model import predict_onnx
from cl_plugins.backends.own_models import own_model_backends

pytestmark = pytest.mark.extra
BACKEND = next(backend for backend in own_model_backends() if backend.name == "onnx")
DATA = sample_dataset()


def predict(path: Path, data: Dataset = DATA, **options: Any) -> Predictions:
    return predict_onnx(data, OnnxOptions(path=path, **options), lambda *_: None)


def fitted() -> LogisticRegression:
    """Learn the class names from other rows than those that are judged."""
    other = sample_dataset(seed=1)
    names = np.asarray(other.classes)[other.labels]
    return LogisticRegression().fit(other.features.to_numpy(), names)


def save(path: Path, nodes: Any, inputs: Any, outputs: Any, weights: dict[str, Any]) -> Path:
    from onnx import checker, helper, numpy_helper, save_model

    held = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=held)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    checker.check_model(model)
    save_model(model, str(path))
    return path


def linear(path: Path, *, softmax: bool = True, batch: Any = "n", kind: int = 1) -> Path:
    """Write scikit-learn's logistic regression as a matrix product."""
    from onnx import helper

    model = fitted()
    numbers = np.float32 if kind == 1 else np.float64
    weights = {"W": model.coef_.T.astype(numbers), "b": model.intercept_.astype(numbers)}
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["raw"]),
        helper.make_node("Add", ["raw", "b"], ["logits"]),
        helper.make_node("Softmax" if softmax else "Identity", ["logits"], ["probabilities"]),
    ]
    width, k = model.coef_.shape[1], len(model.classes_)
    inputs = [helper.make_tensor_value_info("X", kind, [batch, width])]
    return save(
        path, nodes, inputs, [helper.make_tensor_value_info("probabilities", kind, [batch, k])], weights
    )


def zipmap(path: Path) -> Path:
    """Write it as sklearn-onnx does: labels, and a mapping from class name to probability for each row."""
    from onnx import TensorProto, helper

    model = fitted()
    names = [str(name) for name in model.classes_]
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["X"],
            ["label", "scores"],
            domain="ai.onnx.ml",
            coefficients=model.coef_.ravel().tolist(),
            intercepts=model.intercept_.tolist(),
            classlabels_strings=names,
            multi_class=1,
            post_transform="SOFTMAX",
        ),
        helper.make_node(
            "ZipMap", ["scores"], ["output_probability"], domain="ai.onnx.ml", classlabels_strings=names
        ),
    ]
    entry = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(1, []))
    maps = helper.make_value_info("output_probability", helper.make_sequence_type_proto(entry))
    outputs = [helper.make_tensor_value_info("label", TensorProto.STRING, ["n"]), maps]
    inputs = [helper.make_tensor_value_info("X", 1, ["n", model.coef_.shape[1]])]
    return save(path, nodes, inputs, outputs, {})


def columns(path: Path, names: list[str]) -> Path:
    """Write a model with one input a column, as sklearn-onnx does for data frames: logits are the inputs."""
    from onnx import helper

    nodes = [helper.make_node("Concat", names, ["logits"], axis=1)]
    inputs = [helper.make_tensor_value_info(name, 1, ["n", 1]) for name in names]
    return save(path, nodes, inputs, [helper.make_tensor_value_info("logits", 1, ["n", len(names)])], {})


def expected() -> Any:
    model = fitted()
    probs = model.predict_proba(DATA.features.to_numpy())
    return probs[:, [list(model.classes_).index(name) for name in DATA.classes]]


def test_the_backend_keeps_the_contract(tmp_path: Path) -> None:
    """Shapes, bits, class order, refusals, a worker process: a real classifier that names its classes."""
    found = check_backend(BACKEND, {"path": zipmap(tmp_path / "m.onnx"), "out_of_sample": True})
    np.testing.assert_allclose(found.pred_probs, expected(), atol=1e-5)
    assert found.model.startswith("ONNX model m.onnx (sha256 ")
    assert "output output_probability" in found.model


def test_columns_without_names_are_put_in_order_by_the_user(tmp_path: Path) -> None:
    """Logits or probabilities, single or double precision: the same answer, each guess said aloud."""
    names = tuple(str(name) for name in fitted().classes_)
    for softmax, kind in ((True, 1), (False, 1), (True, 11)):
        path = linear(tmp_path / "m.onnx", softmax=softmax, kind=kind)
        found = predict(path, classes=names)
        np.testing.assert_allclose(found.pred_probs, expected(), atol=1e-5)
        assert found.out_of_sample is None
        said = " ".join(found.notes)
        assert ("sum to 1" in said) == softmax
        assert ("taken for logits" in said) != softmax
        assert "nobody can check" in said
        assert "in the order x0, x1" in said


def test_the_model_on_the_page_runs(tmp_path: Path) -> None:
    """The example of docs/backends.md, with a model at its path."""
    page = (Path(__file__).parents[3] / "docs" / "backends.md").read_text(encoding="utf-8")
    models = [yaml.safe_load(b.partition("```")[0]).get("model", {}) for b in page.split("```yaml\n")[1:]]
    chosen = next(model for model in models if model.pop("backend", "") == "onnx")
    path = linear(tmp_path / chosen.pop("path"))
    assert (predict(path, **chosen).pred_probs.argmax(axis=1) == DATA.labels).mean() > 0.95


@pytest.mark.parametrize("batch", ["n", 7])
def test_batches_change_nothing(tmp_path: Path, batch: Any) -> None:
    """Any batch size, and a model that takes seven rows at a time and no others."""
    path = linear(tmp_path / "m.onnx", batch=batch)
    names = tuple(str(name) for name in fitted().classes_)
    found = predict(path, classes=names, batch_size=32)
    np.testing.assert_allclose(found.pred_probs, expected(), atol=1e-5)


def test_one_input_a_column(tmp_path: Path) -> None:
    """Columns are fed by name, also where the exporter wrote underscores; those left over are named."""
    frame = DATA.features.rename(columns={"x1": "the x1"})
    path = columns(tmp_path / "m.onnx", ["x0", "the_x1", "x2"])
    found = predict(path, replace(DATA, features=frame))
    assert (found.pred_probs.argmax(axis=1) == DATA.labels).mean() > 0.9
    assert any("does not take the columns x3, x4" in note for note in found.notes)
    with pytest.raises(InputError, match="wants the column 'the_x1', which the data set has not"):
        predict(path)
    words = replace(DATA, features=frame.assign(x0="word"))
    with pytest.raises(InputError, match=r"column 'x0' holds .*wants numbers in 'x0'"):
        predict(path, words)


def test_texts_are_fed_as_strings(tmp_path: Path) -> None:
    """A model with strings in: each word is looked up."""
    from onnx import TensorProto, helper

    words = ["late", "wrong", "happy"]
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["text"],
            ["number"],
            domain="ai.onnx.ml",
            keys_strings=words,
            values_floats=[0.0, 1.0, 2.0],
            default_float=0.0,
        ),
        helper.make_node("Sub", ["number2", "wanted"], ["gap"]),
        helper.make_node("Abs", ["gap"], ["size"]),
        helper.make_node("Neg", ["size"], ["near"]),
        helper.make_node("Mul", ["near", "ten"], ["logits"]),
    ]
    nodes.insert(1, helper.make_node("Unsqueeze", ["number", "axis"], ["number2"]))
    weights = {
        "wanted": np.arange(3, dtype=np.float32),
        "ten": np.array([10], dtype=np.float32),
        "axis": np.array([1], dtype=np.int64),
    }
    inputs = [helper.make_tensor_value_info("text", TensorProto.STRING, ["n"])]
    outputs = [helper.make_tensor_value_info("logits", 1, ["n", 3])]
    path = save(tmp_path / "m.onnx", nodes, inputs, outputs, weights)
    texts = ["late", "happy", "wrong", "late"]
    labels = np.array([0, 2, 1, 0])
    data = Dataset("t", np.arange(4), labels, ("a", "b", "c"), texts, "text", "t")
    assert predict(path, data, batch_size=3).pred_probs.argmax(axis=1).tolist() == labels.tolist()
    with pytest.raises(InputError, match="data set 'sample' is array"):
        predict(path, replace(DATA, features=DATA.features.to_numpy(), modality="array"))


@pytest.mark.parametrize("last", [False, True])
def test_pictures_are_fed_in_the_models_order_and_size(tmp_path: Path, last: bool) -> None:
    """Channels first or last; bytes over 255; another size is brought to the model's, and said."""
    from onnx import helper

    axes = [1, 2] if last else [2, 3]  # the mean of each channel is its logit
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=axes, keepdims=0),
        helper.make_node("Mul", ["mean", "ten"], ["logits"]),
    ]
    shape = ["n", 8, 8, 3] if last else ["n", 3, 8, 8]
    inputs = [helper.make_tensor_value_info("image", 1, shape)]
    outputs = [helper.make_tensor_value_info("logits", 1, ["n", 3])]
    path = save(tmp_path / "m.onnx", nodes, inputs, outputs, {"ten": np.array([10], dtype=np.float32)})
    labels = np.arange(30) % 3
    for side in (8, 12):
        pixels = np.zeros((30, side, side, 3), dtype=np.uint8)
        pixels[np.arange(30), :, :, labels] = 200
        data = Dataset("p", np.arange(30), labels, ("r", "g", "b"), pixels, "image", "p")
        found = predict(path, data)
        assert (found.pred_probs.argmax(axis=1) == labels).all()
        np.testing.assert_allclose(found.pred_probs.max(axis=1), 1 / (1 + 2 * np.exp(-2000 / 255)), rtol=1e-4)
        assert any("divided by 255" in note for note in found.notes)
        assert any("brought to 8 x 8, RGB" in note for note in found.notes) == (side == 12)
    moved = predict(path, data, divide_by=100, mean=(1.0,), std=(0.5, 0.5, 0.5))
    np.testing.assert_allclose(moved.pred_probs.max(axis=1), 1 / (1 + 2 * np.exp(-40)), rtol=1e-4)
    with pytest.raises(ConfigError, match=r"model.mean has 2 numbers"):
        predict(path, data, mean=(0.1, 0.2))
    with pytest.raises(ConfigError, match="takes pictures of 8 x 8"):
        predict(path, data, size=(9, 9))


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (sample_dataset(n_classes=4), {}, "wants 23 columns in 'X', the data set has 24"),
        (
            sample_dataset(n_classes=4),
            {"columns": tuple(f"x{i}" for i in range(23))},
            "gives 3 classes, data set 'sample' has 4",
        ),
        (DATA, {"columns": ("x0", "y0")}, "names 'y0', which the data set has not"),
        (DATA, {"output": "logit"}, "has no output 'logit'"),
        (DATA, {"classes": ("a", "b", "c")}, "`classes` lists a, b, c"),
        (DATA, {"providers": ("NoSuchProvider",)}, "no execution provider NoSuchProvider"),
        (replace(DATA, features=DATA.features.assign(x3=np.nan)), {}, "NaN or infinity for 240 rows"),
        (replace(DATA, features=DATA.features.assign(x3=pd.NaT)), {}, "column 'x3' holds"),
        (replace(DATA, features=np.zeros((240, 5, 5)), modality="array"), {}, "the rows have shape"),
        (replace(DATA, features=["a"] * 240, modality="text"), {}, "data set 'sample' is text"),
        (replace(DATA, features=None, modality="none"), {}, "nothing the backend 'onnx' takes"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, data: Dataset, options: Any, said: str) -> None:
    """What the model wants, what came, and what to do."""
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        predict(linear(tmp_path / "m.onnx"), data, **options)
    assert caught.value.hint


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """Missing, empty, and something else."""
    (tmp_path / "e.onnx").touch()
    (tmp_path / "x.onnx").write_bytes(b"no model")
    for name, said in (("no.onnx", "no file"), ("e.onnx", "empty"), ("x.onnx", "could not be opened")):
        with pytest.raises((InputError, ConfigError), match=said) as caught:
            predict(tmp_path / name)
        assert caught.value.hint
