"""The loop: what is kept, what is dropped and why, and that time leaves no trace."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections.abc import AsyncGenerator, Sequence

import msgspec
import pytest

from dramaturg import critique, generate, loop, scorers
from dramaturg.errors import BackendError, OutOfBudget
from dramaturg.models import Call, Reply, ScriptedModel, ScriptedNLI
from dramaturg.records import BadReply, Conversation, Fact, Pair, Persona, Scene, to_json
from dramaturg.store import notes


def a_pair(first: Sequence[str], second: Sequence[str]) -> Pair:
    people = [Persona(facts=tuple(Fact(text=t) for t in side)) for side in (first, second)]
    scene = Scene(cast=(people[0].id, people[1].id))
    return Pair(first=people[0], second=people[1], scene=scene)


class Kept:
    """A listener that keeps all records."""

    def __init__(self) -> None:
        self.records: list[msgspec.Struct] = []

    def note(self, record: msgspec.Struct) -> None:
        self.records.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        return None


async def test_the_critic_drops_a_draft_that_contradicts_its_persona() -> None:
    writer = ScriptedModel("A: I love steak.\nB: Me too!", "A: I brought tofu.\nB: To the grill!")
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})

    best = await loop.improve(
        [a_pair(["I am vegan."], ["I grill every weekend."])],
        propose=generate.few_shot(writer, drafts=2),
        judge=critique.panel(scorers.faithfulness(nli)),
        rounds=1,
    )

    assert best.kept[0].turns[0].text == "I brought tofu."
    assert best.dropped[0].reason == "faithfulness: turn 0 contradicts 'I am vegan.'"
    assert "I am vegan." in writer.prompt(0)
    assert best.rounds[0].dropped == {"draft faithfulness": 1}
    assert best.rounds[0].cost.calls == 2
    assert (best.rounds[0].asked, best.rounds[0].saved) == (2, 0)
    writer.assert_used_up()


class Jumbled:
    """A writer whose replies depend on the call alone and come in random order."""

    ref = "test:jumbled"

    def __init__(self, order: int, limit: int | None = None) -> None:
        self._wait = random.Random(order)
        self._limit = limit
        self.asked = 0
        self.at_once = self.most = 0

    def native(self, task: str) -> bool:
        return False

    def follows_prompts(self) -> bool:
        return True

    async def answer(self, call: Call) -> Reply:
        self.asked += 1
        if self._limit is not None and self.asked > self._limit:
            raise OutOfBudget("the limit of calls is reached")
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self._wait.random() / 200)
        self.at_once -= 1
        draw = random.Random(call.seed)
        words = ["tea", "bikes", "rain", "maps", "goats", "jazz", "snow", "bread", "moss", "ink"]
        said = [f"I saw {draw.choice(words)} and {draw.choice(words)} today." for _ in range(6)]
        if draw.random() < 0.3:
            return Reply(text="nothing to read here")
        return Reply(text="\n".join(f"User {i % 2 + 1}: {t}" for i, t in enumerate(said)))


def crowd(n: int) -> list[Pair]:
    return [a_pair([f"I have {i} goats."], [f"I own {i} maps."]) for i in range(n)]


def in_order(records: Sequence[msgspec.Struct]) -> list[str]:
    """As JSON; bad replies, which are told as they come, by what they are."""
    told = [to_json(record) for record in records if not isinstance(record, BadReply)]
    return told + sorted(to_json(record) for record in records if isinstance(record, BadReply))


async def test_the_same_seed_gives_the_same_bytes_whatever_comes_first() -> None:
    async def once(order: int) -> tuple[str, str]:
        ear = Kept()
        with notes.listening(ear):
            best = await loop.improve(
                crowd(12),
                propose=generate.few_shot(Jumbled(order), drafts=2),
                judge=critique.panel(),
                rounds=2,
                seed=5,
                stop_when_diversity_falls=None,
            )
        return "\n".join(map(to_json, best.kept)), "\n".join(in_order(ear.records))

    one, two = await once(1), await once(2)
    assert one == two
    assert one[0].count("\n") >= 8


async def test_no_more_pairs_run_at_once_than_allowed() -> None:
    writer = Jumbled(3)
    await loop.improve(
        crowd(9),
        propose=generate.few_shot(writer, drafts=2),
        judge=critique.panel(),
        rounds=1,
        concurrency=3,
    )
    assert 2 < writer.most <= 6


async def test_a_pair_is_tried_again_and_then_recorded_with_reasons() -> None:
    good = "User 1: I brought tofu.\nUser 2: To the grill!"
    bad = "User 1: I love steak.\nUser 2: Me too!"
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})
    pair = a_pair(["I am vegan."], ["I grill every weekend."])
    judge = critique.panel(scorers.faithfulness(nli))

    writer = ScriptedModel(bad, good)
    best = await loop.improve(
        [pair], propose=generate.few_shot(writer, drafts=1), judge=judge, rounds=1, retries=1
    )
    assert best.kept[0].turns[0].text == "I brought tofu."
    assert writer.calls[0].seed != writer.calls[1].seed

    writer = ScriptedModel(bad, bad)
    best = await loop.improve(
        [pair], propose=generate.few_shot(writer, drafts=1), judge=judge, rounds=1, retries=1
    )
    assert best.kept == []
    assert best.dropped[-1].kind == "pair"
    assert best.dropped[-1].reason == "nothing survived: faithfulness 2"
    assert best.dropped[-1].subject == pair.id


async def test_a_later_round_with_nothing_leaves_the_earlier_keeper() -> None:
    good = "User 1: I brought tofu.\nUser 2: To the grill!"
    writer = ScriptedModel(good, "no", "no")
    best = await loop.improve(
        crowd(1),
        propose=generate.few_shot(writer, drafts=1),
        judge=critique.panel(),
        rounds=2,
        retries=0,
    )
    assert [c.provenance.round for c in best.kept] == [1]
    assert [r.kept for r in best.rounds] == [1, 0]
    assert best.rounds[1].dropped == {"draft no turns": 1, "pair nothing survived": 1}
    assert best.rounds[1].cost.calls == 2


async def test_kept_conversations_are_shown_in_the_next_round() -> None:
    def reply(call: Call) -> str:
        tag = random.Random(call.seed).randrange(10**6)
        return f"User 1: My lucky number is {tag}.\nUser 2: Mine is not!"

    writer = ScriptedModel(by_task={"conversation.write": reply})
    pairs = crowd(3)
    best = await loop.improve(
        pairs,
        propose=generate.few_shot(writer, drafts=1, demonstrations=2),
        judge=critique.panel(),
        rounds=2,
        stop_when_diversity_falls=None,
        pool=[],
    )
    first_round = [writer.prompt(i) for i in range(3)]
    assert all("lucky number" not in prompt for prompt in first_round)
    for i, pair in enumerate(pairs):
        prompt = writer.prompt(3 + i)
        assert prompt.count("lucky number") == 2
        others = {c.scene_id for c in best.kept} - {pair.id}
        assert pair.id not in others


class Narrow:
    """A proposer whose second round says the same thing for every pair."""

    async def propose(
        self,
        pair: Pair,
        pool: Sequence[Conversation],
        *,
        round: int,
        seed: int,
        attempt: int = 0,
    ) -> AsyncGenerator[Conversation, None]:
        text = f"{pair.first.sentences[0]} And {pair.second.sentences[0]}"
        writer = ScriptedModel(
            f"User 1: {text}\nUser 2: {text[::-1]}"
            if round == 1
            else "User 1: What do you do for fun?\nUser 2: What do you do for fun?"
        )
        shots = generate.few_shot(writer, drafts=1, demonstrations=0)
        async for draft in shots.propose(pair, pool, round=round, seed=seed):
            yield draft


@pytest.mark.parametrize(("limit", "rounds"), [(0.2, 2), (None, 3)])
async def test_the_loop_stops_when_the_words_narrow(limit: float | None, rounds: int) -> None:
    best = await loop.improve(
        crowd(6),
        propose=Narrow(),
        judge=critique.panel(),
        rounds=3,
        stop_when_diversity_falls=limit,
    )
    assert len(best.rounds) == rounds
    assert (best.stopped is not None) == (limit is not None)
    if limit:
        assert best.stopped is not None
        assert best.stopped.startswith("diversity: distinct-2 over ")
        assert {c.provenance.round for c in best.kept} == {1}
        assert best.rounds[1].distinct_2_equal < 0.8 * best.rounds[0].distinct_2


async def test_when_the_budget_ends_finished_pairs_are_kept() -> None:
    ear = Kept()
    with notes.listening(ear):
        best = await loop.improve(
            crowd(10),
            propose=generate.few_shot(Jumbled(1, limit=14), drafts=2),
            judge=critique.panel(),
            rounds=2,
            concurrency=2,
        )
    assert best.stopped == "the limit of calls is reached"
    assert isinstance(best.cut, OutOfBudget)
    assert 0 < len(best.kept) < 10
    told = [r.id for r in ear.records if isinstance(r, Conversation) and r.scores]
    assert [c.id for c in best.kept] == told


async def test_a_cancelled_loop_leaves_no_task_behind_and_has_noted_what_is_done() -> None:
    ear = Kept()

    async def run() -> None:
        with notes.listening(ear):
            await loop.improve(
                crowd(200),
                propose=generate.few_shot(Jumbled(1), drafts=1),
                judge=critique.panel(),
                concurrency=4,
            )

    task = asyncio.create_task(run())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert any(isinstance(r, Conversation) for r in ear.records)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_is_finished_behind_an_unfinished_pair_is_noted_when_the_budget_ends() -> None:
    pairs = crowd(3)

    class Uneven:
        async def propose(
            self,
            pair: Pair,
            pool: Sequence[Conversation],
            *,
            round: int,
            seed: int,
            attempt: int = 0,
        ) -> AsyncGenerator[Conversation, None]:
            if pair.id == pairs[0].id:
                await asyncio.sleep(60)
            if pair.id == pairs[2].id:
                await asyncio.sleep(0.05)
                raise OutOfBudget("spent")
            writer = ScriptedModel("User 1: I brought tofu.\nUser 2: To the grill!")
            shots = generate.few_shot(writer, drafts=1)
            async for draft in shots.propose(pair, pool, round=round, seed=seed):
                yield draft

    ear = Kept()
    with notes.listening(ear):
        best = await loop.improve(pairs, propose=Uneven(), judge=critique.panel())
    assert [c.scene_id for c in best.kept] == [pairs[1].id]
    assert [c.scene_id for c in ear.records if isinstance(c, Conversation)] == [pairs[1].id]
    assert best.rounds[0].pairs == 1


async def test_the_drafts_that_lost_are_noted_whole() -> None:
    writer = ScriptedModel("A: I love steak.\nB: Me too!", "A: I brought tofu.\nB: To the grill!")
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})
    kept = Kept()
    with notes.listening(kept):
        await loop.improve(
            [a_pair(["I am vegan."], ["I grill every weekend."])],
            propose=generate.few_shot(writer, drafts=2),
            judge=critique.panel(scorers.faithfulness(nli)),
            rounds=1,
        )
    talks = [record for record in kept.records if isinstance(record, Conversation)]
    assert sorted(talk.turns[0].text for talk in talks) == ["I brought tofu.", "I love steak."]
    assert len({talk.id for talk in talks}) == 2


async def test_with_enough_no_draft_is_written_after_the_one_that_passed() -> None:
    good = "User 1: I brought tofu.\nUser 2: To the grill!"
    bad = "User 1: I love steak.\nUser 2: Me too!"
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})
    writer = ScriptedModel(bad, good, good, good)
    best = await loop.improve(
        [a_pair(["I am vegan."], ["I grill every weekend."])],
        propose=generate.few_shot(writer, drafts=4, at_first=1),
        judge=critique.panel(scorers.faithfulness(nli), enough=1, of=4),
        rounds=1,
    )
    assert best.kept[0].turns[0].text == "I brought tofu."
    assert best.kept[0].provenance.draft == 1
    assert len(writer.calls) == 2
    report = best.rounds[0]
    assert (report.drafts, report.asked, report.saved) == (2, 2, 2)
    assert report.per_kept["calls"] == 2
    assert report.per_kept["calls_all"] == 4  # two drafts more, judged by a scripted expert
    assert report.per_kept["tokens_all"] == 2 * report.per_kept["tokens"]


async def test_a_round_of_many_pairs_takes_no_more_memory_than_one_of_few() -> None:
    class Endless(Sequence[Pair]):
        """Pairs made when they are looked at."""

        def __init__(self, count: int) -> None:
            self.size = count

        def __len__(self) -> int:
            return self.size

        def __getitem__(self, index: int) -> Pair:  # type: ignore[override]
            if index >= self.size:
                raise IndexError(index)
            return a_pair([f"I have {index} goats."], [f"I own {index} maps."])

    class Long:
        ref = "test:long"

        def native(self, task: str) -> bool:
            return False

        def follows_prompts(self) -> bool:
            return True

        async def answer(self, call: Call) -> Reply:
            said = [f"turn {i} of {call.seed} {'word ' * 60}" for i in range(6)]
            return Reply(text="\n".join(f"User {i % 2 + 1}: {t}" for i, t in enumerate(said)))

    async def held(count: int) -> tuple[int, int]:
        tracemalloc.start()
        best = await loop.improve(
            Endless(count),
            propose=generate.few_shot(Long(), drafts=1, demonstrations=0),
            judge=critique.panel(),
            rounds=1,
            concurrency=8,
        )
        assert len(best.kept) == count
        found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    await held(10)
    (few, _), (many, peak) = await held(600), await held(1_200)
    assert many < 1.1 * few  # the last 512 conversations read are in the cache of both
    assert peak < 16_000_000  # what a round's figures look at is bounded too


class Busy(Jumbled):
    """A writer whose endpoint has no room for its first calls; what else it says is no talk."""

    def __init__(self, lost: int) -> None:
        super().__init__(1)
        self._lost = lost

    async def answer(self, call: Call) -> Reply:
        self.asked += 1
        if self.asked <= self._lost:
            raise BackendError("503", retryable=True, kind="server")
        return Reply(text="nothing to read here")


@pytest.mark.parametrize(
    ("lost", "tries"), [(2, 1), (1, 2)], ids=["all were lost calls", "one could not be read"]
)
async def test_a_pair_whose_calls_got_no_reply_is_left_for_the_next_session(
    lost: int, tries: int
) -> None:
    writer = Busy(lost)
    best = await loop.improve(
        crowd(1), propose=generate.few_shot(writer, drafts=2), judge=critique.panel(), rounds=1
    )
    assert not len(best.kept)
    drops = [drop.reason for drop in best.dropped if drop.kind == "draft"]
    assert drops.count("failed call: server") == lost
    assert len(drops) == 2 * tries, "drafts that were bad are written again, lost ones are not"
