"""The backend ``torch``: a torch module fitted through skorch, fold by fold, stopped early, out of sample."""

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from cl_core.crossval import stratified_folds
from cl_core.dataset import Dataset, Modality, Predictions
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.columns import read_columns
from cl_plugins.backends.encoders import FoldEncoder
from cl_plugins.backends.folds import out_of_sample
from cl_plugins.backends.model_options import TorchOptions
from cl_plugins.backends.raw_features import channels_first, read_raw
from cl_plugins.backends.torch_modules import check_output, module_factory
from cl_plugins.backends.torch_session import deterministic, seeded_torch, torch_device
from cl_plugins.backends.user_code import blaming, check_fold
from cl_plugins.needs import needed

Rows: TypeAlias = NDArray[np.float32]
Split: TypeAlias = Callable[[Indices, Indices], tuple[Rows, Rows]]

_MODALITIES: tuple[Modality, ...] = ("table", "image", "array")
_HINT = "check the module and its parameters; a smaller model.lr where it diverges"
_MOMENTUM = 0.9


def predict_torch(dataset: Dataset, options: TorchOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities of a torch module; the same bits for the same number of threads."""
    torch = needed("torch", "torch", "the backend torch")
    needed("skorch", "torch", "the backend torch")
    device = torch_device(options.device)
    split, notes = _features(dataset, options)
    name = options.module or "small network"
    k, labels = dataset.n_classes, dataset.labels
    epochs: list[int] = []

    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        learn, judge = split(train, test)
        make = module_factory(options.module, options.module_params, learn.shape[1:], k)
        kept_back = _kept_back(dataset, train, options)
        with seeded_torch(device, options.seed), blaming(name, "fit", _HINT):
            module = make()
            check_output(module, learn, k, name)
            net = _fit(module, learn, labels[train], kept_back, options)
            epochs.append(len(net.history))
            logits = np.concatenate([part.cpu().numpy() for part in net.forward_iter(judge)])
        seen = np.unique(labels[train])
        # A class that this fold cannot know has a column all the same: its share goes to the others.
        return seen, check_fold(
            softmax(logits[:, seen].astype(np.float64), axis=1), len(test), len(seen), name
        )

    with deterministic(device, options.threads), threadpool_limits(1, user_api="blas"):
        probs, heard = out_of_sample(fit_predict, dataset, options, progress, epochs)
    unfinished = sum(count == options.epochs for count in epochs)
    if unfinished:
        notes.append(
            f"{unfinished} of {len(epochs)} folds were still learning after {options.epochs} epochs: "
            "raise model.epochs"
        )
    model = (
        f"{name}, {options.optimizer} {options.lr:g}, {'/'.join(map(str, epochs))} epochs, "
        f"{options.folds} folds, seed {options.seed}, torch {torch.__version__}"
    )
    return Predictions(probs, out_of_sample=True, model=model, notes=(*notes, *heard))


def _features(dataset: Dataset, options: TorchOptions) -> tuple[Split, list[str]]:
    raw = read_raw(
        dataset,
        backend="torch",
        modalities=_MODALITIES,
        size=options.size,
        mode="RGB" if options.colour else "L",
    )
    if dataset.modality == "image":
        pictures = channels_first(raw)
        return lambda train, test: (pictures[train], pictures[test]), []
    if dataset.modality == "array" and raw.ndim > 2:  # noqa: PLR2004 - sequences and the like
        rows = raw.astype(np.float32)
        if not np.isfinite(rows).all():
            raise InputError(
                f"data set {dataset.name!r} has NaN or infinite numbers", hint="replace them by finite ones"
            )
        return lambda train, test: (rows[train], rows[test]), []
    columns = read_columns(dataset)
    encoder = FoldEncoder(columns.blocks, "scaled", options.seed)

    def split(train: Indices, test: Indices) -> tuple[Rows, Rows]:
        learn, judge = encoder.split(train, test)
        return learn.astype(np.float32), judge.astype(np.float32)

    return split, list(columns.notes)


def _kept_back(dataset: Dataset, train: Indices, options: TorchOptions) -> NDArray[np.bool_]:
    """Which training rows only decide when to stop: of every class, or whole groups; never all of a class."""
    labels = dataset.labels[train]
    if dataset.groups is None:
        kept = stratified_folds(labels, max(2, round(1 / options.keep_back)), options.seed) == 0
    else:
        group, sizes = np.unique(dataset.groups[train], return_inverse=True, return_counts=True)[1:]
        order = np.random.default_rng(options.seed).permutation(len(sizes))
        few = order[np.cumsum(sizes[order]) <= options.keep_back * len(train)]
        kept = np.isin(group, few if len(few) else order[:1])
    kept[~np.isin(labels, labels[~kept])] = False
    found: NDArray[np.bool_] = kept
    return found


def _fit(module: Any, rows: Rows, labels: Labels, kept_back: NDArray[np.bool_], options: TorchOptions) -> Any:
    import torch
    from skorch import NeuralNetClassifier
    from skorch.callbacks import EarlyStopping
    from skorch.dataset import Dataset as Part
    from skorch.helper import predefined_split

    optimizers = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    targets = labels.astype(np.int64)
    learned = int((~kept_back).sum())
    stop = EarlyStopping(monitor="valid_loss", patience=options.patience, load_best=True, sink=_silent)
    extra = {"optimizer__momentum": _MOMENTUM} if options.optimizer == "sgd" else {}
    net = NeuralNetClassifier(
        module,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=optimizers[options.optimizer],
        optimizer__weight_decay=options.weight_decay,
        lr=options.lr,
        max_epochs=options.epochs,
        batch_size=options.batch_size,
        iterator_train__shuffle=True,
        iterator_train__drop_last=learned % options.batch_size == 1,  # batch norm takes no single row
        train_split=predefined_split(Part(rows[kept_back], targets[kept_back])) if kept_back.any() else None,
        callbacks=[stop] if kept_back.any() else [],
        device=options.device,
        verbose=0,
        **extra,
    )
    with warnings.catch_warnings():
        # PyTorch speaks of its own loaders here; nothing of it is about the data.
        warnings.filterwarnings("ignore", category=UserWarning, module="torch.utils.data")
        return net.fit(rows[~kept_back], targets[~kept_back])


def _silent(text: str) -> None:
    """Swallow what early stopping prints."""
