"""The publisher ``append_markdown``: a summary page that other steps write to as well."""

from pathlib import Path

import pytest

from cl_core import ConfigError
from cl_core.testing import check_publisher
from cl_plugins.builtin import labelgate_publishers


def test_the_summary_is_appended(tmp_path: Path) -> None:
    """What stands in the file stays; each summary is parted from it by an empty line."""
    publisher = next(one for one in labelgate_publishers() if one.name == "append_markdown")
    path = tmp_path / "new" / "summary.md"
    check_publisher(publisher, {"path": path})
    check_publisher(publisher, {"path": path})
    assert path.read_text() == "# sample passed\n\n# sample passed\n"


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A folder in place of the file is an error that says what to do."""
    publisher = next(one for one in labelgate_publishers() if one.name == "append_markdown")
    with pytest.raises(ConfigError, match="could not be appended") as caught:
        check_publisher(publisher, {"path": tmp_path})
    assert caught.value.hint
