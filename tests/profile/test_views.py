"""A person shown by views, in three persons, and the words for traits."""

from __future__ import annotations

from typing import Any

import pytest

from dramaturg.errors import RecordError, UserError
from dramaturg.evaluate.inventory import SHIPPED, held_out, load_inventory
from dramaturg.profile.traits import BIG_FIVE, Pole, poles
from dramaturg.profile.views import show
from dramaturg.records import Fact, Persona


def ada(**views: Any) -> Persona:
    return Persona(name="Ada", facts=(Fact(text="I keep bees."),), views=views)


def test_the_same_view_is_spoken_in_three_persons() -> None:
    person = ada(demographics={"age": 36, "occupation": "a nurse", "home_town": "Ghent"})
    assert show(person, person=1, views=["demographics"]) == (
        "I am 36 years old. I work as a nurse. My home town: Ghent."
    )
    assert show(person, person=2, views=["demographics"]) == (
        "You are 36 years old. You work as a nurse. Your home town: Ghent."
    )
    assert show(person, person=3, views=["demographics"]) == (
        "Ada is 36 years old. Ada works as a nurse. Ada's home town: Ghent."
    )


def test_ones_own_words_are_quoted_and_never_turned_round() -> None:
    person = ada(backstory="I left home at 16.", style=["short sentences", "dry jokes"])
    assert show(person, person=2) == (
        "Your way of speaking: short sentences; dry jokes\n"
        'Your story, as told by the person: "I left home at 16."\n'
        'Your own words: "I keep bees."'
    )
    assert (
        show(person, person=1, views=["facts", "backstory"]) == "I keep bees.\nI left home at 16."
    )
    assert show(Persona(facts=()), person=3) == ""
    assert (
        show(Persona(facts=(Fact(text="I fly."),)), person=3)
        == 'This person\'s own words: "I fly."'
    )


def test_traits_are_said_in_degrees_and_the_middle_is_not_said() -> None:
    person = ada(
        traits={"extraversion": 1.0, "openness": -0.4, "agreeableness": 0.05, "humour": 0.2}
    )
    said = show(person, views=["traits"])
    assert said.startswith("You are very outgoing and talkative")
    assert "You are rather down to earth" in said
    assert "warm" not in said
    assert said.endswith("You are slightly high in humour.")
    for bad in ({"openness": 3}, {"openness": "high"}, ["openness"]):
        with pytest.raises(RecordError):
            show(ada(traits=bad), views=["traits"])


def test_poles_come_in_twos_and_a_wrong_trait_is_named() -> None:
    assert [(p.trait, p.level, p.sign) for p in poles("openness, extraversion")] == [
        ("openness", "high", 1), ("openness", "low", -1),
        ("extraversion", "high", 1), ("extraversion", "low", -1),
    ]  # fmt: skip
    assert Pole(trait="openness", level="high").opposite == Pole(trait="openness", level="low")
    for bad in ("charm", "", "openness,openness"):
        with pytest.raises(UserError):
            poles(bad)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_item_of_a_shipped_inventory_stands_in_the_words_for_the_traits(name: str) -> None:
    said = [f"You are {pole.words}." for pole in poles(",".join(BIG_FIVE))]
    _, shared = held_out(load_inventory(name), said)
    assert shared == ()
