"""Scorers by name."""

from __future__ import annotations

import contextlib

import pytest

from dramaturg.errors import NotJudged, UserError
from dramaturg.models import ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.scorers import DEFAULT, ENTRIES, GROUPS, NAMES, Kit, Scorer, build, expand_names
from tests.scorers.talks import a_talk

EMBEDDED = EmbeddedModel()


def test_every_name_is_built_by_a_judge_that_can_and_bears_its_name() -> None:
    asked = build("everything", ScriptedModel())
    assert tuple(scorer.name for scorer in asked) == NAMES
    measured = build("all", EMBEDDED)
    assert tuple(scorer.name for scorer in measured) == GROUPS["all"]
    for scorer in [*asked, *measured]:
        assert isinstance(scorer, Scorer)
        assert scorer.low < scorer.high
        assert scorer.version


def test_a_judge_who_cannot_is_refused_before_any_work() -> None:
    for name in set(NAMES) - set(GROUPS["all"]):
        with pytest.raises(UserError) as error:
            build(name, EMBEDDED)
        assert "openai" in error.value.fix


def test_a_chat_model_takes_the_asked_form_and_rule_the_one_without_a_model() -> None:
    model = ScriptedModel()
    asked = {s.name: s.version for s in build("all", model)}
    assert asked["faithfulness"] == asked["coherence"] == asked["naturalness"] == "prompt-1"
    assert asked["repetition"] == "triples-1"
    (recall,) = build("persona_recall", model, judges={"persona_recall": "rule"})
    assert recall.version == "words-1"
    with pytest.raises(UserError, match="no form without a model"):
        build("toxicity", judges={"toxicity": "rule"})


def test_names_and_groups_mix_and_a_typo_names_the_nearest() -> None:
    assert expand_names("shape, toxicity,length") == (*GROUPS["shape"], "toxicity")
    assert expand_names(["persona-recall"]) == ("persona_recall",)
    with pytest.raises(UserError) as error:
        expand_names("faithfullness")
    assert "did you mean 'faithfulness'" in error.value.fix
    with pytest.raises(UserError, match="no scorer is named"):
        expand_names(" , ")


def test_each_entry_says_what_it_is_and_the_defaults_need_no_endpoint() -> None:
    assert set(DEFAULT) <= set(GROUPS["all"])
    for entry in ENTRIES.values():
        assert entry.says
        assert entry.forms
        assert bool(entry.prompts) == ("prompt" in entry.forms)


@pytest.mark.parametrize("name", GROUPS["all"])
async def test_odd_conversations_are_judged_or_refused_in_words_and_never_crash(name: str) -> None:
    (scorer,) = build(name, EMBEDDED, kit=Kit(others=("I juggle swords.",)))
    odd = [
        a_talk(),
        a_talk("", ""),
        a_talk("only me", who=[0]),
        a_talk("alone", "still alone", facts=[["I bake."]], who=[0, 0]),
        a_talk("Hi.", "Hello.", "Hey.", "Yo.", facts=[[], []]),
        a_talk("I bake.", "I swim.", "We!", "Yes.", facts=[["I bake."], ["I swim."], ["I run."]]),
        a_talk("我有两只狗。", "Ich auch!", "У меня кошка.", "🐈🐈🐈", "لدي كلب", "ok?"),
        a_talk("word " * 20_000, "x" * 100_000, "?" * 5_000, "ok"),
    ]  # fmt: skip
    for talk in odd:
        with contextlib.suppress(NotJudged):
            verdict = await scorer(talk)
            assert verdict.low <= verdict.value <= verdict.high
            assert all(
                0 <= e.turn < len(talk.turns) for e in verdict.evidence if e.turn is not None
            )


async def test_verdicts_repeat_with_their_seed() -> None:
    talk = a_talk("I have a dog.", "I grill every weekend.", "My dog eats vegan food.", "Norway!")
    kit = Kit(others=("I juggle swords.", "I have a dog."))
    once = [await s(talk, seed=3) for s in build("all", EMBEDDED, kit=kit)]
    again = [await s(talk, seed=3) for s in build("all", EMBEDDED, kit=kit)]
    assert once == again
