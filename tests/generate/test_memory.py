"""What a speaker can bring up, and what rests because it came too often of late."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.generate import MemoryBank, memory_choices
from dramaturg.records import Conversation, Persona, Provenance, Speaker, Turn

NAMES = ("hobby", "family", "work")


def bank(window: int = 5, most: int = 3) -> MemoryBank:
    return MemoryBank({name: f"Your {name}." for name in NAMES}, window=window, most=most)


def test_nothing_rests_before_a_memory_was_used_often() -> None:
    here = bank()
    assert (here.resting, here.offered, here.clock) == ((), NAMES, 0)
    here.use("work")
    assert (here.resting, here.clock, here.age("work"), here.age("hobby")) == ((), 1, 0, None)


def test_three_of_five_rest_until_others_have_pushed_them_out_of_the_window() -> None:
    here = bank()
    for name in ("hobby", "hobby", "hobby"):
        here.use(name)
    assert here.offered == ("family", "work")
    here.use("work")
    here.use("family")
    assert here.resting == ("hobby",)
    here.use("work")
    assert not here.resting
    assert here.age("hobby") == 3


def test_of_two_banks_side_by_side_both_hear_the_choices_of_either() -> None:
    mine = bank()
    theirs = MemoryBank({"hobby": "Chess.", "home": "A boat."}, beside=mine)
    mine.use("hobby")
    theirs.use("hobby")
    mine.use("hobby")
    assert mine.resting == theirs.resting == ("hobby",)
    assert (mine.clock, theirs.clock) == (2, 1)


def test_an_unknown_memory_and_a_window_of_nothing_are_refused() -> None:
    with pytest.raises(KeyError):
        bank().use("holiday")
    with pytest.raises(ValueError, match="each be 1 or more"):
        bank(window=0)


@given(st.lists(st.sampled_from(NAMES), max_size=30), st.integers(1, 6), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_what_rests_is_what_fills_the_window(used: list[str], window: int, most: int) -> None:
    here = bank(window=window, most=most)
    for name in used:
        here.use(name)
    last = used[-window:]
    assert here.resting == tuple(n for n in NAMES if last.count(n) >= most)
    assert set(here.offered) | set(here.resting) == set(NAMES)


def test_each_offered_memory_is_a_row_and_the_taken_one_is_marked() -> None:
    person = Persona(name="Ada", facts=(), views={"memories": {"hobby": "Kites.", "home": "Here."}})
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name="Ada", persona_id=person.id),),
        turns=(Turn(speaker=0, text="Hello."), Turn(speaker=0, text="Well.")),
        provenance=Provenance(
            extra={
                "memories": [
                    {"turn": 1, "speaker": 0, "offered": ["hobby", "home"], "chosen": "home"},
                ]
            }
        ),
    )
    rows = memory_choices([talk], [person])
    assert [(r.name, r.memory, r.heard, r.chosen) for r in rows] == [
        ("hobby", "Kites.", "Hello.", 0),
        ("home", "Here.", "Hello.", 1),
    ]
    assert len({r.id for r in rows}) == 2
