"""The plugin contract as checks for plugin authors' own tests; any test runner will do.

A whole test of a plugin::

    from acme.plugin import NEAREST_CENTROID
    from cl_core.testing import check_backend

    def test_our_backend_keeps_the_contract():
        check_backend(NEAREST_CENTROID)

Each check raises `ContractError`, an `AssertionError`, that says what came and what was wanted.
"""

from cl_core.testing.backend import check_backend
from cl_core.testing.loader import check_loader
from cl_core.testing.record import ContractError
from cl_core.testing.rules import check_check, check_estimator_plugin, check_publisher
from cl_core.testing.samples import sample_dataset, sample_probabilities

__all__ = [
    "ContractError",
    "check_backend",
    "check_check",
    "check_estimator_plugin",
    "check_loader",
    "check_publisher",
    "sample_dataset",
    "sample_probabilities",
]
