"""What people decided in earlier runs about rows that are still the same, though the data have changed."""

from dataclasses import dataclass

from sqlalchemy import func, select

from cl_flows.database.connect import reading
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import DECISIONS
from cl_flows.kept.run import KeptRun
from cl_flows.review.decisions import Decision, latest
from cl_flows.review.index import RunIndex


@dataclass(frozen=True, slots=True)
class CarriedWord:
    """A decision on other content of the same data set, and the row of this one that it is about."""

    position: int
    decision: Decision


def carried(database: Database, kept: KeptRun) -> list[CarriedWord]:
    """Return words of earlier runs on rows with the same id and given label, in the order of the data.

    They count for nothing until somebody says them again: a row without a word on today's content is open.
    Of one person's words on a row the latest is carried. Rows that anybody judged on today's content are left
    out.
    """
    found = earlier_words(database, RunIndex(kept))
    known = {word.position for word in latest(database, kept.fingerprint)} if found else set()
    return [one for one in found if one.position not in known]


def earlier_words(database: Database, index: RunIndex) -> list[CarriedWord]:
    """Return the same, also on rows that somebody judged on today's content."""
    earlier = _earlier(database, index.run)
    if not earlier:
        return []
    places = index.positions_of({word.row_id for word in earlier.values()})
    found = [
        CarriedWord(position, word)
        for word in earlier.values()
        if (position := places.get(word.row_id)) is not None
        and index.classes[index.given[position]] == word.given_label
    ]
    return sorted(found, key=lambda one: (one.position, one.decision.number))


def decided_elsewhere(database: Database, kept: KeptRun, after: int) -> tuple[int, bool]:
    """Return the newest decision on a data set, and whether one after `after` is on other content."""
    if not is_there(database):
        return after, False
    here = DECISIONS.c
    newer = (here.dataset == kept.dataset_name, here.number > after)
    with reading(database) as connection:
        newest = connection.execute(select(func.max(here.number)).where(*newer)).scalar()
        if newest is None:
            return after, False
        other = select(here.number).where(*newer, here.fingerprint != kept.fingerprint).limit(1)
        return int(newest), connection.execute(other).first() is not None


def _earlier(database: Database, kept: KeptRun) -> dict[tuple[str, str], Decision]:
    """Return the latest standing word of each person by row id, on any other content of the data set."""
    if not is_there(database):
        return {}
    here = DECISIONS.c
    others = select(here.fingerprint).where(here.dataset == kept.dataset_name).distinct()
    with reading(database) as connection:
        contents = [f for f in connection.execute(others).scalars() if f != kept.fingerprint]
    words = sorted(word for content in contents for word in latest(database, content))
    return {(word.row_id, word.who): word for word in words}
