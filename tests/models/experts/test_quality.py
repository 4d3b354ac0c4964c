"""The quality expert: better conversations score higher, and order does not matter."""

import time

import pytest

from dramaturg.models.experts import QUALITIES, QualityExpert

EXPERT = QualityExpert()

GOOD = [
    (0, "Hi! I just came back from hiking with my two dogs in the mountains."),
    (1, "That sounds wonderful! Which mountains do you like for hiking with the dogs?"),
    (0, "Mostly the Rockies, the trails there are quiet. Do you hike too?"),
    (1, "Yes, I love it, but I prefer to paint the mountains than to climb them."),
    (0, "Oh, you paint! What kind of paint do you use outdoors?"),
    (1, "Watercolor, because it dries fast. Thanks for asking!"),
]
POOR = [(0, "hi"), (1, "hi"), (0, "ok"), (1, "ok"), (0, "yes"), (1, "yes"), (0, "ok"), (1, "no")]


@pytest.mark.parametrize("policy", QUALITIES)
def test_a_talk_beats_an_exchange_of_grunts(policy: str) -> None:
    winner, reason = EXPERT.compare(policy, GOOD, POOR)

    assert winner == 0
    assert reason.startswith(policy)
    assert EXPERT.compare(policy, POOR, GOOD)[0] == 1


@pytest.mark.parametrize("policy", QUALITIES)
def test_a_conversation_ties_with_itself(policy: str) -> None:
    assert EXPERT.compare(policy, GOOD, GOOD)[0] is None


def test_every_quality_lies_between_zero_and_one() -> None:
    for turns in (GOOD, POOR, [], [(0, "")], [(0, "你好"), (1, "你好吗")], [(0, "a" * 10_000)]):
        scores = EXPERT.qualities(turns)
        assert tuple(scores) == QUALITIES
        assert all(0.0 <= score <= 1.0 for score in scores.values())


def test_nothing_said_is_worth_nothing() -> None:
    assert set(EXPERT.qualities([]).values()) == {0.0}
    assert set(EXPERT.qualities([(0, "..."), (1, "")]).values()) == {0.0}


def test_a_self_contradiction_costs_consistency() -> None:
    clash = [*GOOD, (0, "I don't have any dogs.")]
    plain = [*GOOD, (0, "It was nice to meet you.")]

    # The first turn says "my two dogs".
    assert EXPERT.qualities(clash)["consistency"] < EXPERT.qualities(plain)["consistency"] - 0.4


def test_saying_it_again_costs_consistency_and_diversity() -> None:
    again = [(i % 2, "I like to play games and watch movies.") for i in range(6)]

    assert EXPERT.qualities(again)["consistency"] < EXPERT.qualities(GOOD)["consistency"]
    assert EXPERT.qualities(again)["diversity"] < EXPERT.qualities(GOOD)["diversity"]


def test_rudeness_costs_sympathy() -> None:
    rude = [(who, f"{text} Shut up, you are boring.") for who, text in GOOD]

    assert EXPERT.qualities(rude)["likable"] < EXPERT.qualities(GOOD)["likable"]


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(KeyError):
        EXPERT.compare("beauty", GOOD, POOR)


def test_a_long_conversation_is_scored_in_good_time() -> None:
    start = time.perf_counter()
    EXPERT.qualities([(i % 2, f"I have been to {i} towns with my dog. " * 10) for i in range(60)])

    assert time.perf_counter() - start < 5.0
