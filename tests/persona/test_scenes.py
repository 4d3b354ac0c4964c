"""Scenes out of files and books: every drop has its reason, nothing is taken that is not there."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg import persona
from dramaturg.errors import ReplyError, UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.persona.book import read_plots
from dramaturg.persona.chunks import from_text, plain_words
from dramaturg.prompts import Message
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.recipes.actors import coser as actor

ONE = {
    "book": "The Ferry",
    "scenario": "Night at the inn.",
    "topic": "Silver",
    "plot": {
        "summary": "A theft.",
        "key_characters": [{"name": "Ada", "description": "The host."}],
    },
    "key_characters": [{"name": "Ada", "motivation": "To be alone."}],
    "character_profiles": {"Ada": "**Ada** met Mr. Hill in May. She lies.", "Zoe": "Not there."},
    "dialogues": [
        {"character": "Ada", "message": "[Out!] Good evening."},
        {"character": "Environment", "message": "Rain."},
        {"character": "Bo", "message": "Evening."},
    ],
}


class Heard:
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def note(self, record: msgspec.Struct) -> None:
        if isinstance(record, Drop):
            self.drops.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        return None


@pytest.fixture
def heard() -> Iterator[Heard]:
    listener = Heard()
    with notes.listening(listener):
        yield listener


def written(folder: Path, text: str, name: str = "scenes.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scene_of_a_file_has_its_people_in_the_order_in_which_they_speak(tmp_path: Path) -> None:
    read = persona.read_scenes(written(tmp_path, json.dumps([ONE])))
    (scene,) = read.scenes
    assert [p.name for p in scene.people] == ["Ada", "Bo"]
    assert scene.people[0].sentences == ("The host.", "Ada met Mr. Hill in May.", "She lies.")
    assert scene.people[0].facts[0].evidence[0].document == "The Ferry"
    assert scene.people[1].sentences == ()
    assert scene.scene.fields["motivations"] == {"Ada": "To be alone."}
    assert scene.scene.fields["reference"][0] == ["Ada", "[Out!] Good evening."]
    assert scene.scene.cast == tuple(p.id for p in scene.people)


def test_what_is_no_scene_is_dropped_with_its_number_and_the_rest_is_read(
    tmp_path: Path, heard: Heard
) -> None:
    alone = {**ONE, "dialogues": [{"character": "Environment", "message": "Rain."}]}
    alone["key_characters"] = []
    rows = [ONE, {"scenario": "No talk."}, 7, alone, {**ONE, "scenario": " "}]
    read = persona.read_scenes(written(tmp_path, "\n".join(map(json.dumps, rows)), "s.jsonl"))
    assert len(read.scenes) == 1
    assert [d.reason.split(":")[0] for d in heard.drops] == [
        "no scene", "no scene", "nobody to act", "no setting",
    ]  # fmt: skip
    assert "line 2" in heard.drops[0].reason
    assert read.notes == ["2 objects of s.jsonl are no scenes: see dropped/"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "holds no scene that can be played"),
        ('{"scenario": "x"}', "holds no scene that can be played"),
        ("not JSON at all\n", "holds no scene that can be played"),
        ("", "is empty"),
    ],
)
def test_a_file_without_a_scene_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UserError, match=what):
        persona.read_scenes(written(tmp_path, text))


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    written(tmp_path, "x", "othello.txt")
    with pytest.raises(UserError, match="there is no file") as told:
        persona.holds_scenes(tmp_path / "othelo.txt")
    assert "othello.txt" in told.value.fix


def test_the_scenes_that_ship_can_be_played_and_their_people_remember() -> None:
    read = persona.read_scenes(persona.starter_scenes())
    assert [len(s.people) for s in read.scenes] == [2, 3]
    assert [p.name for p in read.people] == ["Tove", "Maren", "Jens"]
    assert read.people[1].views["history"][1]["plot"] == 1


async def test_a_book_gives_scenes_one_name_a_person_and_profiles(
    tmp_path: Path, heard: Heard
) -> None:
    model = actor.actor()
    source = actor.inputs(tmp_path)["book"]
    read = await persona.scenes_of(source, model, most=2, tokens=120, seed=13)
    assert read.counts["pieces"] == 4
    assert len(read.scenes) == 2
    first = read.scenes[0]
    assert [p.name for p in first.people] == ["Ada", "Bo"], "Captain Bo is Bo"
    assert first.people[1].sentences[0].startswith("A person of few words")
    assert first.people[1].views["history"][0] == {"plot": 0, "text": "Captain Bo came by."}
    assert {who for who, _ in first.scene.fields["reference"]} == {"Ada", "Bo", "Environment"}
    assert read.counts["lines_in_book"] == read.counts["lines"] > 0
    asked = [call.task for call in model.calls]
    assert asked.count("book.profile") == len(read.people)
    (figure,) = persona.reading_figures(read)
    assert (figure["value"], figure["n"]) == (1.0, read.counts["lines"])


async def test_a_plot_that_is_not_in_the_book_is_dropped(tmp_path: Path, heard: Heard) -> None:
    model = actor.actor()
    text = "x. The quay was wet. Ada came. Bo left. Rain fell. Nobody spoke. The end came."
    call = Call(
        task="book.extract", messages=(Message(role="user", content=f"<text>{text}</text>"),)
    )
    invented = json.loads(model._by_task["book.extract"](call))  # type: ignore[operator]
    invented["plots"][0]["first_sentence"] = "The king of Norway was crowned at dawn."
    liar = ScriptedModel(by_task={**model._by_task, "book.extract": json.dumps(invented)})
    with pytest.raises(UserError, match="no scene of"):
        await persona.read_book(actor.inputs(tmp_path)["book"], liar, tokens=10_000, seed=1)
    assert heard.drops[0].reason.startswith("not in the book: no sentence like 'The king of Norway")


async def test_an_unfinished_plot_is_carried_into_the_next_piece(tmp_path: Path) -> None:
    model = actor.actor()
    whole = model._by_task["book.extract"]
    seen: list[str] = []

    def cut_off(call: Call) -> str:
        seen.append(call.messages[-1].content)
        value = json.loads(whole(call))  # type: ignore[operator]
        if len(seen) == 1:
            value["plots"][0]["state"] = "truncated"
        return json.dumps(value)

    reader = ScriptedModel(by_task={**model._by_task, "book.extract": cut_off})
    read = await persona.read_book(
        actor.inputs(tmp_path)["book"], reader, tokens=120, least_lines=5, seed=1
    )
    assert "<unfinished>" not in seen[0]
    assert seen[1].count("</unfinished>") == 1
    assert "You are late, Bo" in seen[1].split("</unfinished>")[0]
    assert read.counts["plots"] == read.counts["pieces"] - 1


def test_pieces_are_cut_at_chapters_and_joined_they_are_the_book() -> None:
    chapter = "Chapter\u00a0{n}.\n\n" + "A sentence of the story. " * 40 + "\n\n"
    book = "".join(chapter.replace("{n}", str(n)) for n in range(1, 8))
    pieces = persona.cut_book(book, tokens=500)
    assert "".join(pieces) == book
    assert all(piece.startswith("Chapter") for piece in pieces)
    assert all(1_000 <= len(piece) <= 4_000 for piece in pieces)
    endless = "word " * 10_000
    assert "".join(persona.cut_book(endless, tokens=500)) == endless
    assert all(len(piece) <= 4_000 for piece in persona.cut_book(endless, tokens=500))
    assert persona.cut_book("Short.", tokens=500) == ["Short."]
    assert len(persona.cut_book("x" * 100_000, tokens=500)) > 10


def test_names_that_lead_on_are_followed_and_a_ring_is_left_alone() -> None:
    told = '{"the General": "Othello", "Signior": "the General", "A": "B", "B": "A", "C": 3}'
    names = ["the General", "Signior", "A", "B", "C", "Iago"]
    assert persona.read_names(told, names) == {
        "the General": "Othello", "Signior": "Othello", "A": "A", "B": "B", "C": "C",
        "Iago": "Iago",
    }  # fmt: skip
    with pytest.raises(ReplyError):
        persona.read_names("[]", names)


def test_plots_that_lack_what_they_must_have_are_left_out() -> None:
    good = {"first_sentence": "a", "last_sentence": "b", "summary": "c", "prominence": 300}
    plots = persona.read_plots(json.dumps({"plots": [good, {"summary": "no quotes"}]}))
    assert [(p.first, p.prominence, p.finished) for p in plots] == [("a", 100, True)]
    with pytest.raises(ReplyError, match="no plot"):
        persona.read_plots('{"plots": []}')


def test_a_line_counts_as_the_book_s_by_its_runs_of_words() -> None:
    words = plain_words("Ada counted the crates. There is one missing.")
    assert from_text("There is one missing!", words) == 1.0
    assert from_text("There is one too many.", words) == pytest.approx(1 / 3)
    assert from_text("", words) == 0.0


def test_a_sentence_is_found_where_the_lines_of_a_book_only_wrap() -> None:
    book = (
        "The tide had gone out. The old keeper climbed the hundred and\n"
        "twelve steps with a can of oil in either hand, and he\n"
        "counted each of them aloud. Nobody heard him.\n\nA new day came."
    )
    very = (
        "The old keeper climbed the hundred and twelve steps with a can of oil in either hand, "
        "and he counted each of them aloud."
    )
    found = persona.find_sentence(book, very)
    assert " ".join(book[slice(*(found or (0, 0)))].split()) == very
    nearly = very.replace("The old keeper", "The keeper").replace("each of them", "them all")
    close = persona.find_sentence(book, nearly)
    assert " ".join(book[slice(*(close or (0, 0)))].split()) == very
    assert (
        persona.find_sentence(book, "She sold the boat and never came back to the island.") is None
    )


@pytest.mark.parametrize("reply", ['{"plots": 3.5}', '{"plots": true}', '{"plots": "none"}'])
def test_a_reply_whose_plots_are_no_list_is_a_bad_reply(reply: str) -> None:
    with pytest.raises(ReplyError) as told:
        read_plots(reply)
    assert told.value.kind == "no plots"


async def test_lost_profiles_are_told_in_the_order_of_the_people(
    tmp_path: Path, heard: Heard
) -> None:
    model = actor.actor()
    model._by_task["book.profile"] = "Too short."
    answer, late = model.answer, itertools.chain([200], itertools.repeat(0))

    async def last_comes_first(call: Call) -> Any:
        for _ in range(next(late) if call.task == "book.profile" else 0):
            await asyncio.sleep(0)
        return await answer(call)

    model.answer = last_comes_first  # type: ignore[method-assign]
    source = actor.inputs(tmp_path)["book"]
    read = await persona.scenes_of(source, model, most=2, tokens=120, seed=13)
    lost = [drop.subject for drop in heard.drops if drop.kind == "profile"]
    spoke = [str(who) for scene in read.scenes for who, _ in scene.scene.fields["reference"]]
    assert lost == [who for who in dict.fromkeys(spoke) if who != "Environment"]
    assert len(lost) > 1
