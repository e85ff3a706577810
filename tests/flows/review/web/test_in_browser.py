"""The review pages in a real browser in front of a real server: people, accidents, and every screen."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsing import Server, opened, saved
from cl_flows.database.place import history_in
from cl_flows.history import read_history
from cl_flows.review.decisions import latest

pytestmark = pytest.mark.browser


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
