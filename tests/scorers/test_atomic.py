"""Atomic fidelity: the arithmetic, planted cases, and both judges."""

from __future__ import annotations

import pytest

from dramaturg.errors import NotJudged, RecordError, ReplyError, UserError
from dramaturg.models import ScriptedModel, ScriptedNLI
from dramaturg.scorers import atomic_fidelity, atomic_trait, in_level, repeatability, steadiness
from dramaturg.scorers.atomic import wasserstein
from tests.scorers.talks import a_talk


def test_poles_in_turns_have_the_mean_of_the_middle_and_no_steadiness() -> None:
    assert steadiness([1, 5, 1, 5]) == 0
    assert steadiness([3, 3, 3, 3]) == 1
    assert in_level([1, 5, 1, 5], "neutral") == 0
    assert in_level([3, 3, 3, 3], "neutral") == 1


def test_the_thirds_of_the_scale_end_where_they_should() -> None:
    assert in_level([1, 2, 2.3], "low") == 1
    assert in_level([2.34, 3, 3.6], "neutral") == 1
    assert in_level([3.67, 4, 5], "high") == 1


def test_silence_and_refusal_enter_no_figure() -> None:
    assert in_level([5, 9, 99, 1], "high") == 0.5
    assert steadiness([4, 9, 4, 99]) == 1
    assert steadiness([4, 9]) is None
    assert in_level([9, 99], "high") is None
    assert repeatability([[3, 3], [9]]) is None
    with pytest.raises(RecordError, match="no atomic score"):
        in_level([6], "high")


def test_runs_may_change_places_and_opposite_runs_are_minus_one() -> None:
    runs = [[1, 2, 3], [3, 4, 5], [2, 2]]
    assert repeatability(runs) == pytest.approx(repeatability(runs[::-1]))
    assert repeatability([[3, 4], [4, 3]]) == 1
    assert repeatability([[1], [5]]) == -1
    # W of {1,2,3} and {3,4,5} is 2, of {1,2,3} and {2,2} 2/3, of {3,4,5} and {2,2} 2.
    expected = sum(2 * (1 - w / 4) - 1 for w in (2, 2 / 3, 2)) / 3
    assert repeatability(runs) == pytest.approx(expected)
    assert wasserstein([0, 1, 3], [5, 6, 8]) == pytest.approx(5)


async def test_the_sentence_out_of_character_is_named_though_the_turn_holds_others() -> None:
    nli = ScriptedNLI(
        {
            ("My dog sleeps.", "I have a dog."): "entail",
            ("I ate a steak.", "I am vegan."): "contradict",
        }
    )
    talk = a_talk("My dog sleeps. I ate a steak. Was it good?", "Yes.")
    found = await atomic_fidelity(nli)(talk)
    assert found.value == 0.5
    assert found.reasons[1] == "turn 0, 'I ate a steak.' contradicts 'I am vegan.'"
    assert found.evidence[0].turn == 0
    with pytest.raises(NotJudged) as error:
        await atomic_fidelity(nli)(a_talk("Hello.", "Hi."))
    assert error.value.kind == "nothing shows"


async def test_a_trait_is_scored_sentence_by_sentence() -> None:
    model = ScriptedModel("S0: 5\nS1: 1\nS2: 9")
    scorer = atomic_trait(model, "openness", "high", speaker=0)
    found = await scorer(a_talk("I paint. I never try new food. It rains.", "Ok."))
    assert found.value == 0.5
    assert "'I never try new food.' is at 1" in found.reasons[1]
    assert "High pole: curious" in model.prompt(0)
    with pytest.raises(ReplyError) as error:
        await atomic_trait(ScriptedModel("S0: 5", "S0: 5"), "openness", "high")(a_talk("A.", "B."))
    assert error.value.kind == "scores missing"
    with pytest.raises(UserError, match="no trait 'opennes'"):
        atomic_trait(model, "opennes", "high")
