"""What the experts hold against a draft."""

from __future__ import annotations

import pytest

from dramaturg.models.draft_judge import CONTRADICTION, INVENTION, draft_judge, inventions

FACTS = ["I am allergic to cats.", "I am a vegetarian.", "I work at a bank."]


def test_a_denied_fact_and_a_denied_earlier_turn_count_as_contradictions() -> None:
    judge = draft_judge()
    assert judge(["I love spiders."], [], "I do not love spiders.") >= CONTRADICTION
    assert judge([], ["I love spiders."], "I do not love spiders.") >= CONTRADICTION
    assert judge([], [], "I love spiders. I do not love spiders.") >= CONTRADICTION


def test_everyday_talk_loses_nothing() -> None:
    judge = draft_judge()
    for text in ("That sounds great!", "What do you do?", "I work at a bank.", "日本語", ""):
        assert judge(FACTS, ["Hi there!"], text) == 0.0


@pytest.mark.parametrize(
    "text",
    ["I have two dogs.", "My husband sings.", "I'm a software engineer.", "I grew up in Ohio."],
)
def test_a_claim_that_nobody_gave_is_an_invention(text: str) -> None:
    assert inventions(FACTS, [], text) == [text]
    assert inventions(FACTS, [text], text) == []
    assert draft_judge()([], [], text) == INVENTION


@pytest.mark.parametrize(
    "text", ["I'm a big fan of that.", "Do you have a dog?", "I love the sea.", "Your dog is nice."]
)
def test_a_question_a_liking_and_the_partner_are_no_inventions(text: str) -> None:
    assert inventions(FACTS, [], text) == []
