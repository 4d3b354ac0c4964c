"""The guard against texts that fall apart."""

from __future__ import annotations

import pytest

from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers.degenerate import Circles, degeneration, repeats_itself

LOOP = "I am so happy and " * 12
SOUND = [
    f"On day {i} we walked past house {i * 7} and somebody called {name} waved at us from afar."
    for i, name in enumerate(["Ida", "Omar", "Lin", "Paul", "Ana", "Kofi", "Mia", "Jon"] * 3)
]
OTHER = [
    "cats sleep all day", "my brother sings badly", "rain fell over Ghent", "we missed that bus",
    "nobody eats olives here", "her old radio hums", "tea tastes like smoke", "chess bores him",
]  # fmt: skip


def test_one_text_that_goes_round_in_circles_is_seen_and_a_short_one_is_not_judged() -> None:
    assert repeats_itself(LOOP)
    assert not repeats_itself("no no no no")
    assert not any(map(repeats_itself, SOUND))


def test_a_set_is_flagged_by_itself_and_against_a_reference() -> None:
    assert degeneration(OTHER).reasons == ()
    looped = degeneration([*OTHER[:5], LOOP, LOOP, LOOP])
    assert looped.flagged
    assert (looped.broken, looped.n) == (3, 8)
    assert "3 of 8 texts repeat themselves" in looped.reasons
    long = degeneration([" ".join(OTHER)], reference=OTHER)
    assert long.reasons == ("31 words a text, the reference has 4",)
    poor = degeneration(["the cat sat", "the cat sang", "the cat swam"] * 2, reference=OTHER)
    assert any(reason.startswith("distinct-2 fell from") for reason in poor.reasons)
    with pytest.raises(ValueError, match="no text"):
        degeneration([])


async def test_the_scorer_names_the_turn() -> None:
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name="A"), Speaker(name="B")),
        turns=(Turn(speaker=0, text="Hello you."), Turn(speaker=1, text=LOOP)),
    )
    verdict = await Circles()(talk)
    assert (verdict.value, verdict.passed, verdict.evidence[0].turn) == (0.5, False, 1)
