"""A scene played turn by turn."""

from __future__ import annotations

import pytest

from dramaturg.generate import heard_by, in_turn, stage
from dramaturg.records import Turn


def turn(speaker: int, text: str, **channels: str) -> Turn:
    return Turn(speaker=speaker, text=text, channels=channels)


async def test_a_thought_is_heard_by_its_thinker_alone() -> None:
    heard: dict[int, list[tuple[Turn, ...]]] = {0: [], 1: []}

    async def speak(speaker: int, turns: tuple[Turn, ...]) -> Turn:
        heard[speaker].append(turns)
        return turn(speaker, f"line {len(turns)}", thought="the code is 4711", action="sits")

    staged = await stage(2, speak=speak, follow=in_turn(2), most=4)
    assert [t.speaker for t in staged.turns] == [0, 1, 0, 1]
    assert staged.turns[0].channels["thought"] == "the code is 4711"
    assert "thought" not in heard[1][0][0].channels
    assert heard[1][0][0].channels == {"action": "sits"}
    assert heard[0][1][0].channels["thought"] == "the code is 4711"  # one's own
    assert "thought" not in heard_by(-1, staged.turns)[0].channels


async def test_who_says_who_is_next_hears_no_thought_and_may_end_the_scene() -> None:
    async def speak(speaker: int, turns: tuple[Turn, ...]) -> Turn:
        return turn(speaker, "hm", thought="secret")

    async def follow(turns: tuple[Turn, ...]) -> int | None:
        assert not any("thought" in t.channels for t in turns)
        return None if len(turns) == 3 else 0

    staged = await stage(1, speak=speak, follow=follow, most=9)
    assert (len(staged.turns), staged.ended) == (3, "nobody is to speak next")


async def test_a_scene_that_nobody_ends_ends_at_the_most() -> None:
    async def speak(speaker: int, turns: tuple[Turn, ...]) -> Turn:
        return turn(speaker, "and so on")

    staged = await stage(3, speak=speak, follow=in_turn(3), most=20)
    assert (len(staged.turns), staged.ended) == (20, "20 turns are over")


async def test_a_stop_rule_says_why() -> None:
    async def speak(speaker: int, turns: tuple[Turn, ...]) -> Turn:
        return turn(speaker, "bye")

    staged = await stage(
        2, speak=speak, follow=in_turn(2), most=9, stop=lambda t: "both left" * (len(t) == 2)
    )
    assert (len(staged.turns), staged.ended) == (2, "both left")


async def test_a_speaker_outside_the_cast_is_an_error_and_no_turn() -> None:
    async def speak(speaker: int, turns: tuple[Turn, ...]) -> Turn:
        return turn(speaker, "?")

    async def follow(turns: tuple[Turn, ...]) -> int:
        return 2

    with pytest.raises(ValueError, match="not among the 2"):
        await stage(2, speak=speak, follow=follow, most=3)
