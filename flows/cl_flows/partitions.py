"""Dated partitions of a data set: where each lies and of which day it is. Reads none of them."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cl_core.errors import ConfigError, LabelgateError
from cl_flows.config import DataSection, GateConfig, expand_variables
from cl_flows.many.jobs import Job
from cl_flows.origins import dated_runs, text_of
from cl_flows.runs import new_run_id

# 2026-01-05, 20260105, 2026/01/05, and Hive's year=2026/month=1/day=5.
_DAY = re.compile(
    r"year=(\d{4})[/_-]month=(\d{1,2})[/_-]day=(\d{1,2})(?!\d)|(?<!\d)(\d{4})([-_/]?)(\d{2})\5(\d{2})(?!\d)"
)
_MOST_DAYS = 10_000
_HINT = "write --partitions 'data/day=*/part.parquet', or data/{date}.csv with --from and --to"


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows of one day."""

    day: date
    path: str

    @property
    def moment(self) -> datetime:
        """Midnight of its day, UTC: where history files it."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)


def find_partitions(
    pattern: str, *, base: Path = Path(), first: date | None = None, last: date | None = None
) -> list[Partition]:
    """Find the partitions of a glob, or of a path with ``{date}`` in it; oldest first.

    Parameters
    ----------
    pattern
        Such as ``data/day=*/part.parquet``, or ``data/{date}.csv`` and ``s3://bucket/{date:%Y/%m/%d}.parquet``
        with both `first` and `last`: a day without a local file is left out.
    base
        Where a relative pattern starts.
    first, last
        First and last day.

    Raises
    ------
    ConfigError
        For no partition at all, a path without a day or with two, a day of two paths, and one of the future.
    """
    if "{date" in pattern:
        found = _by_day(pattern, base, first, last)
    else:
        paths = sorted(_there(str(base / pattern)))
        dated = [Partition(_day_in(path, pattern), path) for path in paths]
        found = [p for p in dated if (first or date.min) <= p.day <= (last or date.max)]
    if not found:
        raise ConfigError(f"no partition is called {pattern!r}", hint=_HINT)
    found.sort(key=lambda one: one.day)
    for one, other in pairwise(found):
        if one.day == other.day:
            raise ConfigError(
                f"{one.path} and {other.path} are both of {one.day}",
                hint="a day is one data set: name its folder, or a part of the path that is there once a day",
            )
    if found[-1].day > datetime.now(UTC).date():
        raise ConfigError(f"{found[-1].path} is of {found[-1].day}, a day to come", hint="check the path")
    return found


def backfill_jobs(config: GateConfig, partitions: Sequence[Partition], *, again: bool) -> list[Job]:
    """Make a gate of each partition that history does not have yet, or of each `again`.

    Raises
    ------
    ConfigError
        For a configuration that does not name the data set: the partitions would be data sets of their own.
    """
    name = config.data.options.get("name")
    if not isinstance(name, str):
        raise ConfigError(
            "data.name is missing: every partition would be a data set of its own",
            hint="give the data set the name under which history keeps all of them",
        )
    done = {} if again else dated_runs(config.history, name)
    return [_job(config, name, one) for one in partitions if text_of(one.moment) not in done]


def _job(config: GateConfig, name: str, one: Partition) -> Job:
    data = DataSection.model_validate({**config.data.model_dump(), "path": one.path})
    ready: GateConfig | LabelgateError = config.model_copy(update={"data": data, "as_of": one.moment})
    return Job(f"{name} of {one.day}", f"label-gate-{name}-{one.day}-{new_run_id()}", ready)


def _by_day(pattern: str, base: Path, first: date | None, last: date | None) -> list[Partition]:
    if first is None or last is None or not timedelta(0) <= last - first <= timedelta(days=_MOST_DAYS):
        flags = (("--from", first), ("--to", last))
        missing = " and ".join(flag for flag, day in flags if day is None)
        came = f"{missing} left out" if missing else f"--from {first} --to {last}"
        raise ConfigError(
            f"{pattern!r} wants the days to fill in, the first and last of at most {_MOST_DAYS:,}: {came}",
            hint="give --from and --to, the earlier day first",
        )
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    try:
        found = [Partition(day, pattern.format(date=day)) for day in days]
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"{pattern!r} cannot be filled in: {error}",
            hint="{date} is 2026-01-05, {date:%Y/%m/%d} 2026/01/05",
        ) from error
    if "://" in pattern:
        return found
    local = [Partition(one.day, str(base / one.path)) for one in found]
    return [one for one in local if _there(one.path)]


def _there(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)  # noqa: PTH207 - takes absolute patterns, which Path.glob does not


def _day_in(path: str, pattern: str) -> date:
    """Read the day out of what the pattern leaves open; of the whole path where there is none."""
    fixed = pattern[: re.search(r"[*?\[]|$", pattern).start()].rpartition("/")[0]  # type: ignore[union-attr]
    at = path.find(fixed) + len(fixed) if fixed else 0
    for part in (path[at:], path):
        days = {found for match in _DAY.finditer(part) if (found := _date(match)) is not None}
        if len(days) == 1:
            return days.pop()
        if days:
            raise ConfigError(f"{path} holds {len(days)} days", hint=_HINT)
    raise ConfigError(f"{path} does not say of which day it is", hint=_HINT)


def _date(match: "re.Match[str]") -> date | None:
    year, month, day = match.group(1, 2, 3) if match[1] else match.group(4, 6, 7)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def pattern_of(config: GateConfig, written: str | None) -> str:
    """Return the pattern that people gave, else the path of the data, with every ${NAME} filled in."""
    said = written or config.data.options.get("path")
    if not isinstance(said, str):
        raise ConfigError("nothing says where the partitions lie", hint=_HINT)
    filled: str = expand_variables(said, "partitions")
    return filled
