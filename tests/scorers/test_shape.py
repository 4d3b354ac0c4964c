"""Counting scorers, by hand."""

from __future__ import annotations

import pytest

from dramaturg.errors import NotJudged
from dramaturg.scorers import Balance, Length, Questions, Repetition, Scorer
from tests.scorers.talks import a_talk


async def test_length_counts_words_and_names_empty_turns() -> None:
    found = await Length()(a_talk("One two three.", "", "Four."))
    assert found.value == 4
    assert found.reasons == ("3 turns of 1.3 words", "1 of them empty")
    assert [e.turn for e in found.evidence] == [1]


async def test_questions_are_seen_in_several_scripts() -> None:
    found = await Questions()(a_talk("Do you?", "No.", "真的吗？", "هل أنت؟"))
    assert found.value == 0.75


async def test_balance_is_one_for_equal_shares_and_falls_to_the_talker() -> None:
    assert (await Balance()(a_talk("a b c", "d e f"))).value == 1
    found = await Balance()(a_talk("a b c d e f g h i", "j"))
    assert found.value == pytest.approx(0.469, abs=1e-3)  # entropy of 0.9 and 0.1, in bits
    assert found.reasons[0] == "User 1 says 90% of the words"


async def test_one_speaker_has_no_balance_and_the_reason_is_said() -> None:
    with pytest.raises(NotJudged) as error:
        await Balance()(a_talk("a", "b", who=[0, 0]))
    assert error.value.kind == "one speaker"


async def test_repetition_is_the_share_of_triples_said_before_and_points_at_the_turn() -> None:
    talk = a_talk(
        "I like to bake bread.", "Do you like cake?", "I like to bake cakes.", "Ok", "ok!"
    )
    found = await Repetition()(talk)
    # 3 + 2 + 3 + 1 + 1 items; "i like to", "like to bake" and "ok" come again.
    assert found.value == pytest.approx(3 / 10)
    assert found.reasons[0] == "turn 4 repeats 100% of its words, most from turn 3"
    assert found.reasons[1] == "turn 2 repeats 67% of its words, most from turn 0"
    assert (await Repetition()(a_talk("All new words here.", "And other ones there."))).value == 0


async def test_a_conversation_without_a_word_is_not_judged_and_not_scored_zero() -> None:
    for scorer in (Questions(), Balance(), Repetition()):
        with pytest.raises(NotJudged) as error:
            await scorer(a_talk("", "...", "!"))
        assert error.value.kind == "no words"


def test_they_are_scorers() -> None:
    for scorer in (Length(), Questions(), Balance(), Repetition()):
        assert isinstance(scorer, Scorer)
