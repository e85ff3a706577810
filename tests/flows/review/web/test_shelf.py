"""Runs that people look at stay open, and take no more memory than they may."""

import shutil
from pathlib import Path

import pytest

from cl_flows.review.web import shelf
from cl_flows.review.web.shelf import Shelf


def test_runs_stay_open_by_their_size(trees: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small ones do; of large ones the newest looked at, and one whatever its size."""
    output, first = trees
    runs = [first, *(f"{first[:-1]}{letter}" for letter in "wxyz")]
    for copy in runs[1:]:
        shutil.copytree(output / first, output / copy)
    small = Shelf(output)
    opened = [small.opened(run) for run in runs]
    assert [small.opened(run) for run in runs] == opened

    monkeypatch.setattr(shelf, "_ROWS_OF_A_SMALL_RUN", 1)
    monkeypatch.setattr(shelf, "_OPEN_ROWS", 2 * opened[0].index.n_rows)
    large = Shelf(output)
    one, two = large.opened(runs[0]), large.opened(runs[1])
    assert large.opened(runs[0]) is one
    large.opened(runs[2])
    assert large.opened(runs[0]) is one
    assert large.opened(runs[1]) is not two
    monkeypatch.setattr(shelf, "_OPEN_ROWS", 1)
    last = large.opened(runs[3])
    assert large.opened(runs[3]) is last
