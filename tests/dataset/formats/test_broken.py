"""Files that were cut off or are damaged: what is whole is read, the rest is told in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert, load_conversations, load_personas
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop
from tests.dataset.formats.examples import said

SPC = {"user_1": ["I bake."], "user_2": ["I ski."], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]}


def read(path: Path, content: Any = None) -> tuple[list[Conversation], list[str]]:
    """The conversations of a file, and what was dropped."""
    if content is not None:
        told = content if isinstance(content, str) else json.dumps(content)
        path.write_text(told, encoding="utf-8", newline="")
    drops: list[Drop] = []
    made = list(load_conversations(path, drops.append))
    return made, [drop.reason.removeprefix("unreadable: ") for drop in drops]


def test_a_cell_too_many_is_told_and_its_conversation_is_not_cut_short(tmp_path: Path) -> None:
    text = "conversation,speaker,text\n1,Ann,Hi\n1,Bo,Well, no\n2,Ann,Hm\n3,Bo,A,,\n"
    made, drops = read(tmp_path / "a.csv", text)
    assert [said(c) for c in made] == [[(0, "Hm")], [(0, "A")]]  # empty cells too many are nothing
    assert drops == [
        "line 3: it has 4 cells, and the header 3: a text with a comma, tab or semicolon stands "
        "in quotes"
    ]
    head = "user 1 personas,user 2 personas,Best Generated Conversation\n"
    made, drops = read(tmp_path / "b.csv", f"{head}a,b,User 1: Well, no\na,b,User 1: Yes\n")
    assert ([said(c) for c in made], len(drops)) == ([[(0, "Yes")]], 1)
    (tmp_path / "facts.csv").write_text("text,n\nI bake.,1\nI ski, and skate.,2\nI swim.,3\n")
    loaded = load_personas(tmp_path / "facts.csv")
    assert loaded.drops[0].reason.startswith("not a whole row: line 3 cannot be used: it has 3")


@pytest.mark.parametrize("form", ["csv", "spc"])
def test_a_csv_that_was_cut_off_gives_its_whole_conversations_only(
    tmp_path: Path, form: str
) -> None:
    rows = [SPC, {**SPC, "turns": [["User 1", 'She said "no",\nthen left']] * 2}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    convert(tmp_path / "a.jsonl", tmp_path / "a.csv", to_format=form)
    whole = (tmp_path / "a.csv").read_bytes()
    for cut in range(whole.rindex(b"She"), len(whole) - 3):
        if whole[cut - 1 : cut + 1] == b'""':
            continue  # what is left is a whole file
        (tmp_path / "cut.csv").write_bytes(whole[:cut])
        made, drops = read(tmp_path / "cut.csv")
        assert len(made) == 1, whole[:cut]
        assert len(drops) == 1
        assert "the file ends " in drops[0]
        assert "it was cut off" in drops[0]


def test_a_text_of_persona_chat_that_was_cut_off_is_told(tmp_path: Path) -> None:
    text = "1 your persona: i ski.\n2 hi\tho\t\tno|ho\n1 hello\tyes , me\t\tno|yes , me\n"
    for cut in (text.rindex("yes"), text.rindex("\t\t"), text.rindex("no")):
        made, drops = read(tmp_path / "a.txt", text[: cut - 1])
        assert ([said(c) for c in made], drops) == (
            [[(0, "hi"), (1, "ho")]], ["line 3: the file ends inside a line: it was cut off"],
        )  # fmt: skip
    made, drops = read(tmp_path / "a.txt", text.removesuffix("\n"))
    assert (len(made), drops) == (2, [])


def test_two_episodes_are_not_one_where_the_first_line_of_the_second_is_broken(
    tmp_path: Path,
) -> None:
    made, drops = read(tmp_path / "a.txt", "1 hi\tho\n2 a\tb\n!1 hello\tyes\n2 and\tyou\n")
    assert [[t for _, t in said(c)] for c in made] == [["hi", "ho", "a", "b"], ["and", "you"]]
    assert len(drops) == 1


def test_a_parquet_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(SPC))
    convert(tmp_path / "a.jsonl", tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for size in (len(whole) // 2, len(whole) - 6):
        (tmp_path / "cut.parquet").write_bytes(whole[:size])
        with pytest.raises(UserError, match="is not a whole parquet file"):
            read(tmp_path / "cut.parquet")


def test_a_chatml_text_that_was_cut_off_is_told_and_a_head_without_words_is_fine(
    tmp_path: Path,
) -> None:
    whole = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n"
    texts = [whole, whole[:-12], whole + "<|im_start|>user\n"]
    made, drops = read(tmp_path / "a.jsonl", "\n".join(json.dumps({"text": t}) for t in texts))
    assert [said(c) for c in made] == [[(0, "Hi"), (1, "Ho")]] * 2
    assert drops == ["line 2: its last message has no <|im_end|>: it was cut off"]
    made, drops = read(tmp_path / "b.jsonl", (json.dumps({"text": whole}) + "\n") * 2 + '{"text": ')
    assert (len(made), drops[0][:16]) == (2, "line 3: not JSON")


def test_marks_that_chatml_breaks_are_told_with_options_too(tmp_path: Path) -> None:
    row = {**SPC, "turns": [["User 1", "a <| b |> c"], ["User 2", "Ho"]]}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    for train_on, lost in ((None, False), ("both", True)):
        made = convert(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to_format="chatml", force=True,
                       train_on=train_on)  # fmt: skip
        text = (tmp_path / "b.jsonl").read_text()
        assert ("a <| b |> c" in text) != lost
        assert made.lost.get("ChatML's marks in texts, which are broken by a space", 0) == lost


def test_a_persona_stays_in_the_prompt_where_a_role_is_no_side(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(SPC))
    convert(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to_format="openai")
    row = json.loads((tmp_path / "b.jsonl").read_text())
    row["messages"].append({"role": "tool", "content": "42"})
    ((made,), _) = read(tmp_path / "c.jsonl", row)
    assert made.scene["system"] == row["messages"][0]["content"]
    assert "- I ski." in made.scene["system"]
    assert [s.name for s in made.speakers] == ["user", "assistant", "tool"]


def utterance(id: str, conversation: Any, text: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "conversation_id": conversation, "speaker": "ann", "text": text, **more}


def test_every_bad_line_of_a_corpus_is_told_and_takes_no_good_one_with_it(tmp_path: Path) -> None:
    rows: list[Any] = [
        utterance("a", "a", "Hi"), None, utterance("c", "a", "Ho"), None,
        {"id": "x", "speaker": "bo", "text": "Whose?"}, {"id": "y", "speaker": "bo", "text": "Ah"},
        utterance("d", 7, "Numbered"),
    ]  # fmt: skip
    text = "\n".join(json.dumps(row) if row else '{"cut' for row in rows)
    (tmp_path / "utterances.jsonl").write_text(text)
    (tmp_path / "speakers.json").write_text("{}")
    made, drops = read(tmp_path)
    assert [[t for _, t in said(c)] for c in made] == [["Hi", "Ho"], ["Numbered"]]
    assert [d.split(":")[0] for d in drops] == ["line 2", "line 4", "line 5", "line 6"]
    assert drops[2] == "line 5: it lacks 'conversation_id'"


def test_scattered_utterances_of_an_old_corpus_are_one_conversation(tmp_path: Path) -> None:
    rows = [
        {"id": id, "root": root, "user": "ann", "text": text}
        for id, root, text in (("a", "a", "Hi"), ("b", "b", "Other"), ("c", "a", "Ho"))
    ]
    (tmp_path / "utterances.json").write_text(json.dumps(rows))
    (tmp_path / "users.json").write_text("{}")
    made, drops = read(tmp_path)
    assert ([[t for _, t in said(c)] for c in made], drops) == ([["Hi", "Ho"], ["Other"]], [])


def test_a_task_without_a_dialogue_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"data": {"text": "no talk"}}, {"data": 7}]))
    drops: list[Drop] = []
    with pytest.raises(UserError):
        list(load_conversations(tmp_path / "a.json", drops.append, format="label-studio"))
    assert [d.reason for d in drops] == [
        f"unreadable: line 1: {why}"
        for why in ["its data hold no dialogue: a list of objects with author and text"] * 2
    ]


def pairs(path: Path, **changed: Any) -> Path:
    rows = []
    for n in range(4):
        marks = {"pair": f"p-{n}", "criterion": "votes"}
        for side, words in (("chosen", "Ho"), ("rejected", "No")):
            people = [{"name": "User 1"}, {"name": "User 2", "persona": [f"I own lantern{n}x."]}]
            turns = [{"speaker": 0, "text": "Hi"}, {"speaker": 1, "text": f"{words} {n}"}]
            extra = {"preference": {**marks, "side": side}}
            row = {"scene_id": f"s{n}", "speakers": people, "turns": turns,
                   "provenance": {"extra": extra}}  # fmt: skip
            rows.append({**row, **(changed if side == "rejected" and n == 0 else {})})
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.mark.parametrize("persona", ["system", "text"])
def test_both_sides_of_a_preference_see_the_same_facts(tmp_path: Path, persona: str) -> None:
    source = pairs(tmp_path / "a.jsonl")
    convert(source, tmp_path / "b.jsonl", to_format="trl-preference", persona=persona,
            distractors=2)  # fmt: skip
    for n, line in enumerate((tmp_path / "b.jsonl").read_text().splitlines()):
        row = json.loads(line)
        roles = ["system", "user"] if persona == "system" else ["user"]
        assert [m["role"] for m in row["prompt"]] == roles
        assert row["prompt"][0]["content"].count("lantern") == 3
        assert row["chosen"] == [{"role": "assistant", "content": f"Ho {n}"}]
        assert row["rejected"] == [{"role": "assistant", "content": f"No {n}"}]


def test_sides_of_other_people_are_no_pair(tmp_path: Path) -> None:
    people = [{"name": "User 1"}, {"name": "User 2", "persona": ["I am somebody else."]}]
    source = pairs(tmp_path / "a.jsonl", speakers=people)
    made = convert(source, tmp_path / "b.jsonl", to_format="trl-preference")
    assert (made.written, made.left_out) == (
        6, {"the sides of the pair have different personas": 2},
    )  # fmt: skip
