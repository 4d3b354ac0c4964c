"""What is personal is found, replaced alike everywhere, and counted; the rest stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.dataset import export, load_conversations, write_card
from dramaturg.dataset.redaction import Redactor, preview, redact
from dramaturg.errors import UserError
from dramaturg.records import (
    Conversation,
    Fact,
    Grounding,
    Persona,
    Preference,
    Provenance,
    Speaker,
    Turn,
    to_json,
)
from dramaturg.store import RunFolder


def one(text: str, **options: Any) -> str:
    return Redactor(**options).together([text])[0][0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Write to a.b+c@mail.example.co.uk.", "Write to [EMAIL_1]."),
        ("ann (at) mail (dot) com", "[EMAIL_1]"),
        ("See https://x.org/a?b=1, or www.y.de!", "See [URL_1], or [URL_2]!"),
        ("I use house.com/me a lot", "I use [URL_1] a lot"),
        ("Call +49 151 23456789 or (212) 555-0187.", "Call [PHONE_1] or [PHONE_2]."),
        ("my cell: 555-0134", "my cell: [PHONE_1]"),
        ("card 4111-1111-1111-1111 ok", "card [CARD_1] ok"),
        ("IBAN DE89 3704 0044 0532 0130 00 OK", "IBAN [IBAN_1] OK"),
        ("SSN 078-05-1120, host 10.1.2.3", "SSN [SSN_1], host [IP_1]"),
        ("I'm @foo_bar, my insta is cat_lover99", "I'm [HANDLE_1], my insta is [HANDLE_2]"),
        ("I live at 12 Baker Street, Apt 4B.", "I live at [ADDRESS_1]."),
        ("at 221 elm grove road now", "at [ADDRESS_1] now"),
        ("Hauptstraße 12, 10115 Berlin", "[ADDRESS_1]"),
        ("12 rue de la Paix", "[ADDRESS_1]"),
        ("My name is Xiomara Vance.", "My name is [NAME_1]."),
        ("Hi, I'm Zork, nice to meet you!", "Hi, I'm [NAME_1], nice to meet you!"),
        ("My wife Bronwyn's car", "My wife [NAME_1]'s car"),
        ("Dr. Okonkwo called John O'Neil", "Dr. [NAME_1] called [NAME_2]"),
        ("hi, i'm will and this is sarah", "hi, i'm [NAME_1] and this is [NAME_2]"),
    ],
)
def test_what_is_personal_is_replaced(text: str, wanted: str) -> None:
    assert one(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I got up at 7:30 on 12/05/1999 and paid $1,000,000.",
        "From 2010-2011 I ran 10 miles, a 25 minute drive.",
        "My order number is 12345678901234.",
        "card 4111-1111-1111-1112 has a wrong check digit",
        "DE89 3704 0044 0532 0130 01 is no IBAN",
        "version 1.2.3, 3.14159, 1024x768, 300.1.2.3",
        "I will mark the rose in May, and hope for joy.",
        "will you go? my dad will. i may too.",
        "I love San Francisco and san antonio.",
        "User 1: Hi there! Hello Everyone! Thanks God.",
        "He is an American. I'm Catholic. I am Happy.",
        "e.g. this.that is not a site, nor is it@home",
        "I have 3 dogs, 12 cats and 100000 bees.",
    ],
)
def test_what_is_not_stays(text: str) -> None:
    assert one(text) == text


def test_the_same_person_has_the_same_stand_in_and_different_ones_do_not() -> None:
    redactor = Redactor()
    texts = ["My name is Ann Lee.", "Hello Ann!", "Ms. Lee, call ann.lee@x.org", "ANN.LEE@x.org"]
    told = [text for text, _ in redactor.together(texts)]
    assert told == [
        "My name is [NAME_1].", "Hello [NAME_1]!", "Ms. [NAME_1], call [EMAIL_1]", "[EMAIL_1]",
    ]  # fmt: skip
    later = [text for text, _ in redactor.together(["I'm John.", "Ann Lee knows 212-555-0199"])]
    assert later == ["I'm [NAME_2].", "[NAME_1] knows [PHONE_1]"]
    assert redactor.together(["(212) 555 0199"])[0][0] == "[PHONE_1]"
    assert redactor.counts == {"name": 5, "email": 2, "phone": 2}
    assert redactor.different == {"name": 2, "email": 1, "phone": 1}


def test_a_name_found_by_its_cue_is_found_again_without_one() -> None:
    told = [t for t, _ in Redactor().together(["My name is Zorkon.", "I know that Zorkon skis."])]
    assert told == ["My name is [NAME_1].", "I know that [NAME_1] skis."]


def test_surrogates_read_well_and_belong_to_nobody() -> None:
    redactor = Redactor(surrogates=True)
    ((text, _),) = redactor.together(["I'm John, j@x.com, 212-555-0187, 1 Elm Street, @jo_hn"])
    assert text == "I'm Alba, person1@example.org, (200) 555-0101, 1 Example Street, @person_1"
    many = {redactor.together([f"My name is Zo{chr(97 + n // 26)}{chr(97 + n % 26)}."])[0][0]
            for n in range(120)}  # fmt: skip
    assert len(many) == 120


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["a@b.org", "4111 1111 1111 1111", "My name is Bo."]))
def test_any_text_is_only_changed_where_something_was_found(around: str, planted: str) -> None:
    text = f"{around}\n{planted}\n{around}"
    redactor = Redactor()
    ((new, replaced),) = redactor.together([text])
    at, parts = 0, []
    for span, stand_in in replaced:
        parts += [text[at : span.start], stand_in]
        at = span.end
    assert "".join([*parts, text[at:]]) == new
    assert planted not in new or planted == "My name is Bo."


def test_only_the_kinds_asked_for_and_no_others() -> None:
    assert one("John a@b.org", kinds=["email"]) == "John [EMAIL_1]"
    with pytest.raises(UserError, match="no kind 'mail'"):
        Redactor(["mail"])


def a_run(path: Path) -> Path:
    person = Persona(
        facts=(Fact(text="My sister Bronwyn skis."), Fact(text="I bake.")),
        name="Ann Lee", views={"style": "writes to ann@x.org"}, source="S", licence="CC0-1.0",
    )  # fmt: skip
    speakers = (
        Speaker(name="Ann Lee", persona_id=person.id, persona=person.sentences,
                fact_ids=tuple(f.id for f in person.facts)),
        Speaker(name="User 2"),
    )  # fmt: skip
    text = "Call Ann Lee at 212-555-0187. I bake."
    grounding = (Grounding(fact_id=person.facts[1].id, start=text.index("I bake"), end=len(text)),
                 Grounding(fact_id=person.facts[0].id))  # fmt: skip
    talk = Conversation(
        scene_id="s", speakers=speakers, split="train", scene={"topic": "a visit to Bronwyn"},
        turns=(Turn(speaker=0, text=text, grounding=grounding,
                    channels={"thought": "I hope Bronwyn comes"}),
               Turn(speaker=1, text="Fine.")),
        provenance=Provenance(recipe="r", calls=("k1",), extra={"id": "chat of Ann Lee"}),
    )  # fmt: skip
    rejected = Conversation(scene_id="s", speakers=speakers, turns=(Turn(speaker=0, text="Ann!"),))
    plain = Conversation(scene_id="t", split="train", speakers=(Speaker(name="User 1"),),
                         turns=(Turn(speaker=0, text="It rains."),))  # fmt: skip
    with RunFolder.open(path, {"recipe": "r"}, "1") as run:
        run.journal.put("conversation", rejected.id, to_json(rejected))
        liked = Preference(chosen=talk.id, rejected=rejected.id, criterion="v", reason="Ann said")
        run.journal.put("preference", liked.id, to_json(liked))
        export(run, [talk, plain], [person])
        write_card(run, {"license": "cc0-1.0"})
        run.finish()
    return path


def test_a_whole_dataset_is_redacted_and_its_parts_still_fit_together(tmp_path: Path) -> None:
    out = tmp_path / "clean"
    made = redact(a_run(tmp_path / "run"), out)
    everything = "".join(
        str(pq.read_table(f).to_pylist()) for f in sorted(out.rglob("*.parquet"))
    ) + "".join(p.read_text() for p in out.glob("*.*") if p.suffix in (".json", ".md"))
    for secret in ("Ann", "Lee", "Bronwyn", "555-0187", "ann@x.org"):
        assert secret not in everything, secret
    for kept in (b"Bronwyn", b"555-0187"):
        assert kept not in (out / "journal.sqlite").read_bytes()
    talks = {c.scene_id: c for c in load_conversations(out)}
    talk = talks["s"]
    (person,) = pq.read_table(out / "personas").to_pylist()
    assert talk.speakers[0].persona_id == person["id"]
    assert talk.speakers[0].fact_ids == tuple(f["id"] for f in person["facts"])
    assert list(talk.speakers[0].persona) == [f["text"] for f in person["facts"]]
    assert person["licence"] == "CC0-1.0"
    first, second = talk.turns[0].grounding
    assert talk.turns[0].text[first.start : first.end] == "I bake."
    assert (second.fact_id, first.fact_id) == tuple(f["id"] for f in person["facts"])
    (liked,) = pq.read_table(out / "preferences").to_pylist()
    assert liked["chosen"] == talk.id
    assert liked["rejected_text"].endswith("[NAME_1]!")
    assert talk.provenance.calls == ()
    assert (
        talk.id
        == Conversation(
            scene_id=talk.scene_id,
            speakers=talk.speakers,
            turns=talk.turns,
            provenance=talk.provenance,
        ).id
    )
    assert made.figures["replaced"]["phone"] == 1
    assert made.figures["conversations_changed"] == 1
    lineage = json.loads((out / "lineage.json").read_text())
    assert lineage["figures"]["different_values"]["email"] == 1
    assert talks["t"].turns[0].text == "It rains."


def test_a_preview_shows_and_writes_nothing(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run")
    before = sorted(p.name for p in tmp_path.iterdir())
    told = preview(run)
    assert "phone: '212-555-0187' in 'Call Ann Lee at 212-555-0187. I bake.'" in told
    assert told[-1].startswith("in all: name ")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_chain_of_sessions_holds_and_unreadable_rows_do_not_tell_what_was_in_them(
    tmp_path: Path,
) -> None:
    people = (Speaker(name="User 1"), Speaker(name="User 2"))
    first = Conversation(
        scene_id="s", speakers=people, turns=(Turn(speaker=0, text="I'm John, j@x.com"),)
    )
    second = Conversation(
        scene_id="t", speakers=people, turns=(Turn(speaker=1, text="Back."),), previous=first.id
    )
    rows = [to_json(second), to_json(first), '{"turns": [{"speaker": 0, "text": {"who": "Bronwyn'
            ' Vance", "mail": "bv@x.org"}}], "colour of Bronwyn": 1}',
            '{"bv@x.org": 1}', "Bronwyn Vance wrote"]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    made = redact(tmp_path / "a.jsonl", tmp_path / "out")
    talks = {c.scene_id: c for c in load_conversations(tmp_path / "out")}
    assert talks["s"].id != first.id
    assert talks["t"].previous == talks["s"].id
    assert made.figures["replaced"] == {"email": 1, "name": 1}
    dropped = [d["reason"] for d in pq.read_table(tmp_path / "out" / "dropped").to_pylist()]
    assert len(dropped) == made.dropped["unreadable"] == 3
    assert all(reason.startswith("unreadable: line ") for reason in dropped)
    for file in (tmp_path / "out").rglob("*.*"):
        assert b"Bronwyn" not in file.read_bytes(), file
        assert b"bv@x" not in file.read_bytes(), file
