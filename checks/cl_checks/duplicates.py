"""LN012: do rows of the same content carry different labels? One of them is wrong, whatever a model says."""

import numpy as np
import pandas as pd

from cl_checks.options import Options, Share
from cl_checks.wording import percents, refuse_unknown
from cl_core.digests import Digests, row_digests, table_digests
from cl_core.errors import InputError
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.types import Indices
from cl_core.verdict import Failed, Passed, Verdict

CODE, NAME = "LN012", "duplicates"
_EXAMPLES = 3
_SHOWN = 40


class DuplicatesOptions(Options):
    """Options of LN012.

    Attributes
    ----------
    max_share
        Largest share of rows, in 0..1, that have a twin with another label.
    columns
        Columns of the source that make two rows the same; all that a model learns from when left out.
    required
        Whether data without content, probabilities alone, are an error. Presets say no, and then the
        check says that it compared nothing.
    """

    max_share: Share = 0.0
    columns: tuple[str, ...] | None = None
    required: bool = True


def check_duplicates(evidence: Evidence, options: DuplicatesOptions) -> Verdict:
    """Hold the share of rows in contradicting groups of exact duplicates against the limit.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the rows.
    options
        The limit, and what makes rows the same.

    Returns
    -------
    Verdict
        `Failed` over the limit, else `Passed`.

    Raises
    ------
    InputError
        For data without content or without a source to compare, unless `required` is false.
    """
    digests = _digests(evidence, options)
    if digests is None:
        return Passed(CODE, NAME, "The data hold no content to compare, so duplicates were not looked for.")
    groups = pd.factorize(digests)[0].astype(np.intp)
    labels = evidence.scored["given_label"].to_numpy(dtype=object)
    numbers = pd.factorize(labels)[0].astype(np.intp)
    twins = int((np.bincount(groups)[groups] > 1).sum())
    rows = _contradicting(groups, numbers)
    share = len(rows) / len(groups)
    found, most = percents(share, options.max_share)
    says = (
        f"{len(rows):,} of {len(groups):,} rows ({found}) have a twin of the same content but another "
        f"label; the limit is {most}. {twins:,} rows have a twin at all."
    )
    if len(rows):
        says = f"{says} Such as {_examples(evidence, groups, rows)}."
    if share > options.max_share:
        remedy = "Decide which label each group of twins should carry, and drop or correct the others."
        return Failed(CODE, NAME, says, share, options.max_share, remedy)
    return Passed(CODE, NAME, says, share, options.max_share)


def _digests(evidence: Evidence, options: DuplicatesOptions) -> Digests | None:
    dataset = evidence.context.dataset
    if options.columns is not None and dataset is not None and dataset.source is not None:
        known = [str(name) for name in dataset.source.columns]
        refuse_unknown(f"{NAME}.columns", options.columns, known, "column")
        return table_digests(dataset.source.set_axis(known, axis=1)[list(options.columns)])
    found = None if dataset is None or options.columns is not None else row_digests(dataset)
    if found is None and options.required:
        what = "columns" if options.columns is not None else "content"
        raise InputError(
            f"check {NAME} cannot run: the data set has no {what} to compare",
            hint=f"take {NAME} out of `checks`, or say required: false to go on without it",
        )
    return found


def _contradicting(groups: Indices, numbers: Indices) -> Indices:
    """Rows of the groups that carry more than one label, in the order of the data."""
    lowest = np.full(groups.max() + 1, np.iinfo(np.intp).max)
    highest = np.full(groups.max() + 1, -1)
    np.minimum.at(lowest, groups, numbers)
    np.maximum.at(highest, groups, numbers)
    return np.flatnonzero((lowest != highest)[groups])


def _examples(evidence: Evidence, groups: Indices, rows: Indices) -> str:
    ids, labels = evidence.scored["id"].to_numpy(), evidence.scored["given_label"].to_numpy()
    told = []
    for group in dict.fromkeys(groups[rows].tolist()):
        members = rows[groups[rows] == group]
        some = [f"row {str(ids[i])[:_SHOWN]} as {labels[i]!r}" for i in members[:_EXAMPLES]]
        more = f" and {len(members) - len(some):,} more" if len(members) > len(some) else ""
        told.append(", ".join(some) + more)
        if len(told) == _EXAMPLES:
            break
    return "; ".join(told)


DUPLICATES = Check(
    CODE, NAME, "no rows of the same content carry different labels", DuplicatesOptions, check_duplicates
)
