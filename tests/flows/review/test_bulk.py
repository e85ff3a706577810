"""Taking suggestions in bulk: what the preview promises is what happens, and nobody's word is touched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_flows.direct import run_direct
from cl_flows.kept import KeptRun, open_kept
from cl_flows.review.bulk import accept_bulk, preview_bulk
from cl_flows.review.carried import carried
from cl_flows.review.decisions import Action, NewDecision, decide, run_key, undo
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from cl_flows.review.standing import Outcome, standing

RANGE = RowFilter(quality_below=0.3)


@pytest.fixture
def kept(tables: Path, tmp_path: Path, gate_config: Any) -> KeptRun:
    run_direct(gate_config(tables / "noisy.csv", tmp_path))
    return open_kept(tmp_path, "last")


def test_a_preview_says_what_is_done_and_people_weigh_more_than_the_model(kept: KeptRun) -> None:
    """Rows that are judged, or suggested as they are, stay out; one undo takes all back."""
    database, run, index = kept.folder.parent / "history.db", run_key(kept), RunIndex(kept)
    first = preview_bulk(index, RANGE, standing(database, run.fingerprint))
    assert first.precision is not None
    assert first.n_rows > 20
    assert (index.quality[first.positions] < 0.3).all()
    assert (index.given[first.positions] != index.suggested[first.positions]).all()
    assert sum(rows for _, _, rows in first.pairs) == first.n_rows
    assert first.precision.model == pytest.approx(first.precision.estimate)
    assert first.precision.n_judged == 0
    assert "nobody has judged" in first.precision.says
    assert set(first.examples) <= set(first.positions.tolist())

    judged = first.positions[:10].tolist()
    words = [_take(index, place) for place in judged[:9]]
    wrong = index.row(judged[9])
    words.append(NewDecision(wrong.position, wrong.id, wrong.given, Action.KEEP))
    decide(database, run, "kim", words)
    second = preview_bulk(index, RANGE, standing(database, run.fingerprint))
    assert second.precision is not None
    assert (second.precision.n_judged, second.precision.n_right) == (10, 9)
    # A beta distribution whose mean is that of two rows of the model's and ten judged ones.
    model = second.precision.model
    assert model is not None
    assert second.precision.estimate == pytest.approx((2 * model + 9) / 12)
    assert second.precision.high - second.precision.low < first.precision.high - first.precision.low
    assert (second.n_rows, second.n_decided) == (first.n_rows - 10, 10)

    decide(database, run, "lee", [_take(index, int(second.positions[0]))])
    for _ in range(2):
        done = accept_bulk(database, run, "kim", index, second.positions, token="t")  # noqa: S106
        assert done == second.n_rows - 1
    now = standing(database, run.fingerprint)
    assert now.counts[Outcome.RELABEL] == 9 + 1 + done
    third = preview_bulk(index, RANGE, now)
    assert (third.n_rows, third.precision, third.examples) == (0, None, ())
    undo(database, run, "kim")
    assert standing(database, run.fingerprint).counts[Outcome.RELABEL] == 10


def _take(index: RunIndex, place: int) -> NewDecision:
    row = index.row(place)
    return NewDecision(place, row.id, row.given, Action.RELABEL, row.suggested)


def test_words_are_carried_to_changed_data_where_the_label_is_the_same(
    tables: Path, tmp_path: Path, gate_config: Any, kept: KeptRun
) -> None:
    """By id, for those whom nobody has judged since; they count for nothing yet."""
    import pandas as pd

    database, run, index = kept.folder.parent / "history.db", run_key(kept), RunIndex(kept)
    assert carried(database, kept) == []
    decide(database, run, "kim", [_take(index, int(p)) for p in index.order[:3]])
    ids = [index.row(int(p)).id for p in index.order[:3]]
    table = pd.read_csv(tables / "noisy.csv")
    table.loc[table["tree"] == ids[0], "label"] = index.row(int(index.order[0])).suggested
    table.iloc[::-1].to_csv(tmp_path / "noisy.csv", index=False)
    later = open_kept(tmp_path, run_direct(gate_config(tmp_path / "noisy.csv", tmp_path)).run_id)
    assert later.fingerprint != kept.fingerprint
    found = carried(database, later)
    rows = later.dataset().ids
    assert {str(rows[one.position]) for one in found} == set(ids[1:])
    assert {one.decision.who for one in found} == {"kim"}
    assert standing(database, later.fingerprint).counts == dict.fromkeys(Outcome, 0)
    word = found[0].decision
    decide(
        database,
        run_key(later),
        "lee",
        [NewDecision(found[0].position, word.row_id, word.given_label, Action.KEEP)],
    )
    assert [one.position for one in carried(database, later)] == [found[1].position]
    assert np.all(np.diff([one.position for one in found]) > 0)
