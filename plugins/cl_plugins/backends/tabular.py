"""The backend ``tabular``: encoded columns, a scikit-learn model, out-of-sample by folds."""

import sklearn
from threadpoolctl import threadpool_limits

from cl_core.dataset import Dataset, Predictions
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.columns import read_columns
from cl_plugins.backends.encoders import FoldEncoder
from cl_plugins.backends.estimators import TASTES, choose, make_model, predict_proba
from cl_plugins.backends.folds import make_splits, out_of_sample
from cl_plugins.backends.options import TabularOptions
from cl_plugins.backends.temperature import tempered

# Below this many cells OpenMP threads wait for each other longer than they work: one thread was three
# times as fast as two at 1,600 x 20 (benchmarks/tabular.py).
_CELLS_WORTH_THREADS = 1_000_000
# The more classes there are, the less sure is a forest of what it gets right: docs/adr/0002-tabular.md.
_MOST_CLASSES_SURE = 10


def predict_tabular(dataset: Dataset, options: TabularOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities for every row; the same options and data give the same bits."""
    columns = read_columns(dataset)
    name = choose(options.estimator, dataset)
    encoder = FoldEncoder(columns.blocks, TASTES[name], options.seed)
    labels = dataset.labels

    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        learn, judge = encoder.split(train, test)
        model = make_model(
            *(name, learn),
            n_classes=dataset.n_classes,
            categorical=encoder.categorical,
            seed=options.seed,
        )
        model.fit(learn, labels[train])
        return model.classes_, predict_proba(model, judge)

    # The order in which several threads of a linear algebra library add numbers shows in the last bits.
    threads = 1 if columns.n_cells < _CELLS_WORTH_THREADS else None
    with threadpool_limits(1, user_api="blas"), threadpool_limits(threads, user_api="openmp"):
        probs, notes = out_of_sample(fit_predict, dataset, options, progress)
        # A power fitted on later rows would be knowledge of the future.
        if name == "extra_trees" and dataset.n_classes > _MOST_CLASSES_SURE and not options.past_only:
            folds = [test for _, test in make_splits(dataset, options)[0]]
            probs, powers = tempered(probs, labels, folds, seed=options.seed)
            if powers:
                says = (
                    f"the forest's probabilities were raised to powers of {min(powers):.2f} to "
                    f"{max(powers):.2f}, fitted on the other folds, so that it is as sure as it is right"
                )
                notes = (*notes, says)
    model = f"{name}, {options.folds} folds, seed {options.seed}, scikit-learn {sklearn.__version__}"
    return Predictions(probs, out_of_sample=True, model=model, notes=(*columns.notes, *notes))
