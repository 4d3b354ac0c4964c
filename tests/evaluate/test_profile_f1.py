"""Profiles against the truth: hand-counted pairs."""

from __future__ import annotations

import pytest

from dramaturg.evaluate import construction_figures, drifted, profile_f1, update_figures
from dramaturg.records import Attribute, Change, Profile, ProfileText, ProfileUpdate, Span


def person(*pairs: tuple[str, str], name: str = "Ada") -> Profile:
    return Profile(name=name, attributes=tuple(Attribute(key=k, value=v) for k, v in pairs))


def test_precision_recall_and_f1_are_those_of_a_hand() -> None:
    true = person(("job", "baker"), ("home", "Graz"), ("child", "Noa"), ("child", "Ivo"))
    got = profile_f1(person(("child", "Ivo"), ("occupation", "Baker"), ("pets", "a cat")), true)
    assert (got.right, got.found, got.true) == (2, 3, 4)
    assert got.precision == pytest.approx(2 / 3)
    assert got.recall == 0.5
    assert got.f1 == pytest.approx(4 / 7)


def test_nothing_found_has_no_precision_and_two_empty_sides_no_f1() -> None:
    got = profile_f1(person(), person(("job", "baker")))
    assert (got.precision, got.recall, got.f1) == (None, 0.0, 0.0)
    assert profile_f1(person(("name", "Ada")), person()).f1 is None


def test_drift_counts_keys_that_no_text_was_about() -> None:
    before = person(("job", "baker"), ("home", "Graz"), ("pets", "a cat"))
    after = person(("occupation", "baker"), ("home", "Turku"), ("pets", "a dog"), ("boat", "x"))
    changed, quiet = drifted(before, after, ["residence"])
    assert changed == {"pets", "boat"}
    assert quiet == {"occupation", "pets", "boat"}


def test_figures_of_texts_have_their_control_and_leave_out_what_is_not_known() -> None:
    span = Span(start=0, end=5, text="baker")
    good = Profile(name="A", attributes=(Attribute(key="job", value="baker", evidence=(span,)),))
    cook = person(("job", "cook"))
    said = {f.name: f for f in construction_figures([
        ProfileText(name="A", text="baker", found=good, true=person(("job", "baker"))),
        ProfileText(name="B", text="x", found=cook, true=cook),
        ProfileText(name="C", text="x", found=cook),
    ])}  # fmt: skip
    assert (said["construction_f1"].value, said["construction_f1"].n) == (1.0, 2)
    assert said["construction_f1_of_another_person"].value == 0.0
    assert said["evidence_verbatim"].value == pytest.approx(1 / 3)
    assert said["evidence_verbatim"].n == 3
    assert construction_figures([]) == []


def test_an_update_is_right_when_it_makes_the_one_change_and_no_other() -> None:
    graz, turku = person(("home", "Graz")), person(("home", "Turku"))

    def row(kind: str, found: Profile, *changes: Change, unread: str = "") -> ProfileUpdate:
        moves = kind == "replace"
        return ProfileUpdate(
            name="Ada", person=f"{kind} {len(changes)} {unread}", step=0, kind=kind, text="",
            when="2025-01",
            op="replace" if moves else "none", before=graz, after=turku if moves else graz,
            key="residence", old="Graz" if moves else "", new="Turku", found=found,
            changes=changes, unread=unread,
        )  # fmt: skip

    move = Change(op="replace", key="home", old="graz", new="Turku")
    more = Change(op="add", key="pets", new="a cat")
    known = Change(op="none", key="home", new="Graz")
    rows = [
        row("replace", turku, move),
        row("replace", turku, move, more),
        row("other", graz, known),
        row("other", turku, move, known),
        row("irrelevant", graz, unread="no list"),
    ]
    said = {f.name: f for f in update_figures(rows)}
    assert said["update_right_replace"].value == 0.5
    assert said["update_right_other"].value == 0.5
    assert said["update_right_irrelevant"].value == 0.0
    assert (said["update_right"].value, said["update_right"].n) == (0.4, 5)
    assert said["replaced_value_kept_in_history"].value == 0.0, "nobody kept Graz"
