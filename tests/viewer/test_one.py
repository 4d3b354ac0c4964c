"""One conversation: the evidence, the rivals, the lineage, the calls; and how profiles grew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dramaturg.errors import UserError
from dramaturg.records import Conversation, Evidence, Grounding, Speaker, Turn, Verdict, to_json
from dramaturg.viewer import Source, one, people
from dramaturg.viewer.difference import difference
from tests.viewer.stage import (
    ANN,
    BEN,
    CAT,
    DENIED,
    KEPT,
    LOST,
    MADE,
    SEED,
    make_run,
    opened,
    talk,
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    with opened(make_run(tmp_path_factory.mktemp("one") / "run")) as (found,):
        yield found


def detail(source: Source, identity: str) -> one.Detail:
    with source.asked() as db:
        return one.detail(source, db, identity)


def test_turns_are_marked_with_the_facts_they_use_and_claim(source: Source) -> None:
    d = detail(source, KEPT.id)
    assert d.marked_by == "run"
    assert [[(mark, kind) for mark, kind, _ in turn.marks] for turn in d.turns] == [
        [("f0-0", "uses")],
        [("f1-0", "uses"), ("f0-0", "claims")],
    ]
    assert [fact.counts for fact in d.sides[0].facts] == [{"uses": 1, "claims": 1}, {}]


def test_a_critic_speaks_at_the_turn_it_speaks_of(source: Source) -> None:
    d = detail(source, DENIED.id)
    (remark,) = d.turns[1].remarks
    assert (remark.scorer, remark.text) == ("faithfulness", "turn 1 contradicts 'I am vegan.'")
    assert remark.bad is True
    assert d.turns[1].marks == [("f1-1", "denies", "I am vegan.")]
    assert (d.marked_by, d.status, d.winner) == ("critics", "dropped", KEPT.id)
    assert d.why == "faithfulness: turn 1 contradicts 'I am vegan.'"


def test_who_is_failed_for_a_fact_of_the_partner_claims_it(tmp_path: Path) -> None:
    told = talk("My two dogs woke me.", "My two dogs sleep.", scene="s-7", split="train")
    bad = Verdict(
        subject=told.id, scorer="partner_fact", value=0.1, passed=False,
        reasons=("turn 1 claims the partner's 'I have two dogs.'",),
        evidence=(Evidence(turn=1, fact_id=SEED.id, note="p(entail) 0.90"),),
    )  # fmt: skip
    with opened(make_run(tmp_path / "run", told, bad)) as (found,):
        d = detail(found, told.id)
    assert d.turns[1].marks == [("f0-0", "claims", SEED.text)]
    assert d.sides[0].facts[0].counts == {"claims": 1}


def test_a_critic_s_reason_stands_at_the_turn_that_it_names_and_a_summary_at_none(
    tmp_path: Path,
) -> None:
    told = talk("My two dogs woke me.", "I sail.", "Well.", scene="s-8", split="train")
    recall = Verdict(
        subject=told.id, scorer="persona_recall", value=0.5,
        reasons=("2 of 4 attributes show", "User 2 never shows 'I am vegan.'"),
        evidence=(Evidence(turn=0, fact_id=SEED.id, note="shows"), Evidence(turn=1, note="shows")),
    )  # fmt: skip
    speaks = Verdict(
        subject=told.id, scorer="who_speaks", value=0.5,
        reasons=("3 lines, chance 0.50", "turn 2 sounds like somebody else (0.90)"),
        evidence=(Evidence(turn=2),),
    )  # fmt: skip
    with opened(make_run(tmp_path / "run", told, recall, speaks)) as (found,):
        turns = detail(found, told.id).turns
    said = [[(r.scorer, r.text, r.note) for r in turn.remarks] for turn in turns]
    assert said == [
        [("persona_recall", "", "shows")],
        [("persona_recall", "", "shows")],
        [("who_speaks", "turn 2 sounds like somebody else (0.90)", "")],
    ]


def test_a_draft_that_nobody_marked_lights_up_by_words_and_says_so(source: Source) -> None:
    d = detail(source, LOST.id)
    assert d.marked_by == "words"
    assert [mark for mark, kind, _ in d.turns[0].marks if kind == "words"] == ["f0-0"]


def test_rivals_come_with_what_became_of_them_and_who_preferred_them(source: Source) -> None:
    rivals = {r.id: r for r in detail(source, KEPT.id).rivals}
    assert {i: r.status for i, r in rivals.items()} == {LOST.id: "lost", DENIED.id: "dropped"}
    assert rivals[LOST.id].won == ["depth"]
    (mine,) = (r for r in detail(source, LOST.id).rivals if r.id == KEPT.id)
    assert mine.lost == ["depth"]


def test_the_lineage_leads_back_to_the_seed_fact_and_the_call(source: Source) -> None:
    d = detail(source, KEPT.id)
    assert [person.id for person in d.people] == [ANN.id, BEN.id]
    made = d.people[0].facts[1]
    assert (made.status, made.provider, made.parents) == ("new", "test:writer", (SEED.id,))
    (call,) = one.calls(source, d.talk.provenance.calls)
    assert call["messages"] == [{"role": "user", "content": "Write <two> turns."}]
    assert call["said"] == "Ann: My two dogs woke me."
    assert call["seed"] == 7


def test_words_that_show_a_fact_are_marked_in_the_turn() -> None:
    grounds = [
        Grounding(fact_id="f", start=2, end=5),
        Grounding(fact_id="g", start=4, end=7),  # overlaps: only the first is marked
        Grounding(fact_id="h", relation="contradict", start=8, end=9),
        Grounding(fact_id="i", start=5, end=99),  # beyond the text
    ]
    assert one._pieces("ab cd ef gh", grounds) == [
        ("ab", ""), (" cd", "uses"), (" ef", ""), (" ", "denies"), ("gh", "")
    ]  # fmt: skip


def test_evidence_that_points_nowhere_does_no_harm(tmp_path: Path) -> None:
    strange = Conversation(
        scene_id="",
        speakers=(Speaker(name="", persona=("I bake.",), fact_ids=()), Speaker(name="B")),
        turns=(Turn(speaker=1, text="Hi", grounding=(Grounding(fact_id="f-none"),)),),
    )
    file = tmp_path / "one.jsonl"
    file.write_text(to_json(strange), encoding="utf-8")
    with opened(file) as (found,):
        d = detail(found, strange.id)
        assert d.turns[0].marks == []
        assert d.sides[0].name == "User 1"
        with pytest.raises(UserError, match="no conversation c-nowhere"):
            detail(found, "c-nowhere")


def test_a_profile_tells_what_it_refused_between_which_facts(source: Source) -> None:
    with source.asked() as db:
        steps = people.growth(source, db, people.person(db, ANN.id))
    assert [step.fact.text for step in steps] == [SEED.text, MADE.text]
    assert steps[0].refused == []
    (no,) = steps[1].refused
    assert (no["fact"], no["against"]) == ("I am afraid of dogs.", "I have two dogs.")
    assert (no["class"], no["score"], no["by"]) == ("contradiction", 0.93, "test:nli")


def test_people_are_found_by_words_and_by_category_with_how_often_they_are_used(
    source: Source,
) -> None:
    with source.asked() as db:
        everyone, count, _ = people.people(db, people.PeopleQuery(sort="-used"))
        assert [(p.name, p.used) for p in everyone] == [("Ben", 2), ("Ann", 1), ("Cat", 1)]
        assert count == 3
        by_word, *_ = people.people(db, people.PeopleQuery(q="dogs"))
        assert {p.name for p in by_word} == {"Ann", "Cat"}
        by_category, *_ = people.people(db, people.PeopleQuery(category="What do you eat?"))
        assert [p.name for p in by_category] == ["Ben"]
        assert ("What do you eat?", 1) in people.categories(db)


def test_similar_people_share_words(source: Source) -> None:
    with source.asked() as db:
        like = people.similar(db, people.person(db, ANN.id))
    assert [(p.name, p.shared) for p in like] == [(CAT.name, ["dogs"])]


def test_a_difference_aligns_equal_turns_and_marks_the_words_of_the_others() -> None:
    lines = difference(KEPT, LOST)
    assert [line.same for line in lines] == [False, False]
    assert lines[0].left == [("My two dogs", False), (" ", False), ("woke me.", True)]
    assert lines[0].right == [("My two dogs", False), (" ", False), ("slept.", True)]
    longer = Conversation(
        scene_id="s-1",
        speakers=KEPT.speakers,
        turns=(Turn(speaker=1, text="Ahoy."), *KEPT.turns),
    )
    lines = difference(KEPT, longer)
    assert [(line.left is None, line.same) for line in lines] == [
        (True, False), (False, True), (False, True)
    ]  # fmt: skip


def test_a_person_without_an_id_is_known_by_the_facts(tmp_path: Path) -> None:
    row = {"user_1": ["I bake."], "user_2": [], "turns": [["User 1", "Hi!"]]}
    file = tmp_path / "spc.jsonl"
    file.write_text(json.dumps(row), encoding="utf-8")
    with opened(file) as (found,), found.asked() as db:
        everyone, count, _ = people.people(db, people.PeopleQuery())
        assert (count, everyone[0].label) == (1, "I bake.")
        assert people.person(db, everyone[0].id).used == 1
