"""Who said it: items, figures by hand, and both judges."""

from __future__ import annotations

import random

import pytest

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import Call, ScriptedModel, ScriptedNLI
from dramaturg.scorers import (
    SpeakerItem,
    guess_speakers,
    speaker_figures,
    speaker_items,
    who_speaks,
)
from dramaturg.scorers.who_speaks import parse_guess
from tests.scorers.talks import a_talk


def an_item(people: int = 4, answer: int = 0) -> SpeakerItem:
    facts = tuple((f"I am number {n}.",) for n in range(people))
    return SpeakerItem(turn=0, before="", line="A line.", people=facts, answer=answer)


def test_even_odds_of_four_have_the_known_brier_score_and_share_their_ties() -> None:
    found = speaker_figures([an_item()], [[0.25] * 4])
    assert found.brier == 0.1875
    assert found.top_1 == found.chance == 0.25
    assert found.top_2 == 0.5
    assert found.mean_rank == 2.5


def test_figures_of_a_judge_who_is_right_second_and_wrong() -> None:
    items = [an_item(3, answer) for answer in (0, 1, 2)]
    found = speaker_figures(items, [[1, 0, 0], [0.6, 0.4, 0], [0.7, 0.2, 0.1]])
    assert found.top_1 == pytest.approx(1 / 3)
    assert found.top_2 == pytest.approx(2 / 3)
    assert found.mean_rank == pytest.approx(2)
    assert found.brier == pytest.approx((0 + (0.36 + 0.36) / 3 + (0.49 + 0.04 + 0.81) / 3) / 3)


def test_a_calibrated_judge_has_nearly_no_calibration_error() -> None:
    draw = random.Random(1)
    items, guesses = [], []
    for _ in range(20_000):
        p = draw.uniform(0.5, 1)
        items.append(an_item(2, 0 if draw.random() < p else 1))
        guesses.append([p, 1 - p])
    assert speaker_figures(items, guesses).ece < 0.02
    sure = speaker_figures(items, [[0.99, 0.01]] * len(items))
    assert sure.ece > 0.2


def test_the_hidden_speaker_s_name_is_nowhere_and_distractors_are_the_nearest() -> None:
    talk = a_talk("My dog eats vegan food.", "I grill salmon in Norway.", "Hm.", "Oh.")
    others = [("I sell shoes.",), ("I have a dog and a cat.",)]
    items = speaker_items(talk, others=others, options=3)
    assert [item.turn for item in items] == [0, 1]  # "Hm." says nothing of substance
    assert all(item.people[item.answer] == talk.speakers[item.turn].persona for item in items)
    assert ("I have a dog and a cat.",) in items[0].people
    assert all("User" not in item.line for item in items)


async def test_a_measured_reader_finds_the_owner_of_a_fact() -> None:
    nli = ScriptedNLI({("My dog eats vegan food.", "I have a dog."): "entail"})
    talk = a_talk("My dog eats vegan food.", "Salmon tastes nice today.")
    found = await who_speaks(nli)(talk)
    assert found.value == 0.75  # the first is told, the second a tie of two
    with pytest.raises(NotJudged) as error:
        await who_speaks(nli)(a_talk("My dog eats.", "Nice dog there.", facts=[["I bake."], []]))
    assert error.value.kind == "no persona"


async def test_a_chat_model_gives_a_probability_for_each_letter() -> None:
    def reply(call: Call) -> str:
        text = call.messages[-1].content
        a = text.partition("<person_B>")[0]
        return (
            '{"A": 0.9, "B": 0.1}'
            if ("dog" in a) == ("<line>\nMy dog" in text)
            else '{"A": 0, "B": 1}'
        )

    model = ScriptedModel(by_task={"judge.who_speaks": reply})
    talk = a_talk("My dog eats vegan food.", "I grill salmon in Norway.")
    found = await who_speaks(model)(talk)
    assert found.value == 1
    assert found.cost.calls == 2
    items = speaker_items(talk)
    guesses, _ = await guess_speakers(items, model)
    assert all(sum(guess) == pytest.approx(1) for guess in guesses)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("A, I think", "no probabilities"),
        ('{"A": 0.9, "B": 0.9, "C": 0, "D": 0}', "not a distribution"),
        ('{"A": 1}', "not a distribution"),
    ],
)
def test_what_is_no_distribution_is_no_answer(reply: str, kind: str) -> None:
    with pytest.raises(ReplyError) as error:
        parse_guess(reply, an_item())
    assert error.value.kind == kind
