"""A profile changes one value at a time, and keeps what was before."""

from __future__ import annotations

import doctest
import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.profile import Proposal, apply, as_of, changed, find_span, is_subject, persona_of
from dramaturg.records import Attribute, Change, Profile, from_arrow, from_json, to_arrow, to_json

ILSE = Profile(
    name="Ilse Marten",
    aliases=("Captain Ilse",),
    attributes=(
        Attribute(key="birth_place", value="Emden"),
        Attribute(key="children", value="Onno"),
        Attribute(key="boat", value="Möwe"),
    ),
)


def said(op: str, key: str, value: str = "", old: str = "", person: str = "Ilse") -> Proposal:
    return Proposal(op=op, key=key, value=value, old=old, person=person, evidence="so it is")


def after(*proposals: Proposal) -> list[tuple[str, str]]:
    got = apply(ILSE, proposals, "And so it is.", when="2025-03")
    return [(a.key, a.value) for a in got.profile.attributes]


def test_a_further_value_of_a_key_of_many_is_added_and_one_of_a_key_of_one_takes_its_place() -> (
    None
):
    assert after(said("add", "child", "Edda, Ivo")) == [
        ("birth_place", "Emden"), ("children", "Onno"), ("boat", "Möwe"),
        ("children", "Edda"), ("children", "Ivo"),
    ]  # fmt: skip
    assert after(said("add", "born in", "Norden"))[0] == ("birth_place", "Norden")
    assert after(said("add", "boat", "Lachs"))[-1] == ("boat", "Lachs"), "nobody knows this key"
    assert after(said("replace", "boat", "Lachs"))[-1] == ("boat", "Lachs")
    assert len(after(said("replace", "boat", "Lachs"))) == 3


def test_what_ends_moves_to_the_past_with_its_day() -> None:
    got = apply(ILSE, [said("remove", "boat", old="möwe")], "And so it is.", when="2025-03")
    assert got.profile.values("boat") == ()
    assert got.profile.past == (Attribute(key="boat", value="Möwe", valid_to="2025-03"),)
    assert got.profile.history == got.changes
    assert (got.changes[0].op, got.changes[0].old, got.changes[0].new) == ("remove", "Möwe", None)
    assert got.changes[0].evidence is not None
    assert got.changes[0].evidence.text == "so it is"


def test_a_value_that_moves_to_one_that_is_known_only_ends() -> None:
    two = changed(ILSE, Change(op="add", key="children", new="Edda"))
    got = apply(two, [said("replace", "children", "Edda", old="Onno")], "so it is")
    assert [c.op for c in got.changes] == ["none", "remove"]
    assert got.profile.values("children") == ("Edda",)


@pytest.mark.parametrize(
    ("proposal", "reason"),
    [
        (said("add", "pets", "a cat", person="Onno"), "other person"),
        (said("remove", "pets", old="a cat"), "not there"),
        (
            Proposal(op="add", key="pets", value="a cat", person="Ilse", evidence="no"),
            "no evidence",
        ),
        (Proposal(op="add", key="pets", value="a cat", person="Ilse", evidence="—"), "no evidence"),
    ],
)
def test_what_cannot_be_used_is_dropped_with_its_reason(proposal: Proposal, reason: str) -> None:
    got = apply(ILSE, [proposal], "And so it is.")
    assert got.profile is ILSE
    assert got.changes == ()
    assert [drop.reason_class for drop in got.drops] == [reason]


def test_a_change_of_what_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has no boat 'Lachs'"):
        changed(ILSE, Change(op="replace", key="boat", old="Lachs", new="Aal"))


def test_what_held_on_a_day_can_be_asked() -> None:
    moved = ILSE
    for when, place in (("2024-05", "Norden"), ("2025", "Jever")):
        old = moved.values("birth_place")[0]
        change = Change(op="replace", key="birth_place", old=old, new=place, when=when)
        moved = changed(moved, change)
    held = {day: [a.value for a in as_of(moved, day) if a.key == "birth_place"]
            for day in ("2023", "2024-06", "2025-01-01")}  # fmt: skip
    assert held == {"2023": ["Emden"], "2024-06": ["Norden"], "2025-01-01": ["Jever"]}


def test_a_name_is_the_subject_s_only_where_every_word_of_it_is() -> None:
    names = ("Ilse Marten", "Captain Ilse")
    assert [who for who in ("Ilse", "marten", "Dr. Marten", "subject", "Captain Ilse Marten",
                            "Mrs Marten", "Onno Marten", "", "she") if is_subject(who, names)] == [
        "Ilse", "marten", "Dr. Marten", "subject",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "quoted", "found"),
    [
        ("He said “no” — twice.", 'said "no" - twice', "said “no” — twice"),
        ("a\n  b c", "A B", "a\n  b"),
        ("<b>bold</b> User 1: hello", "‹b›bold‹/b› User 1 - hello", "<b>bold</b> User 1: hello"),
        ("It's (1+1)?", "it’s (1+1)?", "It's (1+1)?"),
        ("nothing here", "…", None),
        ("nothing here", "", None),
        ("nothing here", "nothing there", None),
    ],
)
def test_a_quotation_is_found_loosely_and_given_back_verbatim(
    text: str, quoted: str, found: str | None
) -> None:
    span = find_span(text, quoted)
    assert (span.text if span else None) == found
    assert span is None or text[span.start : span.end] == span.text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_every_piece_of_a_text_with_a_letter_is_found_in_it(text: str, a: int, b: int) -> None:
    piece = text[min(a, b) : max(a, b)]
    span = find_span(text, piece)
    if span is not None:
        assert text[span.start : span.end] == span.text


def test_the_examples_in_the_docstrings_hold() -> None:
    for name in ("profile.evidence", "profile.subject", "profile.retrieve",
                 "evaluate.out_of_profile"):  # fmt: skip
        tried = doctest.testmod(importlib.import_module(f"dramaturg.{name}"))
        assert (tried.failed, tried.attempted > 0) == (0, True), name


def test_a_profile_makes_the_round_trips_and_its_persona_keeps_evidence_and_validity() -> None:
    got = apply(ILSE, [said("replace", "boat", "Aal 🐟")], "And so it is.", when="2025-03")
    one = got.profile
    assert from_json(to_json(one), Profile) == one
    assert list(from_arrow(to_arrow([one, ILSE], Profile), Profile)) == [one, ILSE]
    person = persona_of(one, past=True)
    assert person.sentences[-1] == "My boat: Möwe."
    assert [(f.status, f.valid_from, f.valid_to) for f in person.facts[-2:]] == [
        ("new", "2025-03", None), ("superseded", None, "2025-03"),
    ]  # fmt: skip
    assert person.facts[2].evidence[0].note == "so it is"
    assert persona_of(one).sentences == person.sentences[:-1]


@pytest.mark.parametrize(
    ("text", "quoted", "found"),
    [
        ("She sells cookbooks.", "cook", None),
        ("Born in 1950.", "195", None),
        ("Bread, read daily.", "read", "read"),
        ("她住在东京附近。", "东京", "东京"),
        ("She's a cook.", "cook", "cook"),
    ],
)
def test_evidence_does_not_begin_or_end_inside_a_word(
    text: str, quoted: str, found: str | None
) -> None:
    span = find_span(text, quoted)
    assert (span.text if span else None) == found
    assert span is None or text[span.start : span.end] == span.text
