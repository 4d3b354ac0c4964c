"""Wrong parts that the proofs of lives in time must catch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import evaluate, generate, profile
from dramaturg.evaluate import Asked, Chosen, History, OptionChecks, OptionScores
from dramaturg.evaluate.shares import share
from dramaturg.records import Conversation, Drop, Event, OptionQuestion, Persona


def latest_whatever_the_day(events: Sequence[Event], date: str) -> dict[str, Event]:
    return profile.state_on(events, "9999-12-31")


def in_the_order_given(events: Sequence[Event], date: str) -> dict[str, Event]:
    return {event.thing: event for event in events if event.date <= date}


def only_before_the_day(events: Sequence[Event], date: str) -> dict[str, Event]:
    return profile.state_on([event for event in events if event.date < date], date)


def first_stays(events: Sequence[Event], date: str) -> dict[str, Event]:
    state: dict[str, Event] = {}
    for event in sorted(events, key=lambda one: one.date):
        if event.date <= date:
            state.setdefault(event.thing, event)
    return state


def as_spelt(events: Sequence[Event], date: str) -> dict[str, Event]:
    """ "Cooking" and "cooking" are two things."""
    ordered = sorted(events, key=lambda one: one.date)
    return {event.about: event for event in ordered if event.date <= date}


def as_written(text: str) -> str:
    """Compares the texts themselves: "12/31/2023" is after "01/02/2024"."""
    return text


def month_after_day(text: str) -> str:
    hit = re.match(r"(\d+)/(\d+)/(\d+)", text)
    return f"{hit[3]}-{hit[2]}-{hit[1]}" if hit else text


def everything_is_a_change(
    events: Sequence[Event], new: Sequence[Event]
) -> tuple[list[Event], list[Drop]]:
    return sorted(new, key=lambda event: event.date), []


def against_the_start_only(
    events: Sequence[Event], new: Sequence[Event]
) -> tuple[list[Event], list[Drop]]:
    """Holds each event against the old timeline, not against the events before it."""
    kept: list[Event] = []
    drops: list[Drop] = []
    for event in sorted(new, key=lambda one: one.date):
        some, refused = profile.linked(events, [event])
        kept, drops = kept + some, drops + refused
    return kept, drops


def found_by_date(events: Sequence[Event], about: str, date: str) -> list[Event]:
    """What the released code does: the event of a date is the first that bears it."""
    right = profile.path(events, about, date)
    return [next(other for other in events if other.date == event.date) for event in right]


def until_the_end(events: Sequence[Event], about: str, date: str) -> list[Event]:
    return profile.path(events, about, "9999-12-31")


def ends_are_not_looked_at(person: Persona, date: str) -> Persona:
    held = tuple(fact for fact in person.facts if (fact.valid_from or "") <= date)
    return msgspec.structs.replace(person, facts=held)


def both_ends_count(person: Persona, date: str) -> Persona:
    held = tuple(f for f in person.facts if (f.valid_from or "") <= date <= (f.valid_to or "9999"))
    return msgspec.structs.replace(person, facts=held)


def undated_are_lost(person: Persona, date: str) -> Persona:
    held = profile.person_as_of(person, date).facts
    return msgspec.structs.replace(person, facts=tuple(f for f in held if f.valid_from))


def ordered_within_topics(sessions: Sequence[Conversation], *, seed: int) -> History:
    """Topic after topic, each in its own order."""
    renamed = sorted(sessions, key=lambda s: (s.scene["topic"], s.scene["date"]))
    turns: list[evaluate.HistoryTurn] = []
    ends = []
    for session in renamed:
        turns += [evaluate.HistoryTurn(role="user", text=turn.text) for turn in session.turns]
        ends.append(len(turns))
    dates = tuple(str(session.scene["date"]) for session in renamed)
    return History(
        person="p", turns=tuple(turns), ends=tuple(ends), dates=dates, sessions=(), tokens=1
    )


def cut_at_the_end(sessions: Sequence[Conversation], *, seed: int) -> History:
    history = evaluate.join_sessions(sessions, seed=seed)
    return msgspec.structs.replace(history, ends=(len(history.turns),) * len(history.ends))


def asked_at_the_end(
    history: History, events: Sequence[Event], *, count: int, kinds: Sequence[str], seed: int
) -> list[Asked]:
    """The right moment is not looked for: every question stands after the last session."""
    found = evaluate.plan_questions(history, events, count=count, kinds=kinds, seed=seed)
    return [msgspec.structs.replace(one, session=len(history.ends) - 1) for one in found]


def by_what_happened(
    history: History, events: Sequence[Event], *, count: int, kinds: Sequence[str], seed: int
) -> list[Asked]:
    """Takes the state of the day, whether it was told or not."""
    planned = []
    for session, day in enumerate(history.dates):
        for event in profile.state_on(events, day).values():
            path = tuple(profile.path(events, event.about, day))
            kind = kinds[seed % len(kinds)]
            if len(path) > 1 or kind not in ("reason_for_change", "full_evolution"):
                planned.append(
                    Asked(
                        kind=kind, path=path, session=session, date=day,
                        sessions_ago=0, tokens_ago=0,
                    )
                )  # fmt: skip
    return planned


def any_kind_of_anything(
    history: History, events: Sequence[Event], *, count: int, kinds: Sequence[str], seed: int
) -> list[Asked]:
    found = evaluate.plan_questions(history, events, count=count, kinds=("recall_fact",), seed=seed)
    return [msgspec.structs.replace(one, kind=kinds[i % 7]) for i, one in enumerate(found)]


def always_the_first(count: int, options: int, *, seed: int) -> list[int]:
    return [0] * count


def one_after_the_other(count: int, options: int, *, seed: int) -> list[int]:
    return [i % options for i in range(count)]


def drawn_without_care(count: int, options: int, *, seed: int) -> list[int]:
    """A lopsided draw: the sum of two throws."""
    return [(seed * i * i + i // 3) % options for i in range(count)]


def sorted_by_letter(count: int, options: int, *, seed: int) -> list[int]:
    return sorted(evaluate.balanced_places(count, options, seed=seed))


def first_letter_found(reply: str, options: int) -> Chosen:
    hit = re.search(r"(?i)\b([a-d])\b", reply)
    return Chosen(state="chosen", index="abcd".index(hit[1].lower())) if hit else _NONE


def any_right_letter_counts(reply: str, options: int) -> Chosen:
    found = re.findall(r"\(([a-d])\)|^([a-dA-D])\b", reply)
    letters = ["".join(pair).lower() for pair in found]
    return Chosen(state="chosen", index="abcd".index(letters[-1])) if letters else _NONE


def brackets_only(reply: str, options: int) -> Chosen:
    found = set(re.findall(r"\(([a-d])\)", reply))
    return Chosen(state="chosen", index="abcd".index(found.pop())) if len(found) == 1 else _NONE


_NONE = Chosen(state="unparsed")


def unread_are_left_out(
    questions: Sequence[OptionQuestion], replies: Sequence[str | None]
) -> OptionScores:
    pairs = [
        (question, reply)
        for question, reply in zip(questions, replies, strict=True)
        if reply is not None and evaluate.read_option(reply, 4).index is not None
    ]
    return evaluate.score_options([q for q, _ in pairs], [r for _, r in pairs])


def first_of_equals(
    questions: Sequence[OptionQuestion], histories: Mapping[str, Sequence[str]] | None = None
) -> OptionChecks:
    """A tie is given to the best case: equal options look like a perfect reader."""
    found = evaluate.check_options(questions, histories)
    hits = sum(q.right in evaluate.longest(q) for q in questions)
    readers = {**found.readers, "longest option": share(hits, len(questions))}
    return msgspec.structs.replace(found, readers=readers)


def looks_behind_the_question(
    questions: Sequence[OptionQuestion], histories: Mapping[str, Sequence[str]] | None = None
) -> OptionChecks:
    return evaluate.check_options(
        [msgspec.structs.replace(question, ends=10**6) for question in questions], histories
    )


def nothing_is_wrong(draft: generate.DraftQuestion) -> str:
    return ""


def only_the_longest(draft: generate.DraftQuestion) -> str:
    longest = max(len(text.split()) for text, _ in draft.wrong)
    return "longest" if len(draft.right.split()) > longest else ""


WRONG: dict[str, list[dict[str, Any]]] = {
    "state_on_each_day": [
        {"state_on": latest_whatever_the_day},
        {"state_on": in_the_order_given},
        {"state_on": only_before_the_day},
        {"state_on": first_stays},
        {"state_on": as_spelt},
    ],
    "dates_are_days": [{"read_date": as_written}, {"read_date": month_after_day}],
    "only_real_changes": [{"link": everything_is_a_change}, {"link": against_the_start_only}],
    "paths_are_of_one_thing": [{"path": found_by_date}, {"path": until_the_end}],
    "facts_end": [
        {"person_as_of": ends_are_not_looked_at},
        {"person_as_of": both_ends_count},
        {"person_as_of": undated_are_lost},
    ],
    "nothing_later_is_seen": [{"join": ordered_within_topics}, {"join": cut_at_the_end}],
    "asked_while_it_holds": [
        {"plan": asked_at_the_end},
        {"plan": by_what_happened},
        {"plan": any_kind_of_anything},
    ],
    "balanced_letters": [
        {"places": always_the_first},
        {"places": one_after_the_other},
        {"places": drawn_without_care},
        {"places": sorted_by_letter},
    ],
    "letters_are_read": [
        {"read": first_letter_found},
        {"read": any_right_letter_counts},
        {"read": brackets_only},
    ],
    "silence_is_wrong": [{"score": unread_are_left_out}],
    "leaks_are_found": [{"check": first_of_equals}, {"check": looks_behind_the_question}],
    "options_are_equal": [{"faults": nothing_is_wrong}, {"faults": only_the_longest}],
}
