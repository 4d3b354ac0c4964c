"""A whole run over HTTP with each class of bad reply: repaired, asked again or dropped, counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dramaturg import runner
from dramaturg.models.resolve import Limits
from dramaturg.records import Drop, from_json
from dramaturg.runner.bad_replies import bad_replies
from dramaturg.store import RunFolder
from tests.models.stub_endpoint import Act, Seen, running, says
from tests.runner.test_endpoint import FACTS, answering

SIZE = {"conversations": 4, "rounds": 1, "drafts": 2, "new_facts": 0, "people": 8, "retries": 0}
GERMAN = "\n".join(
    f"User {i % 2 + 1}: Ich habe {i} Hunde und du? Was machst du gerne, wenn es nicht regnet?"
    for i in range(6)
)
MANY = "\n".join(f"User {i % 2 + 1}: I have {i} things to say on {i * i} days." for i in range(40))
HALF = "User 1: I paint boats.\nUser 2: I sell clocks and"


def writes(seen: Seen) -> bool:
    return seen.path.endswith("/completions") and b"You write conversations" in seen.raw


def again(seen: Seen) -> bool:
    return b"This reply cannot be used" in seen.raw


async def run_with(fault: Callable[[Seen, int], Act | None], out: Path) -> dict[str, Any]:
    """The report of a small run; what was given to the server stays in the stub."""
    async with running(answering(fault)) as stub:
        planned = runner.plan(
            "synthetic-persona-chat",
            {"personas": str(FACTS), **SIZE},
            [f"openai:actor@{stub.url}"],
            out,
            limits=Limits(timeout_s=20),
        )
        run = await runner.perform(planned)
    assert run.state == "finished", run.stopped
    return run.report


BAD: dict[str, dict[str, Any]] = {
    "empty": says("  "),
    "refusal": says("I'm sorry, but I can't help with that."),
    "truncated": says("", finish_reason="length"),
    "malformed JSON": says('[{"speaker": "User 1", "text": "Hi}, {]'),
    "wrong language": says(GERMAN),
    "wrong number of turns": says(MANY),
    "no turns": says("It was a dark and stormy night."),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_draft_is_classified_asked_again_once_and_counted(
    tmp_path: Path, kind: str
) -> None:
    spoilt = Counter[str]()

    def fault(seen: Seen, count: int) -> Act | None:
        if not writes(seen):
            return None
        spoilt["drafts"] += not again(seen)
        if again(seen):
            spoilt["again"] += 1
            return None if spoilt["again"] > 2 else Act(BAD[kind])  # two are bad twice
        if spoilt["drafts"] % 2:
            spoilt["bad"] += 1
            return Act(BAD[kind])
        return None

    report = await run_with(fault, tmp_path / "a")
    assert spoilt["bad"] == 4
    assert spoilt["again"] == 4, "each is asked for again, and none twice"
    assert report["bad_replies"]["by_class"] == {
        kind: {"replies": 6, "repaired": 0, "helped": 2, "in_vain": 2, "dropped": 2,
               "unanswered": 0}
    }  # fmt: skip
    assert report["bad_replies"]["by_task"] == {"conversation.write": {kind: 6}}
    (row,) = report["rounds"]
    assert row["drafts"] == 8 - 2
    with RunFolder.read(tmp_path / "a") as folder:
        drops = [from_json(body, Drop) for body in folder.journal.records("drop")]
    assert [d.reason_class for d in drops if d.kind == "draft"] == [kind, kind]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("truncated", lambda text: says(text + "\nUser 1: And then I", finish_reason="length")),
        ("malformed JSON", lambda text: says(as_json(text)[:-1] + ",]")),
        ("another form", lambda text: says(as_json(text))),
    ],
)
async def test_what_can_be_mended_is_repaired_without_another_call_and_counted(
    tmp_path: Path, kind: str, body: Callable[[str], dict[str, Any]]
) -> None:
    plain = answering()

    def fault(seen: Seen, count: int) -> Act | None:
        assert not again(seen)
        if not writes(seen):
            return None
        assert callable(plain.always)
        answer = plain.always(seen).body
        assert isinstance(answer, dict)
        return Act(body(answer["choices"][0]["message"]["content"]))

    report = await run_with(fault, tmp_path / "a")
    count = report["bad_replies"]["by_class"][kind]
    assert count["replies"] == count["repaired"] == 8
    whole = await run_with(lambda seen, count: None, tmp_path / "b")
    assert whole["bad_replies"] == {}
    assert turns_of(tmp_path / "a") == turns_of(tmp_path / "b")
    assert all(text for talk in turns_of(tmp_path / "a") for text in talk)


async def test_verdicts_cut_off_in_their_reason_count_and_bad_ones_are_asked_again(
    tmp_path: Path,
) -> None:
    def fault(seen: Seen, count: int) -> Act | None:
        if b"You check conversations for harm" in seen.raw:
            return Act(says("No\nWhy: nothing here is", finish_reason="length"))
        if b"You check conversations between" in seen.raw and not again(seen):
            return Act(says("Perhaps."))
        return None

    report = await run_with(fault, tmp_path / "a")
    classes = report["bad_replies"]["by_class"]
    assert set(classes) == {"no verdict"}
    assert classes["no verdict"]["helped"] == classes["no verdict"]["replies"] == 8
    assert report["rounds"][0]["kept"] == 4


async def test_a_fact_that_was_cut_off_never_becomes_a_fact(tmp_path: Path) -> None:
    def fault(seen: Seen, count: int) -> Act | None:
        if b"You speak as a person" in seen.raw and not again(seen):
            return Act(says("I collect old maps of the", finish_reason="length"))
        return None

    async with running(answering(fault)) as stub:
        planned = runner.plan(
            "synthetic-persona-chat",
            {"personas": str(FACTS), **SIZE, "new_facts": 4, "query_steps": 1},
            [f"openai:actor@{stub.url}"],
            tmp_path / "a",
        )
        run = await runner.perform(planned)
    assert run.report["bad_replies"]["by_task"]["persona.answer"].keys() == {"truncated"}
    assert run.report["bad_replies"]["by_class"]["truncated"]["helped"] >= 4
    with RunFolder.read(tmp_path / "a") as folder:
        said = " ".join(folder.journal.records("persona"))
    assert "old maps of the" not in said


async def test_a_resumed_run_counts_each_bad_reply_once(tmp_path: Path) -> None:
    def fault(seen: Seen, count: int) -> Act | None:
        return Act(says("")) if writes(seen) and not again(seen) else None

    first = await run_with(fault, tmp_path / "a")
    with RunFolder.read(tmp_path / "a") as folder:
        kept = bad_replies(folder.journal.records("badreply"))
    assert kept == first["bad_replies"]
    assert kept["by_class"]["empty"]["helped"] == 8


def as_json(text: str) -> str:
    pairs = [line.split(": ", 1) for line in text.splitlines()]
    return json.dumps([{"speaker": who, "text": said} for who, said in pairs])


def turns_of(out: Path) -> list[list[str]]:
    from dramaturg import dataset

    return sorted([turn.text for turn in one.turns] for one in dataset.read_dataset(out))
