"""The engine against plain loops, and its promise that no plan or order of rows changes a bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cl_core
from cl_core.engine.exact import ClassSums
from cl_core.engine.paircuts import PairCuts
from cl_core.engine.plan import Plan
from cl_core.filters import issues_of
from cl_core.joint import calibrate_joint
from cl_core.reading import read


def rounded_case(seed: int, k: int, n: int, dtype: Any = np.float64) -> tuple[Any, Any]:
    """Labels and probabilities with many equal values, so that every tie rule is put to use."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    labels = np.where(rng.random(n) < 0.3, rng.integers(0, k, n), true)
    weight = rng.integers(0, 4, (n, k)) + 0.0
    weight[np.arange(n), true] += rng.integers(1, 5, n)
    return labels, (weight / weight.sum(axis=1, keepdims=True)).astype(dtype)


def plain_counts(labels: Any, probs: Any, thresholds: Any) -> Any:
    """Equation 1 of the paper as two loops."""
    k = probs.shape[1]
    counts = np.zeros((k, k), dtype=np.int64)
    for label, row in zip(labels, probs.astype(np.float64), strict=True):
        sure = [j for j in range(k) if row[j] >= max(thresholds[j] - 1e-6, 1e-6)]
        if sure:
            counts[label, max(sure, key=lambda j: (row[j], -j))] += 1
    return counts


def plain_margins(labels: Any, probs: Any, owed: Any) -> Any:
    """Prune by noise rate, a pair at a time."""
    marked, wide = np.zeros(len(labels), dtype=bool), probs.astype(np.float64)
    for i, j in zip(*np.nonzero(owed), strict=True):
        rows = np.flatnonzero(labels == i)
        if i != j and len(rows):
            margins = np.rint((wide[rows, j] - wide[rows, i]) * 2.0**40)
            marked[rows[margins >= np.sort(margins)[-min(owed[i, j], len(rows))]]] = True
    return marked & (wide.max(axis=1) > wide[np.arange(len(labels)), labels])


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    k=st.sampled_from([2, 3, 5, 24, 25, 40]),
    n=st.integers(1, 300),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
    block=st.sampled_from([1, 500, 5000, 1 << 20]),
    workers=st.integers(1, 3),
)
def test_the_engine_agrees_with_plain_loops(
    seed: int, k: int, n: int, dtype: Any, block: int, workers: int
) -> None:
    """Joint and flags are those of the definition, for either layout of blocks and any plan."""
    labels, probs = rounded_case(seed, k, n, dtype)
    reading = read(labels, probs, plan=Plan(workers, block))
    counts = plain_counts(labels, probs, reading.thresholds)
    np.testing.assert_array_equal(reading.counts, counts)
    owed = calibrate_joint(counts, np.bincount(labels, minlength=k))
    flags = issues_of(reading, "prune_by_noise_rate", min_examples_per_class=0)
    np.testing.assert_array_equal(flags, plain_margins(labels, probs, owed))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), k=st.sampled_from([2, 3, 30]), block=st.sampled_from([64, 4096]))
def test_no_order_of_rows_changes_a_bit(seed: int, k: int, block: int) -> None:
    """Rows moved with their labels give the same thresholds, counts and flags, bit for bit."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, 500)
    probs = rng.dirichlet(np.full(k, 0.4), 500)
    order = rng.permutation(500)
    here, there = read(labels, probs), read(labels[order], probs[order], plan=Plan(2, block))
    assert here.thresholds.tobytes() == there.thresholds.tobytes()
    np.testing.assert_array_equal(here.counts, there.counts)
    np.testing.assert_array_equal(
        issues_of(here, "prune_by_noise_rate")[order], issues_of(there, "prune_by_noise_rate")
    )


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 30))
def test_renaming_the_classes_renames_the_joint(seed: int, k: int) -> None:
    """Class numbers are names: permuting them permutes thresholds and counts and keeps the flags."""
    rng = np.random.default_rng(seed)
    labels, probs, order = rng.integers(0, k, 200), rng.dirichlet(np.ones(k), 200), rng.permutation(k)
    here, there = read(labels, probs), read(np.argsort(order)[labels], probs[:, order])
    np.testing.assert_array_equal(there.thresholds, here.thresholds[order])
    np.testing.assert_array_equal(there.counts, here.counts[np.ix_(order, order)])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=200), st.randoms())
def test_exact_sums_do_not_depend_on_order(terms: list[tuple[int, float]], random: Any) -> None:
    """Any order and any split into blocks gives the same bits, within one rounding of a plain mean."""
    labels, values = (np.array(part) for part in zip(*terms, strict=True))
    whole, split = ClassSums(4), ClassSums(4)
    whole.update(labels, values)
    order = np.array(random.sample(range(len(labels)), len(labels)))
    for part in np.array_split(order, 5):
        other = ClassSums(4)
        other.update(labels[part], values[part])
        split.merge(other)
    assert whole.means().tobytes() == split.means().tobytes()
    for j in np.unique(labels):
        assert whole.means()[j] == pytest.approx(values[labels == j].mean(), abs=1e-15)


def test_exact_sums_keep_what_float64_loses() -> None:
    """A million tenths have the mean of one tenth to the step of the sums; a running float64 sum drifts."""
    values = np.full(1_000_000, 0.1)
    sums = ClassSums(1)
    sums.update(np.zeros(1_000_000, dtype=np.intp), values)
    assert abs(sums.means()[0] - 0.1) <= 2.0**-53
    assert abs(np.cumsum(values)[-1] / 1e6 - 0.1) > 1e-13


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), groups=st.integers(1, 6), steps=st.sampled_from([2, 1000]))
def test_pair_cuts_are_the_nth_largest(seed: int, groups: int, steps: int) -> None:
    """The cut of a group is its n-th largest value, thinned out on the way or not, ties included."""
    rng = np.random.default_rng(seed)
    owed = rng.integers(1, 8, groups)
    group = rng.integers(0, groups, 120)
    value = rng.integers(-steps, steps + 1, 120) / steps
    cuts = PairCuts(owed)
    for part in np.array_split(np.arange(120), 6):
        cuts.add(cuts.keys(group[part], value[part]))
        cuts.thin()
    for g, cut in enumerate(cuts.cuts()):
        mine = np.sort(value[group == g])
        if len(mine) < owed[g]:
            assert cut == -1
        else:
            assert cuts.values(cut) == pytest.approx(mine[-owed[g]], abs=1e-12)


@pytest.mark.parametrize("k", [7, 60])
def test_every_source_gives_the_same_bits(tmp_path: Path, k: int) -> None:
    """An array, a Fortran array, a list, a file, its memory map and a reader are one and the same."""
    labels, probs = rounded_case(1, k, 400, np.float32)
    path = tmp_path / "p.npy"
    np.save(path, probs)

    class Reader:
        shape, dtype = probs.shape, probs.dtype

        def read(self, start: int, stop: int) -> Any:
            return probs[start:stop]

    plan = Plan(2, 3000)
    flags = cl_core.find_label_issues(labels, probs)
    mapped = np.load(path, mmap_mode="r")
    assert read(labels, mapped).source.kind == "npy"
    table = pa.table({str(j): probs[:, j] for j in range(k)})
    listed = pa.FixedSizeListArray.from_arrays(probs.reshape(-1), k)
    pq.write_table(table, tmp_path / "columns.parquet", row_group_size=150)
    pq.write_table(pa.table({"p": listed}), tmp_path / "lists.parquet", row_group_size=150)
    arrays = (np.asfortranarray(probs), path, str(path), mapped, mapped[:400], Reader())
    tables = (table, listed, tmp_path / "columns.parquet", tmp_path / "lists.parquet", table.to_pandas())
    for same in (*arrays, *tables):
        reading = read(labels, same, plan=plan)
        assert reading.thresholds.tobytes() == read(labels, probs).thresholds.tobytes()
        np.testing.assert_array_equal(issues_of(reading, "prune_by_noise_rate"), flags)


def test_perfect_probabilities_recover_the_joint() -> None:
    """One-hot probabilities of the true class count every row where it belongs."""
    rng = np.random.default_rng(0)
    labels, true = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    joint = np.zeros((4, 4), dtype=np.int64)
    np.add.at(joint, (labels, true), 1)
    np.testing.assert_array_equal(cl_core.confident_joint(labels, np.eye(4)[true]), joint)
    np.testing.assert_array_equal(cl_core.find_label_issues(labels, np.eye(4)[true]), labels != true)


def test_a_constant_error_in_a_class_leaves_the_excess_joint_alone() -> None:
    """Thresholds move with the probabilities, so p - t, and the classes it settles, stay."""
    rng = np.random.default_rng(3)
    for k in (4, 30):
        labels = rng.integers(0, k, 400)
        clean = rng.dirichlet(np.full(k, 0.5), 400)
        error = rng.uniform(-1, 1, k) * 0.004 / k
        moved = np.clip(clean, 0.01 / k, None) + error
        kept = np.clip(clean, 0.01 / k, None)
        here, there = (read(labels, probs, collisions="excess") for probs in (kept, moved))
        for reading, probs in ((here, kept), (there, moved)):
            reading.__dict__["tolerance"] = 0.1  # the law is about the joint, not about row sums
            excess = probs - reading.thresholds
            sure = np.where(probs >= reading.thresholds - 1e-6, excess, -np.inf)
            want = np.where(np.isneginf(sure.max(axis=1)), k, sure.argmax(axis=1))
            np.testing.assert_array_equal(reading.confident, want)
        np.testing.assert_array_equal(here.counts, there.counts)
        sets = [probs >= r.thresholds - 1e-6 for r, probs in ((here, kept), (there, moved))]
        np.testing.assert_array_equal(sets[0], sets[1])


@pytest.mark.parametrize("method", ["auto", "confidence_weighted_entropy", "normalized_margin"])
@pytest.mark.parametrize("k", [3, 30])
def test_scores_do_not_depend_on_plan_or_order(method: Any, k: int) -> None:
    """Blocks, workers and the order of rows leave every bit of every score, `auto` included."""
    rng = np.random.default_rng(5)
    labels, probs, order = rng.integers(0, k, 900), rng.dirichlet(np.ones(k), 900), rng.permutation(900)
    adjust = method == "normalized_margin"
    here = cl_core.label_quality_scores(labels, probs, method=method, adjust=adjust)
    there = cl_core.label_quality_scores(
        labels[order], probs[order], method=method, adjust=adjust, plan=Plan(3, 3000)
    )
    assert here[order].tobytes() == there.tobytes()
    assert ((here >= 0) & (here <= 1)).all()
    flags = cl_core.find_label_issues(labels, probs, filter_by="auto")
    moved = cl_core.find_label_issues(labels[order], probs[order], filter_by="auto", plan=Plan(2, 999))
    np.testing.assert_array_equal(flags[order], moved)
