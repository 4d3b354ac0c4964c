"""The panel: who is asked, who is out, who wins, and what is noted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from dramaturg.critique import panel, tally
from dramaturg.errors import BackendError, ReplyError
from dramaturg.models import Call, ScriptedModel, ScriptedNLI
from dramaturg.records import (
    Comparison,
    Conversation,
    Fact,
    Pair,
    Persona,
    Preference,
    Provenance,
    Scene,
    Speaker,
    Turn,
    Verdict,
)
from dramaturg.scorers import faithfulness, quality, toxicity
from dramaturg.store import notes

PEOPLE = [Persona(facts=(Fact(text=t),)) for t in ("I am vegan.", "I grill every weekend.")]
PAIR = Pair(first=PEOPLE[0], second=PEOPLE[1], scene=Scene(cast=(PEOPLE[0].id, PEOPLE[1].id)))


def drafts(*openings: str) -> list[Conversation]:
    speakers = tuple(
        Speaker(name=f"User {i + 1}", persona=p.sentences, fact_ids=(p.facts[0].id,))
        for i, p in enumerate(PEOPLE)
    )
    return [
        Conversation(
            scene_id=PAIR.id,
            speakers=speakers,
            turns=(Turn(speaker=0, text=text), Turn(speaker=1, text="Me too!")),
            provenance=Provenance(draft=i),
        )
        for i, text in enumerate(openings)
    ]


class Likes:
    """A comparer that prefers by a list of texts, best first; what is not listed ties."""

    version, cost_rank, asks = "1", 0, 1

    def __init__(self, name: str, *best_first: str) -> None:
        self.name = self.policy = name
        self.order = best_first
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, a: Conversation, b: Conversation, *, seed: int = 0) -> Comparison:
        texts = (a.turns[0].text, b.turns[0].text)
        self.asked.append(texts)
        ranks = [self.order.index(t) if t in self.order else len(self.order) for t in texts]
        winner = None if ranks[0] == ranks[1] else (a if ranks[0] < ranks[1] else b).id
        return Comparison(first=a.id, second=b.id, scorer=self.name, winner=winner)


class Rule:
    """A filter that lets a text pass or not, and keeps what it saw."""

    version, low, high = "1", 0.0, 1.0

    def __init__(self, name: str, cost_rank: int, *bad: str, error: Exception | None = None):
        self.name, self.cost_rank, self.bad, self.error = name, cost_rank, bad, error
        self.saw: list[str] = []

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        text = conversation.turns[0].text
        self.saw.append(text)
        if self.error and text in self.bad:
            raise self.error
        ok = text not in self.bad
        return Verdict(subject=conversation.id, scorer=self.name, value=float(ok), passed=ok)


async def test_no_expert_is_asked_about_a_draft_that_is_already_out() -> None:
    cheap, dear = Rule("cheap", 0, "a"), Rule("dear", 100, "b")
    taste = Likes("depth", "c", "d")
    choice = await panel(dear, cheap, taste).judge(
        PAIR, drafts("a", "b", "c", "d"), round=1, seed=1
    )
    assert cheap.saw == ["a", "b", "c", "d"]
    assert dear.saw == ["b", "c", "d"]
    assert taste.asked == [("c", "d")]
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "c"
    assert [d.reason for d in choice.drops] == ["cheap: value 0", "dear: value 0"]
    assert (choice.asked, choice.saved) == (4 + 3 + 1, 1 + 5)


async def test_with_stop_early_off_every_filter_sees_every_draft() -> None:
    cheap, dear = Rule("cheap", 0, "a"), Rule("dear", 100)
    choice = await panel(cheap, dear, stop_early=False).judge(
        PAIR, drafts("a", "b"), round=1, seed=1
    )
    assert dear.saw == ["a", "b"]
    assert len(choice.drops) == 1


async def test_a_single_survivor_is_kept_without_a_comparison() -> None:
    taste = Likes("depth", "b", "a")
    choice = await panel([Rule("f", 0, "b")], [taste]).judge(
        PAIR, drafts("a", "b"), round=1, seed=1
    )
    assert taste.asked == []
    assert choice.kept is not None
    assert choice.kept.scores == {"f": 1.0, "votes": 0.0, "wins": 0.0}


async def test_nothing_survives_and_nothing_is_kept() -> None:
    choice = await panel(Rule("f", 0, "a", "b")).judge(PAIR, drafts("a", "b"), round=1, seed=1)
    assert choice.kept is None
    assert len(choice.drops) == 2
    assert choice.preferences == ()


async def test_most_votes_win() -> None:
    experts = [Likes("x", "b", "a"), Likes("y", "b", "c"), Likes("z", "c", "a", "b")]
    choice = await panel(experts=experts).judge(PAIR, drafts("a", "b", "c"), round=1, seed=1)
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "b"
    assert choice.scores == {"votes": 2.0, "wins": 4.0}
    assert all(len(expert.asked) == 3 for expert in experts)


async def test_a_tie_of_votes_goes_to_more_wins_and_then_to_the_lower_index() -> None:
    more = [Likes("x", "a", "b", "c"), Likes("y", "b", "a", "c"), Likes("z")]
    choice = await panel(experts=more).judge(PAIR, drafts("a", "b", "c"), round=1, seed=1)
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "a"  # 1 vote and 3 wins each: the lower index

    wins = [Likes("x", "a", "b", "c"), Likes("y", "b", "c")]  # c and a tie under y: b 2+1, a 2+0
    choice = await panel(experts=wins).judge(PAIR, drafts("a", "b", "c"), round=1, seed=1)
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "b"


def test_an_expert_with_two_leaders_shares_its_vote_and_one_without_gives_none() -> None:
    def versus(a: str, b: str, winner: str | None) -> Comparison:
        return Comparison(first=a, second=b, scorer="x", winner=winner)

    ring = [versus("a", "b", "a"), versus("b", "c", "b"), versus("a", "c", "c")]
    blank = [versus(a, b, None) for a, b in itertools.combinations("abc", 2)]
    counted = tally("abc", {"ring": ring, "blank": blank})
    assert [float(v) for v in counted.votes] == pytest.approx([1 / 3] * 3)
    assert counted.wins == (1, 1, 1)
    assert counted.winner == 0


async def test_a_win_counts_only_when_both_orders_agree() -> None:
    def first_always(call: Call) -> str:
        return "1\nWhy: it stands first."

    def good_always(call: Call) -> str:
        text = call.messages[-1].content
        return "1" if text.index("good") < text.index("bad") else "2. Why: it is good."

    pair = drafts("bad", "good")
    biased = ScriptedModel(by_task={"judge.quality.depth": first_always})
    found = await quality("depth", biased)(*pair, seed=1)
    assert found.winner is None
    assert found.votes == (pair[0].id, pair[1].id)
    fair = ScriptedModel(by_task={"judge.quality.depth": good_always})
    found = await quality("depth", fair)(*pair, seed=1)
    assert found.winner == pair[1].id
    assert len(fair.calls) == 2
    assert found.cost.calls == 2


async def test_an_unclear_answer_is_no_vote_and_an_unclear_filter_drops() -> None:
    pair = drafts("a", "b")
    model = ScriptedModel(by_task={"judge.quality.depth": "Both are fine."})
    found = await quality("depth", model)(*pair, seed=1)
    assert (found.winner, found.votes) == (None, (None, None))

    unclear = Rule("f", 0, "a", error=ReplyError("neither yes nor no", kind="no verdict"))
    choice = await panel(unclear).judge(PAIR, pair, round=2, seed=1)
    assert [d.reason for d in choice.drops] == ["no verdict: f: neither yes nor no"]
    assert choice.drops[0].round == 2

    broken = Rule("f", 0, "a", error=BackendError("no such model", kind="model"))
    with pytest.raises(BackendError):
        await panel(broken).judge(PAIR, pair, round=1, seed=1)


async def test_verdicts_comparisons_preferences_and_drops_are_noted_in_a_fixed_order() -> None:
    class Ear:
        def __init__(self) -> None:
            self.kinds: list[str] = []

        def note(self, record: msgspec.Struct) -> None:
            self.kinds.append(type(record).__name__)

        def progress(
            self, step: str, done: int, total: int | None, figures: dict[str, float]
        ) -> None:
            return None

    ear = Ear()
    with notes.listening(ear):
        choice = await panel(Rule("f", 0, "c"), Likes("x", "b", "a")).judge(
            PAIR, drafts("a", "b", "c"), round=1, seed=1
        )
    assert ear.kinds == ["Verdict"] * 3 + ["Comparison"] + ["Preference"] * 2 + ["Drop"]
    by_votes, by_filter = choice.preferences
    assert isinstance(by_votes, Preference)
    assert (by_votes.criterion, by_votes.reason) == ("votes", "preferred for x")
    assert by_filter.criterion == "f"
    assert choice.kept is not None
    assert by_filter.chosen == by_votes.chosen == choice.kept.id


async def test_the_cheap_form_of_a_filter_is_asked_before_the_dear_one() -> None:
    chat = ScriptedModel(by_task={"judge.toxicity": "No. Why: they are kind."})
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})
    judge = panel(toxicity(chat), faithfulness(nli))
    choice = await judge.judge(PAIR, drafts("I love steak.", "I love tofu."), round=1, seed=1)
    assert [f.name for f in judge.filters] == ["faithfulness", "toxicity"]
    assert len(chat.calls) == 1
    assert choice.drops[0].reason == "faithfulness: turn 0 contradicts 'I am vegan.'"
    assert choice.scores["toxicity"] == 0.0


@pytest.mark.parametrize("order", list(itertools.permutations("abc"))[:3])
async def test_a_kept_draft_carries_its_scores_and_keeps_its_id(order: Sequence[str]) -> None:
    made = drafts(*order)
    choice = await panel(Likes("x", "a", "b", "c")).judge(PAIR, made, round=1, seed=1)
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "a"
    assert choice.kept.id in {d.id for d in made}
    assert choice.kept.scores["wins"] == 2.0


async def test_a_draft_is_judged_before_the_next_one_is_written() -> None:
    judge = Rule("f", 0)
    seen_when_written: list[int] = []

    async def slowly() -> AsyncIterator[Conversation]:
        for draft in drafts("a", "b", "c"):
            seen_when_written.append(len(judge.saw))
            yield draft
            await asyncio.sleep(0.01)

    choice = await panel(judge, Likes("x", "c")).judge(PAIR, slowly(), round=1, seed=1)
    assert seen_when_written == [0, 1, 2]
    assert choice.kept is not None
    assert choice.kept.turns[0].text == "c"


async def test_two_that_passed_are_compared_while_a_third_is_still_being_written() -> None:
    taste = Likes("x", "a")
    asked_when_written: list[int] = []

    async def slowly() -> AsyncIterator[Conversation]:
        for draft in drafts("a", "b", "c"):
            asked_when_written.append(len(taste.asked))
            yield draft
            await asyncio.sleep(0.01)

    await panel(taste).judge(PAIR, slowly(), round=1, seed=1)
    assert asked_when_written == [0, 0, 1]
    assert taste.asked == [("a", "b"), ("a", "c"), ("b", "c")]


async def test_the_order_in_which_drafts_come_changes_nothing() -> None:
    made = drafts("a", "b", "c")

    async def choose(order: list[int]) -> str:
        judge = panel(Rule("f", 0, "b"), Likes("x", "c", "a"))
        choice = await judge.judge(PAIR, [made[i] for i in order], round=1, seed=1)
        return msgspec.json.encode(choice).decode()

    assert await choose([0, 1, 2]) == await choose([2, 0, 1]) == await choose([1, 2, 0])


@pytest.mark.parametrize(
    ("enough", "bad", "written", "unwritten"),
    [(1, "", "a", 3), (1, "ab", "abc", 1), (2, "a", "abc", 1), (2, "abcd", "abcd", 0)],
)
async def test_no_draft_is_taken_once_enough_have_passed(
    enough: int, bad: str, written: str, unwritten: int
) -> None:
    taken = ""

    async def one_by_one() -> AsyncIterator[Conversation]:
        nonlocal taken
        for draft in drafts("a", "b", "c", "d"):
            taken += draft.turns[0].text
            yield draft

    judge = panel(Rule("f", 0, *bad), Likes("x", "c"), enough=enough, of=4)
    choice = await judge.judge(PAIR, one_by_one(), round=1, seed=1)
    assert taken == written
    assert choice.unwritten == unwritten
    assert len(choice.drafts) == len(written)
    assert choice.asked + choice.saved == 4 + 6  # all filters on all drafts, all pairs compared
