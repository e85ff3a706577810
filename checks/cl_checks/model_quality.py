"""LN002: is the model good enough to judge labels at all? Says nothing about the labels."""

from math import sqrt
from statistics import NormalDist

from cl_checks.options import Options, Share
from cl_checks.wording import percents
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Passed, Undecided, Verdict

CODE, NAME = "LN002", "model-quality"

# A model that only guesses gets through in one run of twenty, the usual level of a test.
_LEVEL = 0.05

# The normalized margin of a tie for the largest probability; a tie is no agreement.
_TIE = 0.5


class ModelQualityOptions(Options):
    """Options of LN002.

    Attributes
    ----------
    max_calibration_error
        Largest expected calibration error against the given labels, in 0..1.
    out_of_sample
        Whether every row's probabilities come from a model that never saw its label, where people know
        better than the evidence; None believes the evidence. Where nobody knows, agreeing with every
        single label is not believed.
    """

    # Loose on purpose. The error is measured against labels that are partly wrong, so that it rises
    # with the noise even for a faultless model; and confident learning compares each class with its
    # own threshold, so that it survives much over- and under-confidence: a random forest on the
    # spotless digits is off by 0.2 and judges them well. Naive Bayes on digits with a tenth of the
    # labels flipped, certain and wrong, is off by 0.4 (tests/checks/test_model_quality.py).
    max_calibration_error: Share = 0.3
    out_of_sample: bool | None = None


def check_model_quality(evidence: Evidence, options: ModelQualityOptions) -> Verdict:
    """Ask whether the model beats guessing, is calibrated, and judged labels it had not seen.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    options
        The limits.

    Returns
    -------
    Verdict
        `Undecided` for a model that cannot be trusted to judge; `Passed` otherwise. Never `Failed`:
        a weak model says nothing about the labels.
    """
    return (
        _undecided_in_sample(evidence, options)
        or _undecided_guessing(evidence)
        or _undecided_calibration(evidence, options)
        or _passed(evidence)
    )


def _undecided_in_sample(evidence: Evidence, options: ModelQualityOptions) -> Undecided | None:
    agrees = evidence.quality.accuracy
    known = evidence.out_of_sample if options.out_of_sample is None else options.out_of_sample
    if known is False:
        says = "The probabilities come from a model trained on the very labels it judges."
        remedy = "Use out-of-sample probabilities: cross-validation, or a model trained on other rows."
    elif known is None and agrees >= 1:
        says = (
            "The model agrees with every single label, as a model does that was trained on them; "
            "nothing tells whether these probabilities are out of sample."
        )
        remedy = (
            "Make them by cross-validation or on rows the model never saw; "
            f"if they were, say so with the option out_of_sample of {NAME}."
        )
    else:
        return None
    return Undecided(CODE, NAME, says, agrees, None, remedy)


def _undecided_guessing(evidence: Evidence) -> Undecided | None:
    won, lost = _against_guessing(evidence)
    if _sign_test(won, lost) <= _LEVEL:
        return None
    quality = evidence.quality
    accuracy, majority = percents(quality.accuracy, quality.majority)
    says = (
        f"The model agrees with {accuracy} of the labels, always naming the largest class with {majority}: "
        f"that is no better than guessing, or too few of the {evidence.n_rows:,} rows to tell."
    )
    remedy = "Use a better model, better features or more rows; nobody can judge labels by guessing."
    return Undecided(CODE, NAME, says, quality.accuracy, quality.majority, remedy)


def _undecided_calibration(evidence: Evidence, options: ModelQualityOptions) -> Undecided | None:
    error, limit = evidence.quality.calibration_error, options.max_calibration_error
    if error <= limit:
        return None
    written, most = percents(error, limit)
    says = (
        f"The model's confidence is off by {written} on average (expected calibration error); "
        f"the limit is {most}."
    )
    remedy = "Calibrate the model (temperature scaling, CalibratedClassifierCV) or use another."
    return Undecided(CODE, NAME, says, error, limit, remedy)


def _passed(evidence: Evidence) -> Passed:
    quality = evidence.quality
    accuracy, majority, error = percents(quality.accuracy, quality.majority, quality.calibration_error)
    says = (
        f"The model agrees with {accuracy} of the labels (guessing: {majority}) "
        f"and its confidence is off by {error} on average: good enough to judge."
    )
    return Passed(CODE, NAME, says, quality.accuracy, quality.majority)


def _against_guessing(evidence: Evidence) -> tuple[int, int]:
    """Count the rows where only the model agrees with the label, and those where only guessing does."""
    given = evidence.scored["given_label"]
    right = evidence.scored["normalized_margin"] > _TIE
    guessed = given == given.mode().iloc[0]
    return int((right & ~guessed).sum()), int((~right & guessed).sum())


def _sign_test(won: int, lost: int) -> float:
    """Chance of so many wins or more if winning and losing were equally likely.

    McNemar's test with continuity correction, one-sided: both accuracies are measured on the same
    rows, so only rows where they differ tell anything (McNemar 1947, Psychometrika 12, 153-157).
    """
    if won == lost:
        return 1.0
    return 1.0 - NormalDist().cdf((won - lost - 1) / sqrt(won + lost))


MODEL_QUALITY = Check(
    CODE, NAME, "the model is good enough to judge the labels", ModelQualityOptions, check_model_quality
)
