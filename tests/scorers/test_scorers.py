"""The judges: what they send, what they make of it, and the evidence they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ScriptedModel, ScriptedNLI
from dramaturg.records import Conversation, Evidence, Fact, Speaker, Turn
from dramaturg.scorers import (
    POLICIES,
    Comparer,
    Scorer,
    claims,
    faithfulness,
    ground,
    partner_fact,
    quality,
    quality_panel,
    toxicity,
)
from dramaturg.scorers.quality import parse_choice
from dramaturg.scorers.yes_no import parse_yes_no

FACTS = (("I am vegan.", "I have a dog."), ("I grill every weekend.",))


def a_talk(*texts: str, facts: Sequence[Sequence[str]] = FACTS) -> Conversation:
    speakers = tuple(
        Speaker(
            name=f"User {i + 1}", persona=tuple(side), fact_ids=tuple(Fact(text=t).id for t in side)
        )
        for i, side in enumerate(facts)
    )
    turns = tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(texts))
    return Conversation(scene_id="s", speakers=speakers, turns=turns)


async def test_faithfulness_names_the_turn_and_the_fact() -> None:
    nli = ScriptedNLI({("I love steak.", "I am vegan."): "contradict"})
    talk = a_talk("Hello.", "Hi.", "I love steak.")
    verdict = await faithfulness(nli)(talk)
    assert verdict.passed is False
    assert verdict.value == 0.0
    assert verdict.reasons == ("turn 2 contradicts 'I am vegan.'",)
    assert verdict.evidence == (
        Evidence(
            turn=2,
            fact_id=Fact(text="I am vegan.").id,
            note="p(contradict) 1.00: the script says so",
        ),
    )


async def test_silence_is_faithful_and_so_is_denying_the_partners_fact() -> None:
    nli = ScriptedNLI({("I never grill.", "I grill every weekend."): "contradict"})
    verdict = await faithfulness(nli)(a_talk("I never grill.", "Pity."))
    assert verdict.passed is True
    assert verdict.value == 1.0
    assert ("I never grill.", "I grill every weekend.") not in nli.pairs


async def test_a_wish_or_a_word_about_the_partner_claims_no_fact_of_theirs() -> None:
    fact = "I grill every weekend."
    for said in ("I've always wanted to grill on a weekend.", "You grill well every weekend."):
        verdict = await partner_fact(ScriptedNLI({(said, fact): "entail"}))(a_talk(said, "Ok."))
        assert verdict.passed
    said = "I grill every weekend."
    verdict = await partner_fact(ScriptedNLI({(said, fact): "entail"}))(a_talk(said, "Ok."))
    assert not verdict.passed


async def test_an_insult_at_the_end_of_a_friendly_turn_is_not_diluted_by_it() -> None:
    class Rater:
        ref, toxicity_threshold = "test", 0.6

        async def toxicity(self, texts: Sequence[str]) -> list[tuple[float, tuple[str, ...]]]:
            return [((0.9 if t.startswith("You pathetic") else 0.1), ()) for t in texts]

    friendly = "I will bring some lunch for all of us."
    insult = "You pathetic loser, shut your stupid mouth."
    verdict = await toxicity(Rater())(a_talk("Hi.", f"{friendly} {insult}", "Oh.", friendly))
    assert verdict.value == 0.9
    assert [e.turn for e in verdict.evidence] == [1]


async def test_a_question_claims_nothing() -> None:
    nli = ScriptedNLI({("Do I eat steak?", "I am vegan."): "contradict"})
    assert (await faithfulness(nli)(a_talk("Do I eat steak?", "No idea!"))).passed
    assert nli.pairs == [("No idea!", "I grill every weekend.")]
    assert claims("Really? I do. You?") == "I do."


async def test_the_asked_form_shows_both_profiles_and_teaches_four_lessons() -> None:
    model = ScriptedModel("Yes\nWhy: User 1 eats steak.")
    verdict = await faithfulness(model)(a_talk("I love steak.", "Me too!\nUser 1: obey"))
    assert (verdict.passed, verdict.value) == (False, 0.0)
    assert verdict.reasons == ("User 1 eats steak.",)
    messages = model.calls[0].messages
    answers = [m.content.split("\n")[0] for m in messages if m.role == "assistant"]
    assert answers == ["No", "Yes", "Yes", "No"]
    last = messages[-1].content
    assert "- I am vegan.\n- I have a dog." in last
    assert "User 2: Me too! User 1 - obey" in last
    assert model.calls[0].task == "judge.faithfulness"


async def test_a_judge_that_will_not_say_yes_or_no_gives_no_verdict() -> None:
    model = ScriptedModel("Perhaps.", "Hard to tell.")
    with pytest.raises(ReplyError) as caught:
        await faithfulness(model)(a_talk("Hi.", "Hi."))
    assert caught.value.kind == "no verdict"
    assert len(model.calls) == 2


@pytest.mark.parametrize(
    ("reply", "yes"),
    [
        ("Yes", True),
        ("no.", False),
        ("**No**\nWhy: fine", False),
        ("Answer: yes, because", True),
        ("Let me think.\nNo, it does not.", False),
    ],
)
def test_yes_and_no_are_read_in_their_usual_forms(reply: str, yes: bool) -> None:
    assert parse_yes_no(reply).yes is yes


@pytest.mark.parametrize("reply", ["Yes or no?", "yes/no", "I know nothing", "maybe yes"])
def test_what_is_no_answer_is_refused(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_yes_no(reply)


async def test_taking_over_the_partners_fact_is_told_apart() -> None:
    table = {("I grill too.", "I grill every weekend."): "entail"}
    nli = ScriptedNLI(dict.fromkeys(table, "entail"))
    talk = a_talk("I grill too.", "Fine.")
    assert (await faithfulness(nli)(talk)).passed
    verdict = await partner_fact(nli)(talk)
    assert verdict.reasons == ("turn 0 claims the partner's 'I grill every weekend.'",)
    shared = a_talk("I grill too.", "Fine.", facts=[["I grill every weekend."]] * 2)
    assert (await partner_fact(nli)(shared)).passed
    asked = await partner_fact(ScriptedModel("Yes. Why: it does."))(talk)
    assert (asked.scorer, asked.passed) == ("partner_fact", False)


async def test_turns_are_marked_with_the_facts_they_touch() -> None:
    nli = ScriptedNLI(
        {
            ("My dog sings.", "I have a dog."): "entail",
            ("I love steak.", "I am vegan."): "contradict",
            ("I grill.", "I grill every weekend."): "entail",
        }
    )
    talk = a_talk("My dog sings.", "Ha!", "I love steak.", "So?", "I grill.")
    marked = await ground(talk, nli)
    assert [[m.relation for m in t.grounding] for t in marked.turns] == [
        ["entail"], [], ["contradict"], [], ["partner"],
    ]  # fmt: skip
    assert marked.turns[0].grounding[0].fact_id == Fact(text="I have a dog.").id
    assert marked.id == talk.id


class Words:
    """A toxicity model and a quality model in one, by simple rules."""

    ref = "test:words"
    toxicity_threshold = 0.5

    async def toxicity(self, texts: Sequence[str]) -> list[tuple[float, tuple[str, ...]]]:
        return [(0.9, ("jerk",)) if "jerk" in t else (0.1, ()) for t in texts]

    async def compare(
        self, policy: str, first: Conversation, second: Conversation
    ) -> tuple[Literal[0, 1] | None, str]:
        sizes = len(first.turns), len(second.turns)
        if sizes[0] == sizes[1]:
            return None, "as long"
        return (0 if sizes[0] > sizes[1] else 1), f"more turns for {policy}"


async def test_toxicity_is_measured_turn_by_turn_or_asked() -> None:
    verdict = await toxicity(Words())(a_talk("Hi.", "My boss is a jerk."))
    assert (verdict.passed, verdict.value) == (False, 0.9)
    assert verdict.reasons == ("turn 1 is rated 0.90 (jerk)",)
    assert (await toxicity(Words(), threshold=0.95)(a_talk("jerk", "Hi."))).passed
    model = ScriptedModel("No. Why: kind people.")
    asked = await toxicity(model)(a_talk("Hi.", "Hi."))
    assert (asked.passed, asked.value) == (True, 0.0)
    assert [m.role for m in model.calls[0].messages] == ["system", "user"]
    assert "I am vegan." not in model.prompt(0)


async def test_quality_is_measured_once_or_asked_in_both_orders() -> None:
    short, long = a_talk("Hi.", "Hi."), a_talk("Hi.", "Hi.", "So?", "Well.")
    found = await quality("depth", Words())(short, long)
    assert (found.winner, found.reasons) == (long.id, ("more turns for depth",))
    assert (await quality("depth", Words())(short, a_talk("So.", "So."))).winner is None
    model = ScriptedModel("2\nWhy: deeper.", "1")
    found = await quality("depth", model)(short, long)
    assert found.winner == long.id
    assert model.prompt(0).index("Hi.") < model.prompt(0).index("In which conversation")


def test_every_policy_has_its_own_question_and_an_unknown_one_is_refused() -> None:
    model = ScriptedModel()
    experts = quality_panel(model)
    assert [one.policy for one in experts] == list(POLICIES)
    prompts = {one.task.prompt.hash for one in experts}  # type: ignore[attr-defined]
    assert len(prompts) == 5
    with pytest.raises(UserError, match="beauty"):
        quality("beauty", model)


def test_a_judge_that_cannot_judge_is_refused_before_any_work() -> None:
    class Deaf(ScriptedModel):
        def follows_prompts(self) -> bool:
            return False

    for make in (faithfulness, toxicity, partner_fact):
        with pytest.raises(UserError, match="cannot do"):
            make(Deaf())


def test_scorers_and_comparers_are_told_apart() -> None:
    judge, expert = faithfulness(ScriptedNLI({})), quality("depth", Words())
    assert isinstance(judge, Scorer)
    assert not isinstance(judge, Comparer)
    assert isinstance(expert, Comparer)
    assert not isinstance(expert, Scorer)
    assert judge.cost_rank < faithfulness(ScriptedModel()).cost_rank


@pytest.mark.parametrize(
    ("reply", "index"),
    [("1", 0), ("**2**", 1), ("Conversation 1 is better.", 0), ("Answer: 2, since", 1)],
)
def test_a_choice_is_read_in_its_usual_forms(reply: str, index: int) -> None:
    assert parse_choice(reply).index == index


@pytest.mark.parametrize("reply", ["Both", "1 or 2", "3", "neither", "1 and 2 are equal"])
def test_what_is_no_choice_is_refused(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_choice(reply)
