"""What recipes make that is no conversation: tables beside data/, or instead of it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from datasets import load_dataset

from dramaturg import dataset
from dramaturg.records import Conversation, Persona, Speaker, Turn
from dramaturg.store import RunFolder


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text that a person was put in front of."""

    id: str
    persona: str
    text: str
    words: int
    tags: tuple[str, ...] = ()
    asked: dict[str, str] = {}


ROWS = [
    Text(id=f"t{i}", persona="Ada", text=f"Wörter {i}", words=2, tags=("a",), asked={"x": "y"})
    for i in range(3)
]


def written(folder: Path, talks: list[Conversation], rows: list[Text]) -> Path:
    with RunFolder.open(folder, {"recipe": "texts"}, "1") as run:
        people = [Persona(name="Ada", facts=())]
        splits = dataset.export(run, talks, people, tables={"texts": rows})
        dataset.write_card(run, {"splits": splits, "recipe": "texts"})
        run.finish()
    return folder


def test_a_folder_of_rows_alone_is_a_dataset_with_a_card(tmp_path: Path) -> None:
    made = written(tmp_path / "run", [], ROWS)
    rows = load_dataset(str(made), cache_dir=str(tmp_path / "cache"))["train"]
    assert rows.column_names == ["id", "persona", "text", "words", "tags", "asked"]
    assert rows["text"] == ["Wörter 0", "Wörter 1", "Wörter 2"]
    assert json.loads(rows[0]["asked"]) == {"x": "y"}
    card = (made / "README.md").read_text(encoding="utf-8")
    assert "made with Dramaturg by the recipe `texts`" in card
    assert "- `texts/`: 3 rows; columns `id`, `persona`, `text`, `words`, `tags`, `asked`" in card
    assert "No conversations" in card
    assert "Columns of a conversation" not in card
    sets = json.loads((made / "croissant.json").read_text(encoding="utf-8"))["recordSet"]
    assert [one["name"] for one in sets] == ["texts", "personas"]
    assert [field["name"] for field in sets[0]["field"]] == [
        *("id", "persona", "text", "words", "asked")
    ]


def test_beside_conversations_rows_are_a_further_table(tmp_path: Path) -> None:
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name="A"), Speaker(name="B")),
        turns=(Turn(speaker=0, text="Hi."),),
        split="train",
    )
    made = written(tmp_path / "run", [talk], ROWS)
    cache = str(tmp_path / "cache")
    assert load_dataset(str(made), cache_dir=cache)["train"].num_rows == 1
    assert load_dataset(str(made), "texts", cache_dir=cache)["train"].num_rows == 3


def test_fewer_rows_the_second_time_leave_none_of_the_first(tmp_path: Path) -> None:
    made = written(tmp_path / "run", [], ROWS)
    with RunFolder.open(made, {"recipe": "texts"}, "1") as run:
        dataset.export(run, [], [], tables={"texts": ROWS[:1]})
        assert list(run.journal.records("row:texts")) == [msgspec.json.encode(ROWS[0]).decode()]
    rows = load_dataset(str(made), "texts", cache_dir=str(tmp_path / "cache"))["train"]
    assert rows["id"] == ["t0"]


@pytest.mark.parametrize("name", ["data", "personas", "../x", "Texts", ""])
def test_a_name_that_is_taken_or_no_folder_s_is_refused(tmp_path: Path, name: str) -> None:
    with (
        RunFolder.open(tmp_path / "run", {"recipe": "texts"}, "1") as run,
        pytest.raises(ValueError, match="cannot be the name"),
    ):
        dataset.export(run, [], [], tables={name: ROWS})
