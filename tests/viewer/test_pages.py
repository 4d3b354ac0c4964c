"""Every page answers, shows every text as text, and lets nothing out that is not of the run."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from dramaturg.records import Conversation, Drop, Fact, Persona, Turn, Verdict, to_json
from dramaturg.store import RunFolder
from tests.dataset.test_made_tables import Text, written
from tests.viewer.stage import (
    ANN,
    ARGUMENTS,
    ATTACKS,
    DENIED,
    KEPT,
    LOST,
    OTHER,
    app_of,
    make_run,
    opened,
    put,
    talk,
)

Client = TestClient[Any, Any]
Look = Callable[..., Awaitable[Client]]


@pytest.fixture
async def look(tmp_path: Path) -> AsyncIterator[Look]:
    closing: list[Any] = []

    async def start(*paths: Path) -> Client:
        with_sources = opened(*paths, cache=tmp_path / "cache")
        sources = with_sources.__enter__()
        client = TestClient(TestServer(app_of(*sources)))
        await client.start_server()
        closing.append((client, with_sources))
        return client

    yield start
    for client, with_sources in closing:
        await client.close()
        with_sources.__exit__(None, None, None)


async def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    text: str = await answer.text()
    assert answer.status == status, text
    return text


class _Harm(HTMLParser):
    """What a browser would act on, or show in another order, and should not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "style", "base", "math"):
            self.found.append(f"<{tag}>")
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.found.append("<script> inside the page")
        for name, value in attrs:
            away = name in ("href", "src", "action") and not (value or "").startswith(("/", "#"))
            if away or name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.found += ["a direction override"] * ("\u202e" in data)


def harm(page: str) -> list[str]:
    parser = _Harm()
    parser.feed(page)
    return parser.found


def words(page: str) -> str:
    """What a reader sees of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_every_page_of_a_run_answers(look: Look, tmp_path: Path) -> None:
    client = await look(make_run(tmp_path / "run"))
    first = await client.get("/")
    assert first.url.path == "/1/conversations"
    page = words(await text_of(client, "/1/conversations"))
    assert "2 conversations" in page
    assert "My two dogs woke me." in page
    page = words(await text_of(client, f"/1/conversations/{KEPT.id}"))
    for part in (
        "I will sail on Saturday.", "uses: I have two dogs.", "claims the other’s",
        "lost the vote", "this one preferred by depth", "made by test:writer",
        "answers “ When do you get up? ”", "Write <two> turns.", "shared categories: pets",
    ):  # fmt: skip
        assert part in page, part
    page = words(await text_of(client, f"/1/conversations/{DENIED.id}"))
    assert "turn 1 contradicts 'I am vegan.' (p(contradict) 0.90)" in page
    assert "What differs" in words(
        await text_of(client, f"/1/conversations/{KEPT.id}/beside/{LOST.id}")
    )
    assert "3 people" in words(await text_of(client, "/1/people"))
    page = words(await text_of(client, f"/1/people/{ANN.id}"))
    assert "I am afraid of dogs." in page
    assert "(0.930), by test:nli" in page or "(0.93), by test:nli" in page
    page = words(await text_of(client, "/1/dropped?kind=draft"))
    assert "1 dropped" in page
    assert "turn 1 contradicts" in page
    page = words(await text_of(client, "/1/run"))
    for part in ("finished", "a-test", "$0.25", "rate limit 1", "50.0 %"):
        assert part in page, part
    assert json.loads(await text_of(client, "/1/pulse"))["settled"] is True


async def test_a_list_keeps_its_place_from_one_conversation_to_the_next(
    look: Look, tmp_path: Path
) -> None:
    client = await look(make_run(tmp_path / "run"))
    page = await text_of(client, "/1/conversations?status=all&sort=-faithfulness")
    first = re.findall(r'href="(/1/conversations/[^"]+)"', page)[0]
    page = await text_of(client, html.unescape(first))
    (following,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert html.unescape(following) == (
        f"/1/conversations/{LOST.id}?status=all&sort=-faithfulness&at=1"
    )
    page = await text_of(client, html.unescape(following))
    assert f"/1/conversations/{KEPT.id}" in re.findall(r'rel="prev" href="([^"]+)"', page)[0]
    assert 'href="/1/conversations?status=all&amp;sort=-faithfulness" data-up' in page


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_hostile_text_is_text_wherever_it_stands(
    look: Look, tmp_path: Path, name: str
) -> None:
    bad = ATTACKS[name]
    person = Persona(
        facts=(Fact(text=bad, category=bad, provider=bad, status="new"), Fact(text="I bake.")),
        name=bad,
    )
    hostile = talk(
        bad, bad, people=(person, ANN), split=re.sub(r"\W", "", bad)[:20] or "x",
        scores={bad: 0.5},
    )  # fmt: skip
    dropped = talk(bad, "b", people=(person, ANN), draft=1)
    verdict = Verdict(subject=hostile.id, scorer=bad, value=0.5, reasons=(bad,), version=bad)
    drop = Drop(kind="draft", reason=f"{bad}: {bad}", subject=dropped.id, round=1)
    arguments = {**ARGUMENTS, "models": {bad: bad}, "settings": {bad: bad}}
    with RunFolder.open(tmp_path / "run", arguments, "0") as folder:
        put(folder, person, verdict, drop, hostile, dropped)
        folder.finish()
    client = await look(tmp_path / "run")
    pages = [
        "/1/conversations", "/1/conversations?status=all", f"/1/conversations/{hostile.id}",
        f"/1/conversations/{dropped.id}", "/1/people", f"/1/people/{person.id}", "/1/dropped",
        "/1/run", f"/1/conversations/{hostile.id}/beside/{dropped.id}",
    ]  # fmt: skip
    for path in pages:
        page = await text_of(client, path)
        assert harm(page) == [], path
    seen = words(await text_of(client, f"/1/conversations/{hostile.id}"))
    if name == "direction":
        assert "a U+202E txt.exe U+202C b" in seen
    else:
        assert bad in seen
    echoed = await text_of(client, f"/1/conversations?q={bad}&sort={bad}&split={bad}".replace(
        "#", "%23").replace(" ", "%20").replace('"', "%22").replace("<", "%3C"))  # fmt: skip
    assert harm(echoed) == []


async def test_a_megabyte_in_one_turn_is_cut_on_the_page_and_whole_as_text(
    look: Look, tmp_path: Path
) -> None:
    long = "<b>" + "word " * 210_000
    huge = talk(long, "Well.", split="train")
    file = tmp_path / "one.jsonl"
    file.write_text(f"{to_json(huge)}\n{to_json(KEPT)}", encoding="utf-8")
    client = await look(file)
    assert len(await text_of(client, "/1/conversations")) < 60_000
    assert "What is said" in await text_of(client, "/1/run")  # at once: it is left out there
    page = await text_of(client, f"/1/conversations/{huge.id}")
    assert len(page) < 100_000
    assert "all 1,050,003 characters" in page
    answer = await client.get(f"/1/conversations/{huge.id}/turns/0")
    assert answer.content_type == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await answer.text() == long
    await text_of(client, f"/1/conversations/{huge.id}/turns/2", 404)


async def test_what_is_not_there_is_a_page_that_says_so(look: Look, tmp_path: Path) -> None:
    client = await look(make_run(tmp_path / "run"))
    for path in (
        "/1/conversations/c-none", "/1/people/p-none", "/2/conversations", "/0/run", "/1/nothing",
        "/1/report/none.png", f"/1/conversations/{KEPT.id}/beside/{OTHER.id}", "/compare",
        "/1/conversations/%00", "/1/conversations/a%2fb",
    ):  # fmt: skip
        page = await text_of(client, path, 404)
        assert "<h1>" in page, path


async def test_odd_questions_get_a_list_and_no_error(look: Look, tmp_path: Path) -> None:
    client = await look(make_run(tmp_path / "run"))
    for asked in (
        "page=²", "at=²", "round=²", "page=" + "9" * 5_000,
        "page=0", "page=-1", "page=99999999999", "page=x", "min.faithfulness=nan",
        "min.faithfulness=1e999", "min.=1", "verdict.faithfulness=maybe", "q=%00", "q=%ff",
        "q=" + "x" * 3000, "status=nobody", "person=p-none", "at=1&at=2", "round=%F0%9F%98%80",
    ):  # fmt: skip
        path = f"/1/conversations?{asked}"
        status = 404 if asked == "person=p-none" else 200
        await text_of(client, path, status)
        await text_of(client, f"/1/people?{asked}")
        await text_of(client, f"/1/dropped?{asked}&class=%27;--")
        await text_of(client, f"/1/conversations/{KEPT.id}?{asked}")


async def test_files_of_the_report_are_shown_and_no_others(look: Look, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "pictures").mkdir()
    (run / "pictures" / "variety.svg").write_text("<svg onload='alert(1)'/>", encoding="utf-8")
    (run / "report.html").write_text("<style>p{color:red}</style><p>Fine</p>", encoding="utf-8")
    odd = "50 % #1?.svg"
    (run / "pictures" / odd).write_text("<svg/>", encoding="utf-8")
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    (run / "linked.png").symlink_to(secret)
    client = await look(run)
    picture = await client.get("/1/report/pictures/variety.svg")
    assert picture.content_type == "image/svg+xml"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    page = await client.get("/1/report/report.html")
    policy = page.headers["Content-Security-Policy"]
    assert re.search(r"style-src 'sha256-[\w+/=]+'", policy)
    assert "unsafe" not in policy
    for path in (
        "run.json", "journal.sqlite", "../secret.png", "%2e%2e/secret.png", "..%2fsecret.png",
        "pictures/../run.json", "linked.png", "/etc/passwd", "%2fetc%2fpasswd",
    ):  # fmt: skip
        answer = await client.get(f"/1/report/{path}")
        assert answer.status == 404, path
        assert b"secret" not in await answer.read()
    shown = await text_of(client, "/1/run")
    assert 'src="/1/report/pictures/variety.svg"' in shown
    (source,) = re.findall(r'src="(/1/report/pictures/50[^"]+)"', shown)
    assert (await client.get(URL(source, encoded=True))).status == 200


async def test_two_sources_stand_side_by_side(look: Look, tmp_path: Path) -> None:
    other = talk("My two dogs woke me.", "I sail today.", split="train", draft=5)
    one = make_run(tmp_path / "one")
    with RunFolder.open(tmp_path / "two", ARGUMENTS, "0") as folder:
        put(folder, other)
        folder.finish()
    client = await look(one, tmp_path / "two")
    page = await text_of(client, "/compare")
    seen = words(page)
    assert "conversations kept 2 1" in seen
    assert "Over 2 and 1 kept conversations" in seen
    assert "turns a conversation 2.000 2.000" in seen
    (link,) = re.findall(r'href="(/compare/[^"]+)"', page)
    assert link == f"/compare/{KEPT.id}/{other.id}"
    seen = words(await text_of(client, link))
    assert "I sail today." in seen
    assert "I will sail on Saturday." in seen


async def test_a_dataset_with_many_speakers_and_scripts_is_shown(
    look: Look, tmp_path: Path
) -> None:
    people = tuple(Persona(facts=(Fact(text=t),), name=n) for n, t in (
        ("أمل", "أحب القهوة."), ("Zoë", "J’aime le thé."), ("李", "我喜欢茶。"), ("D", "🙂"),
    ))  # fmt: skip
    group = talk("أحب القهوة كثيرا", "Moi aussi 🙂", "我也喜欢茶。", "👩‍👩‍👧", people=people)
    empty = Conversation(scene_id="s", speakers=(), turns=())
    lone = Conversation(
        scene_id="s-9", speakers=group.speakers[:1], turns=(Turn(speaker=0, text=""),)
    )
    file = tmp_path / "group.jsonl"
    file.write_text("\n".join(map(to_json, (group, lone, empty))), encoding="utf-8")
    client = await look(file)
    page = await text_of(client, f"/1/conversations/{group.id}")
    for fact in ("أحب القهوة.", "J’aime le thé.", "我喜欢茶。", "🙂"):
        assert fact in page
    assert "👩‍👩‍👧" in page
    assert page.count('class="side') == 4
    await text_of(client, f"/1/conversations/{lone.id}")
    assert "1 dropped" in words(await text_of(client, "/1/dropped"))


async def test_a_run_of_tables_alone_opens_on_its_rows_and_finds_words_in_them(
    look: Look, tmp_path: Path
) -> None:
    rows = [
        Text(id=f"t{i}", persona=ATTACKS["script"], text=f"number {i}", words=i) for i in range(45)
    ]
    client = await look(written(tmp_path / "run", [], rows))
    page = await text_of(client, "/")
    assert "45 rows" in page
    assert "number 19" in page
    assert "number 20" not in page
    assert "<script>document" not in page
    assert 'aria-current="page">Tables</a>' in page
    third = await text_of(client, "/1/tables/texts?page=3")
    assert third.count('<li class="row flat">') == 5
    found = await text_of(client, "/1/tables/texts?q=NUMBER+44")
    assert "1 rows" in found
    await text_of(client, "/1/tables/gone", 404)
    for other in ("conversations", "people", "dropped", "run"):
        await text_of(client, f"/1/{other}")


async def test_a_run_without_further_tables_has_no_link_to_any(look: Look, tmp_path: Path) -> None:
    client = await look(make_run(tmp_path / "run"))
    assert ">Tables</a>" not in await text_of(client, "/1/run")
