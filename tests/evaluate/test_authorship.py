"""Whose journal was a speaker given?"""

from __future__ import annotations

from dramaturg.evaluate.authorship import attributed
from dramaturg.records import Conversation, Speaker, Turn

ENTRIES = {
    f"p-{n}": {f"{n}a": f"theme{n} walks past harbour{n}", f"{n}b": f"theme{n} eats bread{n}"}
    for n in range(6)
}


def talk(one: int, other: int, *, words: str = "theme{} again") -> Conversation:
    return Conversation(
        scene_id=f"s-{one}{other}",
        scene={"grounding": [f"{one}a", f"{other}a"]},
        speakers=(Speaker(name="A", persona_id=f"p-{one}"),
                  Speaker(name="B", persona_id=f"p-{other}")),
        turns=(Turn(speaker=0, text=words.format(one)), Turn(speaker=1, text=words.format(other))),
    )  # fmt: skip


TALKS = [talk(n, (n + 1) % 6) for n in range(6)]


def test_an_author_whose_theme_is_spoken_of_is_found_and_dealt_out_words_are_not() -> None:
    found = attributed(TALKS, ENTRIES, candidates=4, seed=1)
    assert found is not None
    assert (found.found, found.chance, found.n, found.candidates) == (1.0, 0.25, 12, 4)
    assert found.shuffled < 0.6


def test_words_of_the_given_entry_alone_do_not_help() -> None:
    copied = [talk(n, (n + 1) % 6, words="harbour{}") for n in range(6)]
    found = attributed(copied, ENTRIES, candidates=4, seed=1)
    assert found is not None
    assert found.found == 0.25, "all are equally far: a tie counts in part"


def test_authors_of_one_entry_cannot_be_asked_about() -> None:
    assert attributed(TALKS, {k: {"x": "y"} for k in ENTRIES}, seed=1) is None
    assert attributed([], ENTRIES, seed=1) is None
