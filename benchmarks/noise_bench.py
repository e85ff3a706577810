"""The development bench of the noise rate: data sets, models and label noise that the estimator knows.

Nothing here touches the CIFAR-10 files that the published figures come from. A setting is a number:
it draws a data set, a model and a kind of noise, so that everybody gets the same one.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from data import data_folder

Array = NDArray[Any]
Data = tuple[Array, Array]

FOLDS = 4
MAKERS: dict[str, Callable[[], Any]] = {
    "lr": lambda: LogisticRegression(C=1, max_iter=150),
    "lr_under": lambda: LogisticRegression(C=0.002, max_iter=100),
    "lr_over": lambda: LogisticRegression(C=300, max_iter=300),
    "mlp_mem": lambda: MLPClassifier(
        (128,), alpha=0, max_iter=120, learning_rate_init=3e-3, batch_size=64, tol=0,
        n_iter_no_change=500, random_state=0,
    ),
    "mlp_mid": lambda: MLPClassifier((128, 64), alpha=1e-3, max_iter=30, batch_size=64, random_state=0),
    "mlp_early": lambda: MLPClassifier(
        (64,), alpha=1e-2, max_iter=40, early_stopping=True, n_iter_no_change=4, batch_size=64, random_state=0
    ),
    "rf": lambda: RandomForestClassifier(80, random_state=0),
    "et": lambda: ExtraTreesClassifier(80, min_samples_leaf=3, random_state=0),
    "hgb": lambda: HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=0),
    "knn": lambda: KNeighborsClassifier(10),
    "nb": GaussianNB,
    "lda": LinearDiscriminantAnalysis,
    "qda": lambda: QuadraticDiscriminantAnalysis(reg_param=0.1),
}  # fmt: skip
RATES: dict[str, tuple[float, ...]] = {
    "clean": (0.0,),
    "uniform": (0.02, 0.05, 0.1, 0.2, 0.4),
    "post": (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2),  # flipped after a model of clean labels
    "pair": (0.05, 0.1, 0.2, 0.3),
    "ccn": (0.05, 0.1, 0.2, 0.4),  # uneven, sparse, class-conditional
    "idn": (0.03, 0.06, 0.09, 0.15, 0.2, 0.4),  # errors of an annotator who sees some of the columns
    "idnmix": (0.05, 0.09, 0.2, 0.4),
    "hard": (0.03, 0.06, 0.09, 0.15, 0.2, 0.4),  # errors where a full model finds the row hard
    "hardmix": (0.05, 0.09, 0.2, 0.4),
}
INSTANCE = ("idn", "idnmix", "hard", "hardmix")
MIX = {
    "clean": 0.14, "uniform": 0.15, "post": 0.1, "pair": 0.08, "ccn": 0.2, "idn": 0.2, "idnmix": 0.13,
}  # fmt: skip
HARD_MIX = {"hard": 0.5, "hardmix": 0.2, "ccn": 0.1, "clean": 0.1, "uniform": 0.1}
HARD_FROM = 100_000  # numbers from here on draw from HARD_MIX
FITTED_ON = (*range(1348), *range(HARD_FROM, HARD_FROM + 325))
FRESH_FROM = 200_000  # and from here on from both in turn: settings that nothing was fitted on

BUNDLED = ("digits", "breast_cancer", "wine")
FROM_FOLDER = ("mnist", "mnist_p12", "mnist_p6", "spoken", "spoken_p12", "bank77", "bank15", "sms")
SHAPES = (
    (2, 20, 1.0), (2, 10, 0.6), (3, 20, 1.2), (4, 30, 1.5), (5, 20, 1.0),
    (5, 40, 2.0), (8, 30, 1.5), (10, 40, 1.2), (10, 40, 2.5), (20, 60, 2.0),
)  # fmt: skip
BLOBS = ((6, 3.0), (12, 4.0))
NAMES = (
    *BUNDLED,
    *FROM_FOLDER,
    *(f"made{i}_k{shape[0]}" for i, shape in enumerate(SHAPES)),
    *(f"blobs{i}" for i in range(len(BLOBS))),
)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One data set with known label errors and one model's out-of-sample probabilities."""

    name: str
    data: str
    kind: str
    labels: Array
    true: Array
    pred_probs: Array


def draw(number: int) -> Setting | None:
    """Make a setting; None without its data, or where the model cannot be fitted or takes minutes."""
    rng = np.random.default_rng(1000 + number)
    data = NAMES[rng.integers(len(NAMES))]
    model = list(MAKERS)[rng.integers(len(MAKERS))]
    mix = MIX if number < HARD_FROM or (number >= FRESH_FROM and number % 2 == 0) else HARD_MIX
    kind = str(rng.choice(list(mix), p=list(mix.values())))
    rate = float(rng.choice(RATES[kind]))
    if data not in data_sets():
        return None
    x, y = data_sets()[data]
    if rng.random() < 0.25 and len(y) > 2000:
        rows = rng.permutation(len(y))[: 1200 if y.max() < 20 else 3000]
        x, y = x[rows], np.unique(y[rows], return_inverse=True)[1]
    k = int(y.max()) + 1
    if k > 30 and model in ("hgb", "mlp_mem"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # models that do not converge are part of the bench
        try:
            given = flip(kind, rate, x, y, rng)
            probs = out_of_fold(model, x, y if kind == "post" else given, k, rng)
        except np.linalg.LinAlgError:
            return None  # discriminants without enough rows a class
    return Setting(f"{number:06d} {data} {model} {kind} {rate:g}", data, kind, given, y, probs)


def out_of_fold(model: str, x: Array, labels: Array, k: int, rng: np.random.Generator) -> Array:
    """Cross-validated probabilities, shape (n, k)."""
    fold = rng.permutation(len(labels)) % FOLDS
    probs = np.zeros((len(labels), k))
    for part in range(FOLDS):
        inside = fold == part
        fitted = MAKERS[model]().fit(x[~inside], labels[~inside])
        probs[np.ix_(inside, fitted.classes_)] = fitted.predict_proba(x[inside])
    probs = np.nan_to_num(probs) + 1e-9
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))


def flip(kind: str, rate: float, x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Return labels with about a share `rate` wrong, in the manner of `kind`."""
    n, k = len(y), int(y.max()) + 1
    if kind == "clean":
        return y.copy()
    if kind in ("uniform", "post"):
        moved = rng.random(n) < rate
        return np.where(moved, (y + rng.integers(1, k, n)) % k, y)
    if kind == "pair":
        cycle = rng.permutation(k)
        following = np.empty(k, dtype=int)
        following[cycle] = np.roll(cycle, -1)
        return np.where(rng.random(n) < rate, following[y], y)
    if kind == "ccn":
        below = np.cumsum(_sparse_matrix(rate, k, rng), axis=1)[y]
        return np.asarray((rng.random(n)[:, None] > below).sum(axis=1).clip(0, k - 1))
    return _people(kind, rate, x, y, rng)


def _sparse_matrix(rate: float, k: int, rng: np.random.Generator) -> Array:
    errors = np.clip(rng.dirichlet(np.ones(k) * 3) * k * rate, 0, 0.75)
    matrix = np.zeros((k, k))
    for i in range(k):
        weight = rng.dirichlet(np.ones(k))
        weight[i] = 0
        sparse = np.where(rng.random(k) < 0.5, 0, weight)
        weight = sparse if sparse.sum() > 0 else weight
        matrix[i] = weight / weight.sum() * errors[i]
        matrix[i, i] = 1 - errors[i]
    return matrix


def _people(kind: str, rate: float, x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Errors on rows that are hard for an annotator, towards classes the annotator finds likely."""
    n, k = len(y), int(y.max()) + 1
    if kind.startswith("idn"):
        belief = _annotator(x, y, k, rng)
    else:
        belief = out_of_fold(("lr", "knn", "mlp_early", "lda", "et", "rf")[rng.integers(6)], x, y, k, rng)
    rows = np.arange(n)
    hard = (1 - belief[rows, y] + 1e-3) ** rng.uniform(0.5, 1.5)
    if kind.endswith("mix"):
        hard = 0.5 * hard / hard.mean() + 0.5
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * hard, 0, 0.85).mean() < rate else (low, middle)
    moved = rng.random(n) < np.clip(low * hard, 0, 0.85)
    other = belief.copy()
    other[rows, y] = 0
    other /= other.sum(axis=1, keepdims=True)
    wrong = (rng.random(n)[:, None] > np.cumsum(other, axis=1)).sum(axis=1).clip(0, k - 1)
    return np.where(moved, wrong, y)


def _annotator(x: Array, y: Array, k: int, rng: np.random.Generator) -> Array:
    n, width = x.shape
    columns = rng.permutation(width)[: max(3, int(width * rng.uniform(0.3, 0.8)))]
    seen = rng.permutation(n)[: max(20 * k, n // 6)]
    model: Any = (
        LogisticRegression(C=0.3, max_iter=100),
        KNeighborsClassifier(15),
        MLPClassifier((32,), max_iter=20, random_state=0),
    )[rng.integers(3)]
    model.fit(x[seen][:, columns], y[seen])
    belief = np.full((n, k), 1e-4)
    belief[:, model.classes_] += model.predict_proba(x[:, columns])
    return np.asarray(belief / belief.sum(axis=1, keepdims=True))


@cache
def data_sets() -> dict[str, Data]:
    """Every data set of the bench; those of the data folder only when it is there."""
    return dict([*_bundled(), *_from_folder(), *_generated()])


def _bundled() -> Iterator[tuple[str, Data]]:
    for name, rows in (("digits", 1797), ("breast_cancer", 1000), ("wine", 1000)):
        found = getattr(datasets, f"load_{name}")()
        yield name, _some(StandardScaler().fit_transform(found.data), found.target, rows)


def _from_folder() -> Iterator[tuple[str, Data]]:
    folder = data_folder()
    if not (folder / "mnist_test_verified.npz").exists():
        return
    with np.load(folder / "mnist_test_verified.npz") as mnist:
        images = next(mnist[name] for name in mnist.files if "imag" in name)
        digit = next(mnist[name] for name in mnist.files if "label" in name)
    parts = PCA(40, random_state=0).fit_transform(images.reshape(len(images), -1) / 255.0)
    yield "mnist", _some(parts / parts.std(), digit, 6000)
    yield "mnist_p12", _some(parts[:, :12] / parts.std(), digit, 5000, seed=1)
    yield "mnist_p6", _some(parts[:, :6] / parts.std(), digit, 5000, seed=2)
    sound, digit = _spoken(folder / "spoken_digits.npz")
    parts = PCA(60, random_state=0).fit_transform(StandardScaler().fit_transform(sound))
    yield "spoken", _some(parts / parts.std(), digit, 3000)
    yield "spoken_p12", _some(parts[:, :12] / parts.std(), digit, 3000)
    bank = pd.read_parquet(folder / "banking77.parquet")
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(bank["text"])
    parts = TruncatedSVD(120, random_state=0).fit_transform(words) * 10
    intent = bank["category"].to_numpy()
    yield "bank77", _some(parts, intent, 6000)
    common = bank["category"].isin(bank["category"].value_counts().index[:15]).to_numpy()
    yield "bank15", _some(parts[common], intent[common], 3000)
    sms = pd.read_parquet(folder / "sms_spam.parquet")
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(sms["text"])
    parts = TruncatedSVD(60, random_state=0).fit_transform(words) * 10
    yield "sms", _some(parts, sms["label"].to_numpy(), 5574)


def _generated() -> Iterator[tuple[str, Data]]:
    rng = np.random.default_rng(5)
    for i, (k, width, apart) in enumerate(SHAPES):
        shares = None if i % 3 else rng.dirichlet(np.ones(k) * 4)
        x, y = datasets.make_classification(
            4000, width, n_informative=min(width // 2, 12), n_redundant=width // 5, n_classes=k,
            n_clusters_per_class=2 if k <= 8 else 1, class_sep=apart, flip_y=0, weights=shares,
            random_state=i,
        )  # fmt: skip
        yield f"made{i}_k{k}", _some(StandardScaler().fit_transform(x), y, 4000)
    for i, (k, wide) in enumerate(BLOBS):
        x, y = datasets.make_blobs(4000, 8, centers=k, cluster_std=wide, random_state=i)
        yield f"blobs{i}", _some(StandardScaler().fit_transform(x), y, 4000)


def _some(x: Array, y: Array, rows: int, *, seed: int = 0) -> Data:
    if len(y) > rows:
        kept = np.random.default_rng(seed).permutation(len(y))[:rows]
        x, y = x[kept], y[kept]
    return np.ascontiguousarray(x, dtype=np.float32), np.unique(y, return_inverse=True)[1]


def _spoken(path: Path) -> Data:
    """Ten stretches of a clip in sixteen bands of frequency."""
    with np.load(io.BytesIO(path.read_bytes())) as clips:
        audio, offset, digit = clips["audio"], clips["offset"], clips["y"]
    rows = []
    for first, last in pairwise(offset):
        sound = audio[first:last].astype(np.float32) / 32768
        sound = np.pad(sound, (0, max(0, 2400 - len(sound))))
        frames = np.lib.stride_tricks.sliding_window_view(sound, 256)[::128] * np.hanning(256)
        power = (
            np.log(np.abs(np.fft.rfft(frames))[:, :128] ** 2 + 1e-6).reshape(len(frames), 16, 8).mean(axis=2)
        )
        rows.append(np.concatenate([stretch.mean(axis=0) for stretch in np.array_split(power, 10)]))
    return np.array(rows), digit
