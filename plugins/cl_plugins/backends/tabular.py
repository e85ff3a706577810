"""The backend ``tabular``: encoded columns, a scikit-learn model, out-of-sample by folds."""

import sklearn
from threadpoolctl import threadpool_limits

from cl_core.dataset import Dataset, Predictions
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.columns import read_columns
from cl_plugins.backends.encoders import FoldEncoder
from cl_plugins.backends.estimators import TASTES, choose, make_model, predict_proba
from cl_plugins.backends.folds import out_of_sample
from cl_plugins.backends.options import TabularOptions

# Below this many cells OpenMP threads wait for each other longer than they work: one thread was three
# times as fast as two at 1,600 x 20 (benchmarks/tabular.py).
_CELLS_WORTH_THREADS = 1_000_000


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
    model = f"{name}, {options.folds} folds, seed {options.seed}, scikit-learn {sklearn.__version__}"
    return Predictions(probs, out_of_sample=True, model=model, notes=(*columns.notes, *notes))
