"""The viewer in a real Chromium: what a person sees, hovers, types and taps."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dramaturg.records import Fact, Persona
from dramaturg.store import RunFolder
from dramaturg.viewer import Guard, Source, Viewer, serve
from tests.viewer.stage import (
    ANN,
    ARGUMENTS,
    ATTACKS,
    DENIED,
    KEPT,
    LOST,
    OTHER,
    VERDICTS,
    make_run,
    opened,
    put,
    talk,
    wait_for,
)

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed (the extra 'browser')"
)
CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(*sources: Source) -> Iterator[str]:
    """The viewer in a thread of its own, since the browser's driver holds this one."""
    address: list[str] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()

    def say(told: str) -> None:
        address.append(told.rstrip("/"))
        ready.set()

    guard = Guard()
    viewer = Viewer(sources)
    task = loop.create_task(serve(viewer.app(guard), guard, 0, say))

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    with opened(make_run(folder / "run")) as (source,), served(source) as address:
        yield address


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page; whatever its scripts or its policy complain of fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    opened_page = context.new_page()
    told: list[str] = []
    opened_page.on("pageerror", lambda error: told.append(str(error)))
    opened_page.on(
        "console",
        lambda said: told.append(said.text) if said.type in ("error", "warning") else None,
    )
    yield opened_page
    context.close()
    assert told == []


def until(page: Any, true: str) -> None:
    """Wait until an expression is true; the page's policy lets no test evaluate in it."""
    wait_for(lambda: page.evaluate(true), 25)


def lit(page: Any, what: str) -> list[str]:
    """Which turns or facts are lit: their ids."""
    found: list[str] = page.eval_on_selector_all(
        f"{what}.lit", "all => all.map(one => one.dataset.fact || one.id)"
    )
    return found


def test_browsing_from_the_list_to_a_conversation_and_back(page: Any, site: str) -> None:
    page.goto(site)
    assert page.url == f"{site}/1/conversations"
    assert page.inner_text("#results h1") == "2 conversations"
    page.click("text=My two dogs woke me.")
    page.wait_for_url(f"**/{KEPT.id}*")
    assert page.locator(".turn .text").all_inner_texts() == [turn.text for turn in KEPT.turns]
    page.click("text=What differs >> nth=0")
    page.wait_for_selector(".rival .diff")
    assert page.locator(".rival .diff .right mark").count() > 0
    page.click("text=All conversations")
    page.wait_for_selector("#results")


def test_filters_change_the_list_and_the_address_without_a_reload(page: Any, site: str) -> None:
    page.goto(f"{site}/1/conversations")
    page.evaluate("window.stays = true")
    page.check("input[name=status][value=dropped]")
    until(page, "document.querySelector('#results h1').textContent.startsWith('1 ')")
    assert page.url.endswith("/1/conversations?status=dropped")
    assert "contradicts 'I am vegan.'" in page.inner_text("#results")
    page.check("input[name=status][value=all]")
    page.fill("input[name=q]", "slept")
    until(page, "location.search.includes('q=slept')")
    until(page, "document.querySelector('#results h1').textContent.startsWith('1 ')")
    assert page.inner_text("#results mark") == "slept"
    page.fill("input[name=q]", "")
    page.fill('input[name="max.faithfulness"]', "0.5")
    until(page, "document.querySelector('#results h1').textContent.startsWith('2 ')")
    assert page.evaluate("window.stays") is True
    address = page.url
    page.goto("about:blank")
    page.goto(address)  # a stable address: the same view again
    assert page.inner_text("#results h1") == "2 conversations"


def test_a_reason_is_looked_for_among_all_and_an_odd_hash_stops_no_script(
    page: Any, site: str
) -> None:
    page.goto(f"{site}/1/conversations")
    page.select_option("select[name=reason]", "faithfulness")
    until(page, "location.search.includes('reason=faithfulness')")
    until(page, "document.querySelector('#results h1').textContent.startsWith('1 ')")
    assert page.is_checked("input[name=status][value=all]")
    page.goto(f"{site}/1/conversations/{KEPT.id}#%")
    page.hover('.fact[data-fact="f0-0"]')
    assert lit(page, ".turn") == ["t0", "t1"]


def test_hovering_a_fact_lights_the_turns_that_touch_it_and_the_other_way_round(
    page: Any, site: str
) -> None:
    page.goto(f"{site}/1/conversations/{KEPT.id}")
    page.hover('.fact[data-fact="f0-0"]')  # Ann's two dogs: used by Ann, claimed by Ben
    assert lit(page, ".turn") == ["t0", "t1"]
    assert "uses" in page.get_attribute("#t0", "class")
    assert "claims" in page.get_attribute("#t1", "class")
    page.hover('.fact[data-fact="f1-0"]')
    assert lit(page, ".turn") == ["t1"]
    page.hover("#t1 .text")
    assert sorted(lit(page, ".fact")) == ["f0-0", "f1-0"]
    page.hover("h1")
    assert lit(page, ".turn") == lit(page, ".fact") == []
    page.goto(f"{site}/1/conversations/{DENIED.id}")
    page.hover('.fact[data-fact="f1-1"]')
    assert "denies" in page.get_attribute("#t1", "class")
    assert "contradicts 'I am vegan.'" in page.inner_text("#t1 .remark")


def test_focus_lights_evidence_too_and_enter_holds_it(page: Any, site: str) -> None:
    page.goto(f"{site}/1/conversations/{KEPT.id}")
    page.focus(".title")  # nothing: the page must not need a mouse
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.fact") == "f0-0":
            break
    assert lit(page, ".turn") == ["t0", "t1"]
    page.keyboard.press("Enter")
    assert page.get_attribute('.fact[data-fact="f0-0"]', "aria-pressed") == "true"
    page.hover("h1")
    assert lit(page, ".turn") == ["t0", "t1"]
    assert page.url.endswith("#f0-0")  # what is held is part of the address
    page.reload()
    assert lit(page, ".turn") == ["t0", "t1"]
    page.keyboard.press("Escape")
    assert lit(page, ".turn") == []


def test_a_tap_on_a_phone_holds_the_evidence_and_nothing_is_cut_off(
    chromium: Any, site: str
) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    phone = context.new_page()
    for path in (
        "conversations", "people", "dropped", "run", f"conversations/{KEPT.id}",
        f"conversations/{KEPT.id}/beside/{LOST.id}", f"people/{ANN.id}",
    ):  # fmt: skip
        phone.goto(f"{site}/1/{path}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, path
    phone.goto(f"{site}/1/conversations/{KEPT.id}")
    phone.tap('.fact[data-fact="f1-0"]')
    assert lit(phone, ".turn") == ["t1"]
    phone.tap('.fact[data-fact="f1-0"]')
    assert lit(phone, ".turn") == []
    context.close()


def test_the_keys_walk_the_list_and_open_what_is_chosen(page: Any, site: str) -> None:
    page.goto(f"{site}/1/conversations")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{OTHER.id}*")
    page.keyboard.press("k")
    page.wait_for_url(f"**/{KEPT.id}*")
    page.keyboard.press("u")
    page.wait_for_selector("#results")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/1/people")


def test_a_run_is_watched_while_it_goes_on(page: Any, tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        put(folder, talk("One.", "Two.", scores={"votes": 1.0}))
        folder.journal.flush()
        with opened(tmp_path / "run") as (source,), served(source) as address:
            page.goto(f"{address}/1/run")
            assert page.inner_text(".pulse") == "Running"
            assert "kept so far\n1 of 2" in page.inner_text(".figures")
            put(folder, *VERDICTS, OTHER)
            folder.journal.flush()
            until(page, "document.querySelector('.figures dd').textContent[0] === '2'")
            page.goto(f"{address}/1/conversations")
            assert page.inner_text("#results h1") == "2 conversations"
            put(folder, KEPT)
            folder.finish()
            folder.close()
            until(page, "document.querySelector('#results h1').textContent[0] === '3'")
            page.goto(f"{address}/1/run")
            until(page, "document.querySelector('.tag').textContent === 'finished'")
            page.goto("about:blank")  # it asks no more when the server goes


def test_hostile_texts_do_nothing(page: Any, tmp_path: Path) -> None:
    people = [Persona(facts=(Fact(text=bad, category=bad),), name=bad) for bad in ATTACKS.values()]
    talks = [
        talk(who.name, who.name, people=(who, ANN), scene=who.id, split="train",
             scores={who.name: 0.5})
        for who in people
    ]  # fmt: skip
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        put(folder, *people, *talks)
        folder.finish()
    with opened(tmp_path / "run") as (source,), served(source) as address:
        paths = ["conversations", "people", "run", "conversations?q=script&status=all"]
        paths += [f"people/{who.id}" for who in people]
        for path in paths + [f"conversations/{one.id}" for one in talks]:
            page.goto(f"{address}/1/{path}")
            page.mouse.move(500, 300)
            assert page.title() != "broken"
            assert page.locator("main img").count() == 0
            assert page.locator("script").count() == 2
            for one in talks:
                if one.id in path:
                    bad = one.turns[0].text
                    shown = bad.replace("\u202e", "U+202E").replace("\u202c", "U+202C")
                    assert page.inner_text("#t0 .text") == shown
                    bidi = "getComputedStyle(document.querySelector('#t0 bdi')).unicodeBidi"
                    assert page.evaluate(bidi) in ("isolate", "plaintext")


def test_a_megabyte_in_one_turn_comes_whole_on_a_click(page: Any, tmp_path: Path) -> None:
    long = "<b>word</b> " * 90_000
    huge = talk(long, "Well.", split="train", people=(ANN, ANN))
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        put(folder, huge)
        folder.finish()
    with opened(tmp_path / "run") as (source,), served(source) as address:
        page.goto(f"{address}/1/conversations/{huge.id}")
        assert page.evaluate("document.querySelector('#t0 .text').textContent.length") < 7_000
        page.click("[data-more]")
        until(page, "document.querySelector('#t0 .text').textContent.length > 1000000")
        assert page.locator("#t0 .text b").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(chromium: Any, site: str, scheme: str) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for path in (f"conversations/{KEPT.id}", f"conversations/{DENIED.id}", "conversations", "run"):
        page.goto(f"{site}/1/{path}")
        pale = page.evaluate(_CONTRAST)
        assert pale == [], path
    context.close()


def test_the_theme_can_be_chosen_and_is_kept(page: Any, site: str) -> None:
    page.goto(f"{site}/1/conversations")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.click("[data-theme-switch]")
    after = page.evaluate(ground)
    assert after != before
    page.goto(f"{site}/1/people")
    assert page.evaluate(ground) == after


def test_every_control_has_a_name(page: Any, site: str) -> None:
    for path in ("conversations", "people", "dropped", "run", f"conversations/{KEPT.id}"):
        page.goto(f"{site}/1/{path}")
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, button, a")]
            .filter(one => !(one.getAttribute("aria-label") || one.textContent.trim()
              || one.labels?.length && [...one.labels].some(l => l.textContent.trim())))
            .map(one => one.outerHTML.slice(0, 120))"""
        )
        assert nameless == [], path
        assert page.locator("h1").count() == 1, path
        assert page.get_attribute("html", "lang") == "en"


# WCAG 2.1: 4.5 to 1, or 3 to 1 for large text; of every text that is not set back on purpose.
_CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || node.closest("svg, option")) continue;
    const style = getComputedStyle(node);
    if (!node.checkVisibility()) continue;
    const [a, b] = [light(parse(style.color)), light(ground(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) {
      bad.push(`${node.className || node.tagName}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
  }
  return [...new Set(bad)];
}"""
