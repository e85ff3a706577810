"""The loader ``bundled``: scikit-learn's own data sets, offline, with label noise on request."""

import numpy as np
from sklearn import datasets

from cl_core.dataset import Dataset
from cl_core.synthetic import flip_labels
from cl_plugins.loaders.fingerprint import fingerprint
from cl_plugins.loaders.options import BundledOptions


def load_bundled(options: BundledOptions) -> Dataset:
    """Load the data set by name and flip the share of labels asked for; the right labels go along."""
    bunch = getattr(datasets, f"load_{options.name}")(as_frame=options.name != "digits")
    true = np.asarray(bunch.target, dtype=np.intp)
    classes = tuple(str(name) for name in bunch.target_names)
    labels, notes = true, ["ids are row numbers of the data set, from 0"]
    if options.inject_noise:
        rng = np.random.default_rng(options.seed)
        labels, flipped = flip_labels(true, rate=options.inject_noise, n_classes=len(classes), rng=rng)
        notes.append(
            f"{int(flipped.sum()):,} of {len(true):,} labels were flipped on purpose (seed {options.seed})"
        )
    features = bunch.images if options.name == "digits" else bunch.data
    ids = np.arange(len(true))
    return Dataset(
        name=options.name,
        ids=ids,
        labels=labels,
        classes=classes,
        features=features,
        modality="image" if options.name == "digits" else "table",
        fingerprint=fingerprint(ids, labels, list(classes), features),
        notes=tuple(notes),
        true_labels=true if options.inject_noise else None,
    )
