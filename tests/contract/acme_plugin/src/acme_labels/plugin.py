"""What Acme offers to labelgate: three records, each a name, a summary, options and a function."""

from collections.abc import Iterator

from acme_labels.balance import BalanceOptions, check_balance
from acme_labels.centroid import CentroidOptions, predict_centroid
from acme_labels.jsonl import JsonlOptions, load_jsonl
from cl_core import Check, DatasetLoader, ModelBackend, hookimpl


@hookimpl
def labelgate_dataset_loaders() -> Iterator[DatasetLoader]:
    """Offer the loader ``acme-jsonl``."""
    yield DatasetLoader("acme-jsonl", "JSON lines with a label key", JsonlOptions, load_jsonl, (".jsonl",))


@hookimpl
def labelgate_model_backends() -> Iterator[ModelBackend]:
    """Offer the backend ``acme-centroid``."""
    yield ModelBackend("acme-centroid", "nearest centroid with a softmax", CentroidOptions, predict_centroid)


@hookimpl
def labelgate_checks() -> Iterator[Check]:
    """Offer the check ``AC001``."""
    yield Check("AC001", "acme-balance", "no class may be too rare", BalanceOptions, check_balance)
