"""Which loader a folder is offered to."""

from pathlib import Path

import pytest

from cl_core.errors import ConfigError
from cl_core.folder import main_suffix
from cl_core.hooks import DatasetLoader
from cl_core.plugins import Offer, Registry


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_most_files_decide(tmp_path: Path) -> None:
    """Upper case counts like lower case, hidden files and others do not, a tie goes by the alphabet."""
    fill(tmp_path, "a/1.PNG", "a/2.png", "b/3.wav", ".cache/4.wav", ".cache/5.wav", "b/.6.wav", "notes.txt")
    assert main_suffix(str(tmp_path), [".wav", ".png"]) == ".png"
    assert main_suffix(str(tmp_path), [".txt", ".wav"]) == ".txt"
    assert main_suffix(str(tmp_path), [".csv"]) is None


def test_a_folder_goes_to_a_loader_that_reads_folders(tmp_path: Path) -> None:
    """A loader of single files is not offered a folder, whatever lies in it."""
    single = DatasetLoader("single", "", object, print, (".csv",))  # type: ignore[arg-type]
    several = DatasetLoader("several", "", object, print, (".png", ".jpg"), folders=True)  # type: ignore[arg-type]
    registry = Registry(tuple(Offer("loader", plugin, "test", "0") for plugin in (single, several)))
    fill(tmp_path, "a/1.csv", "a/2.csv", "b/3.jpg")
    assert registry.loader_for(str(tmp_path)) is several
    assert registry.loader_for(str(tmp_path / "a/1.csv")) is single
    with pytest.raises(ConfigError, match="no loader reads 'a'") as caught:
        registry.loader_for(str(tmp_path / "a"))
    assert ".png" in caught.value.hint
