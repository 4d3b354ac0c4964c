"""What holds on a day, and what time ends."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg import profile
from dramaturg.errors import RecordError
from dramaturg.records import Event, Fact, Persona, Stance, from_json, plain_thing, to_json


def event(date: str, stance: Stance, reason: str = "", about: str = "board games") -> Event:
    return Event(date=date, text=f"On {date}.", about=about, stance=stance, reason=reason)


def test_the_article_and_the_spelling_of_a_thing_make_no_second_thing() -> None:
    events = [
        event("2024-01-01", "likes", about="The board-games"),
        event("2024-02-01", "dislikes", "lost", about="board games"),
    ]
    assert list(profile.state_on(events, "2024-03-01")) == ["board games"]
    assert plain_thing("A") == "a"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13-01", "13/01/2024", "02/30/2024", "1/1/24"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(RecordError):
        profile.read_date(text)


def test_two_states_of_one_thing_on_one_day_are_refused() -> None:
    kept, drops = profile.linked(
        [event("2024-01-01", "likes")],
        [event("2024-02-02", "dislikes", "lost"), event("2024-02-02", "likes", "won")],
    )
    assert [e.stance for e in kept] == ["dislikes"]
    assert drops[0].reason == "same day: 'board games' changes twice on 2024-02-02"


def test_what_an_event_replaces_is_never_taken_on_trust() -> None:
    claimed = Event(
        date="2024-01-01", text="x", about="chess", stance="likes", reason="r", replaces="e-other"
    )
    kept, _ = profile.linked([], [claimed])
    assert (kept[0].replaces, kept[0].reason) == (None, "")


def test_facts_carry_span_parent_and_evidence() -> None:
    first = event("2024-01-01", "likes")
    kept, _ = profile.linked([first], [event("2024-02-01", "dislikes", "it rained")])
    old, new = profile.facts_of([first, *kept])
    assert (old.text, old.valid_from, old.valid_to) == (
        "I like board games.", "2024-01-01", "2024-02-01",
    )  # fmt: skip
    assert (old.status, new.status, new.parents) == ("superseded", "new", (old.id,))
    assert [e.note for e in new.evidence] == ["On 2024-02-01.", "changed because: it rained"]


def test_the_person_of_a_day_keeps_the_id_and_undated_facts() -> None:
    person = profile.with_timeline(
        Persona(facts=(Fact(text="I am Ada."),)), [event("2024-01-01", "likes")]
    )
    before = profile.person_as_of(person, "2023-12-31")
    assert (before.id, before.sentences) == (person.id, ("I am Ada.",))
    assert person.undated == ("I am Ada.",)


def test_events_go_through_json_whole() -> None:
    one = event("2024-01-01", "likes", about="Stühle 🪑")
    assert from_json(to_json(one), Event) == one


days = st.dates(datetime.date(2020, 1, 1), datetime.date(2025, 12, 31)).map(str)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(days, st.sampled_from(["likes", "dislikes"]), st.sampled_from("abc"))), days
)
def test_on_every_day_the_facts_that_hold_are_the_states_of_that_day(
    rows: list[tuple[str, Stance, str]], day: str
) -> None:
    kept, drops = profile.linked([], [event(d, s, "why", about) for d, s, about in rows])
    assert len(kept) + len(drops) == len(rows)
    person = profile.with_timeline(Persona(facts=()), kept)
    held = sorted(fact.text for fact in profile.person_as_of(person, day).facts)
    states = profile.state_on(kept, day).values()
    assert held == sorted(
        f"I {'like' if e.stance == 'likes' else 'dislike'} {e.about}." for e in states
    )
