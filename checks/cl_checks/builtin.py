"""The checks that come with labelgate, offered through the door that plugin authors use."""

from collections.abc import Iterator

from cl_checks.audit_required import AUDIT_REQUIRED
from cl_checks.class_noise import CLASS_NOISE
from cl_checks.classes import CLASSES
from cl_checks.coverage import COVERAGE
from cl_checks.duplicates import DUPLICATES
from cl_checks.flagged_rows import FLAGGED_ROWS
from cl_checks.label_shift import LABEL_SHIFT
from cl_checks.missing_labels import MISSING_LABELS
from cl_checks.model_quality import MODEL_QUALITY
from cl_checks.noise_budget import NOISE_BUDGET
from cl_checks.noise_increase import NOISE_INCREASE
from cl_checks.pair_noise import PAIR_NOISE
from cl_checks.slice_noise import SLICE_NOISE
from cl_core.hooks import Check, hookimpl


@hookimpl
def labelgate_checks() -> Iterator[Check]:
    """Offer LN001 to LN013."""
    yield NOISE_BUDGET
    yield MODEL_QUALITY
    yield COVERAGE
    yield CLASS_NOISE
    yield PAIR_NOISE
    yield SLICE_NOISE
    yield NOISE_INCREASE
    yield FLAGGED_ROWS
    yield CLASSES
    yield LABEL_SHIFT
    yield MISSING_LABELS
    yield DUPLICATES
    yield AUDIT_REQUIRED
