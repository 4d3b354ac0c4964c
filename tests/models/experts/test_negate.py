"""The rule negator: right on many shapes, silent where it cannot be sure."""

import pytest

from dramaturg.models.experts import negate

SHAPES = [
    ("I have two dogs.", "I do not have two dogs."),
    ("My favorite color is blue.", "My favorite color is not blue."),
    ("I'm not a smoker", "I'm a smoker"),
    ("I am vegan.", "I am not vegan."),
    ("I m a nurse.", "I'm not a nurse."),
    ("I’m a nurse.", "I'm not a nurse."),
    ("I love to travel.", "I do not love to travel."),
    ("I can swim.", "I can not swim."),
    ("I can't swim.", "I can swim."),
    ("I cannot swim.", "I can swim."),
    ("I will move to Spain next year.", "I will not move to Spain next year."),
    ("I have been to Canada.", "I have not been to Canada."),
    ("I've been to Canada.", "I've not been to Canada."),
    ("I have never been to Canada.", "I have been to Canada."),
    ("I've never been to Canada.", "I've been to Canada."),
    ("I was born in Ohio.", "I was not born in Ohio."),
    ("I grew up on a farm.", "I did not grow up on a farm."),
    ("I used to be a teacher.", "I never used to be a teacher."),
    ("I do not own any pets.", "I own pets."),
    ("I don't like rain.", "I like rain."),
    ("I don t like rain.", "I like rain."),
    ("I have no siblings.", "I have siblings."),
    ("I never eat meat.", "I eat meat."),
    ("I really enjoy cooking.", "I do not really enjoy cooking."),
    ("I have recently moved.", "I have not recently moved."),
    ("My mother is a doctor.", "My mother is not a doctor."),
    ("My mother works for a bank.", "My mother does not work for a bank."),
    ("My dog has three legs.", "My dog does not have three legs."),
    ("My parents live in Ohio.", "My parents do not live in Ohio."),
    ("Yellow is my favorite color.", "Yellow is not my favorite color."),
    ("I love pizza, but I hate olives.", "I do not love pizza."),
    ("I like tea because it is warm.", "I do not like tea."),
    ("i live in texas.", "i do not live in texas."),
    ("We have a cat.", "We do not have a cat."),
]


@pytest.mark.parametrize(("sentence", "denied"), SHAPES)
def test_it_denies(sentence: str, denied: str) -> None:
    assert negate(sentence) == denied


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        ".",
        "Do you like dogs?",
        "If I were rich, I would travel.",
        "Tokyo",
        "私は犬が好きです。",
        "I can't wait for summer.",
        "I'd rather stay home.",
        "I have two cats. They are black.",
        "My friends who live in Ohio love cats.",
        "I xyzzy the plugh.",
        "I ve a dog.",
        "I don't have a job and sit on the couch all day.",
        "I like food when I'm not counting calories.",
        "a" * 10_000,
    ],
)
def test_it_says_nothing_where_no_rule_is_sure(sentence: str) -> None:
    assert negate(sentence) is None
