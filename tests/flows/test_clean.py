"""The clean split: no row of the input is lost, and every row set aside says why."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core import Dataset, Judgement, MediaFiles, Passed, Undecided, assess
from cl_core.testing.samples import sample_probabilities
from cl_flows.clean import known_columns, quarantined_rows, write_clean
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.policy_config import CleanSection

FLAGGED = CleanSection(quarantine="flagged")


def scored(quality: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"label_quality": quality, "is_label_issue": np.array(quality) < 0.3})


@pytest.mark.parametrize(
    ("rule", "aside"),
    [
        ({"quarantine": "flagged"}, [1, 1, 1, 0, 0]),
        ({"worst": 0.2}, [1, 0, 0, 0, 0]),
        ({"worst": 0.4}, [1, 0, 0, 0, 0]),  # two rows share the second place: neither goes
        ({"worst": 0.6}, [1, 1, 1, 0, 0]),
        ({"worst": 0.0}, [0, 0, 0, 0, 0]),
        ({"worst": 1.0}, [1, 1, 1, 1, 1]),
        ({"quality_below": 0.2}, [1, 0, 0, 0, 0]),
        ({"quality_below": 0.21}, [1, 1, 1, 0, 0]),
    ],
)
def test_rules(rule: dict[str, Any], aside: list[int]) -> None:
    """Five rows of quality 0.1, 0.2, 0.2, 0.5 and 0.9."""
    found, _ = quarantined_rows(scored([0.1, 0.2, 0.2, 0.5, 0.9]), CleanSection(**rule))
    assert found.tolist() == [bool(one) for one in aside]


@given(
    quality=st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.floats(0, 1), min_size=1, max_size=40),
    rule=st.one_of(
        st.builds(lambda at: {"worst": at}, st.floats(0, 1)),
        st.builds(lambda at: {"quality_below": at}, st.floats(0, 1)),
        st.just({"quarantine": "flagged"}),
    ),
    seed=st.integers(0, 99),
)
def test_a_rule_keeps_to_its_share_and_knows_no_order(quality: list[float], rule: Any, seed: int) -> None:
    """At most the share named, the lowest qualities only, and the same rows in any order."""
    section = CleanSection(**rule)
    found, _ = quarantined_rows(scored(quality), section)
    order = np.random.default_rng(seed).permutation(len(quality))
    turned, _ = quarantined_rows(scored([quality[i] for i in order]), section)
    assert turned.tolist() == found[order].tolist()
    if section.worst is not None:
        assert found.sum() <= section.worst * len(quality) + 1e-6
    if found.any() and not found.all():
        assert np.array(quality)[found].max() < np.array(quality)[~found].min()


def split(
    folder: Path, section: CleanSection = FLAGGED, **parts: Any
) -> tuple[Any, pd.DataFrame, pd.DataFrame]:
    """Split 60 rows with six wrong labels and read what was written."""
    labels, probs = sample_probabilities(n_rows=60)
    ids = np.arange(100, 160)
    verdict = parts.pop("verdict", Passed("LN001", "noise-budget", "fine"))
    base: dict[str, Any] = {"features": None, "modality": "none"}
    dataset = Dataset(
        name="hand", ids=ids, labels=labels, classes=("0", "1", "2"), fingerprint="00", **(base | parts)
    )
    evidence = assess(labels, probs, classes=dataset.classes, ids=ids)
    found = write_clean(section, dataset, evidence, Judgement(verdict, (verdict,)), folder)
    return found, pd.read_parquet(folder / "kept.parquet"), pd.read_parquet(folder / "quarantined.parquet")


@pytest.mark.parametrize(
    "rule", [{"quarantine": "flagged"}, {"worst": 0.5}, {"worst": 0}, {"quality_below": 1}]
)
def test_rows_kept_quarantined_and_unlabelled_are_the_rows_of_the_input(tmp_path: Path, rule: Any) -> None:
    """The law of the split, and each row is in one file only."""
    source = pd.DataFrame({"word": [f"w{i}" for i in range(60)], "n": pd.array(range(60), dtype="Int64")})
    found, kept, aside = split(tmp_path, CleanSection(**rule), source=source, n_unlabelled=7)
    assert found.kept + found.quarantined + found.unlabelled == found.rows == 67
    assert (len(kept), len(aside)) == (found.kept, found.quarantined)
    assert sorted([*kept["word"], *aside["word"]]) == sorted(source["word"])
    assert kept.columns.tolist() == ["word", "n"]
    assert kept["n"].dtype == aside["n"].dtype == source["n"].dtype
    assert any("without a label (7)" in note for note in found.notes)
    record = json.loads((tmp_path / "quarantine.json").read_text())
    assert (record["rows"], record["unlabelled"]) == (67, 7)


def test_a_quarantined_row_says_why(tmp_path: Path) -> None:
    """Id, rank, quality, suggestion and reason, beside the input's own columns; none of those is lost."""
    source = pd.DataFrame({"labelgate_rank": ["mine"] * 60})
    _, kept, aside = split(tmp_path, source=source)
    assert kept.columns.tolist() == ["labelgate_rank"]
    assert (aside["labelgate_rank"] == "mine").all()
    assert sorted(aside["labelgate_rank_"]) == list(range(1, 7))
    assert aside["labelgate_reason"].str.contains("the model gives the suggested label").all()
    assert set(aside["labelgate_id"]) <= set(range(100, 160))
    _, _, worst = split(tmp_path, CleanSection(worst=0.5), source=source)
    assert worst["labelgate_reason"].str.contains("the worst 50% by label quality").any()


@pytest.mark.parametrize("kind", ["files", "texts", "none", "table"])
def test_an_input_that_is_no_table_is_split_by_what_is_known(tmp_path: Path, kind: str) -> None:
    """Files by their paths, texts as they are, arrays by id and label."""
    parts: Any = {
        "files": {
            "features": MediaFiles("/d", np.array([f"{i}.png" for i in range(60)])),
            "modality": "image",
        },
        "texts": {"features": [f"text {i}" for i in range(60)], "modality": "text"},
        "none": {},
        "table": {"features": pd.DataFrame({"x": range(60)}), "modality": "table"},
    }[kind]
    _, kept, _ = split(tmp_path, **parts)
    extra = {"files": {"path"}, "texts": {"text"}, "none": set(), "table": {"x"}}[kind]
    assert set(kept.columns) == {"id", "label"} | extra
    assert set(kept["label"]) == {"0", "1", "2"}
    if kind == "files":
        assert kept["path"].iloc[0].startswith("/d/")


def test_columns_of_mixed_types_are_written_as_text_and_said(tmp_path: Path) -> None:
    """Parquet has one type a column; both files get the same."""
    source = pd.DataFrame({"odd": [1, "a"] * 30})
    found, kept, aside = split(tmp_path, source=source)
    assert any("written as text: odd" in note for note in found.notes)
    assert kept["odd"].dtype == aside["odd"].dtype
    assert known_columns.__module__ == "cl_flows.clean"


def test_lists_and_records_stay_what_they_are(tmp_path: Path) -> None:
    """A list a row is one type, which Parquet has; no note says otherwise."""
    source = pd.DataFrame({"tags": [["a", "b"], []] * 30, "box": [{"x": 1}, None] * 30})
    found, kept, _ = split(tmp_path, source=source)
    assert not any("written as text" in note for note in found.notes)
    assert kept["tags"].map(list).isin([["a", "b"], []]).all()
    assert kept["box"].dropna().tolist()[0] == {"x": 1}


def test_an_undecided_verdict_is_said(tmp_path: Path) -> None:
    """A split by a model that cannot judge is no clean one."""
    found, _, _ = split(tmp_path, verdict=Undecided("LN002", "model-quality", "guessing"))
    assert any("do not take the kept rows for clean" in note for note in found.notes)


def test_a_failed_run_leaves_its_split_in_its_folder(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """That is what it is for; the kept rows then hold far fewer wrong labels."""
    raw = gate_config(tables / "noisy.csv", tmp_path).model_dump(mode="json")
    result = run_direct(make_config({**raw, "clean": {"quarantine": "flagged"}}, "test"))
    folder = Path(result.folder)
    kept, aside = (pd.read_parquet(folder / f"{name}.parquet") for name in ("kept", "quarantined"))
    before, true = (pd.read_csv(tables / f"{name}.csv") for name in ("noisy", "clean"))
    assert result.status == "failed"
    assert len(kept) + len(aside) == len(before)
    assert kept.columns.tolist() == before.columns.tolist()
    right = true.set_index("tree")["label"]
    assert (kept["label"] != right[kept["tree"]].to_numpy()).mean() < 0.05
    report = json.loads((folder / "report.json").read_text())
    assert (report["clean"]["kept"], report["clean"]["quarantined"]) == (len(kept), len(aside))
