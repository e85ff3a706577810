"""Decisions on the rows of a finished run, and how they stand."""

from cl_flows.kept import KeptRun
from cl_flows.review.decisions import Action, NewDecision, decide, run_key
from cl_flows.review.standing import Standing, standing


def judged(kept: KeptRun, words: dict[str, tuple[str, str]]) -> Standing:
    """Decide by the ids of rows."""
    database, dataset = kept.folder.parent / "history.db", kept.dataset()
    ids = [str(one) for one in dataset.ids]
    new = [
        NewDecision(
            ids.index(row), row, dataset.classes[int(dataset.labels[ids.index(row)])], Action(action), label
        )
        for row, (action, label) in words.items()
    ]
    decide(database, run_key(kept), "kim", new)
    return standing(database, kept.fingerprint)
