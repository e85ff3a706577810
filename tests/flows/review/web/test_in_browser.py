"""The review pages in a real browser in front of a real server: the whole loop, two people, kill -9."""

import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from cl_core import flip_labels
from cl_flows.database.place import history_in
from cl_flows.history import read_history
from cl_flows.review.decisions import latest

pytestmark = pytest.mark.browser

# What the people said who verified the errors in MNIST, besides a digit.
UNCLEAR = {"-1": "n", "-2": "a"}
_PROGRAM = "import sys; from cl_flows.cli import main; main(sys.argv[1:])"


@dataclass
class Server:
    """`labelgate review` or `serve` in a process of its own."""

    arguments: tuple[str, ...]
    url: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self, port: int = 0) -> None:
        """Start it and wait until it says its address."""
        command = [sys.executable, "-c", _PROGRAM, *self.arguments, "--port", str(port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.url = next(word.strip(";") for word in line.split() if word.startswith("http")).rstrip("/")
        assert httpx.get(f"{self.url}/healthz").status_code == 200

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    started: list[Server] = []

    def made(*arguments: str) -> Server:
        server = Server(arguments)
        server.start()
        started.append(server)
        return server

    yield made
    for server in started:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def opened(browser: Any, url: str, **options: Any) -> tuple[Any, list[str]]:
    """Open a page of its own; collect what it complains about, and what it asks of strangers."""
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    home = "/".join(url.split("/")[:3])
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((home, "data:")) else None)
    page.goto(url)
    return page, complaints


def saved(page: Any) -> None:
    """Wait until everything that was decided is on record."""
    from playwright.sync_api import expect

    expect(page.locator(".decided.waiting")).to_have_count(0, timeout=60_000)


# ---- the whole loop


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


# ---- people and accidents


@pytest.fixture
def small(trees: tuple[Path, str]) -> tuple[Path, str]:
    """Results folder and run of a small table."""
    return trees


def words(output: Path) -> dict[tuple[int, str], str]:
    """Read what is on record, by row and person."""
    (row,) = read_history(history_in(output))
    return {(d.position, d.who): d.action for d in latest(history_in(output), row.fingerprint)}


def test_two_people_at_once(
    browser: Any, serve: Callable[..., Server], small: tuple[Path, str], tmp_path: Path
) -> None:
    """Two browsers on one run: every word of both is on record, and each sees what the other settled."""
    output, run_id = small
    server = serve("serve", "--token-file", str(tmp_path / "token"), "--output", str(output))
    token = (tmp_path / "token").read_text().strip()
    pages = []
    for name in ("kim", "lee"):
        page, complaints = opened(browser, f"{server.url}/runs/{run_id}/rows?token={token}")
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Begin").click()
        page.locator(".suspect[aria-current]").wait_for()  # the script runs
        assert "token" not in page.url
        pages.append((page, complaints))
    (kim, _), (lee, _) = pages
    for _ in range(6):
        kim.keyboard.press("k")
        lee.keyboard.press("t")
    for page, complaints in pages:
        saved(page)
        assert complaints == []
    said = words(output)
    assert len(said) == 12
    assert sorted(set(said.values())) == ["keep", "relabel"]
    kim.goto(f"{server.url}/runs/{run_id}/rows?state=disputed")
    assert kim.locator(".suspect").count() == 6
    said_of_first = kim.locator(".decided").first.inner_text()
    assert all(word in said_of_first for word in ("disputed: ", "kept", "→")), (
        said_of_first
    )  # whoever came first
    stranger, _ = opened(browser, f"{server.url}/runs/{run_id}/rows")
    assert stranger.get_by_label("Token").is_visible()
    kim.get_by_role("button", name="Log out").click()
    kim.get_by_label("Token").wait_for()
    lee.goto(f"{server.url}/runs/{run_id}")
    assert lee.get_by_role("button", name="Log out").is_visible()


def test_kill_9_and_go_on(browser: Any, serve: Callable[..., Server], small: tuple[Path, str]) -> None:
    """What was acknowledged is on record; what was not waits in the browser, and comes in once, later."""
    output, run_id = small
    server = serve("review", "--no-browser", "--who", "kim", "--output", str(output))
    page, _ = opened(browser, f"{server.url}/runs/{run_id}/rows")
    for _ in range(3):
        page.keyboard.press("k")
    saved(page)
    port = int(server.url.rpartition(":")[2])
    server.kill()
    assert len(words(output)) == 3
    for _ in range(4):
        page.keyboard.press("s")
    page.get_by_role("alert").wait_for()
    page.get_by_text("4 decisions not saved yet").wait_for()
    server.start(port)
    page.reload()
    saved(page)
    deadline = time.monotonic() + 30
    while len(words(output)) < 7 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert sorted(words(output).values()) == ["keep"] * 3 + ["skip"] * 4
    assert page.get_by_role("alert").is_hidden()


def test_undo_and_a_switch_for_letters(
    browser: Any, serve: Callable[..., Server], small: tuple[Path, str]
) -> None:
    """U takes the last word back; who types by voice or stick can turn single letters off."""
    output, run_id = small
    server = serve("review", "--no-browser", "--who", "kim", "--output", str(output))
    page, complaints = opened(browser, f"{server.url}/runs/{run_id}/rows")
    page.keyboard.press("t")
    saved(page)
    page.keyboard.press("u")
    page.get_by_text("Taken back").wait_for()
    assert words(output) == {}
    page.keyboard.press("?")
    page.get_by_label("Single letters decide").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("ArrowRight")
    assert page.locator(".suspect").nth(1).get_attribute("aria-current") == "true"
    assert words(output) == {}
    assert complaints == []


# ---- what everybody must be able to use


def test_axe_finds_nothing(
    browser: Any, serve: Callable[..., Server], small: tuple[Path, str], tmp_path: Path
) -> None:
    """No accessibility fault on any page, light and dark, on a phone and on a screen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    output, run_id = small
    server = serve("review", "--no-browser", "--who", "kim", "--output", str(output))
    page, _ = opened(browser, f"{server.url}/runs/{run_id}/rows")
    for key in "kta":
        page.keyboard.press(key)
    saved(page)
    page.goto(f"{server.url}/runs/{run_id}/audit")
    page.get_by_role("button", name="Draw the rows").click()
    run = f"/runs/{run_id}"
    page.goto(f"{server.url}{run}/export")
    packed = page.request.get(f"{server.url}{run}/export/label-studio.zip").body()
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        tasks = json.loads(files.read("tasks.json"))
    chosen = {
        "type": "choices",
        "from_name": "label",
        "value": {"choices": [tasks[0]["data"]["given_label"]]},
    }
    for name, annotations in (("none", []), ("one", [{"completed_by": 7, "result": [chosen]}])):
        tasks[0]["annotations"] = annotations
        (tmp_path / f"{name}.json").write_text(json.dumps(tasks), encoding="utf-8")
        page.get_by_label("File").set_input_files(tmp_path / f"{name}.json")
        page.get_by_role("button", name="Preview").click()
        if name == "none":
            page.get_by_text("the file holds no answer").wait_for()
    page.wait_for_url("**/import/*")
    page.get_by_role("button", name="Take 1 answer").wait_for()
    paths = (
        "/",
        run,
        f"{run}/rows?state=all",
        f"{run}/rows/5",
        f"{run}/audit",
        f"{run}/bulk",
        f"{run}/export",
        page.url.removeprefix(server.url),
        "/no",
    )
    for scheme in ("light", "dark"):
        for width in (390, 1440):
            options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
            page, _ = opened(browser, server.url, **options)
            for path in paths:
                page.goto(server.url + path)
                found = axe.run(page).response["violations"]
                assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == [], (
                    path,
                    scheme,
                    width,
                )
            page.goto(f"{server.url}{run}/rows")
            page.keyboard.press("c")
            page.locator("#chooser [role=option]").first.wait_for()
            assert axe.run(page).response["violations"] == []
            page.context.close()


def test_no_page_scrolls_sideways(
    browser: Any, serve: Callable[..., Server], pictures: Callable[..., tuple[Path, str]]
) -> None:
    """From a small phone to a wide screen, names of any length included; hostile ones stay text."""
    classes = (
        "<script>document.title='taken'</script>",
        "\"'><img src=x onerror=alert(1)>",
        "\u202e\u05e1\u05d5\u05d2",
        "w" * 4_000,
    )
    output, run_id = pictures(classes, ids=[f"</bdi><b onclick=alert({i})>{'r' * 300}" for i in range(60)])
    server = serve("review", "--no-browser", "--who", "k" * 100, "--output", str(output))
    page, complaints = opened(browser, server.url)
    for path in ("", "/rows?which=all&state=all", "/rows/0", "/audit", "/bulk?which=all", "/export"):
        page.goto(f"{server.url}/runs/{run_id}{path}")
        for width in (320, 390, 768, 1440, 2560):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        assert "taken" not in page.title()
    page.goto(f"{server.url}/runs/{run_id}/rows?which=all&state=all")
    page.keyboard.press("c")
    page.locator("#chooser [role=option]").nth(3).wait_for()
    page.keyboard.press("Enter")
    saved(page)
    assert complaints == []


def test_pages_read_and_decide_without_scripts(
    browser: Any, serve: Callable[..., Server], small: tuple[Path, str]
) -> None:
    """From the gallery to a row, a decision by its form, and back."""
    output, run_id = small
    server = serve("review", "--no-browser", "--who", "kim", "--output", str(output))
    page, _ = opened(browser, f"{server.url}/runs/{run_id}/rows", java_script_enabled=False)
    before = page.locator(".suspect").count()
    page.locator(".open").first.click()
    page.get_by_label("Another class").select_option(index=1)
    page.get_by_label("Note").fill("no doubt")
    page.get_by_role("button", name="Choose").click()
    page.wait_for_url("**/rows?*")
    page.locator(".suspect").nth(before - 1).wait_for()
    assert len(words(output)) == 1
