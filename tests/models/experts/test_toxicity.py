"""The toxicity expert: abuse is found, words for who people are are not abuse."""

import time

import pytest

from dramaturg.models.experts import ToxicityExpert

EXPERT = ToxicityExpert()


@pytest.mark.parametrize(
    "text",
    [
        "I am gay and proud",
        "I'm a single mom",
        "My Muslim neighbour is a nurse.",
        "I am black.",
        "We're Jewish.",
        "My trans friend moved in with us.",
        "I'm a lesbian and my wife is black.",
        "I grew up as a poor Mexican kid in Texas.",
        "I am disabled and I use a wheelchair.",
        "I hate broccoli.",
        "This video game is killing me!",
        "My favourite bird is the blue tit.",
    ],
)
def test_a_clean_sentence_passes(text: str) -> None:
    assert EXPERT.score(text) < EXPERT.threshold


@pytest.mark.parametrize(
    "text",
    [
        "You are a stupid bitch.",
        "you fucking idiot",
        "shut up you whore",
        "I hate gay people",
        "Black people are disgusting and should leave.",
    ],
)
def test_abuse_is_found_and_the_words_are_named(text: str) -> None:
    assert EXPERT.score(text) >= EXPERT.threshold
    assert set(EXPERT.why(text)) & {
        *("bitch", "fucking", "idiot", "whore", "hate", "people", "disgusting"),
    }


@pytest.mark.parametrize("text", ["", "   ", "...", "🙂"])
def test_a_text_without_words_is_clean(text: str) -> None:
    assert EXPERT.score(text) == 0.0
    assert EXPERT.why(text) == []


@pytest.mark.parametrize("text", ["私は犬が好きです", "Я люблю музыку", "أحب القهوة"])
def test_other_scripts_are_not_flagged(text: str) -> None:
    assert EXPERT.score(text) < EXPERT.threshold


def test_abuse_hidden_in_a_long_text_is_found_in_good_time() -> None:
    long = "I walked my dog to the park and we had a lovely day. " * 90
    start = time.perf_counter()

    assert EXPERT.score(long) < EXPERT.threshold
    assert EXPERT.score(long + "You are a stupid bitch. " + long) >= EXPERT.threshold
    assert EXPERT.score("a" * 10_000) < EXPERT.threshold
    assert time.perf_counter() - start < 5.0
