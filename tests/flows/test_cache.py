"""Probabilities kept by content: used again where nothing changed, made anew wherever anything did."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from cl_core import Clips, Dataset, MediaFiles, Member, ModelBackend, Predictions
from cl_core.testing import sample_dataset
from cl_flows.cache import Cache
from cl_flows.config import make_config
from cl_flows.content import Unknowable, prediction_key
from cl_flows.direct import run_direct
from cl_flows.locks import ProcessLock
from cl_plugins.builtin import labelgate_model_backends
from cl_plugins.options import Options

TABULAR = next(backend for backend in labelgate_model_backends() if backend.name == "tabular")
FOUND = Predictions(np.full((2, 2), 0.5), out_of_sample=True, model="coin", notes=("a note",))


def notes_of(result: Any) -> list[str]:
    report = json.loads((Path(result.folder) / "report.json").read_text())
    return [note for note in report["notes"] if "probabilities" in note]


def test_a_second_run_fits_nothing_and_says_so(
    tables: Path, tmp_path: Path, gate_config: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same verdict and the same bits, and the report names the run that fitted."""
    first = run_direct(gate_config(tables / "noisy.csv", tmp_path))

    def refuse(*_: Any) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr("cl_plugins.backends.tabular.predict_tabular", refuse)
    second = run_direct(gate_config(tables / "noisy.csv", tmp_path))
    scored = [(Path(run.folder) / "scored.parquet").read_bytes() for run in (first, second)]
    assert scored[0] == scored[1]
    assert notes_of(first) == []
    said = f"probabilities of run {first.run_id} used again: rows, model, options and versions are the same"
    assert notes_of(second) == [said]


def test_another_label_another_option_or_no_cache_fits_anew(
    tables: Path, tmp_path: Path, gate_config: Callable[..., Any]
) -> None:
    """One flipped label is other data; one more fold is another model."""
    config = gate_config(tables / "clean.csv", tmp_path)
    run_direct(config)
    table = pd.read_csv(tables / "clean.csv")
    table.loc[0, "label"] = "birch" if table.loc[0, "label"] != "birch" else "cedar"
    table.to_csv(tmp_path / "other.csv", index=False)
    raw = config.model_dump(mode="json")
    changes: list[dict[str, Any]] = [
        {"data": {**raw["data"], "path": str(tmp_path / "other.csv")}},
        {"model": {**raw["model"], "folds": 4}},
        {"cache": {"enabled": False}},
    ]
    for change in changes:
        assert notes_of(run_direct(make_config({**raw, **change}, "test"))) == []


def key(dataset: Dataset, options: Any = None, backend: ModelBackend = TABULAR, **more: Any) -> str:
    chosen = backend.options() if options is None else options
    return prediction_key(
        dataset, backend, chosen, distribution="labelgate", secret=more.get("secret", b"secret")
    )


DATA = replace(sample_dataset(n_rows=6), groups=np.arange(6), times=np.arange(6).astype("datetime64[D]"))


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([0, 1, 2, 0, 2, 1])},
        {"ids": np.arange(1, 7)},
        {"classes": ("a", "b", "c")},
        {"groups": np.zeros(6)},
        {"groups": None},
        {"times": np.arange(6).astype("datetime64[s]")},
        {"pred_probs": np.full((6, 3), 1 / 3)},
        {"features": DATA.features.assign(x0=0.0)},
        {"features": DATA.features.rename(columns={"x0": "y0"})},
        {"features": DATA.features.to_numpy(), "modality": "array"},
        {"features": ["a", "b", "c", "d", "e", "f"], "modality": "text"},
        {"features": Clips(np.zeros(6, np.int16), np.arange(7), 8000), "modality": "audio"},
        {"fingerprint": "other"},
    ],
)
def test_every_part_of_the_rows_counts(change: dict[str, Any]) -> None:
    """The fingerprint alone is not believed: a loader's may be constant."""
    assert key(DATA) == key(replace(DATA))
    assert key(DATA) == key(replace(DATA, name="another name", notes=("a note",)))
    assert key(DATA) != key(replace(DATA, **change))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab", "c"], ["a", "bc"]),
        (pd.DataFrame({"x": ["1", "2"]}), pd.DataFrame({"x": [1, 2]})),
        (pd.DataFrame({"x": ["1", 2]}, dtype=object), pd.DataFrame({"x": [1, "2"]}, dtype=object)),
        (np.zeros((2, 4), np.float32), np.zeros((2, 2), np.float64)),
        (np.array(["a", "bc"]), np.array(["a", "bd"])),
    ],
)
def test_rows_that_look_alike_are_told_apart(one: Any, other: Any) -> None:
    """Where a text ends, what type a cell has, which way round the bytes lie."""
    base = replace(sample_dataset(n_rows=2, n_classes=2), modality="text")
    assert key(replace(base, features=one)) != key(replace(base, features=other))


class FileOptions(Options):
    """What may name files, code and secrets."""

    path: Path | None = None
    model: str = ""
    token: SecretStr | None = None
    nested: tuple[dict[str, Path], ...] = ()


def test_what_options_name_counts_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a folder, a module: changed inside, another model."""
    backend = ModelBackend("odd", "x", FileOptions, TABULAR.predict)
    (tmp_path / "net").mkdir()
    weights = tmp_path / "net" / "weights.bin"
    weights.write_bytes(b"1")
    (tmp_path / "my_models.py").write_text("depth = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    named = [
        FileOptions(path=weights),
        FileOptions(path=tmp_path / "net"),
        FileOptions(model=str(weights)),
        FileOptions(nested=({"path": weights},)),
        FileOptions(model="my_models:Model"),
        FileOptions(model="my_models.Model"),
    ]
    before = [key(DATA, options, backend) for options in named]
    weights.write_bytes(b"2")
    (tmp_path / "my_models.py").write_text("depth = 10\n")
    after = [key(DATA, options, backend) for options in named]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert len(set(after)) == len(after)


def external(name: str) -> bytes:
    """Return the bytes with which an ONNX file says that a tensor lies in the file `name`."""
    value = name.encode()
    assert len(value) < 128
    return b"\x08\x07" + b"\x0a\x08location\x12" + bytes([len(value)]) + value + b"\x10\x00"


@pytest.mark.parametrize("beside", ["net.onnx.data", "tensors/weights.bin", "tokenizer.json"])
def test_files_that_belong_to_a_network_count_by_content(beside: str, tmp_path: Path) -> None:
    """Its large tensors, which it names itself, and its tokenizer; a file that just lies there does not."""
    place, stranger = tmp_path / beside, tmp_path / "net.onnx.lock"
    place.parent.mkdir(exist_ok=True)
    (tmp_path / "net.onnx").write_bytes(external("net.onnx.data") + external("tensors/weights.bin"))
    place.write_bytes(b"1")
    backend = ModelBackend("odd", "x", FileOptions, TABULAR.predict)
    options = FileOptions(nested=({"path": tmp_path / "net.onnx"},))
    before = key(DATA, options, backend)
    stranger.write_bytes(b"1")
    os.utime(place)
    assert key(DATA, options, backend) == before
    place.write_bytes(b"2")
    assert key(DATA, options, backend) != before


@pytest.mark.parametrize("name", ["vectors.npy", "net.onnx", "tokenizer.json"])
def test_a_file_behind_an_option_of_knn_counts_by_content(name: str, tmp_path: Path) -> None:
    """Vectors, network and tokenizer: the same path with other content is another model."""
    knn = next(b for b in labelgate_model_backends() if b.name == "knn")
    file = tmp_path / name
    (tmp_path / "a.onnx").write_bytes(b"a")
    file.write_bytes(b"1")
    written: dict[str, dict[str, Any]] = {
        "vectors.npy": {"embeddings_path": file},
        "net.onnx": {"embedding": {"path": file}},
        "tokenizer.json": {"embedding": {"path": tmp_path / "a.onnx", "tokenizer_path": file}},
    }
    options = knn.options.model_validate(written[name])
    before = key(DATA, options, knn)
    os.utime(file)
    assert key(DATA, options, knn) == before
    file.write_bytes(b"2")
    assert key(DATA, options, knn) != before


@pytest.mark.parametrize("place", ["my_nets.py", "my_nets/inner.py"])
def test_code_behind_a_module_counts(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``module: package:callable`` of torch and of an embedding: a changed file is another model."""
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    if file.parent != tmp_path:
        (file.parent / "__init__.py").write_text("")
    file.write_text("width = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    named = "my_nets:net" if place == "my_nets.py" else "my_nets.inner:net"
    backends = {b.name: b for b in labelgate_model_backends()}
    chosen = [
        (backends["torch"], {"module": named}),
        (backends["knn"], {"embedding": {"module": named, "weights_path": tmp_path / "w.pth"}}),
    ]
    (tmp_path / "w.pth").write_bytes(b"w")
    made = [(b.options.model_validate(raw), b) for b, raw in chosen]
    before = [key(DATA, *one) for one in made]
    assert [key(DATA, *one) for one in made] == before
    file.write_text("width = 10\n")
    assert all(key(DATA, *one) != old for one, old in zip(made, before, strict=True))


def test_members_of_an_ensemble_count_with_their_options() -> None:
    """Another option of one member is another ensemble."""
    ensemble = next(b for b in labelgate_model_backends() if b.name == "ensemble")
    keys = {
        key(DATA, ensemble.options(members=(Member(TABULAR, one), Member(TABULAR, other))), ensemble)
        for one in (TABULAR.options(), TABULAR.options(seed=1))
        for other in (TABULAR.options(), TABULAR.options(folds=3))
    }
    assert len(keys) == 4


def test_a_secret_cannot_be_read_or_guessed_from_the_cache() -> None:
    """A SecretStr does not count; anything else counts under a key that only the owner may read."""
    backend = ModelBackend("odd", "x", FileOptions, TABULAR.predict)
    tokens = {key(DATA, FileOptions(token=SecretStr(word)), backend) for word in ("a", "b")}
    assert len(tokens) == 1
    assert key(DATA, secret=b"one") != key(DATA, secret=b"other")


def test_pictures_count_by_size_and_time_and_remote_ones_cannot_be_told(tmp_path: Path) -> None:
    """A picture that changed under its name is found without reading it."""
    (tmp_path / "a.png").write_bytes(b"1")
    files = MediaFiles(str(tmp_path), np.array(["a.png"] * 6))
    data = replace(DATA, features=files, modality="image")
    before = key(data)
    (tmp_path / "a.png").write_bytes(b"22")
    assert key(data) != before
    for root, names in (("s3://bucket", files.names), (str(tmp_path), np.array(["gone.png"] * 6))):
        with pytest.raises(Unknowable):
            key(replace(data, features=MediaFiles(root, names)))


def cache(folder: Path, gigabytes: float = 1.0) -> Cache:
    return Cache(folder, int(gigabytes * 1e9), wait_s=60.0)


def fail() -> Predictions:
    raise AssertionError("made again")


def test_what_is_kept_comes_back_whole(tmp_path: Path) -> None:
    """Bits, model, notes and views; the secret is its owner's."""
    cache(tmp_path).predictions(lambda _: "k", lambda: FOUND, "run-1")
    found = cache(tmp_path).predictions(lambda _: "k", fail, "run-2")
    np.testing.assert_array_equal(found.pred_probs, FOUND.pred_probs)
    assert (found.model, found.out_of_sample, found.notes[0]) == ("coin", True, "a note")
    assert "run-1" in found.notes[1]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["k", "secret"]


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "head"])
def test_a_damaged_entry_is_made_anew_and_said(tmp_path: Path, harm: str) -> None:
    """One flipped bit on the disk, half a file, a missing one."""
    cache(tmp_path).predictions(lambda _: "k", lambda: FOUND, "run-1")
    victim = tmp_path / "k" / ("entry.json" if harm == "head" else "pred_probs.npy")
    data = bytearray(victim.read_bytes())
    data[-3] ^= 1
    match harm:
        case "remove":
            victim.unlink()
        case "cut":
            victim.write_bytes(data[:-8])
        case _:
            victim.write_bytes(data)
    again = cache(tmp_path).predictions(lambda _: "k", lambda: FOUND, "run-2")
    assert again.pred_probs is FOUND.pred_probs
    assert "damaged" in again.notes[-1]
    assert "run-2" in cache(tmp_path).predictions(lambda _: "k", fail, "run-3").notes[-1]


def test_a_failure_is_not_kept_and_leaves_nothing(tmp_path: Path) -> None:
    """The next run tries again."""
    with pytest.raises(AssertionError, match="made again"):
        cache(tmp_path).predictions(lambda _: "k", fail, "run-1")
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    """Three entries of 8 kB in a cache of 20 kB."""
    big = replace(FOUND, pred_probs=np.full((500, 2), 0.5))
    small = cache(tmp_path, 20e-6)
    for age, name in enumerate("ab"):
        small.predictions(lambda _, name=name: name, lambda: big, "run")  # type: ignore[misc]
        os.utime(tmp_path / name / "entry.json", (age, age))
    small.predictions(lambda _: "a", fail, "run")  # used now: b is the oldest
    small.predictions(lambda _: "c", lambda: big, "run")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c", "secret"]
    assert (
        "more than cache.max_gigabytes"
        in cache(tmp_path, 1e-6).predictions(lambda _: "d", lambda: big, "run").notes[-1]
    )


def test_a_folder_that_cannot_be_written_costs_the_cache_and_not_the_run(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    found = cache(tmp_path / "file" / "cache").predictions(lambda _: "k", lambda: FOUND, "run")
    assert "not kept for the next run" in found.notes[-1]


RACE = """
import pickle, sys, time
from pathlib import Path
from cl_flows.cache import Cache
folder, name, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
found = pickle.loads((folder / "found").read_bytes())
def make():
    (folder / f"made-{name}").touch()
    time.sleep(seconds)
    return found
got = Cache(folder / "cache", 10**9, 60.0).predictions(lambda _: "k", make, name)
print(got.notes[-1])
"""


def start(folder: Path, name: str, seconds: float) -> "subprocess.Popen[str]":
    (folder / "found").write_bytes(pickle.dumps(FOUND))
    command = [sys.executable, "-c", RACE, str(folder), name, str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


def test_two_runs_at_once_fit_once(tmp_path: Path) -> None:
    """The second waits for the first and reads what it made."""
    first = start(tmp_path, "first", 3)
    wait_for(tmp_path / "made-first")
    second = start(tmp_path, "second", 0)
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert said[0] == "a note\n"
    assert said[1].startswith("probabilities of run first used again")
    assert not (tmp_path / "made-second").exists()


def test_the_lock_of_a_killed_run_goes_though_nobody_wants_its_entry(tmp_path: Path) -> None:
    """Whoever comes next removes it, however new it is; a lock that is held stays."""
    cache = Cache(tmp_path, 10**9, wait_s=0)
    cache.predictions(lambda _: "kept", lambda: FOUND, "r1")
    held = ProcessLock(tmp_path / "held.lock")
    assert held.acquire(wait_s=0)
    (tmp_path / "dead.lock").touch()
    cache.predictions(lambda _: "kept", lambda: FOUND, "r2")
    assert [path.name for path in tmp_path.glob("*.lock")] == ["held.lock"]
    held.release()


def test_a_killed_run_leaves_no_half_entry_and_no_lock(tmp_path: Path) -> None:
    """By kill -9 while fitting; then while writing: the leftovers are swept, and the next run fits."""
    killed = start(tmp_path, "killed", 60)
    wait_for(tmp_path / "made-killed")
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    partial = tmp_path / "cache" / ".k-0badf00d.partial"
    partial.mkdir()
    (partial / "pred_probs.npy").write_bytes(b"half")
    found = cache(tmp_path / "cache").predictions(lambda _: "k", lambda: FOUND, "next")
    assert found.notes == ("a note",)
    cache(tmp_path / "cache").predictions(lambda _: "l", lambda: FOUND, "later")
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["k", "l", "secret"]
