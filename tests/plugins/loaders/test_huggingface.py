"""The loader ``huggingface``: what `datasets` saved reads without it, names and order of classes included."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from PIL import Image

from cl_core import ConfigError, Dataset, InputError
from cl_core.media import Clips
from cl_plugins.loaders.huggingface import load_huggingface
from cl_plugins.loaders.options import HuggingFaceOptions, TableOptions
from cl_plugins.loaders.table import load_table

LABEL = {"_type": "ClassLabel", "names": ["ham", "egg", "spam"]}
TEXT = {"_type": "Value", "dtype": "string"}


def save(folder: Path, columns: dict[str, Any], features: dict[str, Any], parts: int = 1) -> Path:
    """Write what `datasets` writes: Arrow streams beside two JSON files."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    names = [f"data-{i:05d}-of-{parts:05d}.arrow" for i in range(parts)]
    size = -(-table.num_rows // parts)
    for i, name in enumerate(names):
        with pa.ipc.new_stream(str(folder / name), table.schema) as stream:
            stream.write_table(table.slice(i * size, size))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def load(folder: Path, **options: Any) -> Dataset:
    return load_huggingface(HuggingFaceOptions.model_validate({"path": folder, **options}))


def picture(value: int, size: int = 4) -> dict[str, Any]:
    file = io.BytesIO()
    Image.fromarray(np.full((size, size), value, np.uint8)).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def sound(value: float) -> dict[str, Any]:
    file = io.BytesIO()
    soundfile.write(file, np.full(80, value), 8000, format="WAV")
    return {"bytes": file.getvalue(), "path": None}


def test_texts_and_class_names_are_what_the_data_set_says(tmp_path: Path) -> None:
    """Classes keep their order, also one without a row; -1 is no label; parts are one data set."""
    columns = {"text": ["ok", "no", "yes", "why"], "label": [2, 0, -1, 2]}
    data = load(save(tmp_path / "mails", columns, {"text": TEXT, "label": LABEL}, parts=2))
    assert (data.name, data.modality, data.features) == ("mails", "text", ["ok", "no", "why"])
    assert (data.classes, data.labels.tolist()) == (("ham", "egg", "spam"), [2, 0, 2])
    assert data.n_unlabelled == 1
    assert any("the only ClassLabel" in note for note in data.notes)
    whole = load(save(tmp_path / "whole", columns, {"text": TEXT, "label": LABEL}))
    assert whole.fingerprint == data.fingerprint


def test_two_class_labels_are_decoded_and_one_is_named(tmp_path: Path) -> None:
    """The right label of a benchmark has names, too; columns of numbers are a table."""
    columns = {"x": [1.0, 2.0], "y": [0, 2], "coarse": [0, 1]}
    folder = save(tmp_path / "d", columns, {"x": {}, "y": LABEL, "coarse": LABEL})
    data = load(folder, label="coarse", true_labels="y")
    assert np.asarray(data.true_labels).tolist() == [0, 2]
    assert (data.modality, list(data.features.columns)) == ("table", ["x"])


def test_pictures_and_sounds_are_decoded(tmp_path: Path) -> None:
    """Pictures of one size become an array, sounds become clips; other columns are left out aloud."""
    columns = {"image": [picture(0), picture(9)], "alt": ["a", "b"], "label": [0, 1]}
    data = load(save(tmp_path / "p", columns, {"image": {"_type": "Image"}, "alt": TEXT, "label": LABEL}))
    assert (data.modality, data.features.shape, int(data.features[1].max())) == ("image", (2, 4, 4), 9)
    assert any("left out: alt" in note for note in data.notes)
    columns = {"audio": [sound(0.5), sound(-0.5)], "label": [0, 1]}
    data = load(save(tmp_path / "s", columns, {"audio": {"_type": "Audio"}, "label": LABEL}))
    assert isinstance(data.features, Clips)
    assert (data.modality, len(data.features), data.features.rate) == ("audio", 2, 8000)
    assert data.features[0].mean() == pytest.approx(0.5, abs=1e-3)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises((InputError, ConfigError)) as caught:
        call()
    assert caught.value.hint
    return f"{caught.value} | {caught.value.hint}"


def test_pictures_that_make_no_array_are_refused(tmp_path: Path) -> None:
    """Several sizes, no picture, noise instead of one: the row and a way out."""
    features = {"image": {"_type": "Image"}, "label": LABEL}
    cases = {
        "is 5 x 5 pixels, the first one 4 x 4 | bring": picture(1, 5),
        "labelled row 1 of 'd' has no picture": {"bytes": None, "path": None},
        "labelled row 1": {"bytes": b"noise", "path": None},
    }
    for said, cell in cases.items():
        folder = save(tmp_path / "d", {"image": [picture(0), cell], "label": [0, 1]}, features)
        assert said in refused(lambda folder=folder: load(folder))  # type: ignore[misc]


def test_a_split_is_named_or_the_only_one(tmp_path: Path) -> None:
    """A DatasetDict with one split needs no word; of several one is chosen by people."""
    columns, features = {"text": ["ok", "no"], "label": [2, 0]}, {"text": TEXT, "label": LABEL}
    for name in ("train", "test"):
        save(tmp_path / "d" / name, columns, features)
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert load(tmp_path / "d", split="test").name == "d"
    assert "has several splits | set `split` to one of: train, test" in refused(lambda: load(tmp_path / "d"))
    said = refused(lambda: load(tmp_path / "d", split="tset"))
    assert "did you mean 'test'?" in said
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    assert any("split: train (the only one)" in note for note in load(tmp_path / "d").notes)
    assert "without splits" in refused(lambda: load(tmp_path / "d" / "train", split="train"))


def test_other_folders_are_refused(tmp_path: Path) -> None:
    """No folder, an empty one, broken JSON, files that are gone, class numbers without a name."""
    (tmp_path / "empty").mkdir()
    assert "is no folder" in refused(lambda: load(tmp_path / "nowhere"))
    assert "holds no state.json" in refused(lambda: load(tmp_path / "empty"))
    folder = save(tmp_path / "d", {"text": ["ok", "no"], "label": [7, 0]}, {"text": TEXT, "label": LABEL})
    assert "class numbers outside 0..2" in refused(lambda: load(folder))
    assert "data.loader: huggingface" in refused(lambda: load_table(TableOptions(path=folder)))
    (folder / "state.json").write_text('{"_data_files": [{"filename": "gone.arrow"}]}')
    assert "could not be read" in refused(lambda: load(folder))
    (folder / "state.json").write_text('{"_data_files": [], "_indices_data_files": [1]}')
    assert "flatten_indices" in refused(lambda: load(folder))
    (folder / "state.json").write_text("{")
    assert "state.json of 'd' could not be read" in refused(lambda: load(folder))


@pytest.mark.extra
def test_what_the_real_package_saves_is_read(tmp_path: Path) -> None:
    """Texts, pictures, sounds, vectors and shards, as `datasets` itself writes them."""
    import datasets

    datasets.disable_progress_bars()
    names = datasets.ClassLabel(names=LABEL["names"])
    n = 12
    columns = {
        "text": [f"the mail number {i}" for i in range(n)],
        "label": [i % 3 for i in range(n)],
        "image": [Image.fromarray(np.full((4, 6, 3), [i, 0, 0], np.uint8)) for i in range(n)],
        "audio": [{"bytes": sound(i / 100)["bytes"], "path": None} for i in range(n)],
        "vector": [[float(i), 1.0] for i in range(n)],
    }
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": names,
            "image": datasets.Image(),
            "audio": datasets.Audio(sampling_rate=4000),
            "vector": datasets.List(datasets.Value("float32"), length=2),
        }
    )
    audio = features.pop("audio")
    saved = datasets.Dataset.from_dict({k: v for k, v in columns.items() if k != "audio"}, features=features)
    saved.select(range(1, n)).save_to_disk(str(tmp_path / "one"), num_shards=3)
    datasets.DatasetDict(train=saved).save_to_disk(str(tmp_path / "all"))
    data = load(tmp_path / "one", features=["vector"])
    assert (data.modality, data.features[0].tolist(), data.classes) == (
        "array",
        [1.0, 1.0],
        ("ham", "egg", "spam"),
    )
    assert load(tmp_path / "one", text="text").features[0] == "the mail number 1"
    pictures = load(tmp_path / "all", drop=["text", "vector"])
    assert (pictures.modality, pictures.features.shape, pictures.features[7, 0, 0].tolist()) == (
        "image",
        (n, 4, 6, 3),
        [7, 0, 0],
    )
    # Encoding sounds takes torchcodec; ready-made bytes do not.
    bare = pa.table({"audio": columns["audio"], "label": columns["label"]})
    clips = datasets.Dataset(datasets.table.InMemoryTable(bare))
    clips = clips.cast(datasets.Features({"audio": audio, "label": names}))
    clips.save_to_disk(str(tmp_path / "clips"))
    sounds = load(tmp_path / "clips").features
    assert isinstance(sounds, Clips)
    assert (len(sounds), sounds.rate, len(sounds[0])) == (n, 4000, 40)
