"""ConvoKit reads the corpora that we write, and we read those that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg.dataset import convert, load_conversations
from tests.dataset.formats.examples import said

convokit = pytest.importorskip(
    "convokit", reason="ConvoKit (and with it spaCy) is in the extra 'peers', not installed here"
)

ROWS = [
    {"id": "one", "user_1": ["I bake."], "user_2": ["I ski."],
     "turns": [["User 1", "Hi 👋"], ["User 2", "Ho\nho"], ["User 2", "Well?"]]},
    {"id": "two", "user_1": ["I bake."], "user_2": [], "turns": [["User 2", "=1+1"]]},
]  # fmt: skip


def corpus_folder(place: Path) -> Path:
    (place / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    convert(place / "a.jsonl", place / "corpus", to_format="convokit")
    return place / "corpus"


def test_convokit_reads_turns_speakers_personas_and_replies(tmp_path: Path) -> None:
    corpus = convokit.Corpus(filename=str(corpus_folder(tmp_path)))
    assert sorted(corpus.get_conversation_ids()) == ["one", "two"]
    talk = corpus.get_conversation("one")
    assert talk.check_integrity(verbose=False)
    turns = talk.get_chronological_utterance_list()
    assert [turn.text for turn in turns] == ["Hi 👋", "Ho\nho", "Well?"]
    assert [turn.reply_to for turn in turns] == [None, "one", "one_1"]
    assert turns[0].speaker.meta["persona"] == ["I bake."]
    assert turns[0].speaker is corpus.get_utterance("one").speaker
    assert talk.meta["cast"] == [turns[0].speaker.id, turns[1].speaker.id]


def test_what_convokit_writes_again_is_the_same_to_us(tmp_path: Path) -> None:
    folder = corpus_folder(tmp_path)
    convokit.Corpus(filename=str(folder)).dump("again", base_path=str(tmp_path))
    before, after = list(load_conversations(folder)), list(load_conversations(tmp_path / "again"))
    assert [c.id for c in after] == [c.id for c in before]
    assert [said(c) for c in after] == [said(c) for c in before]
    assert [c.speakers for c in after] == [c.speakers for c in before]
