"""When two keys and two values are the same."""

from __future__ import annotations

import doctest

import pytest

from dramaturg.records import key_of, normal_value, same_value, values, values_in


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("born", "birth_date"),
        ("Place of Birth", "birth_place"),
        ("birthPlace", "birth_place"),
        ("job", "occupation"),
        ("Kids", "children"),
        ("shoe size", "shoe_size"),
    ],
)
def test_keys_meet_under_their_aliases(written: str, key: str) -> None:
    assert key_of(written).name == key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("4 July 1961", "1961-07-04", True),
        ("July 4th, 1961", "4 Jul. 1961", True),
        ("1961", "4 July 1961", False),
        ("before 4 July 1961", "4 July 1961", False),
        ("4 July 1961 or so", "4 July 1961", False),
        ("03/04/1961", "1961-04-03", False),
        ("13/04/1961", "1961-04-13", True),
        ("04/13/1961", "1961-04-13", True),
        ("5/5/1961", "1961-05-05", True),
        ("sometime", "Sometime!", True),
        ("1961-13-01", "1961", False),
    ],
)
def test_dates_meet_only_where_they_surely_say_the_same_day(
    one: str, other: str, same: bool
) -> None:
    assert same_value("birth_date", one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("3,000 m", "3000", True), ("three", "3", True), ("3.5", "35", False), ("3-4", "3", False)],
)
def test_numbers_meet_by_their_value(one: str, other: str, same: bool) -> None:
    assert same_value("height", one, other) is same


def test_words_meet_without_case_marks_and_article_but_not_without_a_word() -> None:
    assert same_value("occupation", "The Baker", "baker.")
    assert same_value("residence", "Łódź", "ŁÓDŹ")
    assert not same_value("occupation", "baker", "retired baker")
    assert normal_value("pets", "two goats") != normal_value("pets", "goats")


def test_only_a_key_of_names_is_parted_at_commas() -> None:
    assert values_in("children", "Anna, Ben & Zoë") == ("Anna", "Ben", "Zoë")
    assert values_in("awards", "Gold, 1903; Silver; Gold, 1903") == ("Gold, 1903", "Silver")
    assert values_in("residence", "Paris, France; Lyon") == ("Paris, France; Lyon",)
    assert values_in("hobbies", ["chess", " ", "chess", "rowing"]) == ("chess", "rowing")
