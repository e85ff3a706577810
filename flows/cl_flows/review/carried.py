"""What people decided in earlier runs about rows that are still the same, though the data have changed."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from cl_flows.database.connect import reading
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import DECISIONS
from cl_flows.kept.run import KeptRun
from cl_flows.review.decisions import Decision, latest


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

    Raises
    ------
    ConfigError
        When the run did not keep its rows.
    """
    earlier = _earlier(database, kept)
    if not earlier:
        return []
    dataset = kept.dataset()
    ids = np.asarray(dataset.ids).astype(np.str_)
    wanted = {word.row_id for word in earlier.values()}
    places = {str(ids[i]): int(i) for i in np.flatnonzero(np.isin(ids, np.array(sorted(wanted))))}
    known = {word.position for word in latest(database, kept.fingerprint)}
    found = []
    for word in earlier.values():
        position = places.get(word.row_id)
        if position is None or position in known:
            continue
        if dataset.classes[int(dataset.labels[position])] == word.given_label:
            found.append(CarriedWord(position, word))
    return sorted(found, key=lambda one: (one.position, one.decision.number))


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
