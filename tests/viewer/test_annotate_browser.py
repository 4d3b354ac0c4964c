"""The annotation page in a real Chromium, by its keys, over a server and as a file."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dramaturg.records import Conversation
from dramaturg.study import TASKS, Study, order_for, plan_study, questions_for, take_in
from dramaturg.viewer.annotate import report_of, write_page
from tests.study.made import study, talk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 30_000  # a busy machine is no failure
ATTACKS = (
    "<script>document.title = 'owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "right to left: \u202egnp.exe",
    "{{ 7 * 7 }} ${7*7} </script><!--",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'"
    )
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH: apt-get install chromium")
    with api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


class Server:
    """`dramaturg annotate STUDY` in a process of its own."""

    def __init__(self, folder: Path, port: int = 0, *more: str) -> None:
        words = [sys.executable, "-m", "dramaturg", "annotate", str(folder), "--port", str(port)]
        words += more
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self.url = self.process.stdout.readline().split()[1]

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(folder: Path, port: int = 0, *more: str) -> Server:
        started.append(Server(folder, port, *more))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill()


def opened(browser: Browser, url: str, **context: Any) -> tuple[Page, list[str]]:
    """A page in a browser profile of its own, and what its console complains of."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.goto(url)
    return page, troubles


def enter(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    page.wait_for_selector("#next")


def done(page: Page) -> str:
    return page.locator(".progress span").first.inner_text()


def go_on(page: Page) -> None:
    """Enter, and wait for what follows."""
    from playwright.sync_api import expect

    before = done(page)
    page.keyboard.press("Enter")
    expect(page.locator(".progress span").first).not_to_have_text(before, timeout=PATIENCE_MS)


def wait_for_status(page: Page, said: str) -> None:
    page.locator(".status", has_text=re.compile(f"^{said}")).wait_for()


def test_two_annotators_at_once_a_kill_and_a_new_start_lose_no_click(
    browser: Browser, serving: Callable[..., Server], tmp_path: Path
) -> None:
    study(tmp_path / "s", "turing", 4, per_item=2, checks=0.25).close()
    server = serving(tmp_path / "s")
    ann, trouble = opened(browser, server.url)
    ben, _ = opened(browser, server.url)
    enter(ann, "Ann")
    enter(ben, "Ben")
    for page, key in ((ann, "1"), (ben, "2"), (ann, "3"), (ben, "1")):
        page.keyboard.press(key)
        go_on(page)
    assert (done(ann), done(ben)) == ("2 of 5 done", "2 of 5 done")
    assert trouble == []
    ann.keyboard.press("2")  # chosen, not yet gone on from
    wait_for_status(ann, "Saved")
    chosen = ann.locator(".talk").first.inner_text()
    server.kill()

    ben.keyboard.press("1")
    wait_for_status(ben, "Not saved")
    again = serving(tmp_path / "s", server.port)
    wait_for_status(ben, "Saved")
    go_on(ben)
    assert done(ben) == "3 of 5 done"

    elsewhere, _ = opened(browser, again.url)
    enter(elsewhere, " ann ")
    assert done(elsewhere) == "2 of 5 done"
    assert elsewhere.locator(".talk").first.inner_text() == chosen
    assert elsewhere.get_by_role("radio", name="2 Conversation 2").is_checked()
    with Study(tmp_path / "s") as made:
        assert {a.annotator: sum(b.done for b in made.answers() if b.annotator == a.annotator)
                for a in made.answers()} == {"ann": 2, "ben": 3}  # fmt: skip


def test_a_link_in_a_mail_opens_the_network_s_page_and_without_it_nothing_does(
    browser: Browser, serving: Callable[..., Server], tmp_path: Path
) -> None:
    study(tmp_path / "s", "flags", 2, per_item=1, checks=0).close()
    url = serving(tmp_path / "s", 0, "--host", "0.0.0.0").url
    base, token = url.split("?token=")
    assert len(token) >= 20
    page, trouble = opened(browser, "about:blank")
    mail = f"<!doctype html><link rel=icon href=data:,><a href='{url}'>Judge</a>"
    page.route(
        "http://mail.example/", lambda asked: asked.fulfill(body=mail, content_type="text/html")
    )
    for _ in range(2):  # and once more, when the cookie is there already
        page.goto("http://mail.example/")  # another site: a strict cookie would not be sent
        page.click("text=Judge")
        page.wait_for_selector("#app h1")
        assert page.url == base
    enter(page, "Ann")
    go_on(page)
    assert done(page) == "1 of 2 done"
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["value"]) == (True, "Lax", token)
    assert trouble == []
    stranger, _ = opened(browser, base)
    assert "Open the whole address" in stranger.locator("main").inner_text()
    assert stranger.goto(f"{base}?token=wrong").status == 401  # type: ignore[union-attr]


def test_an_older_file_and_another_tab_undo_nothing(browser: Browser, tmp_path: Path) -> None:
    with study(tmp_path / "s", "flags", 5, per_item=1, checks=0) as made:
        write_page(made, tmp_path / "page.html")
    url = (tmp_path / "page.html").as_uri()
    page, trouble = opened(browser, url)
    enter(page, "Ann")
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE_MS)
    other.goto(url)
    enter(other, "Ann")  # at the same item
    go_on(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save my answers").click()
    older = tmp_path / "older.json"
    coming.value.save_as(older)
    page.locator("h1").focus()
    go_on(page)
    assert done(page) == "2 of 5 done"
    other.keyboard.press("1")
    wait_for_status(other, "Saved")
    go_on(other)
    assert done(other) == "2 of 5 done"
    for one in (other, page):
        one.reload()
        one.wait_for_selector("#next")
        assert done(one) == "2 of 5 done"
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.locator("#before").set_input_files(older)
    page.wait_for_selector("#next")
    assert done(page) == "2 of 5 done"
    page.keyboard.press("b")  # what was judged last: by the other tab
    page.locator("input:checked").wait_for()
    assert trouble == []


def test_an_answer_is_undone_with_back_and_the_last_one_counts(
    browser: Browser, serving: Callable[..., Server], tmp_path: Path
) -> None:
    study(tmp_path / "s", "likert", 3, per_item=1, checks=0).close()
    page, trouble = opened(browser, serving(tmp_path / "s").url)
    enter(page, "Ann")
    assert page.get_by_role("button", name="Next").is_disabled()
    page.keyboard.type("54321")
    go_on(page)
    page.keyboard.press("b")
    page.wait_for_selector("input[name=natural][value='5']:checked")
    page.get_by_role("radio", name="1 no person would talk like this").check()
    wait_for_status(page, "Saved")
    page.locator("h1").focus()
    page.keyboard.press("Enter")
    page.locator("input:checked").first.wait_for(state="detached")
    assert done(page) == "1 of 3 done"
    with Study(tmp_path / "s") as made:
        (answer,) = made.answers()
    assert answer.answer["ratings"] == {
        "natural": 1, "coherent": 4, "consistent": 3, "depth": 2, "likable": 1,
    }  # fmt: skip
    assert trouble == []


def test_a_file_works_without_a_network_in_the_order_of_the_study_and_comes_back(
    browser: Browser, tmp_path: Path
) -> None:
    made = study(tmp_path / "s", "faithfulness", 2, per_item=1)
    write_page(made, tmp_path / "page.html")
    page, trouble = opened(browser, (tmp_path / "page.html").as_uri(), offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, "Zoë Ann")
    order = order_for(made.items.values(), made.seed, "zoë ann")
    for n, item in enumerate(order):
        assert page.locator(".fact-asked").inner_text() == item.shown["fact"]
        if n == 3:  # all is there after a reload, also where the browser lost one of two stores
            page.evaluate("localStorage.clear()")
            page.reload()
        if n == 5:
            page.evaluate("sessionStorage.clear()")
            page.reload()
            enter(page, " zoë  ann ")
        if n in (3, 5):
            page.wait_for_selector("#next")
            assert done(page) == f"{n} of {len(order)} done"
        page.keyboard.press("1" if n % 2 else "2")
        if n == 1:
            page.keyboard.press("ArrowDown")
            page.keyboard.press("2")
        if n < len(order) - 1:
            go_on(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save my answers").click()
    saved = tmp_path / coming.value.suggested_filename
    coming.value.save_as(saved)
    assert saved.name == "answers-zoë-ann.json"
    found = take_in(made, saved)
    assert (found.annotator, found.answers, found.drops) == ("zoë  ann", len(order), ())
    marks = [made.answer_of("zoë ann", item.id) for item in order]
    assert all(answer is not None and answer.done for answer in marks)
    first = [next(iter(answer.answer["marks"].values())) for answer in marks if answer]
    assert first == ["entail" if n % 2 else "contradict" for n in range(len(order))]
    assert len(marks[1].answer["marks"]) == 2  # type: ignore[union-attr]
    assert report_of(made)["coverage"]["answered"] == report_of(made)["coverage"]["items"]
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert trouble == []
    made.close()

    other, _ = opened(browser, (tmp_path / "page.html").as_uri())
    other.locator("#before").set_input_files(saved)  # another machine goes on from the file
    other.get_by_role("heading", name="Thank you").wait_for()


def test_a_file_shows_many_items_in_the_order_of_the_study(
    browser: Browser, tmp_path: Path
) -> None:
    with study(tmp_path / "s", "flags", 30, of=40) as made:
        write_page(made, tmp_path / "page.html")
        wanted = [i.shown["talk"]["turns"][0][1] for i in order_for(made.items.values(), 13, "ann")]
    page, _ = opened(browser, (tmp_path / "page.html").as_uri())
    enter(page, "Ann")
    page.keyboard.down("Enter")  # held down it goes on once, not through all items
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.locator(".progress span", has_text="1 of").wait_for()
    page.keyboard.press("b")
    page.locator("#back:disabled").wait_for()
    seen = []
    for n in range(len(wanted)):
        seen.append(page.locator(".line bdi").first.inner_text())
        if n == 0:
            assert done(page) == f"1 of {len(wanted)} done"
            page.keyboard.press("Enter")
            page.locator("#back:enabled").wait_for()
        elif n < len(wanted) - 1:
            go_on(page)
    assert seen == wanted


def attacked(folder: Path, task: str) -> Study:
    long = "ha " * 350_000

    def row(n: int) -> Conversation:
        return talk(n, "made", [*ATTACKS, f"I have {n} small dogs.", "Hi.", long])

    questions = questions_for(task)
    against = (lambda: [row(n) for n in range(5, 8)]) if task == "pairwise" else None
    plan = plan_study(questions, lambda: [row(n) for n in range(2)], against, count=1, checks=0)
    arguments = {"seed": 13, "per_item": 1}
    return Study.make(folder, arguments, questions, plan)


@pytest.mark.parametrize(("task", "served"), [("pairwise", True), ("faithfulness", False)])
def test_hostile_texts_are_shown_as_text(
    browser: Browser, serving: Callable[..., Server], tmp_path: Path, task: str, served: bool
) -> None:
    with attacked(tmp_path / "s", task) as made:
        write_page(made, tmp_path / "page.html")
    url = serving(tmp_path / "s").url if served else (tmp_path / "page.html").as_uri()
    page, trouble = opened(browser, url)
    enter(page, ATTACKS[0])
    text = page.locator(".talk").first.inner_text()
    for attack in ATTACKS:
        assert attack.replace("\u202e", "U+202E") in text
    assert "\u202e" not in text
    assert page.locator("#app script, #app img, #app style").count() == 0
    assert page.title() == page.locator("h1").inner_text()
    assert "ha " * 2_500 not in text
    page.get_by_role("button", name="Show all 1,050,000 characters").first.click()
    assert len(page.locator(".talk").first.inner_text()) > 1_000_000
    assert trouble == []
    page.close()


@pytest.mark.parametrize("task", TASKS)
def test_every_task_fits_a_phone_names_its_controls_and_shows_contrast(
    browser: Browser, tmp_path: Path, task: str
) -> None:
    with study(tmp_path / "s", task, 3) as made:
        write_page(made, tmp_path / "page.html")
    url = (tmp_path / "page.html").as_uri()
    for scheme in ("light", "dark"):
        size = {"width": 360, "height": 740}
        page, trouble = opened(browser, url, viewport=size, color_scheme=scheme)
        enter(page, "Ann")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input, button')].filter(e =>"
            " !(e.labels?.length && e.labels[0].innerText.trim())"
            " && !e.innerText.trim() && !e.getAttribute('aria-label')).length"
        )
        assert unnamed == 0
        assert page.evaluate(CONTRAST) >= 4.5
        assert trouble == []
        page.close()


CONTRAST = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$|transparent/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let least = 21;
  for (const e of document.querySelectorAll("#app *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.offsetParent || e.disabled) continue;
    if (e.closest(".cannot")) continue; // set back on purpose; opacity is not in the colours
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
}"""
