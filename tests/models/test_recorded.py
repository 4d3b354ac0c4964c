"""Every call is made once and found again: with a plain table, and with the real journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg.errors import BackendError, RecordError
from dramaturg.models import Call, ChatModel, Reply, ScriptedModel
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import CallJournal, Recorded, call_key
from dramaturg.prompts import Message, Sampling
from dramaturg.records import Cost
from dramaturg.store.journal import Journal
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, refuses, running, says

KEY = "sk-very-secret-0123456789"


class Table:
    """A journal in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def find(self, key: str) -> Mapping[str, Any] | None:
        return self.rows.get(key)

    def intend(self, key: str, **fields: str) -> None:
        self.rows[key] = {**fields, "state": "intent"}

    def finish(
        self,
        key: str,
        reply_json: str,
        *,
        then: Callable[[], None] | None = None,
        **cost: float,
    ) -> None:
        self.rows[key] |= {"state": "done", "reply": reply_json, **cost}
        if then is not None:
            then()

    def fail(self, key: str, error: str) -> None:
        self.rows[key] |= {"state": "failed", "error": error}


@pytest.fixture(params=["table", "journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CallJournal]:
    if request.param == "table":
        yield Table()
    else:
        with Journal(tmp_path / "journal.sqlite") as real:
            yield real


class Slow:
    """Answers when it is let go; counts."""

    ref = "slow:model"

    def __init__(self) -> None:
        self.calls = 0
        self.go = asyncio.Event()

    def native(self, task: str) -> bool:
        return task == "x"

    def follows_prompts(self) -> bool:
        return False

    async def answer(self, call: Call) -> Reply:
        self.calls += 1
        await self.go.wait()
        return Reply(text=f"answer {self.calls}", cost=Cost(calls=1, tokens_in=3, usd=0.5))


def a_call(text: str = "Write.", **fields: Any) -> Call:
    return Call(task="x", messages=(Message(role="user", content=text),), **fields)


async def test_a_finished_call_is_replayed_word_for_word_and_nothing_is_spent(
    journal: CallJournal,
) -> None:
    text = "Grüße 🐕\n\t\u2028 \x00 end  "
    first = await Recorded(ScriptedModel(text, finish="length"), "writer", journal).answer(a_call())
    again = Recorded(ScriptedModel(), "writer", journal)
    second = await again.answer(a_call(about="another item"))
    assert (second.text, second.finish, second.key) == (text, "length", first.key)
    assert first.key
    assert first.cost.calls == 1
    assert second == first, "its cost too: a resumed run makes the same records"
    assert (again.totals.made, again.totals.replayed) == (0, 1)
    assert again.totals.cost == Cost()


async def test_the_row_holds_what_was_asked_and_what_it_took(journal: CallJournal) -> None:
    reply = await Recorded(ScriptedModel("two words"), "writer", journal).answer(
        a_call("one two three", seed=5, prompt_hash="abc")
    )
    row = journal.find(reply.key)
    assert row is not None
    assert (row["role"], row["model"], row["task"]) == ("writer", "scripted:inline", "x")
    assert (row["tokens_in"], row["tokens_out"], row["prompt_hash"]) == (3, 2, "abc")
    request = msgspec.json.decode(row["request"], type=Call)
    assert request == a_call("one two three", seed=5, prompt_hash="abc")


def test_the_key_is_all_that_can_change_the_reply_and_nothing_else() -> None:
    call = a_call()
    others = [
        a_call("Another."),
        a_call(seed=1),
        a_call(attempt=1),
        a_call(schema={"type": "object"}),
        a_call(sampling=Sampling(temperature=0.0)),
        msgspec.structs.replace(call, task="y"),
        Call(task="x", inputs={"a": 1}),
        Call(task="x", inputs={"a": 2}),
    ]
    keys = [call_key("writer", "m", c) for c in [call, *others]]
    keys += [call_key("critic", "m", call), call_key("writer", "n", call)]
    assert len(set(keys)) == len(keys)
    assert call_key("writer", "m", a_call(about="c-1")) == keys[0]


async def test_identical_calls_at_the_same_time_are_made_once(journal: CallJournal) -> None:
    model = Slow()
    recorded = Recorded(model, "writer", journal)
    tasks = [asyncio.create_task(recorded.answer(a_call())) for _ in range(5)]
    await asyncio.sleep(0)
    model.go.set()
    replies = await asyncio.gather(*tasks)
    assert model.calls == 1
    assert {reply.text for reply in replies} == {"answer 1"}
    assert recorded.totals.cost.usd == 0.5
    assert (recorded.totals.made, recorded.totals.shared) == (1, 4)


async def test_a_call_that_is_out_is_kept_even_if_who_asked_gives_up(journal: CallJournal) -> None:
    model = Slow()
    recorded = Recorded(model, "writer", journal)
    first, second = (asyncio.create_task(recorded.answer(a_call())) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    model.go.set()
    assert (await second).text == "answer 1"
    assert first.cancelled()
    alone = asyncio.create_task(recorded.answer(a_call(seed=9)))
    await asyncio.sleep(0)
    alone.cancel()
    await recorded.drain()
    assert (await recorded.answer(a_call(seed=9))).text == "answer 2"
    assert (model.calls, recorded.totals.replayed) == (2, 1)


async def test_a_failed_call_says_why_and_is_made_again(journal: CallJournal) -> None:
    model = ScriptedModel(BackendError("down", why="no power", retryable=True), "up again")
    recorded = Recorded(model, "writer", journal)
    with pytest.raises(BackendError, match="down"):
        await recorded.answer(a_call())
    row = journal.find(call_key("writer", model.ref, a_call()))
    assert row is not None
    assert row["state"] == "failed"
    assert "no power" in row["error"]
    assert (await recorded.answer(a_call())).text == "up again"
    assert (recorded.totals.failed, recorded.totals.made) == (1, 1)


async def test_a_call_that_was_cut_off_is_made_again(journal: CallJournal) -> None:
    model = Slow()
    cut = asyncio.create_task(Recorded(model, "writer", journal).answer(a_call()))
    await asyncio.sleep(0)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    row = journal.find(call_key("writer", model.ref, a_call()))
    assert row is not None
    assert row["state"] == "intent"
    reply = await Recorded(ScriptedModel("done", ref=model.ref), "writer", journal).answer(a_call())
    assert reply.text == "done"


async def test_it_can_do_what_the_model_behind_it_can(journal: CallJournal) -> None:
    recorded = Recorded(Slow(), "writer", journal)
    assert isinstance(recorded, ChatModel)
    assert recorded.ref == "slow:model"
    assert recorded.native("x")
    assert not recorded.native("y")
    assert not recorded.follows_prompts()


async def test_half_a_character_is_one_bad_row(journal: CallJournal) -> None:
    with pytest.raises(RecordError, match="half a character"):
        await Recorded(ScriptedModel("x"), "writer", journal).answer(a_call("\ud83d"))


async def test_after_a_restart_no_finished_call_reaches_the_server_and_no_key_the_journal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite"
    wrong = refuses(f"bad key {KEY}")
    texts: list[list[str]] = []

    def backwards(seen: Seen) -> Act:
        return Act(says(seen.body["messages"][0]["content"][::-1]))

    async with running(StubEndpoint(Act(wrong, 401), always=backwards)) as stub:
        for _ in range(2):
            model = OpenAICompatible("stub", stub.url, KEY)
            with Journal(path) as journal:
                recorded = Recorded(model, "writer", journal)
                if not texts:
                    with pytest.raises(BackendError):
                        await recorded.answer(a_call("refused"))
                replies = [await recorded.answer(a_call(f"call {i}")) for i in range(20)]
            texts.append([reply.text for reply in replies])
            await model.aclose()
        assert texts[0] == texts[1]
        assert len(stub.seen) == 21, "the second time none"
        assert recorded.totals.replayed == 20
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()
