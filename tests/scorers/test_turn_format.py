"""The form of a conversation: turns, words, and nothing copied."""

from __future__ import annotations

from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers.turn_format import TurnFormat, longest_copied

ENTRY = "This morning I walked down to the old harbour before the fog had lifted from the water."


def talk(*turns: tuple[int, str]) -> Conversation:
    return Conversation(
        scene_id="s",
        speakers=(Speaker(name="A", persona=(ENTRY,)), Speaker(name="B")),
        turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
    )


FINE = [(0, "I was at the harbour early."), (1, "In that fog?"), (0, "Yes!"), (1, "Brave.")]
RULE = TurnFormat(words=20, turns=(4, 8), copied=8)


async def test_a_talk_of_the_wanted_form_passes() -> None:
    verdict = await RULE(talk(*FINE))
    assert (verdict.value, verdict.passed, verdict.reasons) == (1.0, True, ())


async def test_a_turn_of_21_words_fails_and_one_of_20_does_not() -> None:
    for words, passed in ((20, True), (21, False)):
        long = (1, " ".join(f"w{i}" for i in range(words)))
        assert (await RULE(talk(*FINE[:3], long))).passed is passed


async def test_unequal_turns_a_turn_twice_in_a_row_and_silence_fail() -> None:
    uneven = await RULE(talk(FINE[0], FINE[1], FINE[2], (0, "Hm."), (0, "Well.")))
    assert "the speakers have 4 and 1 turns" in uneven.reasons
    assert "turn 3 is by the speaker of the turn before" in uneven.reasons
    assert (await RULE(talk(*FINE[:3], (1, "...")))).reasons == (
        "turn 3 has 0 words, 20 are the most",
    )
    assert (await RULE(talk(*FINE[:2]))).reasons == ("2 turns instead of 4 to 8",)


async def test_nine_words_in_a_row_from_the_entry_fail_and_eight_do_not() -> None:
    nine = (0, "walked down, to the OLD harbour before the fog!")
    eight = (0, "walked down, to the old harbour before the mist!")
    assert longest_copied(nine[1], [ENTRY]) == 9
    assert longest_copied(eight[1], [ENTRY]) == 8
    failed = await RULE(talk(nine, *FINE[1:]))
    assert failed.reasons == ("turn 0 copies 9 words in a row",)
    assert failed.evidence[0].turn == 0
    assert (await RULE(talk(eight, *FINE[1:]))).passed
    partners = talk(FINE[0], (1, nine[1]), *FINE[2:])
    assert (await RULE(partners)).reasons == ("turn 1 copies 9 words in a row",)


def test_nothing_in_common_is_zero() -> None:
    assert longest_copied("", [ENTRY]) == longest_copied("Hm!", []) == 0
