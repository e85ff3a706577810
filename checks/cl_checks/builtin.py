"""The checks that come with labelgate, offered through the door that plugin authors use."""

from collections.abc import Iterator

from cl_checks.coverage import COVERAGE
from cl_checks.model_quality import MODEL_QUALITY
from cl_checks.noise_budget import NOISE_BUDGET
from cl_core.hooks import Check, hookimpl


@hookimpl
def labelgate_checks() -> Iterator[Check]:
    """Offer LN001, LN002 and LN003."""
    yield NOISE_BUDGET
    yield MODEL_QUALITY
    yield COVERAGE
