"""The backend ``http`` against a real server: every protocol and kind of data, and what is on record."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cl_core import ConfigError, Dataset, InputError, PluginError, Predictions
from cl_core.media import Clips, MediaFiles
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.backends.served.predict import predict_http
from cl_plugins.backends.served.rows import json_rows
from cl_plugins.builtin import labelgate_model_backends


def predict(data: Dataset, server: Any, **options: Any) -> Predictions:
    ready = {"url": server.url, "model": "clouds", "output": "predict_proba", **options}
    return predict_http(data, HttpOptions.model_validate(ready), lambda *_: None)


def predict_json(data: Dataset, server: Any, form: str, **options: Any) -> Predictions:
    ready = {"url": f"{server.url}/predict/{form}", "protocol": "json", **options}
    return predict_http(data, HttpOptions.model_validate(ready), lambda *_: None)


def accuracy(data: Dataset, found: Predictions) -> float:
    return float((found.pred_probs.argmax(axis=1) == data.labels).mean())


def texts(*rows: str) -> Dataset:
    n = len(rows)
    return Dataset("texts", np.arange(n), np.arange(n) % 2, ("spam", "ham"), list(rows), "text", "t")


def test_the_backend_keeps_the_contract(model_server: Any) -> None:
    """Shapes, class order, same bits, a worker process: a served model that saw other rows only."""
    (http,) = (backend for backend in labelgate_model_backends() if backend.name == "http")
    options = {"url": model_server.url, "model": "clouds", "output": "predict_proba", "out_of_sample": True}
    found = check_backend(http, options)
    assert not http.repeatable
    assert found.model == f"model 'clouds' at 127.0.0.1:{model_server.port}, protocol kserve"
    assert found.notes == ("the server has version 7 of the model",)


def test_a_matrix_goes_in_batches_that_keep_their_rows(model_server: Any) -> None:
    """Seven batches, several at once and out of order, give what one batch gives; progress counts rows."""
    data, steps = sample_dataset(), []
    model_server.faults.extend(["", "slow:0.2", "", "slow:0.1"])
    options = {"url": model_server.url, "model": "clouds", "output": "predict_proba"}
    many = predict_http(
        data,
        HttpOptions.model_validate({**options, "batch_size": 37, "concurrency": 3}),
        lambda *step: steps.append(step),
    )
    assert len(model_server.asked) == 7
    assert 1 < model_server.most_under_way <= 3
    once = predict(data, model_server, batch_size=1000).pred_probs
    np.testing.assert_allclose(many.pred_probs, once, rtol=1e-9)  # the model adds up in other orders
    assert steps[0][:2] == (0, 240)
    assert steps[-1][:2] == (240, 240)
    assert [done for done, *_ in steps] == sorted(done for done, *_ in steps)


def test_columns_are_sent_by_name(model_server: Any) -> None:
    """A model with an input a column gets those columns, in any order; the others are named in a note."""
    data = sample_dataset()
    turned = replace(data, features=data.features[data.features.columns[::-1]])
    found = predict(turned, model_server, model="columns")
    assert accuracy(data, found) > 0.9
    assert [one["name"] for one in model_server.asked[0]["inputs"]] == ["x0", "x1", "x2"]
    assert "20 columns are not sent" in found.notes[0]
    predict(data, model_server, model="columns", parameters={"content_type": "pd"})
    assert model_server.asked[-1]["parameters"] == {"content_type": "pd"}


def test_texts_and_pictures_are_sent_as_the_protocol_wants(model_server: Any) -> None:
    """Texts are BYTES, pictures a tensor of the shape the model's metadata name."""
    data = texts("free cash prize", "home for lunch")
    assert accuracy(data, predict(data, model_server, model="words")) == 1
    assert model_server.asked[0]["inputs"][0] == {
        "name": "text",
        "shape": [2],
        "datatype": "BYTES",
        "data": ["free cash prize", "home for lunch"],
        "parameters": {"content_type": "str"},
    }
    with pytest.raises(InputError, match="'x' of the model takes FP64, the data set has texts"):
        predict(data, model_server, classes=["ham", "spam"])
    table = sample_dataset()
    pictures = table.features.to_numpy()[:, :16].reshape(-1, 4, 4)
    data = replace(table, features=pictures, modality="image")
    assert accuracy(data, predict(data, model_server, model="pictures")) > 0.9


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("lists", {"classes": ["class-0", "class-1", "class-2"]}),
        ("lists", {"classes": ["class-0", "class-1", "class-2"], "rows": "lists"}),
        ("lists", {"classes": ["class-0", "class-1", "class-2"], "rows": "columns"}),
        ("nested", {"classes": ["class-0", "class-1", "class-2"], "response": "out[0].data[*].probs"}),
        ("logits", {"classes": ["class-0", "class-1", "class-2"], "logits": True}),
        ("named", {"response": ""}),
        ("pairs", {"response": ""}),
    ],
)
def test_plain_json_is_read_wherever_the_rows_are(
    model_server: Any, form: str, options: dict[str, Any]
) -> None:
    """Lists in the order of `classes`, or objects and pairs that name their classes."""
    data = sample_dataset()
    wanted = predict(data, model_server).pred_probs
    found = predict_json(data, model_server, form, **options)
    np.testing.assert_allclose(found.pred_probs, wanted, atol=1e-9)


def test_the_template_of_a_request_is_the_users(model_server: Any) -> None:
    """Whatever stands around {rows} is sent along."""
    data = texts("free cash prize", "home for lunch")
    request = {"instances": "{rows}", "parameters": {"top_k": [1, None]}}
    predict_json(data, model_server, "words", request=request, classes=["ham", "spam"])
    assert model_server.asked[0] == {**request, "instances": data.features}


def test_one_number_a_row_needs_to_know_its_class(model_server: Any) -> None:
    """A sigmoid's output is the probability of the class the user names; unnamed, it is refused."""
    data = sample_dataset(n_classes=2)
    data = replace(data, features=np.pad(data.features.to_numpy(), ((0, 0), (0, 1))), modality="array")
    found = predict_json(data, model_server, "one", positive=data.classes[0])
    assert found.pred_probs.shape == (240, 2)
    np.testing.assert_allclose(found.pred_probs.sum(axis=1), 1)
    with pytest.raises(PluginError, match=r"shape \(100, 1\), wanted one column for each of 2 classes"):
        predict_json(data, model_server, "one")


def test_a_class_order_that_nobody_states_is_on_record(model_server: Any) -> None:
    """Metadata that carry class names are used; without them the guess is said aloud."""
    guessed = predict(sample_dataset(), model_server, model="mute")
    assert "taken to be the data set's, class-2, class-1, class-0" in guessed.notes[1]
    stated = predict(sample_dataset(), model_server, model="mute", classes=["class-0", "class-1", "class-2"])
    assert accuracy(sample_dataset(), stated) > 0.9 > accuracy(sample_dataset(), guessed)


def test_whether_it_is_out_of_sample_is_on_record(model_server: Any) -> None:
    """Nobody knows unless told; stated in-sample is said to be so."""
    assert predict(sample_dataset(), model_server).out_of_sample is None
    assert "nobody can check" in predict(sample_dataset(), model_server).notes[-1]
    assert "in-sample" in predict(sample_dataset(), model_server, out_of_sample=False).notes[-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "no-such"}, "status 404"),
        ({"output": "logits"}, "has no output 'logits'"),
        ({"input": "y"}, "has no input 'y'"),
        ({"classes": ["a", "b"]}, "the model's classes are a, b; the data set's class-2, class-1, class-0"),
        ({"model": "pictures"}, r"shape \[-1, 4, 4\], a batch of the data set \[100, 23\]"),
        ({"model": "words"}, "the model's classes are ham, spam; the data set's class-2"),
        ({"datatype": "INT64"}, "takes INT64, which cannot hold the data set's numbers"),
        ({"positive": "class-1"}, "`positive` is 'class-1'"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_door(
    model_server: Any, options: dict[str, Any], said: str
) -> None:
    """Names, shapes, datatypes and classes are checked before a row is judged."""
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        predict(sample_dataset(), model_server, **options)
    assert caught.value.hint
    assert len(model_server.asked) == 0


def test_missing_columns_and_cells_are_named(model_server: Any) -> None:
    """A tensor has no word for an empty cell; plain JSON has null."""
    data = sample_dataset()
    frame = data.features.copy()
    with pytest.raises(InputError, match="the model takes 'x1', which the data set does not have"):
        predict(replace(data, features=frame.drop(columns="x1")), model_server, model="columns")
    frame.loc[3, "x1"] = np.nan
    with pytest.raises(InputError, match="column 'x1' has empty cells"):
        predict(replace(data, features=frame), model_server, model="columns")
    with pytest.raises(InputError, match="1 NaN or infinite cells"):
        predict(replace(data, features=frame), model_server)
    assert json_rows(replace(data, features=frame), 3, 4, "records")[0]["x1"] is None


def test_cells_of_every_kind_become_json(tmp_path: Path) -> None:
    """Times in ISO 8601, empty cells null, files in base 64, clips as lists; no infinity."""
    frame = pd.DataFrame(
        {
            "when": [pd.Timestamp(2026, 1, 2), pd.NaT],
            "n": pd.array([1, None], dtype="Int64"),
            "flag": [True, False],
            "kind": pd.Categorical(["ü", None]),
            "took": pd.to_timedelta([1.5, 2], unit="s"),
            "many": [np.array([1, 2]), {"a": (None, "b")}],
        }
    )
    data = Dataset("d", np.arange(2), np.arange(2), ("a", "b"), frame, "table", "d")
    assert json_rows(data, 0, 2, "lists") == [
        ["2026-01-02T00:00:00", 1, True, "ü", 1.5, [1, 2]],
        [None, None, False, None, 2.0, {"a": [None, "b"]}],
    ]
    assert json_rows(data, 0, 1, "columns")["n"] == [1]
    with pytest.raises(InputError, match="holds inf"):
        json_rows(replace(data, features=pd.DataFrame({"x": [np.inf, 0]})), 0, 2, "records")
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    files = MediaFiles(str(tmp_path), np.array(["a.png", "b.png"]))
    assert json_rows(replace(data, features=files, modality="image"), 0, 1, "records")[0].startswith("iVBOR")
    with pytest.raises(InputError, match=r"b\.png' could not be read"):
        json_rows(replace(data, features=files, modality="image"), 1, 2, "records")
    clips = Clips(np.array([1, 2, 3], dtype=np.int16), np.array([0, 2, 3]), 8000)
    assert json_rows(replace(data, features=clips, modality="audio"), 0, 2, "records") == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "ftp://x", "model": "m"}, "https://"),
        ({"url": "http://kim:word@x", "model": "m"}, "without a name and password"),
        ({"url": "http://x"}, "protocol kserve needs the `model`"),
        ({"url": "http://x", "protocol": "json", "request": {"a": "rows"}}, "holds '{rows}' 0 times"),
        ({"url": "http://x", "protocol": "json", "tokn": 1}, "tokn"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError, match=said):
        HttpOptions.model_validate(options)
