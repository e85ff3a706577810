"""The loaders ``pictures`` and ``sounds``: what becomes a row, what is said aloud, what is refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydantic import ValidationError

from cl_core import ConfigError, InputError
from cl_core.hooks import DatasetLoader
from cl_core.media import MediaFiles
from cl_core.plugins import load_plugins
from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.media import load_pictures, load_sounds
from cl_plugins.loaders.media_options import MediaOptions


def png(shade: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), shade, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three cats, two dogs, one of them in a folder of its own."""
    for shade, name in enumerate(("cat/1.png", "cat/2.PNG", "cat/3.png", "dog/4.png", "dog/more/5.png")):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(shade))
    return tmp_path / "photos"


def load(path: Path | str, **options: Any) -> Any:
    return load_pictures(MediaOptions(path=str(path), **options))


def loader(name: str) -> DatasetLoader:
    return next(found for found in labelgate_dataset_loaders() if found.name == name)


def test_a_folder_a_class_keeps_the_contract(photos: Path) -> None:
    """Rows are files in the order of their names, ids their paths, classes the topmost folders."""
    data = check_loader(loader("pictures"), {"path": str(photos)})
    assert data.ids.tolist() == ["cat/1.png", "cat/2.PNG", "cat/3.png", "dog/4.png", "dog/more/5.png"]
    assert (data.labels.tolist(), data.classes) == ([0, 0, 0, 1, 1], ("cat", "dog"))
    assert (data.name, data.modality, data.notes) == ("photos", "image", ())
    assert isinstance(data.features, MediaFiles)
    assert data.features.location(4) == f"{photos}/dog/more/5.png"


def test_the_folder_a_file_lies_in_may_name_the_class(photos: Path) -> None:
    """class_folder: parent looks one folder up from the file; numbers are sorted by value."""
    assert load(photos, class_folder="parent").classes == ("cat", "dog", "more")
    for name in ("10", "9"):
        (photos / "dog" / name).mkdir()
        (photos / "dog" / name / "a.png").write_bytes(png())
    for gone in ("cat/1.png", "cat/2.PNG", "cat/3.png", "dog/4.png", "dog/more/5.png"):
        (photos / gone).unlink()
    assert load(photos, class_folder="parent").classes == ("9", "10")


def test_what_is_left_out_is_said(photos: Path) -> None:
    """Hidden files, other files, files of no class and folders of nothing: all counted."""
    (photos / ".hidden.png").write_bytes(png())
    (photos / "loose.png").write_bytes(png())
    (photos / "cat/readme.txt").write_text("hello")
    (photos / "bird").mkdir()
    (photos / "bird/list.csv").write_text("a")
    assert load(photos).notes == (
        "1 hidden files were left out",
        "2 files that are no pictures were left out (.csv 1, .txt 1)",
        "1 pictures in no class's folder were left out",
        "folders without pictures are no classes: bird",
    )


def test_the_fingerprint_covers_what_is_in_the_files(photos: Path, tmp_path: Path) -> None:
    """It changes with a pixel and not with the folder's name."""
    before = load(photos).fingerprint
    moved = photos.rename(tmp_path / "moved")
    assert load(moved).fingerprint == before
    (moved / "cat/1.png").write_bytes(png(99))
    assert load(moved).fingerprint != before


def test_a_table_names_files_and_labels(photos: Path) -> None:
    """The table's folder is where names start; its other columns go along; unlabelled rows are counted."""
    rows = {
        "path": ["cat/1.png", "dog/4.png", "cat/2.PNG", "cat/3.png"],
        "animal": ["cat", "dog", "cat", None],
        "owner": ["kim", "lee", "kim", "ann"],
    }
    pd.DataFrame(rows).to_csv(photos / "labels.csv", index=False)
    options = {"path": str(photos / "labels.csv"), "label": "animal", "groups": "owner"}
    data = check_loader(loader("pictures"), {**options, "folder_path": str(photos)})
    assert data.ids.tolist() == ["cat/1.png", "dog/4.png", "cat/2.PNG"]
    assert (data.classes, data.labels.tolist(), data.n_unlabelled) == (("cat", "dog"), [0, 1, 0], 1)
    assert data.groups is not None
    assert data.groups.tolist() == ["kim", "lee", "kim"]
    assert any("file names are taken from column 'path'" in note for note in data.notes)
    assert data.source is not None
    assert load(**options).fingerprint == data.fingerprint


def test_groups_are_found_in_file_names(tmp_path: Path) -> None:
    """A pattern with one pair of brackets finds the speaker; a name it does not fit is an error."""
    import soundfile

    for name in ("0/0_theo_1.wav", "0/0_kim_1.wav", "1/1_theo_1.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(10), 8000)
    options = MediaOptions(path=str(tmp_path), group_pattern=r"_(\w+)_")
    groups = load_sounds(options).groups
    assert groups is not None
    assert groups.tolist() == ["kim", "theo", "theo"]
    soundfile.write(tmp_path / "1/other.wav", np.zeros(10), 8000)
    with pytest.raises(InputError, match=r"nothing in 1 of 4 .*'1/other.wav'"):
        load_sounds(options)
    for bad in ("(", "no group", "(two)(groups)"):
        with pytest.raises(ValidationError):
            MediaOptions(path="x", group_pattern=bad)


def test_a_folder_behind_a_url_is_read() -> None:
    """Any fsspec file system will do."""
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("a/1.png", "b/2.png", ".c/3.png"):
        memory.pipe_file(f"/shelf/{name}", png())
    data = load("memory://shelf")
    assert (data.ids.tolist(), data.classes) == (["a/1.png", "b/2.png"], ("a", "b"))
    assert data.features.location(0) == "memory://shelf/a/1.png"
    with pytest.raises(ConfigError, match="cannot be opened"):
        load("nosuchprotocol://shelf")


def test_a_folder_finds_its_loader(photos: Path) -> None:
    """`labelgate run photos/` needs no loader's name."""
    registry = load_plugins()
    assert registry.loader_for(str(photos)).name == "pictures"
    assert registry.loader_for("a.wav").name == "sounds"


@pytest.mark.parametrize(
    ("spoil", "options", "said"),
    [
        (lambda p: (p / "cat/0.png").symlink_to("/etc/hostname"), {}, "leads out of"),
        (lambda p: (p / "bird").symlink_to(p / "cat"), {}, "link to a folder"),
        (lambda p: (p / "cat/0.png").symlink_to("nowhere.png"), {}, "could not be read"),
        (lambda p: (p / "cat/0.png").touch(), {}, "empty"),
        (lambda p: p.rename(p.parent / "gone"), {}, "no folder"),
        (
            lambda p: (p / "cat").rename(p / "train") and (p / "dog").rename(p / "test"),
            {},
            "parts of a split",
        ),
        (lambda p: [f.unlink() for f in (p / "dog").rglob("*.png")], {}, "one class only"),
        (lambda _: None, {"label": "animal"}, "belongs to a table"),
    ],
)
def test_bad_folders_are_refused_with_a_way_out(
    photos: Path, spoil: Callable[[Path], Any], options: dict[str, Any], said: str
) -> None:
    """What came and what to do."""
    spoil(photos)
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        load(photos, **options)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ({"path": ["cat/1.png", "../x.png"], "y": [0, 1]}, {}, "lies outside"),
        ({"path": ["cat/1.png", "/etc/hostname"], "y": [0, 1]}, {}, "lies outside"),
        ({"path": ["cat/1.png", "no.png"], "y": [0, 1]}, {}, "'no.png' of row 1"),
        ({"path": ["cat/1.png", None], "y": [0, 1]}, {}, "empty in 1 rows"),
        ({"what": ["cat/1.png", "dog/4.png"], "y": [0, 1]}, {}, "which column holds the file names"),
        ({"path": ["cat/1.png", "dog/4.png"], "y": [0, 1]}, {"file": "fil"}, "no column 'fil'"),
        ({"path": ["cat/1.png", "dog/4.png"], "y": [0, 1]}, {"groups": "g"}, "no column 'g'"),
        ({"path": ["cat/1.png", "dog/4.png"], "y": [0, 1]}, {"label": "z"}, "no column 'z'"),
    ],
)
def test_bad_tables_are_refused_with_a_way_out(
    photos: Path, rows: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    """What came and what to do."""
    pd.DataFrame(rows).to_parquet(photos / "labels.parquet")
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        load(photos / "labels.parquet", **{"label": "y", **options})
    assert caught.value.hint


def test_two_rows_of_one_file_are_numbered(photos: Path) -> None:
    """File names that repeat are no ids; rows are numbered and a note says so."""
    pd.DataFrame({"path": ["cat/1.png", "cat/1.png", "dog/4.png"], "y": [0, 1, 1]}).to_csv(photos / "l.csv")
    data = load(photos / "l.csv", label="y")
    assert data.ids.tolist() == [0, 1, 2]
    assert any("row numbers" in note for note in data.notes)
