"""The textfile of a finished run: whole at every moment, readable by others, one a data set."""

import threading
from pathlib import Path

import pytest

from cl_core import Passed, estimate_noise_rate
from cl_core.baseline import Baseline, ClassFigures
from cl_core.errors import ConfigError
from cl_core.hooks import FinishedRun, Publisher
from cl_core.plugins import load_plugins
from cl_core.testing import check_publisher
from cl_core.verdict import Judgement
from cl_plugins.publishers.metrics_options import PrometheusTextfileOptions
from cl_plugins.publishers.prometheus_textfile import file_name, prometheus_textfile


def finished(folder: Path, dataset: str, rows: int = 10) -> FinishedRun:
    passed = Passed("LN001", "noise-budget", "fine", 0.0, 0.05)
    classes = tuple(ClassFigures(f"class {i}", rows, 0.01, 0.0, 0.02) for i in range(20))
    noise = estimate_noise_rate([0, 0, 1, 1] * 10, [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]] * 10)
    figures = Baseline("r1", "2026-11-24T03:00:00+00:00", rows, 0.0, 0.0, 0.1, "auto", classes=classes)
    return FinishedRun("r1", dataset, Judgement(passed, (passed,)), noise, folder, "", figures)


def test_the_publisher_keeps_the_contract(tmp_path: Path) -> None:
    """Also for a run whose report nobody wrote."""
    check_publisher(load_plugins().find(Publisher, "prometheus_textfile"), {"folder": tmp_path / "metrics"})
    assert [path.suffix for path in (tmp_path / "metrics").iterdir()] == [".prom"]


def test_every_data_set_has_a_file_of_its_own_that_others_may_read(tmp_path: Path) -> None:
    """Names that look alike in a file name are told apart; node_exporter runs as somebody else."""
    names = ["a/b", "a b", "../../etc", "", "ä" * 500, "\udcff"]
    for name in names:
        prometheus_textfile(finished(tmp_path, name), PrometheusTextfileOptions(folder=tmp_path / "metrics"))
    files = sorted((tmp_path / "metrics").iterdir())
    assert [path.name for path in files] == sorted({file_name(name) for name in names})
    assert len(files) == len(names)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in files)


def test_a_reader_sees_a_whole_file_while_two_write(tmp_path: Path) -> None:
    """A file is replaced, never written into; nothing half-written is left."""
    options = PrometheusTextfileOptions(folder=tmp_path / "metrics")
    prometheus_textfile(finished(tmp_path, "trees"), options)
    path = tmp_path / "metrics" / file_name("trees")

    def write(rows: int) -> None:
        for _ in range(40):
            prometheus_textfile(finished(tmp_path, "trees", rows), options)

    writers = [threading.Thread(target=write, args=(rows,)) for rows in (111, 222)]
    for writer in writers:
        writer.start()
    seen = {path.read_text(encoding="utf-8")}
    while any(writer.is_alive() for writer in writers):
        seen.add(path.read_text(encoding="utf-8"))
    for text in seen:
        assert text.endswith("\n")
        assert text.count("labelgate_class_rows{") == 20
        assert len({line.split()[-1] for line in text.splitlines() if "class_rows{" in line}) == 1
    assert [one.name for one in (tmp_path / "metrics").iterdir()] == [path.name]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """The error names the file and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="could not be written") as caught:
        prometheus_textfile(
            finished(tmp_path, "trees"), PrometheusTextfileOptions(folder=tmp_path / "file" / "metrics")
        )
    assert "folder that may be written" in caught.value.hint
