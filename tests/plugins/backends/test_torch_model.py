"""The backend ``torch``: modules are fitted fold by fold with early stopping, and torch is left as it was."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.metrics import average_precision_score

from cl_core import ConfigError, Dataset, InputError, Predictions, flip_labels, label_quality_scores
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.model_options import TorchOptions
from cl_plugins.backends.own_models import own_model_backends
from cl_plugins.backends.torch_model import _kept_back, predict_torch

BACKEND = next(backend for backend in own_model_backends() if backend.name == "torch")
QUICK = {"folds": 3, "epochs": 12, "lr": 0.01, "batch_size": 32}
PAGE = Path(__file__).parents[3] / "docs" / "backends.md"

MODULES = """
import torch
from torch import nn


class Linear(nn.Module):
    def __init__(self, in_features, num_classes, scale=1.0):
        super().__init__()
        self.layer, self.scale = nn.Linear(in_features, num_classes), scale

    def forward(self, rows):
        return self.layer(rows) * self.scale


class Batched(nn.Sequential):
    def __init__(self, n_features, n_classes):
        super().__init__(nn.BatchNorm1d(n_features), nn.Linear(n_features, n_classes), nn.Dropout(0.2))


class Conv(nn.Sequential):
    def __init__(self, in_channels, input_shape, n_classes):
        super().__init__(nn.Conv2d(in_channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(n_classes))
        assert input_shape[0] == in_channels


class Four(nn.Linear):
    def __init__(self, n_features):
        super().__init__(n_features, 4)


def no_module():
    return 3


NUMBER = 3
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a Python module with torch modules in it, as people have them."""
    (tmp_path / "nets_of_a_test.py").write_text(MODULES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "nets_of_a_test", raising=False)
    return "nets_of_a_test"


def predict(data: Dataset, **options: Any) -> Predictions:
    chosen = TorchOptions.model_validate({**QUICK, **options})
    return predict_torch(data, chosen, lambda *_: None)


def accuracy(data: Dataset, found: Predictions) -> float:
    return float((found.pred_probs.argmax(axis=1) == data.labels).mean())


def pictures(real_data: Path, n: int) -> Dataset:
    """Take some of MNIST's test pictures, a tenth of the labels moved to another class."""
    stored = np.load(real_data / "mnist_test_verified.npz")
    true = stored["given_labels"][:n].astype(np.intp)
    given, _ = flip_labels(true, rate=0.1, n_classes=10, rng=np.random.default_rng(0))
    names = tuple("0123456789")
    return Dataset("mnist", np.arange(n), given, names, stored["images"][:n], "image", "m", true_labels=true)


def test_without_torch_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is a sentence, not a traceback."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match="the backend torch needs torch") as caught:
        predict(sample_dataset())
    assert caught.value.hint == 'pip install "labelgate[torch]"'


@pytest.mark.extra
def test_the_small_network_keeps_the_contract() -> None:
    """Shapes, bits, class order, out of sample, refusals, a worker process."""
    found = check_backend(BACKEND, QUICK)
    assert found.out_of_sample
    assert "3 folds, seed 0, torch" in found.model
    assert accuracy(sample_dataset(), found) > 0.95


@pytest.mark.extra
@pytest.mark.parametrize("name", ["Linear", "Batched"])
def test_modules_of_people_keep_the_contract(modules: str, name: str) -> None:
    """Given the numbers of columns and classes under the names they ask for."""
    found = check_backend(BACKEND, {**QUICK, "module": f"{modules}:{name}"}, worker=False)
    assert found.model.startswith(f"{modules}:{name}, adam 0.01")


@pytest.mark.extra
def test_the_callers_torch_is_left_as_it_was() -> None:
    """Random stream, threads and settings."""
    import torch

    before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    predict(sample_dataset(), epochs=1)
    after = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@pytest.mark.extra
def test_training_stops_early_and_the_best_weights_stay(modules: str) -> None:
    """With labels drawn by lot the loss soon rises; with few epochs a note asks for more."""
    data = sample_dataset()
    lot = replace(data, labels=np.random.default_rng(0).integers(0, 3, 240))
    stopped = predict(lot, epochs=200, patience=3, lr=0.05)
    counts = [int(count) for count in stopped.model.split(" epochs")[0].rpartition(" ")[2].split("/")]
    assert max(counts) < 50
    assert not stopped.notes
    # The weights of the last epochs would be sure of themselves; those of the best are near guessing.
    assert stopped.pred_probs.max(axis=1).mean() < 0.7
    few = predict(data, module=f"{modules}:Linear", epochs=1)
    assert few.notes == ("3 of 3 folds were still learning after 1 epochs: raise model.epochs",)


@pytest.mark.parametrize("grouped", [False, True])
def test_rows_kept_back_are_training_rows_and_never_a_whole_class(grouped: bool) -> None:
    """A tenth of every class, or whole groups; a class of one row is learned from."""
    data = sample_dataset()
    labels = data.labels.copy()
    labels[labels == 2] = 1
    labels[0] = 2
    groups = np.arange(240) // 10 if grouped else None
    train = np.arange(200)
    kept = _kept_back(replace(data, labels=labels, groups=groups), train, TorchOptions())
    assert len(kept) == 200
    assert 10 <= kept.sum() <= 30
    assert not kept[0]
    if groups is not None:
        mixed = set(groups[train][kept]) & set(groups[train][~kept])
        assert mixed <= {groups[0]}


@pytest.mark.extra
def test_flipped_pictures_are_found_by_the_small_network(real_data: Path) -> None:
    """1,500 digits, a tenth of the labels wrong: most of the errors come first."""
    data = pictures(real_data, 1500)
    found = predict(data, epochs=8, lr=0.003)
    flipped = data.labels != data.true_labels
    assert (found.pred_probs.argmax(axis=1) == data.true_labels).mean() > 0.88
    assert average_precision_score(flipped, -label_quality_scores(data.labels, found.pred_probs)) > 0.92


@pytest.mark.extra
def test_pictures_come_with_channels_first(modules: str) -> None:
    """Grey, colour and floats; a module with lazy layers works."""
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    grey = rng.integers(0, 40, (90, 8, 8)).astype(np.uint8)
    grey[np.arange(90), labels * 2, 2] = 255
    for shown in (grey, np.repeat(grey[..., None], 3, axis=-1), grey / 255):
        data = Dataset("p", np.arange(90), labels, ("a", "b", "c"), shown, "image", "p")
        assert accuracy(data, predict(data, module=f"{modules}:Conv", epochs=30)) > 0.8


@pytest.mark.extra
def test_a_class_that_a_fold_lacks_gets_no_probability() -> None:
    """Also though the module has an output for it."""
    data = sample_dataset(n_classes=4)
    groups = np.where(data.labels == 1, 0, 1 + np.arange(240) // 30)
    found = predict(replace(data, groups=groups))
    assert not found.pred_probs[data.labels == 1, 1].any()
    np.testing.assert_allclose(found.pred_probs.sum(axis=1), 1)


@pytest.mark.extra
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"module": "NETS:Linaer"}, "'nets_of_a_test' has no 'Linaer'"),
        ({"module": "NETS:NUMBER"}, "wanted what makes a torch module"),
        ({"module": "NETS:no_module"}, "made a int, wanted a torch.nn.Module"),
        ({"module": "NETS:Four"}, "the data set has 3 classes"),
        ({"module": "NETS:Linear", "module_params": {"scal": 2}}, "takes no 'scal'"),
        ({"module": "NETS:Linear", "module_params": {"in_features": 7}}, "failed to take the rows"),
        ({"module": "NETS:Linear", "module_params": {"scale": float("nan")}}, "no probabilities"),
        ({"module_params": {"scale": 2}}, "no module is named"),
        ({"device": "cuda:99"}, "model.device is 'cuda:99'"),
        ({"device": "toaster"}, "model.device is 'toaster'"),
    ],
)
def test_mistakes_are_named(modules: str, options: dict[str, Any], said: str) -> None:
    """What came, what was wanted and what to do."""
    ready = {
        key: value.replace("NETS", modules) if isinstance(value, str) else value
        for key, value in options.items()
    }
    with pytest.raises(ConfigError, match=said) as caught:
        predict(sample_dataset(), **ready)
    assert caught.value.hint


@pytest.mark.extra
@pytest.mark.parametrize(
    ("features", "modality", "said"),
    [
        (["text"] * 240, "text", "nothing the backend 'torch' takes"),
        (np.full((240, 4, 4), np.nan), "image", "picture 0 holds values that are no numbers"),
        (np.zeros((240, 4)), "image", "pictures have shape"),
        (np.full((240, 4, 4), np.inf), "array", "NaN or infinite"),
    ],
)
def test_what_it_cannot_take_is_refused(features: Any, modality: Any, said: str) -> None:
    """Before anything is fitted."""
    with pytest.raises(InputError, match=said) as caught:
        predict(replace(sample_dataset(), features=features, modality=modality))
    assert caught.value.hint


@pytest.mark.extra
def test_the_models_on_the_page_run(tmp_path: Path) -> None:
    """The module of docs/backends.md is written to a file, and each torch example learns the sample data."""
    page = PAGE.read_text(encoding="utf-8")
    code = next(b for b in page.split("```python\n") if b.startswith("# my_nets.py")).partition("```")[0]
    (tmp_path / "my_nets.py").write_text(code)
    models = [yaml.safe_load(b.partition("```")[0]).get("model", {}) for b in page.split("```yaml\n")[1:]]
    chosen = [model for model in models if model.pop("backend", "") == "torch"]
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from cl_core.testing import sample_dataset
from cl_plugins.backends.model_options import TorchOptions
from cl_plugins.backends.torch_model import predict_torch
data = sample_dataset()
for model in {chosen!r}:
    found = predict_torch(data, TorchOptions.model_validate(model), lambda *_: None)
    print((found.pred_probs.argmax(axis=1) == data.labels).mean() > 0.95)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "True\n" * 2, done.stderr
