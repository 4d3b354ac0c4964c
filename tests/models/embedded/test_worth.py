"""What a draft is worth, and what is said again less often."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dramaturg.models.embedded.echo import Echo
from dramaturg.models.embedded.sampling import log_likelihood
from dramaturg.models.embedded.shipped import read_bpe
from dramaturg.models.embedded.worth import Setting, repeats_sentence, worth

PLAIN = Setting("", ["I am a nurse."], ["I own a bakery."], ["I like the sea a lot."], ["Hi!"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("That is nice.", 1.0),
        ("", -1.5),  # nothing, and no end
        ("hi", -1.5),  # said already
        ("Hello [your name].", -1.0),
        ("I own a bakery.", 0.0),
        ("Do you own a bakery?", 1.0),
        ("Oh. I like the sea a lot!", 0.5),
        ("I love this old town. I love this old town.", 0.5),
        ("I think that we", 0.5),
    ],
)
def test_a_draft_loses_for_what_it_must_not_do(text: str, expected: float) -> None:
    assert worth(text, PLAIN) == expected


def test_a_draft_is_worth_the_share_of_its_fact_that_it_says() -> None:
    wanted = Setting("I bake bread every Sunday.", [], [], [], [])
    assert worth("I bake bread.", wanted) == pytest.approx(2 / 3)


def test_what_a_judge_holds_against_a_draft_is_taken_off() -> None:
    def judge(facts: object, said: object, text: str) -> float:
        assert (facts, said) == (PLAIN.mine, PLAIN.said)
        return 0.25 if "cat" in text else 0.0

    assert worth("I have a cat.", PLAIN, judge) == 0.75


def test_short_sentences_may_come_again() -> None:
    assert not repeats_sentence("Thank you! Me too.", ["Thank you!"])


def test_a_word_of_the_turn_loses_and_a_stop_word_does_not() -> None:
    bpe = read_bpe()
    echo = Echo(bpe, 2.0)
    for token in bpe.encode("It is so delicious and"):
        echo.add(token)
    delicious = bpe.encode("delicious")
    assert echo.losses()[delicious[0]] == -2.0
    assert not set(echo.losses()) & {bpe.encode(word)[0] for word in ("It", "is", "so", "and")}
    echo.restart()
    assert echo.losses() == {}


def test_an_echo_of_strength_0_takes_nothing() -> None:
    bpe = read_bpe()
    echo = Echo(bpe, 0.0)
    for token in bpe.encode("delicious food"):
        echo.add(token)
    assert echo.losses() == {}


def test_the_log_likelihood_of_a_token_is_that_of_the_softmax() -> None:
    assert log_likelihood(np.zeros(8, np.float32), 3) == pytest.approx(-math.log(8))
