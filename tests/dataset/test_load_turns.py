"""Questions to people with profiles, ready-made or in conversations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import load_turns
from dramaturg.errors import UserError
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.persona.helpers import Ear

ITEM = {"input": "any pets ?", "full_personas": ["i row", "i have a cat"], "label": "a cat !",
        "rm_persona": "i have a cat", "insuf_personas": ["i row"]}  # fmt: skip
TURN = {"input": "any pets ?", "full_personas": ["i row", "i have a cat"], "label": "a cat !"}


def write(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_published_form_gives_items_and_the_unedited_one_turns(tmp_path: Path) -> None:
    (item,) = load_turns(write(tmp_path, "a.json", {"data": [ITEM]})).items
    assert (item.query, item.held, item.deleted, item.reply) == (
        "any pets ?", ("i row",), "i have a cat", "a cat !",
    )  # fmt: skip
    assert item.source == "a.json:1"
    got = load_turns(write(tmp_path, "b.json", [TURN]))
    assert got.items == []
    assert got.conversations[0].speakers[1].persona == ("i row", "i have a cat")
    assert [t.text for t in got.conversations[0].turns] == ["any pets ?", "a cat !"]


def test_lines_that_cannot_be_used_become_drops_with_their_row(tmp_path: Path) -> None:
    rows = [
        json.dumps({"query": "any pets ?", "held": ["i row"], "deleted": "i have a cat 🐈"}),
        "{oops",
        json.dumps({**ITEM, "insuf_personas": ["i have a cat"]}),
        json.dumps({"query": "any pets ?", "facts": ["one"], "reply": "x"}),
        json.dumps({"query": ["no text"]}),
        json.dumps([1]),
        json.dumps({**ITEM, "input": "x" * 10_000_000}),
        json.dumps({**ITEM, "insuf_personas": ["x" * 1_001]}),
    ]
    ear = Ear()
    with notes.listening(ear):
        got = load_turns(write(tmp_path, "turns.jsonl", "\n".join(rows)))
    assert [item.deleted for item in got.items] == ["i have a cat 🐈"]
    reasons = [one.reason.split(":")[1].strip() for one in ear.notes if isinstance(one, Drop)]
    assert reasons == [f"row {n}" for n in (2, 3, 4, 5, 6, 7, 8)]
    assert "the deleted fact is still in the profile" in ear.notes[1].reason


def test_any_other_source_is_read_as_conversations(tmp_path: Path) -> None:
    talk = {"personas": [["I row."], ["I bake."]],
            "turns": [{"speaker": 0, "text": "Hi."}, {"speaker": 1, "text": "Hey."}]}  # fmt: skip
    numbered = "1 your persona: i row.\n2 your persona: i bake.\n3 hi\tbread is my thing\n"
    got = load_turns(write(tmp_path, "chats.txt", numbered))
    assert got.items == []
    assert got.conversations[0].speakers[1].persona == ("i row.", "i bake.")
    assert load_turns(write(tmp_path, "t.jsonl", json.dumps(talk))).conversations[0].turns


def test_missing_empty_and_hopeless_files_are_refused(tmp_path: Path) -> None:
    for file in (
        tmp_path / "none.json",
        write(tmp_path, "empty.json", ""),
        write(tmp_path, "bad.json", {"data": [{"input": "x"}]}),
    ):
        with pytest.raises(UserError):
            load_turns(file)
