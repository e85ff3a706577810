"""The backends ``text``, ``image`` and ``audio``: what they find and what they refuse."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from cl_core import Dataset, InputError, Predictions, label_quality_scores
from cl_core.media import Clips
from cl_core.testing import check_backend
from cl_plugins.backends.gradients import describe_pictures
from cl_plugins.backends.log_mel import describe_sound
from cl_plugins.builtin import labelgate_model_backends
from cl_plugins.loaders.bundled import load_bundled
from cl_plugins.loaders.options import BundledOptions

BACKENDS = {backend.name: backend for backend in labelgate_model_backends()}
SUBJECTS = ("parcel late delivery", "card blocked payment", "refund money account")
FILLERS = ("please help", "again today", "why is that", "thank you", "since monday", "in the app", "no idea")


def predict(data: Dataset, backend: str, **options: Any) -> Predictions:
    chosen = BACKENDS[backend].options.model_validate(options)
    return BACKENDS[backend].predict(data, chosen, lambda *_: None)


def accuracy(data: Dataset, found: Predictions) -> float:
    return float((found.pred_probs.argmax(axis=1) == data.labels).mean())


def dataset(features: Any, modality: Any, labels: Any, k: int = 3, **more: Any) -> Dataset:
    codes = np.asarray(labels, dtype=np.intp)
    classes = tuple(f"class-{i}" for i in range(k))
    return Dataset("small", np.arange(len(codes)), codes, classes, features, modality, "small", **more)


def texts(n: int = 240, k: int = 3) -> Dataset:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % k
    words = [SUBJECTS[c].split() for c in labels]
    said = [f"{rng.choice(w)} {rng.choice(FILLERS)} {rng.choice(w)} {rng.choice(FILLERS)}" for w in words]
    return dataset(said, "text", labels, k)


def pictures(n: int = 240, *, colour: bool = False) -> Dataset:
    """Bars that stand, lie or lean; in colour, grey noise tinted by class."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    base = rng.integers(0, 60, (n, 16, 16, 3) if colour else (n, 16, 16))
    for i, c in enumerate(labels):
        place = int(rng.integers(3, 12))
        if colour:
            base[i, ..., c] += 60
        elif c == 0:
            base[i, place] = 220
        elif c == 1:
            base[i, :, place] = 220
        else:
            base[i, np.arange(16), (np.arange(16) + place) % 16] = 220
    return dataset(base.astype(np.uint8), "image", labels)


def sounds(n: int = 240) -> Dataset:
    """Tones that rise, fall or stay, of any length and loudness."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    clips = []
    for c in labels:
        time = np.arange(int(rng.integers(1500, 3500))) / 8000
        pitch = rng.uniform(500, 700) * (1 + (1.2, -0.6, 0.0)[c] * time / time[-1])
        tone = rng.uniform(0.05, 0.9) * np.sin(2 * np.pi * np.cumsum(pitch) / 8000)
        clips.append(tone + rng.normal(0, 0.005, len(time)))
    ends = np.cumsum([0, *map(len, clips)])
    return dataset(Clips(np.concatenate(clips).astype(np.float32), ends, 8000), "audio", labels)


SMALL = {"text": texts, "image": pictures, "audio": sounds}


@pytest.mark.parametrize("name", SMALL)
def test_the_backends_keep_the_contract(name: str) -> None:
    """Shapes, bits, class order, honesty and refusals: the contract of cl_core.testing."""
    found = check_backend(BACKENDS[name], dataset=SMALL[name](), worker=name == "text")
    assert found.out_of_sample
    assert "5 folds" in found.model


@pytest.mark.parametrize("name", SMALL)
def test_what_can_be_told_apart_is(name: str) -> None:
    """Nearly every row gets its label, and flipped labels come first."""
    data = SMALL[name]()
    assert accuracy(data, predict(data, name)) > 0.95
    rng = np.random.default_rng(1)
    wrong = rng.random(data.n_rows) < 0.1
    spoilt = replace(data, labels=np.where(wrong, (data.labels + 1) % 3, data.labels))
    quality = label_quality_scores(spoilt.labels, predict(spoilt, name).pred_probs)
    assert average_precision_score(wrong, -quality) > 0.95


@pytest.mark.parametrize("name", SMALL)
def test_other_data_are_refused(name: str) -> None:
    """A backend of one kind of data does not guess at another."""
    other = SMALL["image" if name == "text" else "text"]()
    with pytest.raises(InputError, match=f"the {name} backend got") as caught:
        predict(other, name)
    assert caught.value.hint


@pytest.mark.parametrize("name", SMALL)
def test_one_class_is_refused_and_rare_ones_are_named(name: str) -> None:
    """Labels of one class cannot be told apart; a class of two rows cannot be in five folds."""
    data = SMALL[name](30)
    with pytest.raises(InputError, match="one class only"):
        predict(replace(data, labels=np.zeros(30, np.intp)), name)
    rare = np.where(np.arange(30) < 2, 2, np.arange(30) % 2).astype(np.intp)
    with pytest.raises(InputError, match="fewer rows than the 5 folds"):
        predict(replace(data, labels=rare), name)
    assert predict(replace(data, labels=rare), name, folds=2).pred_probs.shape == (30, 3)


@pytest.mark.parametrize("name", SMALL)
def test_groups_are_held_out_together(name: str) -> None:
    """The note says so, and inner choices are made by group as well."""
    data = replace(SMALL[name](), groups=np.arange(240) // 24)
    found = predict(data, name)
    assert "10 groups in 5 folds" in found.notes[0]
    assert accuracy(data, found) > 0.9


def test_texts_may_be_empty_or_signs() -> None:
    """Empty texts are counted aloud; emoji are words; texts without a shared word still give numbers."""
    labels = np.arange(60) % 2
    odd = ["🎉 😀" if c else "" for c in labels]
    found = predict(dataset(odd, "text", labels, 2), "text")
    assert any("30 texts are empty" in note for note in found.notes)
    assert accuracy(dataset(odd, "text", labels, 2), found) == 1.0
    unlike = [chr(0x4E00 + 40 * i) * 3 for i in range(60)]
    np.testing.assert_allclose(predict(dataset(unlike, "text", labels, 2), "text").pred_probs.sum(axis=1), 1)
    with pytest.raises(InputError, match=r"all 60 texts .* are empty"):
        predict(dataset([" "] * 60, "text", labels, 2), "text")


def test_hundreds_of_classes_of_three_texts_are_taken() -> None:
    """Many classes, few rows: slow models and empty inner splits would show here."""
    labels = np.repeat(np.arange(300), 3)
    said = [f"thing{c} number {c} again {i}" for i, c in enumerate(labels)]
    data = dataset(said, "text", labels, 300)
    found = predict(data, "text", folds=3)
    assert accuracy(data, found) > 0.9


def test_pictures_of_one_pixel_and_of_one_shade_are_taken() -> None:
    """Nothing to see gives no certainty, and no NaN."""
    labels = np.arange(60) % 2
    for shape in ((60, 1, 1), (60, 9, 9), (60, 4, 4, 4)):
        found = predict(dataset(np.full(shape, 7, np.uint8), "image", labels, 2), "image")
        np.testing.assert_allclose(found.pred_probs, 0.5, atol=0.05)


def test_colour_tells_pictures_apart() -> None:
    """Noise of three tints has the same edges, and other colours."""
    data = pictures(colour=True)
    assert accuracy(data, predict(data, "image")) > 0.95


def test_a_silent_clip_is_taken_and_an_empty_one_is_not() -> None:
    """Silence says nothing; no samples at all are an error that names the clip."""
    data = sounds(60)
    samples = np.concatenate([data.features.samples, np.zeros(800, np.float32)])
    silent = Clips(samples, np.append(data.features.offsets, len(samples)), 8000)
    labels = np.append(data.labels, 0)
    assert np.isfinite(predict(dataset(silent, "audio", labels), "audio").pred_probs).all()
    empty = Clips(samples, np.append(silent.offsets, len(samples)), 8000)
    with pytest.raises(InputError, match="clip 61 is an empty sound"):
        predict(dataset(empty, "audio", np.append(labels, 0)), "audio")


def test_a_picture_is_described_by_its_edges_whatever_their_strength() -> None:
    """Half the contrast gives the same edges; a quarter turn gives others."""
    bar = np.zeros((1, 16, 16, 3), np.uint8)
    bar[:, 5:11, 6:10] = 200
    edges = slice(0, 520)
    full, half = describe_pictures(bar)[0, edges], describe_pictures(bar // 2)[0, edges]
    np.testing.assert_allclose(full, half, atol=1e-6)
    assert np.abs(full - describe_pictures(np.rot90(bar, axes=(1, 2)))[0, edges]).max() > 0.05


def test_a_sound_is_described_whatever_its_loudness_and_the_silence_around_it() -> None:
    """A tenth of the loudness, and half a second of silence before it, change next to nothing."""
    time = np.arange(4000) / 8000
    tone = (np.sin(2 * np.pi * 400 * (1 + time) * time) / 2).astype(np.float32)
    plain = describe_sound(tone, 8000)
    assert plain.shape == (457,)
    assert np.abs(describe_sound((tone / 10).astype(np.float32), 8000) - plain).max() < 0.5
    padded = describe_sound(np.pad(tone, (4000, 0)), 8000)
    assert np.corrcoef(padded, plain)[0, 1] > 0.98
    assert np.isfinite(describe_sound(np.zeros(1, np.float32), 8000)).all()


def test_the_digits_are_judged_better_than_by_the_tabular_backend() -> None:
    """On real pictures with a tenth of flipped labels nearly every flip comes first."""
    data = load_bundled(BundledOptions(name="digits", inject_noise=0.1))
    found = predict(data, "image", folds=3)
    flipped = data.labels != data.true_labels
    assert average_precision_score(flipped, -label_quality_scores(data.labels, found.pred_probs)) > 0.995


def test_spam_is_found_by_the_default(real_data: Any) -> None:
    """5,574 real messages, a tenth of the labels flipped by class."""
    import pandas as pd

    from cl_core.synthetic import flip_labels

    table = pd.read_parquet(real_data / "sms_spam.parquet")
    true = (table["label"] == "spam").to_numpy().astype(np.intp)
    given, flipped = flip_labels(true, rate=0.1, n_classes=2, rng=np.random.default_rng(0))
    data = dataset(table["text"].tolist(), "text", given, 2)
    found = predict(data, "text", folds=3)
    assert (found.pred_probs.argmax(axis=1) == true).mean() > 0.98
    assert average_precision_score(flipped, -label_quality_scores(given, found.pred_probs)) > 0.97
