"""Typicality against a human reference."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from dramaturg.errors import NotJudged, UserError
from dramaturg.records import Conversation
from dramaturg.scorers import HumanReference, human_reference, naturalness
from dramaturg.scorers.naturalness import shipped_reference, surface_features, write_reference
from tests.scorers.talks import a_talk

TEXT = "i you like dogs bread rain my the a to and we went home today music work good"
WORDS = TEXT.split()


def chats(count: int, seed: int, longest: int = 12) -> list[Conversation]:
    draw = random.Random(seed)

    def turn() -> str:
        mark = draw.choice([".", ".", "?"])
        return " ".join(draw.choices(WORDS, k=draw.randint(1, longest))) + mark

    return [a_talk(*(turn() for _ in range(10))) for _ in range(count)]


async def test_people_are_spread_evenly_and_strangers_lie_near_zero() -> None:
    scorer = naturalness(reference=human_reference(chats(200, 1), "test"))
    own = [(await scorer(talk)).value for talk in chats(100, 2)]
    far = [(await scorer(talk)).value for talk in chats(30, 3, longest=80)]
    assert 0.35 < sum(own) / len(own) < 0.65
    assert max(far) < 0.02
    told = await scorer(chats(1, 3, longest=80)[0])
    assert "words a turn" in told.reasons[0] or "spread" in told.reasons[0]


def test_case_and_parted_punctuation_change_nothing() -> None:
    plain = a_talk("I don't bake.", "You're kidding!", "It's true, I am.", "Do you swim, then?")
    parted = a_talk(
        "i do n't bake .", "you 're kidding !", "it 's true , i am .", "do you swim , then ?"
    )
    assert surface_features(plain) == pytest.approx(surface_features(parted))


def test_a_reference_needs_enough_and_survives_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too small"):
        human_reference(chats(5, 1), "five")
    made = human_reference(chats(60, 1), "sixty")
    write_reference(made, tmp_path / "r.json")
    read = msgspec.json.decode((tmp_path / "r.json").read_bytes(), type=HumanReference)
    assert read.mean == pytest.approx(made.mean, abs=1e-5)


def test_the_shipped_reference_names_its_source_and_licence() -> None:
    reference = shipped_reference()
    assert reference.conversations == 1000
    assert "Persona-Chat" in reference.name
    assert "CC BY 4.0" in reference.name


async def test_too_short_a_talk_is_not_judged() -> None:
    with pytest.raises(NotJudged) as error:
        await naturalness()(a_talk("Hi.", "Hello.", "Bye."))
    assert error.value.kind == "fewer than four turns"
