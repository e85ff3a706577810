"""Files for people take the place of what was there at once, and as it was."""

from pathlib import Path

import pytest

from cl_core import ConfigError
from cl_flows.review.new_file import new_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_link_stays_and_leads_to_the_new_file(tmp_path: Path) -> None:
    """People link to where the data are: those are what is written, under the mode they had."""
    (tmp_path / "store").mkdir()
    data, link = tmp_path / "store" / "v1.csv", tmp_path / "data.csv"
    data.write_text("old")
    data.chmod(0o640)
    link.symlink_to("store/v1.csv")
    with pytest.raises(ConfigError, match="is there already"), new_file(link):
        pass
    with new_file(link, force=True) as part:
        part.write_text("new")
        assert part.parent == data.parent  # one file system: the rename is at once
        assert data.read_text() == "old"
    assert (link.is_symlink(), data.read_text(), mode(data)) == (True, "new", 0o640)
    assert [path.name for path in data.parent.iterdir()] == ["v1.csv"]


def test_a_link_to_a_folder_stays_too(tmp_path: Path) -> None:
    """The whole folder behind it is replaced."""
    folder, link = tmp_path / "v1", tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o750)
    (folder / "a.csv").write_text("old")
    link.symlink_to(folder)
    with new_file(link, force=True) as part:
        part.mkdir()
        (part / "b.csv").write_text("new")
    assert (link.is_symlink(), [path.name for path in folder.iterdir()]) == (True, ["b.csv"])
    assert mode(folder) == 0o750


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    """And nothing half-written lies beside it."""
    data = tmp_path / "data.csv"
    data.write_text("old")

    def write() -> None:
        with new_file(data, force=True) as part:
            part.write_text("ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match="No space left"):
        write()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("data.csv", "old")]
