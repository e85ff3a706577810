"""The backend ``text``: words and letters, a linear model. Networks are `embeddings`'."""

import numpy as np
import sklearn
from threadpoolctl import threadpool_limits

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.dense import dense_probs, kept_groups
from cl_plugins.backends.folds import out_of_sample
from cl_plugins.backends.media_options import TextOptions
from cl_plugins.backends.text_model import text_probs
from cl_plugins.backends.words import Words
from cl_plugins.embeddings.embed import embed


def predict_text(dataset: Dataset, options: TextOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities for every text; the same options and data give the same bits."""
    texts, notes = read_texts(dataset)
    if options.embedding is not None:
        rows, what = embed(dataset, options.embedding, progress)
        probs, said = dense_probs(rows, "linear", dataset, options, progress)
    else:
        probs, said = _from_words(texts, dataset, options, progress)
        what = "words and letters by naive Bayes and a linear support vector machine"
    model = f"{what}, {options.folds} folds, seed {options.seed}, scikit-learn {sklearn.__version__}"
    return Predictions(probs, out_of_sample=True, model=model, notes=(*notes, *said))


def read_texts(dataset: Dataset) -> tuple[list[str], tuple[str, ...]]:
    """Return the texts, and a note on empty ones; refuses data with nothing but empty ones."""
    if dataset.modality != "text":
        raise InputError(
            f"the text backend got {dataset.modality} data {dataset.name!r}, wanted texts",
            hint="name the column of texts with data.text, or choose another backend",
        )
    texts = [str(text) for text in dataset.features]
    empty = sum(not text.strip() for text in texts)
    if empty == len(texts):
        raise InputError(
            f"all {empty:,} texts of data set {dataset.name!r} are empty", hint="check the column of texts"
        )
    return texts, (f"{empty:,} texts are empty: the model knows nothing of them",) if empty else ()


def _from_words(
    texts: list[str], dataset: Dataset, options: TextOptions, progress: Progress
) -> tuple[FloatArray, tuple[str, ...]]:
    progress(0, options.folds, "counting words")
    words = Words(texts, dataset.n_classes)
    groups = np.asarray(dataset.groups) if kept_groups(dataset, options) else None

    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        return text_probs(words, dataset.labels, train, test, groups=groups, seed=options.seed)

    with threadpool_limits(1, user_api="blas"):
        return out_of_sample(fit_predict, dataset, options, progress)
