"""Label Studio's own checks accept our tasks, and its converter reads what annotators said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg.dataset import convert, load_conversations

sdk = pytest.importorskip(
    "label_studio_sdk", reason="label-studio-sdk is in the extra 'peers', not installed here"
)

INTERFACE = """
<View>
  <Text name="personas" value="$personas"/>
  <Paragraphs name="dialogue" value="$dialogue" layout="dialogue" nameKey="author" textKey="text"/>
  <Rating name="fluent" toName="dialogue"/>
</View>
"""
ROW = {"user_1": ["I bake."], "user_2": [], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]}


def test_our_tasks_fit_an_interface_for_dialogues(tmp_path: Path) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    (tmp_path / "a.jsonl").write_text(json.dumps(ROW))
    convert(tmp_path / "a.jsonl", tmp_path / "tasks.json", to_format="label-studio")
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    interface = LabelInterface(INTERFACE)
    interface.validate()
    assert interface.validate_task(task)
    task["annotations"] = [
        {
            "id": 1,
            "completed_by": 1,
            "result": [
                {"id": "r", "from_name": "fluent", "to_name": "dialogue", "type": "rating",
                 "value": {"rating": 4}}
            ],
        }
    ]  # fmt: skip
    assert interface.validate_annotation(task["annotations"][0])
    (tmp_path / "done.json").write_text(json.dumps([task]))

    from label_studio_sdk.converter import Converter

    made = Converter(INTERFACE, str(tmp_path))
    made.convert(str(tmp_path / "done.json"), str(tmp_path / "out"), "JSON_MIN", is_dir=False)
    (told,) = json.loads((tmp_path / "out" / "result.json").read_text())
    assert told["fluent"] == [{"rating": 4}]
    assert told["dialogue"][1]["author"] == "User 2"
    (back,) = load_conversations(tmp_path / "done.json")
    assert back.scores == {"fluent": 4.0}
