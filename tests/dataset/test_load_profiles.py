"""Texts about people, from JSONL and from files named for their person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg.dataset import load_profiles
from dramaturg.errors import UserError
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.persona.helpers import Ear


def test_lines_become_people_and_bad_lines_drops_with_their_number(tmp_path: Path) -> None:
    lines = [
        json.dumps({"name": "Zoë Łuk", "text": "She\nrows. 🚣", "aliases": ["Zo"]}),
        json.dumps({"name": "Ben", "profile": {"born": "1961", "kids": "Ann and Bo", "x": None}}),
        "{not json",
        json.dumps({"text": "Who?"}),
        json.dumps({"name": "Cy"}),
        json.dumps({"name": "Di", "profile": {"job": {"a": 1}}}),
        json.dumps({"name": "Ed", "text": "x" * 100_001}),
        json.dumps(["Ed"]),
        json.dumps({"name": "Zoë Łuk", "text": "She\nrows. 🚣"}),
    ]
    file = tmp_path / "people.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    ear = Ear()
    with notes.listening(ear):
        zoe, ben = load_profiles(file)
    assert (zoe.text, zoe.aliases, zoe.known) == ("She\nrows. 🚣", ("Zo",), None)
    assert ben.known is not None
    assert [(a.key, a.value) for a in ben.known.attributes] == [
        ("birth_date", "1961"), ("children", "Ann"), ("children", "Bo"),
    ]  # fmt: skip
    drops = [(d.subject, d.reason) for d in ear.notes if isinstance(d, Drop)]
    assert [where for where, _ in drops] == [f"people.jsonl:{n}" for n in (3, 4, 5, 6, 7, 8, 9)]
    assert 'there is no "name"' in drops[1][1]
    assert "100001 characters" in drops[4][1]
    assert drops[6][1] == "duplicate: the same as people.jsonl:1"


def test_files_are_named_for_their_person(tmp_path: Path) -> None:
    (tmp_path / "ada_abel.txt").write_text("Ada bakes.\n\nShe sings.", encoding="utf-8")
    (tmp_path / "notes.csv").write_text("x", encoding="utf-8")
    (one,) = load_profiles(tmp_path)
    assert (one.name, one.text) == ("Ada Abel", "Ada bakes.\nShe sings.")


@pytest.mark.parametrize("content", ["", "{}\n"])
def test_a_file_without_a_person_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError):
        load_profiles(file)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        load_profiles(tmp_path / "poeple.jsonl")
    with pytest.raises(UserError, match="there is no text in"):
        load_profiles(tmp_path)
