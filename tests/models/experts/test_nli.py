"""The inference expert: planted contradictions, near misses, questions, speed."""

import time

import pytest

from dramaturg.models.experts import PersonaNLI

NLI = PersonaNLI()

CONTRADICT = [
    ("I don't have any dogs.", "I have two dogs."),
    ("Honestly, I have three dogs.", "I have two dogs."),
    ("I am grilling dinner. I eat steak every day.", "I am a vegetarian."),
    ("I'm not a big fan of horror movies.", "I love horror movies."),
    ("Horror movies are boring.", "I love horror movies."),
    ("I've never seen a horror movie.", "I love horror movies."),
    ("My favorite color is red.", "My favorite color is blue."),
    ("I can't stand coffee.", "I like coffee."),
    ("I love coffee!", "I do not like coffee."),
    ("I'm an only child.", "I have one brother and one sister."),
    ("My husband is a great cook.", "I am single."),
    ("I live alone.", "I live with my parents."),
    ("I'm 45.", "I am thirty years old."),
    ("I'm a teacher.", "I work as a nurse at a hospital."),
    ("I live in California.", "I live in Texas."),
    ("My hair is black.", "I have blonde hair."),
    ("I have never been to Canada.", "I have been to Canada."),
    ("I don't drink.", "I love beer."),
    ("My son just started school.", "I do not have children."),
    ("My mother is a teacher.", "My mother is a doctor."),
]
NOT_CONTRADICT = [
    ("Do you have any dogs?", "I have two dogs."),
    ("You don't have any dogs.", "I have two dogs."),
    ("Don't you hate dogs?", "I love dogs."),
    ("My sister doesn't like dogs.", "I love dogs."),
    ("I don't like hot dogs.", "I love dogs."),
    ("I want to be a teacher.", "I work as a nurse at a hospital."),
    ("I used to be a teacher.", "I work as a nurse at a hospital."),
    ("I can't wait to see my dogs!", "I have two dogs."),
    ("I've never seen that movie.", "I love movies."),
    ("I'm not very good at swimming.", "I like to swim."),
    ("I was born in Ohio.", "I live in Texas."),
    ("My sister has red hair.", "I have blonde hair."),
    ("If I had kids, I would move.", "I do not have children."),
    ("No, I love dogs too.", "I love dogs."),
    ("I didn't get to walk my dogs today.", "I walk my dogs."),
    ("I'm a huge fan of jazz.", "I play the saxophone."),
]


@pytest.mark.parametrize(("said", "fact"), CONTRADICT)
def test_a_planted_contradiction_is_caught_and_explained(said: str, fact: str) -> None:
    judgement = NLI.judge(said, fact)

    assert judgement.label == "contradict", judgement
    assert judgement.p_contradict >= NLI.threshold
    assert ": " in judgement.why


@pytest.mark.parametrize(("said", "fact"), NOT_CONTRADICT)
def test_a_near_miss_is_no_contradiction(said: str, fact: str) -> None:
    assert NLI.judge(said, fact).label != "contradict"


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I'm the proud owner of two dogs.", "I have two dogs."),
        ("I really enjoy cooking.", "I love to cook."),
        ("I'm a vegan.", "I am vegan."),
    ],
)
def test_the_same_fact_in_other_words_is_entailed(said: str, fact: str) -> None:
    assert NLI.judge(said, fact).label == "entail"


@pytest.mark.parametrize("said", ["", "?", "你好", "🙂🙂", "a" * 10_000, "not " * 2_500])
def test_a_text_it_cannot_read_is_neutral_and_quick(said: str) -> None:
    start = time.perf_counter()
    judgement = NLI.judge(said, "I have two dogs.")

    assert judgement.label == "neutral"
    assert time.perf_counter() - start < 1.0


def test_probabilities_sum_to_one() -> None:
    for said, fact in CONTRADICT + NOT_CONTRADICT:
        j = NLI.judge(said, fact)
        assert j.p_entail + j.p_contradict + j.p_neutral == pytest.approx(1.0, abs=1e-5)


def test_a_judgement_does_not_depend_on_its_batch() -> None:
    pairs = CONTRADICT + NOT_CONTRADICT

    assert NLI.judge_many(pairs) == [PersonaNLI().judge(*pair) for pair in pairs]


def test_unrelated_pairs_take_the_cheap_way_out() -> None:
    turns = [f"The weather in week {n} was fine." for n in range(200)]
    pairs = [(turn, f"I own {n} guitars.") for turn in turns for n in range(50)]
    NLI.judge_many(pairs)

    start = time.perf_counter()
    judged = NLI.judge_many(pairs)

    assert {j.label for j in judged} == {"neutral"}
    assert time.perf_counter() - start < 2.0  # 10,000 pairs; some 0.02 s when nothing else runs
