"""Files as other projects write them are recognised, and read for what they say."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert, load_conversations, load_personas
from dramaturg.dataset.formats import name_of
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop
from tests.dataset.formats.examples import said


def read(path: Path, content: Any) -> tuple[str, list[Conversation], list[str]]:
    """The format that a file looks like, its conversations, and what was dropped."""
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    drops: list[Drop] = []
    made = list(load_conversations(path, drops.append))
    return name_of(path), made, [drop.reason for drop in drops]


CONVAI2 = (
    "1 your persona: i read a lot.\n"
    "2 your persona: i am a stuntman.\n"
    "3 partner's persona: i love horror.\n"
    "4 hello !\thi , do you read ?\t\tno .|i bake .|hi , do you read ?\n"
    "5 __SILENCE__\tor bake ?\n"
    "6 i bake\\nbread\n"
    "1 hi\thello\n"
)


def test_convai2_text_gives_both_personas_turns_silence_and_candidates(tmp_path: Path) -> None:
    name, (one, two), drops = read(tmp_path / "valid_both.txt", CONVAI2)
    assert (name, drops) == ("convai2", [])
    assert one.speakers[0].persona == ("i love horror.",)
    assert one.speakers[1].persona == ("i read a lot.", "i am a stuntman.")
    assert said(one) == [
        (0, "hello !"), (1, "hi , do you read ?"), (1, "or bake ?"), (0, "i bake\nbread"),
    ]  # fmt: skip
    assert one.provenance.extra == {"candidates": {"1": ["no .", "i bake .", "hi , do you read ?"]}}
    assert said(two) == [(0, "hi"), (1, "hello")]


@pytest.mark.parametrize(
    ("variant", "shown"),
    [("both", (1, 2)), ("self", (0, 2)), ("other", (1, 0)), ("none", (0, 0))],
)
def test_convai2_variants_show_the_personas_that_their_name_says(
    tmp_path: Path, variant: str, shown: tuple[int, int]
) -> None:
    (tmp_path / "a.txt").write_text(CONVAI2)
    made = convert(tmp_path / "a.txt", tmp_path / "b.txt", variant=variant)
    text = (tmp_path / "b.txt").read_text()
    assert (text.count("partner's persona:"), text.count("your persona:")) == shown
    assert ("personas that this variant leaves out" in made.lost) == (variant != "both")
    if variant == "both":
        assert [c.turns for c in load_conversations(tmp_path / "b.txt")] == [
            c.turns for c in load_conversations(tmp_path / "a.txt")
        ]
    with pytest.raises(UserError, match="there is no variant 'all'"):
        convert(tmp_path / "a.txt", tmp_path / "c.txt", variant="all")


def test_personachat_self_original_json_is_read_by_split_and_written_again(tmp_path: Path) -> None:
    talk = {
        "personality": ["i read a lot ."],
        "utterances": [
            {"candidates": ["no .", "hi !"], "history": ["hello"]},
            {"candidates": ["yes .", "bye !"], "history": ["hello", "hi !", "__ SILENCE __"]},
        ],
    }
    source = tmp_path / "personachat_self_original.json"
    name, made, drops = read(source, {"train": [talk], "valid": [talk, {"utterances": []}]})
    assert name == "personachat-json"
    assert [(c.split, said(c)) for c in made] == [
        ("train", [(0, "hello"), (1, "hi !"), (1, "bye !")]),
        ("validation", [(0, "hello"), (1, "hi !"), (1, "bye !")]),
    ]
    assert made[0].speakers[1].persona == ("i read a lot .",)
    assert len(drops) == 1
    assert convert(source, tmp_path / "b.json", to_format="personachat-json").written == 2
    assert json.loads((tmp_path / "b.json").read_text()) == {"train": [talk], "valid": [talk]}


def test_multi_session_chat_gives_a_chain_of_sessions(tmp_path: Path) -> None:
    row = {
        "personas": [["I fish."], ["I bake."]],
        "dialog": [{"text": "Back again!", "id": "Speaker 2"}, {"text": "Hi!", "id": "Speaker 1"}],
        "previous_dialogs": [
            {
                "dialog": [{"text": "Hello."}, {"text": "Hi."}],
                "time_num": 3,
                "time_unit": "days",
                "time_back": "3 days ago",
            }
        ],
        "metadata": {"initial_data_id": "train:1", "session_id": 2},
    }
    name, (first, second), drops = read(tmp_path / "session_2.jsonl", row)
    assert (name, drops) == ("msc", [])
    assert said(first) == [(0, "Hello."), (1, "Hi.")]
    assert first.scene["time_back"] == "3 days ago"
    assert said(second) == [(1, "Back again!"), (0, "Hi!")]
    assert second.previous == first.id
    assert second.speakers[1].persona == ("I bake.",)


def test_sharegpt_alpaca_chatml_and_messages_are_told_apart(tmp_path: Path) -> None:
    turns = [(0, "Hi"), (1, "Ho")]
    name, (made,), _ = read(
        tmp_path / "a.json",
        [{"id": "x", "conversations": [{"from": "human", "value": "Hi"},
                                       {"from": "gpt", "value": "Ho"}], "system": "Be kind."}],
    )  # fmt: skip
    assert (name, said(made), made.scene) == ("sharegpt", turns, {"system": "Be kind."})
    name, (made,), _ = read(
        tmp_path / "b.json", [{"instruction": "Add", "input": "1 and 1", "output": "2"}]
    )
    assert (name, said(made)) == ("alpaca", [(0, "Add\n1 and 1"), (1, "2")])
    text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n"
    name, (made,), _ = read(tmp_path / "c.jsonl", {"text": text})
    assert (name, said(made)) == ("chatml", turns)
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    name, (made,), _ = read(tmp_path / "d.jsonl", {"messages": messages})
    assert (name, said(made)) == ("openai", turns)
    name, made_two, _ = read(
        tmp_path / "e.jsonl",
        {"prompt": messages[:1], "chosen": messages[1:], "rejected": [{**messages[1],
         "content": "No"}], "margin": 2},
    )  # fmt: skip
    assert (name, [said(c) for c in made_two]) == (
        "trl-preference", [turns, [(0, "Hi"), (1, "No")]],
    )  # fmt: skip
    assert made_two[1].provenance.extra["preference"]["side"] == "rejected"
    name, (made,), _ = read(tmp_path / "f.jsonl", {"prompt": "Hi", "completion": "Ho"})
    assert (name, said(made)) == ("trl-prompt-completion", turns)


def test_ratings_of_fed_and_usr_become_means_and_stay_by_person(tmp_path: Path) -> None:
    name, (made,), _ = read(
        tmp_path / "fed.json",
        [{"context": "User: Hi!\nSystem: Hello.\nUser: What\nis up?", "response": "System: Sky.",
          "system": "Meena", "annotations": {"Depth": [0, 1, 2], "Overall": ["N/A", 3]}}],
    )  # fmt: skip
    assert name == "fed"
    assert said(made) == [(0, "Hi!"), (1, "Hello."), (0, "What\nis up?"), (1, "Sky.")]
    assert made.scores == {"Depth": 1.0, "Overall": 3.0}
    assert made.provenance.extra["ratings"]["Overall"] == ["N/A", 3]
    name, (one, two), _ = read(
        tmp_path / "usr.json",
        [{"context": "hi there\nhello\nhow are you ?\n", "fact": "your persona: i ski.\n",
          "responses": [{"response": "good .", "model": "A", "Natural": [3, 2]},
                        {"response": "bad .", "model": "B", "Natural": [1, 1]}]}],
    )  # fmt: skip
    assert name == "usr"
    assert said(one) == [(0, "hi there"), (1, "hello"), (0, "how are you ?"), (1, "good .")]
    assert two.speakers[1].persona == ("i ski.",)
    assert (one.scores, two.scores) == ({"Natural": 2.5}, {"Natural": 1.0})
    assert two.provenance.extra["model"] == "B"


def test_label_studio_annotations_come_back_as_ratings(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text(
        json.dumps({"user_1": ["I bake."], "user_2": [], "turns": [["User 1", "Hi"]]})
    )
    convert(source, tmp_path / "tasks.json", to_format="label-studio")
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    assert task["data"]["dialogue"] == [{"author": "User 1", "text": "Hi", "speaker": 0}]
    assert task["data"]["personas"] == "User 1:\n- I bake."
    task["annotations"] = [
        {"result": [
            {"from_name": "fluent", "to_name": "d", "type": "rating", "value": {"rating": 4}},
            {"from_name": "toxic", "to_name": "d", "type": "choices", "value": {"choices": ["no"]}},
        ]},
        {"result": [{"from_name": "fluent", "type": "rating", "value": {"rating": 2}}]},
    ]  # fmt: skip
    name, (made,), _ = read(tmp_path / "done.json", [task])
    assert name == "label-studio"
    assert made.scores == {"fluent": 3.0}
    assert made.provenance.extra["ratings"] == {"fluent": [4, 2], "toxic": ["no"]}
    assert made.speakers[0].persona == ("I bake.",)


CARD = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Mira",
        "description": "{{char}} keeps a lighthouse. She has two cats.",
        "personality": "Dry humour.",
        "scenario": "{{user}} is stranded.",
        "first_mes": "You look wet, {{user}}.",
        "mes_example": "<START>\n{{user}}: Hello?\n{{char}}: Mind the cats.\nBoth of them.\n",
        "creator": "someone",
        "tags": ["sea"],
    },
}


def png_with(card: Any) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    head = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    text = b"chara\0" + base64.b64encode(json.dumps(card).encode())
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"tEXt", b"Software\0Paint"),
            chunk(b"tEXt", text) if card else b"",
            chunk(b"IDAT", zlib.compress(b"\0\0")),
            chunk(b"IEND", b""),
        ]
    )


def test_a_character_card_is_read_from_json_and_from_a_picture(tmp_path: Path) -> None:
    (tmp_path / "mira.json").write_text(json.dumps(CARD, indent=2))
    (tmp_path / "mira.png").write_bytes(png_with(CARD))
    for file in ("mira.json", "mira.png"):
        assert name_of(tmp_path / file) == "character-card"
        example, greeting = load_conversations(tmp_path / file)
        assert said(example) == [(0, "Hello?"), (1, "Mind the cats.\nBoth of them.")]
        assert said(greeting) == [(1, "You look wet, User.")]
        assert example.speakers[1].name == "Mira"
        assert example.speakers[1].persona == (
            "Mira keeps a lighthouse.", "She has two cats.", "Dry humour.",
        )  # fmt: skip
        assert example.scene == {"setting": "User is stranded."}
    (tmp_path / "empty.png").write_bytes(png_with(None))
    with pytest.raises(UserError, match="a picture without a character card"):
        list(load_conversations(tmp_path / "empty.png"))
    (tmp_path / "half.png").write_bytes(png_with(CARD)[:200])
    with pytest.raises(UserError, match="is not a whole PNG"):
        list(load_conversations(tmp_path / "half.png"))


def test_a_folder_of_character_cards_is_a_list_of_people(tmp_path: Path) -> None:
    other = {"name": "Bo", "description": "Bo sails.", "first_mes": "Ahoy."}
    (tmp_path / "bo.json").write_text(json.dumps(other))
    (tmp_path / "mira.png").write_bytes(png_with(CARD))
    people = load_personas(tmp_path).people or []
    assert [person.name for person in people] == ["Bo", "Mira"]
    assert people[1].views["scenario"] == "{{user}} is stranded."
    assert people[1].source == "character card by someone"
    with pytest.raises(UserError, match="holds one person"):
        load_personas(tmp_path / "mira.png")


def test_pippa_is_read_with_the_character_as_second_speaker(tmp_path: Path) -> None:
    name, (made,), _ = read(
        tmp_path / "pippa.jsonl",
        {"bot_id": "7", "bot_name": "Mira", "bot_description": "Keeps a lighthouse.",
         "bot_greeting": "Ahoy.", "bot_definitions": "", "categories": ["Sea"],
         "conversation": [{"message": "Ahoy.", "is_human": False},
                          {"message": "Hi!", "is_human": True}]},
    )  # fmt: skip
    assert name == "pippa"
    assert said(made) == [(1, "Ahoy."), (0, "Hi!")]
    assert made.speakers[1].persona == ("Keeps a lighthouse.",)
    assert made.scene == {"categories": ["Sea"], "greeting": "Ahoy."}


def test_a_table_with_one_turn_a_row_is_read_by_its_usual_column_names(tmp_path: Path) -> None:
    name, made, drops = read(
        tmp_path / "a.csv",
        'dialogue_id;role;utterance\n1;Ann;Hi\n1;Bo;Ho\n2;Ann;"He said ""no""; then"\n',
    )
    assert (name, drops) == ("csv", [])
    assert [said(c) for c in made] == [[(0, "Hi"), (1, "Ho")], [(0, 'He said "no"; then')]]
    assert [s.name for s in made[0].speakers] == ["Ann", "Bo"]


def test_a_convokit_corpus_with_scattered_utterances_is_put_together(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "conversation_id": "a", "speaker": "ann", "text": "Hi", "reply-to": None,
         "timestamp": 1, "meta": {}},
        {"id": "b", "conversation_id": "b", "speaker": "bo", "text": "Other", "reply-to": None,
         "timestamp": 2, "meta": {}},
        {"id": "c", "conversation_id": "a", "speaker": "bo", "text": "Ho", "reply-to": "a",
         "timestamp": 3, "meta": {}},
    ]  # fmt: skip
    (tmp_path / "utterances.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "speakers.json").write_text('{"ann": {"meta": {"age": 3}}, "bo": {"meta": {}}}')
    (tmp_path / "conversations.json").write_text('{"a": {"meta": {"topic": "tea"}}}')
    assert name_of(tmp_path) == "convokit"
    one, two = load_conversations(tmp_path)
    assert (said(one), one.scene) == ([(0, "Hi"), (1, "Ho")], {"topic": "tea"})
    assert [s.name for s in one.speakers] == ["ann", "bo"]
    assert said(two) == [(0, "Other")]


def test_a_folder_of_files_is_read_by_split(tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Hi"}]}
    (tmp_path / "README.md").write_text("---\n---\n")
    (tmp_path / "my-test.jsonl").write_text(json.dumps(row))
    (tmp_path / "train-00.jsonl").write_text(json.dumps(row) + "\n{cut")
    drops: list[Drop] = []
    assert name_of(tmp_path) == "folder"
    assert [c.split for c in load_conversations(tmp_path, drops.append)] == ["train", "test"]
    assert drops[0].reason.startswith("unreadable: line 2: of train-00.jsonl: not JSON")


def test_croissant_metadata_say_which_files_are_conversations(tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Hi"}]}
    (tmp_path / "chats").mkdir()
    (tmp_path / "chats" / "a.jsonl").write_text(json.dumps(row))
    (tmp_path / "people.jsonl").write_text('{"text": "I bake."}')
    told = {
        "@type": "sc:Dataset",
        "distribution": [
            {"@type": "cr:FileSet", "@id": "chats", "includes": "chats/*.jsonl"},
            {"@type": "cr:FileObject", "@id": "people", "contentUrl": "people.jsonl"},
        ],
        "recordSet": [
            {"@id": "c", "field": [{"source": {"fileSet": {"@id": "chats"}, "extract": {}}}]}
        ],
    }
    (tmp_path / "croissant.json").write_text(json.dumps(told))
    assert name_of(tmp_path) == "croissant"
    assert [said(c) for c in load_conversations(tmp_path)] == [[(0, "Hi")]]
    told["distribution"][0]["includes"] = "../*.jsonl"  # type: ignore[index]
    (tmp_path / "croissant.json").write_text(json.dumps(told))
    with pytest.raises(UserError, match="names a file outside"):
        list(load_conversations(tmp_path))
