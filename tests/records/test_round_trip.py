"""Records lose nothing through JSON and Arrow, all Unicode included, and their ids are stable."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import RecordError
from dramaturg.records import (
    Comparison,
    Conversation,
    Cost,
    Drop,
    Evidence,
    Fact,
    Grounding,
    Persona,
    Preference,
    Provenance,
    Scene,
    Speaker,
    Triple,
    Turn,
    Verdict,
    canonical_json,
    derive_seed,
    from_arrow,
    from_json,
    to_arrow,
    to_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FEW = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
EVIDENCE = st.builds(Evidence, turn=st.none() | st.integers(0, 99), note=TEXT)
FACT = st.builds(
    Fact,
    text=TEXT,
    category=st.none() | TEXT,
    triple=st.none() | st.builds(Triple, subject=TEXT, relation=TEXT, object=TEXT),
    parents=FEW,
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
)
PERSONA = st.builds(
    Persona,
    facts=st.lists(FACT, max_size=3).map(tuple),
    name=TEXT,
    views=st.dictionaries(TEXT, JSON, max_size=2),
)
TURN = st.builds(
    Turn,
    speaker=st.integers(0, 3),
    text=TEXT,
    channels=st.dictionaries(TEXT, TEXT, max_size=2),
    grounding=st.lists(st.builds(Grounding, fact_id=TEXT), max_size=2).map(tuple),
    emotion=st.none() | TEXT,
)
TALK = st.builds(
    Conversation,
    scene_id=TEXT,
    speakers=st.lists(st.builds(Speaker, name=TEXT, persona=FEW), max_size=2).map(tuple),
    turns=st.lists(TURN, max_size=3).map(tuple),
    scene=st.dictionaries(TEXT, JSON, max_size=2),
    scores=st.dictionaries(st.sampled_from(["toxicity", "votes"]), NUMBER),
    provenance=st.builds(Provenance, seed=st.integers(0, 2**62), extra=st.just({"a": [1, None]})),
)
OTHERS = st.one_of(
    st.builds(Scene, cast=FEW, fields=st.dictionaries(TEXT, JSON, max_size=2)),
    st.builds(
        Verdict,
        subject=TEXT,
        scorer=TEXT,
        value=NUMBER,
        passed=st.none() | st.booleans(),
        evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
        cost=st.builds(Cost, calls=st.integers(0, 9), usd=NUMBER),
    ),
    st.builds(Comparison, first=TEXT, second=TEXT, scorer=TEXT, winner=st.none() | TEXT),
    st.builds(Preference, chosen=TEXT, rejected=TEXT, criterion=TEXT, weight=NUMBER),
    st.builds(Drop, kind=TEXT, reason=TEXT, detail=TEXT),
)
SCORERS = {"scores": ["toxicity", "votes"]}


@settings(max_examples=60, deadline=None)
@given(st.one_of(FACT, PERSONA, TALK, OTHERS))
def test_any_record_comes_back_from_json_and_arrow(record: Any) -> None:
    kind = type(record)
    assert from_json(to_json(record), kind) == record
    assert list(from_arrow(to_arrow([record], kind, SCORERS), kind)) == [record]
    assert msgspec.structs.replace(record, id="").id == record.id


def test_ids_are_the_same_on_every_machine() -> None:
    assert Fact(text="I have two dogs.").id == "f-dc8bc492b1305c45"
    assert derive_seed(13, "draft", "s-1", 1, 0) == 5098269245053613113
    assert canonical_json({"b": (1, None), "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()


def test_scores_and_split_do_not_change_what_a_conversation_is() -> None:
    talk = Conversation(scene_id="s", speakers=(), turns=(Turn(speaker=0, text="Hi."),))
    judged = msgspec.structs.replace(talk, id="", scores={"votes": 3.0}, split="test")
    other = msgspec.structs.replace(talk, id="", turns=(Turn(speaker=0, text="Hi!"),))
    assert judged.id == talk.id != other.id


def test_a_text_of_a_conversation_stays_one_line_a_turn() -> None:
    speakers = (Speaker(name="Ann"), Speaker(name=""))
    turns = (Turn(speaker=0, text="One\ntwo."), Turn(speaker=1, text="Three."))
    talk = Conversation(scene_id="s", speakers=speakers, turns=turns)
    assert talk.as_text() == "Ann: One two.\nUser 2: Three."


@pytest.mark.parametrize("text", ["", "{", '{"speaker": 0}', '{"speaker": "x", "text": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="not a Turn record"):
        from_json(text, Turn)


def test_a_score_without_a_column_is_not_lost_in_silence() -> None:
    talk = Conversation(scene_id="s", speakers=(), turns=(), scores={"depth": 1.0})
    with pytest.raises(RecordError, match="depth"):
        to_arrow([talk], Conversation, SCORERS)
