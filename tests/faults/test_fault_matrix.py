"""No fault passes the gate: each ends with its exit code, says why, and leaves no half-written run."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from cl_flows.cli import main

Bench: TypeAlias = Any  # the fixture's


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and how the run must end.

    Attributes
    ----------
    area
        What is at fault: data, probabilities, settings, model, plugin, store, Great Expectations.
    name
        The fault in words, as in the table of the docs.
    code
        Exit code, never 0.
    says
        What standard error holds.
    spoil
        Brings the fault about.
    """

    area: str
    name: str
    code: int
    says: str
    spoil: Callable[[Bench], Any]


def _column(name: str, values: Any) -> Callable[[Bench], None]:
    def spoil(bench: Bench) -> None:
        frame = bench.trees()
        frame[name] = values(frame) if callable(values) else values
        bench.table(frame)

    return spoil


def _chaos(section: str, does: str) -> Callable[[Bench], None]:
    def spoil(bench: Bench) -> None:
        match section:
            case "data":
                bench.sections["data"] = {"loader": "chaos", "does": does}
            case "model":
                bench.sections["model"] = {"backend": "chaos", "does": does}
            case "estimate":
                bench.set("estimate", method="chaos", does=does)
            case "checks":
                bench.set("checks", chaos={"does": does})
            case "publish":
                bench.sections["publish"] = [{"publisher": "chaos", "does": does}]
            case _:
                raise ValueError(section)

    return spoil


def _truncated_parquet(bench: Bench) -> None:
    whole = bench.folder / "whole.parquet"
    bench.trees().to_parquet(whole)
    bench.table(whole.read_bytes()[:-100], "cut.parquet")


def _truncated_gzip(bench: Bench) -> None:
    bench.table(gzip.compress(bench.trees().to_csv(index=False).encode())[:-200], "cut.csv.gz")


def _raw(text: str) -> Callable[[Bench], Any]:
    return lambda bench: bench.write("gate.yaml", text)


def _gate(text: str) -> Callable[[Bench], Any]:
    return _raw("data: {path: trees.csv, label: label}\n" + text)


def _cell(value: float) -> Callable[[Bench], None]:
    def spoil(bench: Bench) -> None:
        probs = bench.scored()["pred_probs"]
        probs[7, 2] = value
        bench.arrays(pred_probs=probs)

    return spoil


def _lenient(spoil: Callable[[Bench], Any]) -> Callable[[Bench], None]:
    """Accept nine wrong labels in ten, so that nothing but the fault can keep the gate from passing."""

    def spoiled(bench: Bench) -> None:
        spoil(bench)
        bench.set("gate", max_noise_rate=0.9)

    return spoiled


def _in_sample(bench: Bench) -> None:
    labels = bench.scored()["labels"]
    bench.arrays(pred_probs=np.eye(3)[labels] * 0.94 + 0.02)
    bench.set("model", out_of_sample=False)


def _overconfident(bench: Bench) -> None:
    rng = np.random.default_rng(1)
    guess = np.where(rng.random(300) < 0.5, bench.scored()["labels"], rng.integers(0, 3, 300))
    bench.arrays(pred_probs=np.eye(3)[guess] * 0.997 + 0.001)


def _guessing(bench: Bench) -> None:
    bench.arrays(pred_probs=np.random.default_rng(1).dirichlet(np.ones(3) * 50, 300))


def _swapped_columns(bench: Bench) -> None:
    bench.arrays(pred_probs=bench.scored()["pred_probs"][:, [1, 2, 0]])


def _noise_for_features(bench: Bench) -> None:
    rng = np.random.default_rng(2)
    bench.table(bench.trees().assign(height=rng.normal(size=300), girth=rng.normal(size=300)))


def _file_for_folder(bench: Bench) -> None:
    bench.write("labelgate-runs", "in the way")


def _damaged_history(bench: Bench) -> None:
    bench.write("labelgate-runs/history.db", b"this is no database" * 100)


def _pickled_labels(bench: Bench) -> None:
    bench.arrays(labels=np.array(["a", 1, None] * 100, dtype=object))


DATA = [
    Fault("data", "no such file", 2, "no file", lambda b: b.set("data", path="threes.csv")),
    Fault("data", "an empty file", 2, "is empty (0 bytes)", lambda b: b.table("")),
    Fault("data", "a header without rows", 2, "has no rows", lambda b: b.table("tree,height,girth,label\n")),
    Fault(
        "data",
        "bytes that are no text",
        2,
        "is not utf-8 text",
        lambda b: b.table(b"label,tree\n\xff\xfe,1\n"),
    ),
    Fault("data", "a truncated Parquet file", 2, "could not be read", _truncated_parquet),
    Fault("data", "a truncated gzip file", 2, "could not be read", _truncated_gzip),
    Fault("data", "a file of no known kind", 2, "no loader reads", lambda b: b.table("x", "trees.docx")),
    Fault(
        "data", "a misspelt label column", 2, "did you mean 'label'?", lambda b: b.set("data", label="labl")
    ),
    Fault("data", "no label in any row", 2, "has no label in any of 300 rows", _column("label", "")),
    Fault("data", "labels of one class", 2, "one class", _column("label", "ash")),
    Fault(
        "data",
        "a quantity for a label",
        2,
        "a quantity, not classes",
        _column("label", lambda f: f["height"]),
    ),
    Fault(
        "data",
        "a class rarer than the folds",
        2,
        "fewer rows than the 5 folds",
        _column("label", lambda f: ["elm", *f["label"][1:]]),
    ),
    Fault("data", "an id said twice", 2, "repeats 299 ids", _column("tree", "t1")),
    Fault("data", "an empty id", 2, "is empty in 1 rows", _column("tree", lambda f: [None, *f["tree"][1:]])),
    Fault(
        "data",
        "two columns of one name",
        2,
        "several columns called",
        lambda b: b.table("label,label\n" + "a,b\n" * 50),
    ),
    Fault(
        "data", "an infinite measurement", 2, "inf", _column("height", lambda f: [np.inf, *f["height"][1:]])
    ),
    Fault("data", "nothing to learn from", 2, "", lambda b: b.table(b.trees()[["tree", "label"]])),
    Fault("data", "features that say nothing of the label", 4, "UNDECIDED", _lenient(_noise_for_features)),
    Fault("data", "too few rows to judge", 4, "UNDECIDED", _lenient(lambda b: b.table(b.trees().head(40)))),
]
PROBABILITIES = [
    Fault("probabilities", "a NaN cell", 2, "1 NaN cells, the first in row 7, column 2", _cell(np.nan)),
    Fault("probabilities", "an infinite cell", 2, "1 infinite cells", _cell(np.inf)),
    Fault("probabilities", "a negative cell", 2, "1 negative cells", _cell(-0.1)),
    Fault("probabilities", "a row that does not sum to 1", 2, "do not sum to 1", _cell(0.9)),
    Fault(
        "probabilities",
        "a class without a column",
        2,
        "has no column in pred_probs",
        lambda b: b.arrays(pred_probs=b.scored(classes=2)["pred_probs"]),
    ),
    Fault(
        "probabilities",
        "a row too few",
        2,
        "299",
        lambda b: b.arrays(pred_probs=b.scored()["pred_probs"][:-1]),
    ),
    Fault("probabilities", "pickled objects", 2, "pickled objects are never loaded", _pickled_labels),
    Fault(
        "probabilities",
        "an archive that is none",
        2,
        "could not be read as NumPy arrays",
        lambda b: (b.arrays(), b.write("scored.npz", b"PK\x03\x04 no")),
    ),
]
MODEL = [
    Fault("model", "it saw the labels it judges", 4, "UNDECIDED", _lenient(_in_sample)),
    Fault("model", "sure of itself and often wrong", 4, "UNDECIDED", _lenient(_overconfident)),
    Fault("model", "no better than guessing", 4, "UNDECIDED", _lenient(_guessing)),
    Fault("model", "its columns in another order", 3, "FAILED", _lenient(_swapped_columns)),
    Fault(
        "model",
        "learned what it predicts, by its own word",
        4,
        "UNDECIDED",
        _lenient(_chaos("model", "parrots")),
    ),
]
SETTINGS = [
    Fault("settings", "no limit", 2, "max_noise_rate", _gate("gate: {}\n")),
    Fault("settings", "a limit in per cent", 2, "max_noise_rate", lambda b: b.set("gate", max_noise_rate=5)),
    Fault(
        "settings", "a limit that is no number", 2, "max_noise_rate", _gate("gate: {max_noise_rate: .nan}\n")
    ),
    Fault(
        "settings",
        "a truth value for a limit",
        2,
        "max_noise_rate",
        lambda b: b.set("gate", max_noise_rate=True),
    ),
    Fault(
        "settings",
        "a limit said twice",
        2,
        "twice",
        _gate("gate: {max_noise_rate: 0.05, max_noise_rate: 1}\n"),
    ),
    Fault("settings", "an unknown key", 2, "max_noise", lambda b: b.set("gate", max_noise=1)),
    Fault("settings", "an unknown section", 2, "gates", lambda b: b.set("gates", max_noise_rate=1)),
    Fault("settings", "an unknown check", 2, "no check is called", lambda b: b.set("checks", nois={})),
    Fault("settings", "an unknown option of a plugin", 2, "fold", lambda b: b.set("model", fold=3)),
    Fault(
        "settings",
        "a variable that is not set",
        2,
        "LABELGATE_NOWHERE",
        lambda b: b.set("data", path="${LABELGATE_NOWHERE}/trees.csv"),
    ),
    Fault("settings", "not YAML", 2, "is not YAML", _raw("gate: [")),
    Fault(
        "settings",
        "an expired waiver",
        3,
        "FAILED",
        lambda b: b.sections.update(
            waivers=[{"check": "noise-budget", "reason": "old", "owner": "kim", "until": "2020-01-01"}]
        ),
    ),
]
PLUGIN = [
    *(
        Fault(
            "plugin",
            f"a {what} that crashes",
            1,
            "division by zero in chaos",
            _chaos(where, "crash"),
        )
        for what, where in {
            "loader": "data",
            "backend": "model",
            "estimator": "estimate",
            "check": "checks",
        }.items()
    ),
    *(
        Fault("plugin", f"a {what} that calls sys.exit(0)", 1, "SystemExit", _chaos(where, "sys.exit"))
        for what, where in {
            "loader": "data",
            "backend": "model",
            "estimator": "estimate",
            "check": "checks",
        }.items()
    ),
    Fault("plugin", "a publisher that crashes", 3, "FAILED", _chaos("publish", "crash")),
    Fault("plugin", "a publisher that calls sys.exit(0)", 3, "FAILED", _chaos("publish", "sys.exit")),
    Fault(
        "plugin",
        "a loader that returns something else",
        1,
        "returned a dict, wanted a Dataset",
        _chaos("data", "else"),
    ),
    Fault(
        "plugin",
        "an estimator that returns a number",
        1,
        "wanted a NoiseEstimate",
        _chaos("estimate", "number"),
    ),
    Fault("plugin", "an estimator without a rate", 1, "gave rate nan", _chaos("estimate", "not a number")),
    Fault("plugin", "a backend that asks for all memory", 1, "MemoryError", _chaos("model", "memory")),
    Fault("plugin", "a check that returns True", 1, "wanted Passed, Failed or", _chaos("checks", "true")),
    *(
        Fault("plugin", f"a backend that returns {what}", 1, "chaos", _chaos("model", does))
        for does, what in {
            "nothing": "nothing",
            "bare array": "an array and no word on it",
            "too few rows": "a row too few",
            "too many columns": "a column too many",
            "NaN": "NaN",
            "infinity": "an infinite cell",
            "negative": "negative cells",
            "logits": "logits",
            "objects": "an array of objects",
        }.items()
    ),
    Fault("plugin", "a backend that guesses", 4, "UNDECIDED", _lenient(_chaos("model", "guesses"))),
    Fault(
        "plugin",
        "a backend that gives columns in another order",
        3,
        "FAILED",
        _lenient(_chaos("model", "wrong order")),
    ),
]
STORE = [
    Fault("store", "a file where results should go", 2, "not writable", _file_for_folder),
    Fault("store", "a damaged history", 2, "file is not a database", _damaged_history),
]
FAULTS = [*DATA, *PROBABILITIES, *MODEL, *SETTINGS, *PLUGIN, *STORE]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.area}-{fault.name}".replace(" ", "-"))
@pytest.mark.usefixtures("chaos")
def test_a_fault_does_not_pass(fault: Fault, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code and the message are those of the table, and only a verdict leaves a run."""
    fault.spoil(bench)
    with pytest.raises(SystemExit) as left:
        main(bench.command())
    told = capsys.readouterr()
    assert left.value.code == fault.code, told.err
    assert fault.says in told.err
    assert told.out == ""
    if fault.code in {1, 2}:
        assert "hint:" in told.err
        assert "Traceback" not in told.err
        assert bench.reports() == []
    else:
        (report,) = bench.reports()
        assert report["verdict"]["status"] == {3: "failed", 4: "undecided"}[fault.code]


def test_the_gate_that_faults_spoil_fails_by_itself(bench: Bench) -> None:
    """Without any fault the exit code is 3: a fault that hid itself would show as a 3, too, not as a pass."""
    with pytest.raises(SystemExit) as left:
        main(bench.command())
    assert left.value.code == 3


def test_the_table_in_the_docs_is_this_one() -> None:
    """Documentation and tests name the same faults with the same exit codes."""
    page = (Path(__file__).parents[2] / "docs" / "fault_matrix.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in page.splitlines()
        if line[:2] == "| "
    ]
    told = {(area, name, int(code)) for area, name, code, *_ in rows if code.strip().isdigit()}
    here = {(fault.area, fault.name, fault.code) for fault in FAULTS}
    areas = {area for area, *_ in here} - {"store"}  # some of the store's are in test_process_faults.py
    assert here <= told
    assert {fault for fault in told if fault[0] in areas} <= here
