"""Which errors are worth another try."""

import errno

import pytest

from cl_core import PluginError
from cl_flows.passing import is_passing


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ConnectionResetError("peer"), True),
        (TimeoutError("slow"), True),
        (OSError(errno.ENETUNREACH, "network"), True),
        (FileNotFoundError(errno.ENOENT, "gone"), False),
        (PermissionError(errno.EACCES, "no"), False),
        (ValueError("bad labels"), False),
        (None, False),
    ],
)
def test_only_faults_of_the_moment_pass(error: BaseException | None, *, passing: bool) -> None:
    """A missing file or bad data will be as bad in a second."""
    assert is_passing(error) is passing


def test_the_cause_behind_a_plugins_error_counts() -> None:
    """A loader's broken connection reaches us wrapped."""
    error = PluginError("loader crashed")
    error.__cause__ = ConnectionError("reset")
    assert is_passing(error)
