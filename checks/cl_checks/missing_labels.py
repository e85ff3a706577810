"""LN011: do too many rows carry no label? They are left out of every other figure."""

from cl_checks.options import Options, Share
from cl_checks.wording import percents
from cl_core.errors import InputError
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Failed, Passed, Verdict

CODE, NAME = "LN011", "missing-labels"


class MissingLabelsOptions(Options):
    """Options of LN011.

    Attributes
    ----------
    max_share
        Largest share of the source's rows, in 0..1, that carry no label.
    """

    max_share: Share = 0.05


def check_missing_labels(evidence: Evidence, options: MissingLabelsOptions) -> Verdict:
    """Hold the share of rows without a label against the limit.

    Parameters
    ----------
    evidence
        What was measured about the labels; its context holds the data set.
    options
        The largest share; exactly as many pass.

    Returns
    -------
    Verdict
        `Failed` over the limit, else `Passed`.

    Raises
    ------
    InputError
        When nobody knows how many rows were left out.
    """
    dataset = evidence.context.dataset
    if dataset is None:
        raise InputError(
            f"check {NAME} cannot run: the evidence does not say how many rows carry no label",
            hint="attach the data set: replace(evidence, context=Context(dataset))",
        )
    missing, rows = dataset.n_unlabelled, dataset.n_rows + dataset.n_unlabelled
    share = missing / rows
    found, most = percents(share, options.max_share)
    says = f"{missing:,} of {rows:,} rows carry no label, {found}; the limit is {most}."
    if share > options.max_share:
        remedy = "Label these rows or take them out of the source, and see why they came without a label."
        return Failed(CODE, NAME, says, share, options.max_share, remedy)
    return Passed(CODE, NAME, says, share, options.max_share)


MISSING_LABELS = Check(
    CODE, NAME, "not too many rows carry no label", MissingLabelsOptions, check_missing_labels
)
