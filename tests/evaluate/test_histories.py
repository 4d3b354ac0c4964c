"""Histories: order, cut, distance, filler."""

from __future__ import annotations

import pytest

from dramaturg import evaluate, generate
from dramaturg.errors import RecordError
from dramaturg.records import Conversation, Event, Grounding, Speaker, Turn


def session(date: str, *told: str, topic: str = "food", person: str = "p") -> Conversation:
    return Conversation(
        scene_id=f"{topic}{date}",
        scene={"date": date, "topic": topic},
        speakers=(Speaker(name="User", persona_id=person), Speaker(name="Assistant")),
        turns=tuple(
            Turn(speaker=i % 2, text=f"text of {fact}", grounding=(Grounding(fact_id=fact),))
            for i, fact in enumerate(told)
        ),
    )


def test_sessions_stand_in_order_of_their_dates() -> None:
    history = evaluate.join_sessions(
        [session("2024-02-01", "c"), session("2024-01-01", "a", "b")], seed=1
    )
    assert history.dates == ("2024-01-01", "2024-02-01")
    assert history.ends == (2, 3)
    assert [turn.role for turn in history.turns] == ["user", "assistant", "user"]
    assert [turn.text for turn in history.until(0)] == ["text of a", "text of b"]
    assert history.until(-1) == ()


def test_distance_is_in_sessions_and_tokens_and_nothing_for_what_was_not_told() -> None:
    history = evaluate.join_sessions(
        [session("2024-01-01", "a", "b"), session("2024-02-01", "c")], seed=1
    )
    assert history.distance("b", 0) == (0, 0)
    assert history.distance("a", 1) == (1, 6)  # "text of b", "text of c": 3 tokens each
    assert history.distance("c", 0) is None


def test_filler_fills_up_to_the_length_and_never_moves_a_cut_before_its_session() -> None:
    sessions = [session(f"2024-0{i}-01", f"f{i}") for i in range(1, 6)]
    filler = generate.starter_pool()
    history = evaluate.join_sessions(sessions, filler=filler, tokens=3_000, seed=4)
    assert 2_000 < history.tokens <= 3_000
    assert history.filler == history.tokens - 15
    assert (
        len({history.id, evaluate.join_sessions(sessions, filler=filler, tokens=3_000, seed=5).id})
        == 2
    )
    for i, end in enumerate(history.ends):
        assert history.turns[end - 1].facts == (f"f{i + 1}",)
    bare = evaluate.join_sessions(sessions, filler=filler, tokens=10, seed=4)
    assert (bare.tokens, bare.filler) == (15, 0), "sessions are never left out"


@pytest.mark.parametrize(
    "sessions",
    [[], [session("", "a")], [session("2024-01-01", "a"), session("2024-01-02", "a", person="q")]],
)
def test_what_is_no_history_is_refused(sessions: list[Conversation]) -> None:
    with pytest.raises(RecordError):
        evaluate.join_sessions(sessions, seed=1)


def test_kinds_come_in_turn_and_those_of_a_change_need_one() -> None:
    events = [
        Event(date="2024-01-01", text="x", about="tea", stance="likes"),
        Event(date="2024-02-01", text="x", about="tea", stance="dislikes", reason="r"),
        Event(date="2024-02-01", text="x", about="rum", stance="likes"),
    ]
    sessions = [session(e.date, e.id, topic=e.about) for e in events]
    history = evaluate.join_sessions(sessions, seed=1)
    plan = evaluate.plan_questions(history, events, count=50, seed=2)
    assert [one.kind for one in plan[:7]] == list(evaluate.KINDS)
    changes = [one for one in plan if one.kind == "reason_for_change"]
    assert [[e.stance for e in one.path] for one in changes] == [["likes", "dislikes"]]
    assert len([one for one in plan if one.kind == "recall_fact"]) == 3
    assert evaluate.plan_questions(history, events, count=0, seed=2) == []
    assert plan == evaluate.plan_questions(history, events, count=50, seed=2)
