"""Speed and memory of the engine beside cleanlab 2.9, in one run on one machine.

``python benchmarks/engine.py`` takes some minutes; ``--quick`` leaves the growth out.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

import cl_core
from cl_core.filters import issues_of
from cl_core.reading import read
from cl_core.scores import scores_of

MEGABYTE = 1 << 20


def made_up(n: int, k: int) -> tuple[Any, Any]:
    """Draw labels with 10 % uniform noise and the float32 softmax of a good model's logits."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, k, n)
    labels, _ = cl_core.flip_labels(true, rate=0.1, n_classes=k, rng=rng)
    probs = rng.standard_normal((n, k), dtype=np.float32)
    probs[np.arange(n), true] += 4 + np.log(k / 10)
    np.exp(probs, out=probs)
    probs /= probs.sum(axis=1, keepdims=True)
    return labels, probs


def best(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several times, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def issues_and_scores(labels: Any, probs: Any, workers: int = 0) -> Any:
    """Find label issues by the default filter, and self-confidence, in one reading."""
    reading = read(labels, probs, plan=cl_core.Plan(workers))
    return issues_of(reading, "prune_by_noise_rate"), scores_of(reading, "self_confidence")


def joint_and_scores(labels: Any, probs: Any) -> Any:
    """Thresholds, confident joint, self-confidence and normalized margin."""
    reading = read(labels, probs, with_other=True)
    return reading.counts, scores_of(reading, "self_confidence"), scores_of(reading, "normalized_margin")


def beside_cleanlab(n: int, k: int) -> None:
    """Print one row of the table."""
    labels, probs = made_up(n, k)
    ours = {workers: best(partial(issues_and_scores, labels, probs, workers), 5) for workers in (1, 2)}
    # cleanlab shows a progress bar for large data.
    with Path(os.devnull).open("w") as sink, contextlib.redirect_stderr(sink):
        theirs = {jobs: best(partial(find_label_issues, labels, probs, n_jobs=jobs), 2) for jobs in (1, 2)}
        scoring = best(lambda: get_label_quality_scores(labels, probs), 2)
    same = issues_and_scores(labels, probs)[0] == find_label_issues(labels, probs, n_jobs=1)
    sums, joint = best(lambda: probs.sum(axis=1), 5), best(lambda: joint_and_scores(labels, probs), 5)
    mine = min(ours.values())
    ratios = [min(theirs.values()) / mine, (min(theirs.values()) + scoring) / mine]
    print(
        f"{n:>9,} x {k:<5,} ours 1/2 threads {ours[1]:.3f}/{ours[2]:.3f} s   cleanlab 1/2 jobs "
        f"{theirs[1]:.2f}/{theirs[2]:.2f} s + scores {scoring:.2f} s   "
        f"{ratios[0]:5.1f} x (scores counted: {ratios[1]:.1f} x)   "
        f"joint and scores {joint:.3f} s = {joint / sums:.1f} x sum(axis=1)   same flags {same.mean():.4%}",
        flush=True,
    )


def from_file(n: int, k: int) -> None:
    """Time a file larger than the memory allowed, warm, beside the same array in memory."""
    labels, probs = made_up(n, k)
    in_memory = best(lambda: issues_and_scores(labels, probs), 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probs.npy"
        np.save(path, probs)
        np.save(Path(folder) / "labels.npy", labels)
        size, flags = probs.nbytes, int(issues_and_scores(labels, probs)[0].sum())
        done = subprocess.run(
            [sys.executable, __file__, "--child", folder], check=True, capture_output=True, text=True
        )
    child = json.loads(done.stdout)
    if child["flags"] != flags:
        raise SystemExit(f"the file gave {child['flags']} flags, the array {flags}")
    columns = n * 8 * 4
    print(
        f"{n:>9,} x {k:<5,} .npy of {size / MEGABYTE:.0f} MB, {child['allowed']:.0f} MB of address space "
        f"allowed beyond start: {child['seconds']:.3f} s, {in_memory / child['seconds']:.0%} of the speed in "
        f"memory ({in_memory:.3f} s); resident memory grew by {child['grew']:.0f} MB, of which "
        f"result columns up to {columns / MEGABYTE:.0f} MB",
        flush=True,
    )


def child(folder: Path) -> None:
    """Work under a memory limit and print what it took."""
    labels = np.load(folder / "labels.npy")
    small = made_up(1000, 10)
    issues_and_scores(*small)  # libraries and threads are loaded before the limit is drawn
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    allowed = 300 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (used + allowed, used + allowed))
    # The peak that getrusage reports is the parent's too; this one is the process's own, started anew.
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_megabytes()
    mapped = folder / "probs.npy"
    seconds = best(lambda: issues_and_scores(labels, mapped), 5)
    grew = peak_megabytes() - before
    flags = int(issues_and_scores(labels, mapped)[0].sum())
    print(json.dumps({"seconds": seconds, "grew": grew, "flags": flags, "allowed": allowed / MEGABYTE}))


def peak_megabytes() -> float:
    """Return the largest resident memory of this process so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def growth() -> None:
    """Print times as rows grow at ten classes, and as classes grow at a fixed number of cells."""
    for title, shapes in (
        ("rows at k = 10", [(10**5, 10), (10**6, 10), (10**7, 10)]),
        ("classes at n k = 10^8", [(10**7, 10), (10**6, 100), (10**5, 1000)]),
    ):
        times = []
        for n, k in shapes:
            labels, probs = made_up(n, k)
            times.append(best(partial(issues_and_scores, labels, probs), 3))
            del labels, probs
        size = [n if title.startswith("rows") else k for n, k in shapes]
        slope = np.polyfit(np.log(size), np.log(times), 1)[0]
        cells = ", ".join(f"{s:,}: {t:.3f} s" for s, t in zip(size, times, strict=True))
        print(f"growth in {title}: {cells}; slope {slope:.2f} (1 is linear in rows, 0 flat in classes)")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the growth out")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    warnings.simplefilter("ignore")  # cleanlab's, about classes and coming changes
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; best of several runs\n")
    for n, k in ((1_000_000, 10), (1_000_000, 100), (200_000, 1_000)):
        beside_cleanlab(n, k)
    from_file(1_000_000, 100)
    if not options.quick:
        growth()


if __name__ == "__main__":
    main()
