"""Dated partitions: which day each is of, and what is refused before anything runs."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError
from cl_flows.config import make_config
from cl_flows.partitions import backfill_jobs, find_partitions, pattern_of

RAW: dict[str, Any] = {"data": {"path": "x.csv", "name": "trees"}, "gate": {"max_noise_rate": 0.05}}


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["day=2026-01-05/p.csv", "day=2026-01-06/p.csv"], "day=*/p.csv"),
        (["year=2026/month=1/day=5/p.csv", "year=2026/month=01/day=06/p.csv"], "*/*/*/p.csv"),
        (["2026/01/05/p.csv", "2026/01/06/p.csv"], "2026/*/*/p.csv"),
        (["t-20260105.csv", "t-20260106.csv"], "t-*.csv"),
        (["since-2020-01-01/2026-01-05.csv", "since-2020-01-01/2026-01-06.csv"], "since-2020-01-01/*.csv"),
        (["2026-01-05.csv", "2026-01-06.csv"], "2026-01-0[56].csv"),
    ],
)
def test_the_day_is_read_out_of_what_the_pattern_leaves_open(
    tmp_path: Path, names: list[str], pattern: str
) -> None:
    """However it is written; oldest first."""
    make(tmp_path, *names[::-1], "other.txt")
    found = find_partitions(pattern, base=tmp_path)
    assert [one.day for one in found] == [date(2026, 1, 5), date(2026, 1, 6)]
    assert [Path(one.path) for one in found] == [tmp_path / name for name in names]
    assert [one.day.day for one in find_partitions(pattern, base=tmp_path, first=date(2026, 1, 6))] == [6]


def test_a_path_with_a_date_in_it_is_filled_in(tmp_path: Path) -> None:
    """A day without a file is left out; behind a URL nobody looks."""
    make(tmp_path, "2026-01-05.csv", "2026-01-07.csv", "2026/01/06/a.csv")
    days = {"first": date(2026, 1, 5), "last": date(2026, 1, 7)}
    found = find_partitions("{date}.csv", base=tmp_path, **days)
    assert [one.day.day for one in found] == [5, 7]
    found = find_partitions("{date:%Y/%m/%d}/*.csv", base=tmp_path, **days)
    assert [one.path for one in found] == [str(tmp_path / "2026/01/06/*.csv")]
    found = find_partitions("s3://lab/{date}.csv", base=tmp_path, **days)
    assert [one.path for one in found] == [f"s3://lab/2026-01-0{day}.csv" for day in (5, 6, 7)]


def test_what_leaves_a_day_open_is_refused(tmp_path: Path) -> None:
    """No partition, no day, two days, two paths a day, a day to come, and a range that is none."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    make(tmp_path, "a.csv", "2026-01-05-to-2026-01-06.csv", "b/2026-01-05.csv", "b/20260105.csv")
    make(tmp_path, f"c/{tomorrow}.csv", "2026-13-77.csv")
    for pattern, says in (
        ("gone/*.csv", "no partition is called"),
        ("a.csv", "does not say of which day"),
        ("2026-13*.csv", "does not say of which day"),
        ("*-to-*.csv", "holds 2 days"),
        ("b/*.csv", "are both of 2026-01-05"),
        ("c/*.csv", "a day to come"),
        ("{date}.csv", "wants the days to fill in.* --from and --to left out"),
    ):
        with pytest.raises(ConfigError, match=says) as refused:
            find_partitions(pattern, base=tmp_path)
        assert refused.value.hint
    days = {"first": date(2026, 1, 7), "last": date(2026, 1, 5)}
    with pytest.raises(ConfigError, match=r"wants the days.* --from 2026-01-07 --to 2026-01-05"):
        find_partitions("{date}.csv", base=tmp_path, **days)
    with pytest.raises(ConfigError, match="cannot be filled in"):
        find_partitions("{date}{x}.csv", first=date(2026, 1, 5), last=date(2026, 1, 5))


def test_the_data_set_wants_a_name_and_each_partition_keeps_the_rest(tmp_path: Path) -> None:
    """Without one, every file would be a data set of its own."""
    make(tmp_path, "2026-01-05.csv")
    found = find_partitions("*.csv", base=tmp_path)
    config = make_config({**RAW, "output": {"folder": str(tmp_path / "runs")}}, "test")
    (job,) = backfill_jobs(config, found, again=False)
    assert job.source == "trees of 2026-01-05"
    ready = job.config
    assert getattr(ready, "as_of", None) == datetime(2026, 1, 5, tzinfo=UTC)
    assert ready == config.model_copy(
        update={"data": ready.data, "as_of": ready.as_of}  # type: ignore[union-attr]
    )
    nameless = make_config({**RAW, "data": {"path": "x.csv"}}, "test")
    with pytest.raises(ConfigError, match=r"data\.name is missing"):
        backfill_jobs(nameless, found, again=False)


def test_the_pattern_is_that_of_the_data_where_no_other_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its variables filled in."""
    monkeypatch.setenv("LAKE", "/lake")
    config = make_config({**RAW, "data": {"path": "${LAKE}/{date}.csv"}}, "test")
    assert pattern_of(config, None) == "/lake/{date}.csv"
    assert pattern_of(config, "other/*.csv") == "other/*.csv"
    with pytest.raises(ConfigError, match="nothing says where"):
        pattern_of(make_config({**RAW, "data": {"loader": "bundled"}}, "test"), None)
