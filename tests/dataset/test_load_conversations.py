"""Conversations are read from every form; a broken line among good ones is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import load_conversations
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop, Speaker, Turn, to_json


def read(path: Path, content: str | bytes) -> tuple[list[Conversation], list[str]]:
    drops: list[Drop] = []
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(load_conversations(path, drops.append)), [drop.reason for drop in drops]


def said(conversation: Conversation) -> list[tuple[int, str]]:
    return [(turn.speaker, turn.text) for turn in conversation.turns]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_csv_of_synthetic_persona_chat_is_read_with_turns_over_several_lines(
    tmp_path: Path, end: str
) -> None:
    csv = (
        "user 1 personas,user 2 personas,Best Generated Conversation\n"
        '"I bake.\nI sing.","I ski.","User 1: Hi, I bake:\n- bread\nUser 2: Nice: I ski!\n"\n'
        '"I bake.","I ski.","They talk about bread."\n'
    )
    made, reasons = read(tmp_path / "spc.csv", csv.replace("\n", end))
    assert [said(c) for c in made] == [[(0, "Hi, I bake:\n- bread"), (1, "Nice: I ski!")]]
    assert made[0].speakers[0].persona == ("I bake.", "I sing.")
    assert made[0].speakers[0].persona_id != made[0].speakers[1].persona_id
    assert reasons == [
        "unreadable: line 7: no line of the conversation begins with 'User 1:' or 'User 2:'"
    ]


def test_jsonl_with_users_messages_and_our_own_form_is_read_and_broken_lines_told(
    tmp_path: Path,
) -> None:
    ours = Conversation(
        scene_id="s-1",
        speakers=(Speaker(name="Ann"), Speaker(name="Bo")),
        turns=(Turn(speaker=1, text="Hej 👋\nhej"),),
        scores={"coherence": 0.5},
    )
    rows: list[Any] = [
        {"user_1": ["I bake."], "user_2": [], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]},
        {"messages": [{"role": "system", "content": "Be Ann."}, {"role": "user", "content": "Hi"},
                      {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]}]},
        {"user_1": ["I bake."], "user_2": ["I ski."], "turns": []},
        {"user_1": ["I bake."], "user_2": ["I ski."], "turns": [["Narrator", "Hi"]]},
        {"colour": "red"},
        {"messages": [{"role": "user", "content": "half \ud800"}]},
    ]  # fmt: skip
    text = "\n".join([*map(json.dumps, rows), '{"cut', to_json(ours)])
    made, reasons = read(tmp_path / "all.jsonl.gz", gzip.compress(text.encode()))
    assert [said(c) for c in made] == [
        [(0, "Hi"), (1, "Ho")],
        [(0, "Hi"), (1, "Ho")],
        [(0, "half \ufffd")],
        [(1, "Hej 👋\nhej")],
    ]
    assert made[1].scene == {"system": "Be Ann."}
    assert [s.name for s in made[1].speakers] == ["user", "assistant"]
    assert made[3] == ours
    assert [reason.split(":")[1].strip() for reason in reasons] == [
        "line 3", "line 4", "line 5", "line 7",
    ]  # fmt: skip
    assert reasons[0] == "unreadable: line 3: it has no turns"


def test_a_file_without_a_conversation_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no conversation") as told:
        read(tmp_path / "a.jsonl", '{"turns": 3}\n')
    assert told.value.why.startswith("line 1: it needs turns")
    with pytest.raises(UserError, match="is plain text"):
        read(tmp_path / "a.txt", "Hello\n")
    with pytest.raises(UserError, match="has no column 'user 1 personas'"):
        read(tmp_path / "a.csv", "a,b\n1,2\n")


def test_all_of_spc_valid_is_read_alike_from_csv_and_from_jsonl(shared_data: Path) -> None:
    folder = shared_data / "synthetic-persona-chat"
    drops: list[Drop] = []
    csv = list(load_conversations(folder / "Synthetic-Persona-Chat_valid.csv", drops.append))
    lines = list(load_conversations(folder / "valid.jsonl.gz", drops.append))
    assert (len(csv), len(lines), drops) == (1_000, 1_000, [])
    assert [c.speakers for c in csv] == [c.speakers for c in lines]
    assert sum(said(a) == said(b) for a, b in zip(csv, lines, strict=True)) >= 950


def test_spc_train_loses_only_its_36_empty_rows(shared_data: Path) -> None:
    drops: list[Drop] = []
    path = shared_data / "synthetic-persona-chat" / "train.jsonl.gz"
    assert sum(1 for _ in load_conversations(path, drops.append)) == 8_902
    assert {drop.reason.split(": ")[-1] for drop in drops} == {"it has no turns"}
    assert len(drops) == 36
