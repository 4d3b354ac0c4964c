"""What ConvoKit and Label Studio publish of their formats, checked by hand in what we write.

Their own programs read the same files in tests/peers, where they are installed (`make peers`).
Sources: https://convokit.cornell.edu/documentation/data_format.html and
https://labelstud.io/guide/task_format.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert, load_conversations

ROWS = [
    {"id": "one", "user_1": ["I bake."], "user_2": ["I ski."],
     "turns": [["User 1", "Hi 👋"], ["User 2", "Ho\nho"], ["User 2", "Well?"]]},
    {"id": "two", "user_1": ["I bake."], "user_2": [], "turns": [["User 2", "=1+1"]]},
]  # fmt: skip


def written(place: Path, name: str, form: str) -> Path:
    (place / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    convert(place / "a.jsonl", place / name, to_format=form)
    return place / name


def test_a_corpus_has_the_five_files_of_convokit_and_their_keys(tmp_path: Path) -> None:
    folder = written(tmp_path, "corpus", "convokit")
    assert {f.name for f in folder.iterdir()} == {
        "utterances.jsonl", "speakers.json", "conversations.json", "corpus.json", "index.json",
    }  # fmt: skip
    tables = {f.stem: json.loads(f.read_text()) for f in folder.glob("*.json")}
    assert all(isinstance(table, dict) for table in tables.values())
    lines = (folder / "utterances.jsonl").read_text().splitlines()
    utterances: dict[str, Any] = {u["id"]: u for u in map(json.loads, lines)}
    assert len(utterances) == len(lines) == 4, "an id stands twice"
    for u in utterances.values():
        # "reply-to" on disk, as ConvoKit's own `dump` writes what its page calls reply_to
        assert {"id", "speaker", "conversation_id", "reply-to", "timestamp", "text"} <= u.keys()
        assert isinstance(u["text"], str)
        assert isinstance(u["timestamp"], int | float)
        assert u["speaker"] in tables["speakers"]
        first = utterances[u["conversation_id"]]
        assert first["reply-to"] is None
        assert u["reply-to"] is None or u["reply-to"] in utterances
    roots = {u["conversation_id"] for u in utterances.values()}
    assert roots == tables["conversations"].keys()
    for name in ("speakers", "conversations"):
        assert all(isinstance(entry["meta"], dict) for entry in tables[name].values())
    index = tables["index"]
    parts = ("utterances-index", "speakers-index", "conversations-index", "overall-index")
    assert all(isinstance(index[part], dict) for part in parts)
    assert isinstance(index["version"], int)
    used = {key for speaker in tables["speakers"].values() for key in speaker["meta"]}
    assert used == index["speakers-index"].keys()


def is_task(task: dict[str, Any]) -> bool:
    """Whether a task has the shape of Label Studio's JSON, as its guide describes it."""
    said = [*(task.get("annotations") or ()), *(task.get("predictions") or ())]
    results = [item for one in said for item in one["result"]]
    kinds = (("from_name", str), ("to_name", str), ("type", str), ("value", dict))
    return isinstance(task["data"], dict) and all(
        isinstance(item[key], kind) and (key != "value" or item["type"] in item["value"])
        for item in results
        for key, kind in kinds
    )


def test_our_tasks_have_label_studio_s_shape(tmp_path: Path) -> None:
    tasks = json.loads(written(tmp_path, "tasks.json", "label-studio").read_text())
    assert len(tasks) == 2
    assert all(is_task(task) for task in tasks)
    assert len({task["id"] for task in tasks}) == 2
    for task in tasks:  # what <Paragraphs nameKey="author" textKey="text"> and <Text> show
        assert isinstance(task["data"]["personas"], str)
        assert all({"author", "text"} <= turn.keys() for turn in task["data"]["dialogue"])


def test_what_label_studio_returns_is_read(tmp_path: Path) -> None:
    (task, _) = json.loads(written(tmp_path, "tasks.json", "label-studio").read_text())
    told: list[dict[str, Any]] = [
        {"id": "r1", "from_name": "fluent", "to_name": "dialogue", "type": "rating",
         "value": {"rating": stars}} for stars in (4, 2)
    ]  # fmt: skip
    task["annotations"] = [
        {"id": n, "completed_by": n, "was_cancelled": False, "result": [item]}
        for n, item in enumerate(told)
    ]
    task["predictions"] = [{"model_version": "m", "result": [told[0]]}]
    assert is_task(task)
    (tmp_path / "done.json").write_text(json.dumps([task]))
    (back,) = load_conversations(tmp_path / "done.json")
    assert back.scores == {"fluent": 3.0}
    assert [turn.text for turn in back.turns] == ["Hi 👋", "Ho\nho", "Well?"]


def test_the_check_sees_a_wrong_task() -> None:
    wrong = {"data": {}, "annotations": [{"result": [{"from_name": "a", "to_name": "b",
             "type": "rating", "value": {"choices": ["x"]}}]}]}  # fmt: skip
    assert not is_task(wrong)
    with pytest.raises(KeyError):
        is_task({"annotations": []})
