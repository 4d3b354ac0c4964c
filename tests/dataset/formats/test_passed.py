"""What a reader has no place for is named, and what it reads is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.cli import render
from dramaturg.dataset import FORMATS, convert
from tests.dataset.formats.test_foreign import CARD

SPC = {"user_1": ["I bake."], "user_2": ["I ski."], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]}
CALL = [{"id": "c1", "type": "function"}]
PARTS = [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "x"}}]
FIELDS: Any = CARD["data"]
TASK = {
    "id": 7,
    "data": {"talk": [{"author": "Ann", "text": "Hi"}], "topic": "tea"},
    "annotations": [
        {
            "completed_by": 3,
            "result": [{"value": {"start": "0", "end": "0", "paragraphlabels": ["rude"]}}],
        }
    ],
}


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (
            {
                "messages": [
                    {"role": "user", "content": PARTS, "name": "ann"},
                    {"role": "assistant", "content": "Ho", "weight": 0, "tool_calls": CALL},
                    {"role": "assistant", "content": "Hm", "weight": 1, "tool_calls": None},
                ],
                "source": "x",
            },
            {"messages.content.image_url", "messages.name", "messages.weight",
             "messages.tool_calls", "source"},
        ),
        (
            {"personas": [["a"], ["b"]], "dialog": [{"text": "Hi", "id": "Speaker 1", "mood": 1}],
             "previous_dialogs": [{"dialog": [{"text": "Hm"}], "agent": "x"}],
             "metadata": {"initial_data_id": "train:1", "session_id": 2}},
            {"dialog.mood", "previous_dialogs.agent", "metadata.initial_data_id"},
        ),
        (
            TASK,
            {"data.topic", "annotations.completed_by", "annotations.result.value.start",
             "annotations.result.value.end", "annotations.result.value.paragraphlabels"},
        ),
        (
            {"spec": "chara_card_v2", "data": {**FIELDS, "character_book": {"entries": [1]},
                                               "system_prompt": "Be.", "extensions": {}}},
            {"data.creator", "data.tags", "data.character_book", "data.system_prompt"},
        ),
        ({"conversations": [{"from": "human", "value": "Hi", "score": 1}], "lang": "en"},
         {"conversations.score", "lang"}),
        ({"instruction": "Add", "input": "", "output": "2", "difficulty": 3}, {"difficulty"}),
        ({**SPC, "notes": "n"}, {"notes"}),
    ],
    ids=["openai", "msc", "label-studio", "card", "sharegpt", "alpaca", "spc-jsonl"],
)  # fmt: skip
def test_keys_that_are_not_read_are_named(tmp_path: Path, row: Any, wanted: set[str]) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    made = convert(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert made.passed == dict.fromkeys(wanted, 1)


def test_columns_of_a_table_that_are_not_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("speaker,text,rater,empty\nAnn,Hi,7,\nBo,Ho,8,\n")
    made = convert(tmp_path / "a.csv", tmp_path / "b.jsonl")
    assert made.passed == {"rater": 1}
    told = render.converted(made, "a.csv", "b.jsonl").splitlines()
    assert told == [
        "1 conversations, csv to jsonl: b.jsonl", "not read from a.csv: rater (1)",
    ]  # fmt: skip


def test_what_a_corpus_holds_beside_the_words_is_named(tmp_path: Path) -> None:
    rows = [
        {"id": "u1", "conversation_id": "u1", "speaker": "ann", "text": "Hi", "reply-to": None,
         "timestamp": 1700000000, "meta": {"score": 3}, "vectors": []},
        {"id": "u2", "conversation_id": "u1", "speaker": "bo", "text": "Ho", "reply-to": "u1",
         "timestamp": 1700000009, "meta": {}, "vectors": []},
        {"id": "u3", "conversation_id": "u1", "speaker": "bo", "text": "Hm", "reply-to": "u1",
         "timestamp": 1700000010, "meta": {}, "vectors": []},
    ]  # fmt: skip
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "utterances.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "c" / "speakers.json").write_text('{"ann": {"meta": {"age": 3}}}')
    (tmp_path / "c" / "corpus.json").write_text('{"url": "https://example.org"}')
    made = convert(tmp_path / "c", tmp_path / "b.jsonl")
    assert made.passed == dict.fromkeys(
        ["corpus.json: url", "meta", "id", "reply-to", "timestamp", "speakers: age"], 1
    )


@pytest.mark.parametrize(
    "name", [f.name for f in FORMATS if f.write is not None and "read" in f.ways]
)
def test_of_what_we_write_everything_is_read(tmp_path: Path, name: str) -> None:
    rows = [SPC | {"id": "x", "split": "train"}]
    if name == "trl-preference":
        mark = {"pair": "p", "criterion": "c", "reason": "r", "margin": 1.0}
        sides = ("chosen", "rejected")
        turns = [{"speaker": n, "text": t} for n, t in enumerate(("Hi", "Ho"))]
        people = [{"name": "User 1"}, {"name": "User 2"}]
        rows = [
            {"scene_id": "s", "speakers": people, "turns": turns,
             "provenance": {"draft": n, "extra": {"preference": {**mark, "side": side}}}}
            for n, side in enumerate(sides)
        ]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / (name if name in ("run", "convokit") else f"{name}.out")
    convert(tmp_path / "a.jsonl", out, to_format=name)
    assert convert(out, tmp_path / "b.jsonl", from_format=name).passed == {}
