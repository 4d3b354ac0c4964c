"""How much of a persona shows, and how varied the words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers import different_utterances, distinct_n, persona_shown, shown, tokens


def a_talk(first: list[str], second: list[str], *texts: str, scene: str = "s") -> Conversation:
    return Conversation(
        scene_id=scene,
        speakers=(
            Speaker(name="A", persona=tuple(first)),
            Speaker(name="B", persona=tuple(second)),
        ),
        turns=tuple(Turn(speaker=i % 2, text=t) for i, t in enumerate(texts)),
    )


def test_who_shows_an_attribute() -> None:
    found = shown(
        a_talk(
            ["I breed old tortoises.", "I play chess."],
            ["My boat leaks."],
            "I breed tortoises.",  # 2 of 3 words
            "And I play chess.",  # the partner takes it over
            "Does your boat leak?",  # asked, not said of oneself
        )
    )
    assert found.attributes == 3
    assert found.owner == pytest.approx(1 / 3)
    assert found.partner_only == pytest.approx(1 / 3)
    assert found.neither == pytest.approx(1 / 3)
    assert found.words == pytest.approx(2 / 7)


def test_precision_and_recall_against_other_peoples_attributes() -> None:
    one = a_talk(["I play chess."], ["I sing."], "I play chess.", "I keep bees.", scene="1")
    two = a_talk(["I keep bees."], ["I am tall."], "I keep bees.", "Are you?", scene="2")
    found = persona_shown([one, two], distractors=4, seed=1)
    assert found.options == 4 + 4 * 2  # own ones, and the two of the other talk for each speaker
    assert found.recall == pytest.approx(2 / 4)
    assert found.precision == pytest.approx(2 / 3)
    assert persona_shown([]).precision is None


def test_distinct_n_by_hand_and_at_equal_tokens() -> None:
    assert distinct_n(["a b", "a b c"], 1) == 3 / 5
    assert distinct_n(["a b", "a b c"], 2) == 2 / 3
    assert distinct_n(["a b", "a b c"], 2, at_tokens=4) == 1 / 2
    assert distinct_n([], 2) == 0.0
    assert different_utterances([]) == 0.0


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(1, 3))
def test_shares_stay_shares(texts: list[str], n: int) -> None:
    assert 0 <= distinct_n(texts, n) <= 1
    assert 0 <= different_utterances(texts) <= 1


def test_words_of_other_scripts_are_words() -> None:
    assert tokens("Я люблю чай, ça va?") == ["я", "люблю", "чай", "ça", "va"]
