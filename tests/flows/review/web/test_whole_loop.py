"""The whole loop in a real browser: find, decide by keyboard, audit, take home, run again, pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from browsing import Server, opened, saved
from cl_core import flip_labels
from cl_flows.database.place import history_in
from cl_flows.history import read_history

pytestmark = pytest.mark.browser

# What the people said who verified the errors in MNIST, besides a digit.
UNCLEAR = {"-1": "n", "-2": "a"}


def _flipped(true: np.ndarray[Any, Any], k: int, seed: int) -> np.ndarray[Any, Any]:
    return flip_labels(true.astype(np.intp), rate=0.1, n_classes=k, rng=np.random.default_rng(seed))[0]


def _digits(data: Path, _: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """MNIST's test set with the errors that people verified; the model's probabilities came with it."""
    with np.load(data / "mnist_test_verified.npz") as stored:
        wrong = stored["reviewed_is_error"] == 1
        right = np.where(wrong, stored["corrected_labels"], stored["given_labels"])
    assert wrong.sum() == 15
    settings = {
        "data": {"path": str(data / "mnist_test_verified.npz"), "labels": "given_labels", "name": "mnist"},
        "estimate": {"method": "confident_joint"},
        "gate": {"max_noise_rate": 0.001},
    }
    return settings, {str(i): str(label) for i, label in enumerate(right)}


def _questions(data: Path, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Ten intents of customer questions."""
    table = pd.read_parquet(data / "banking77.parquet")
    names = sorted(table["category"].unique())[:10]
    table = table[table["category"].isin(names)].groupby("category").head(50).reset_index(drop=True)
    true = table["category"].map({name: code for code, name in enumerate(names)}).to_numpy()
    ids = [f"q{i}" for i in range(len(table))]
    labels = np.array(names)[_flipped(true, len(names), 0)]
    pd.DataFrame({"id": ids, "text": table["text"], "label": labels}).to_csv(folder / "q.csv", index=False)
    settings = {
        "data": {"path": str(folder / "q.csv"), "text": "text", "label": "label", "name": "questions"}
    }
    return settings, dict(zip(ids, np.array(names)[true], strict=True))


def _sounds(data: Path, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Spoken digits."""
    with np.load(data / "spoken_digits.npz") as stored:
        rows = np.sort(np.random.default_rng(0).choice(3000, 250, replace=False))
        clips = [stored["audio"][stored["offset"][i] : stored["offset"][i + 1]] for i in rows]
        true, ids = stored["y"][rows], stored["name"][rows]
    offsets = np.concatenate([[0], np.cumsum([len(clip) for clip in clips])])
    labels = _flipped(true, 10, 0)
    np.savez(folder / "s.npz", audio=np.concatenate(clips), offsets=offsets, labels=labels, ids=ids)
    settings = {"data": {"path": str(folder / "s.npz"), "rate": 8000, "name": "sounds"}}
    return settings, dict(zip(map(str, ids), map(str, true), strict=True))


def _table(_: Path, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Two numbers and a colour."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300)
    centre = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[true] + rng.normal(size=(300, 2))
    names = np.array(["ash", "birch", "cedar"])
    ids = [f"t{i}" for i in range(300)]
    columns = {"tree": ids, "height": centre[:, 0], "girth": centre[:, 1]}
    bark = np.where(rng.random(300) < 0.5, "rough", "smooth")
    table = pd.DataFrame({**columns, "bark": bark, "label": names[_flipped(true, 3, 1)]})
    table.to_csv(folder / "t.csv", index=False)
    settings = {
        "data": {"path": str(folder / "t.csv"), "label": "label", "id": "tree", "name": "trees"},
        "model": {"backend": "tabular", "estimator": "logistic"},
    }
    return settings, dict(zip(ids, names[true].tolist(), strict=True))


@pytest.mark.parametrize("kind", [_digits, _questions, _sounds, _table])
def test_the_whole_loop(
    browser: Any,
    serve: Callable[..., Server],
    gated: Callable[..., Any],
    real_data: Path,
    tmp_path: Path,
    kind: Callable[[Path, Path], tuple[dict[str, Any], dict[str, str]]],
) -> None:
    """Find, decide by keyboard, audit, take the data home, run again, pass: all in the browser."""
    settings, truth = kind(real_data, tmp_path)
    output = tmp_path / "runs"
    before = gated(output, **settings)
    assert before.status == "failed"
    server = serve("review", "--no-browser", "--who", "kim", "--output", str(output))
    page, complaints = opened(browser, server.url)
    page.get_by_role("link", name="Review").first.click()
    decide_all(page, truth)
    audit(page, truth, rows=12)
    page.get_by_role("link", name="Corrections").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Corrected data set").click()
    home = tmp_path / download.value.suggested_filename
    download.value.save_as(home)
    assert home.suffix == Path(settings["data"]["path"]).suffix
    page.get_by_role("button", name="Run the gate again").click()
    page.get_by_role("heading", name="On corrected labels").wait_for(timeout=120_000)
    after, first = read_history(history_in(output))
    assert (first.run_id, after.status) == (before.run_id, "passed")
    page.get_by_role("link", name="Look at this run").last.click()
    assert "Judges the corrected labels" in page.locator("main").inner_text()
    assert complaints == []


def decide_all(page: Any, truth: dict[str, str]) -> None:
    """Say the truth about every suspect, page by page, by key."""
    while page.locator(".suspect").count():
        for card in page.locator(".suspect").all():
            row, labels = card.locator(".open bdi").inner_text(), card.locator(".label").all_inner_texts()
            if truth[row] in labels:
                page.keyboard.press("kt"[labels.index(truth[row])])
            elif truth[row] in UNCLEAR:
                page.keyboard.press(UNCLEAR[truth[row]])
            else:
                page.keyboard.press("c")
                page.locator("#chooser input").wait_for()
                page.keyboard.insert_text(truth[row])
                page.locator("#chooser [role=option]").first.wait_for()
                page.keyboard.press("Enter")
        saved(page)
        page.goto(page.url.partition("?")[0])
    assert "Every suspect is decided" in page.locator("main").inner_text()


def audit(page: Any, truth: dict[str, str], *, rows: int) -> None:
    """Answer the first rows of an audit by key, and see it come along."""
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("button", name="Draw the rows").click()
    for done in range(rows):
        page.get_by_text(f"{done + 1} of").first.wait_for()
        row = page.locator("article .meta bdi").inner_text()
        given = page.locator("#ask bdi").inner_text()
        with page.expect_navigation():
            page.keyboard.press("k" if truth[row] == given else "w")
    assert f"{rows} rows checked" in page.locator(".standing").inner_text()
