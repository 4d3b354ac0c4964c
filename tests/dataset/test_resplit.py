"""Splits by persona, pair and paraphrase keep apart what they say; the check sees what leaks."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg.dataset import load_conversations
from dramaturg.dataset.leak_check import check_splits
from dramaturg.dataset.published import PUBLISHED, agreement, as_published
from dramaturg.dataset.resplit import read_shares, resplit
from dramaturg.dataset.split import apart_by_pair, apart_by_paraphrase, pair_key
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Speaker, Turn, to_json

HALVES = {"train": 0.5, "test": 0.5}


def facts(n: int) -> tuple[str, ...]:
    return tuple(f"I keep animal {n} in the {k}." for k in ("barn", "shed", "hall", "yard"))


def talk(*people: tuple[str, ...], n: int = 0, split: str = "", said: str = "") -> Conversation:
    speakers = tuple(Speaker(name="U", persona=who) for who in people)
    words = said or " ".join(f"w{n}x{k}" for k in range(30))
    turns = (Turn(speaker=0, text=words),)
    return Conversation(scene_id=f"s{n}", speakers=speakers, turns=turns, split=split)


def test_a_pair_stays_whole_whatever_the_seats_and_a_person_need_not() -> None:
    mixed = tuple(reversed([f.upper() for f in facts(1)]))
    made = [talk(facts(0), facts(1)), talk(mixed, facts(0), n=1)]
    made += [talk(facts(0), facts(k), n=k) for k in range(2, 10)]
    by_id = apart_by_pair(made, HALVES).by_id
    assert by_id[made[0].id] == by_id[made[1].id]
    assert set(by_id.values()) == {"train", "test"}
    split = [msgspec.structs.replace(m, split=by_id[m.id]) for m in made]
    found = check_splits(split)
    assert (found.pairs, found.persons) == (0, 1)
    assert not found.clean


def test_a_paraphrased_fact_keeps_two_conversations_together() -> None:
    near = "I really have a very old and very grey dog called Max."
    again = "I really have a very old and very grey dog called Max!!"
    made = [talk((near,), facts(1)), talk((again,), facts(2), n=1), talk(facts(3), facts(4), n=2)]
    by_id = apart_by_paraphrase(made, HALVES).by_id
    assert by_id[made[0].id] == by_id[made[1].id] != by_id[made[2].id]
    loose = [talk((f"I like fact {n}.",), n=n) for n in range(4)]
    assert len(set(apart_by_paraphrase(loose, HALVES).by_id.values())) == 2
    whole = apart_by_paraphrase(loose, HALVES, same=lambda texts: [(0, 1), (1, 2), (2, 3)])
    assert set(whole.by_id.values()) == {"train"}
    assert "group(s) that share facts" in whole.notes[0]


def test_the_check_names_every_kind_of_leak() -> None:
    said = " ".join(f"word{k}" for k in range(50))
    made = [
        talk(facts(0), facts(1), split="train"),
        talk(facts(1), facts(0), n=1, split="test"),
        talk(facts(2), facts(3), n=2, split="train", said=said),
        talk(facts(4), facts(5), n=3, split="test", said=said + " more"),
        talk((*facts(6)[:3], "I ski."), facts(7), n=4, split="train"),
        talk((*facts(6)[:3], "I row."), facts(8), n=5, split="validation"),
    ]
    found = check_splits(made)
    assert found.counts == {"train": 3, "test": 2, "validation": 1}
    assert (found.persons, found.pairs, found.conversations) == (4, 1, 1)
    assert found.facts == 8 + 3
    assert any("say nearly the same (0.98)" in e for e in found.examples)
    clean = [talk(facts(2 * n), facts(2 * n + 1), n=n, split=s)
             for n, s in enumerate(["train", "test"] * 9)]  # fmt: skip
    assert check_splits(clean).clean


@pytest.mark.parametrize("by", ["persona", "pair", "paraphrase"])
def test_a_dataset_divided_anew_passes_its_check(tmp_path: Path, by: str) -> None:
    file = tmp_path / "a.jsonl"
    made = [talk(facts(2 * n), facts(2 * n + 1), n=n) for n in range(40)]
    file.write_text("".join(to_json(m) + "\n" for m in [*made, made[0]]))
    done = resplit(file, tmp_path / "out", by)
    assert done.splits == {"train": 32, "validation": 4, "test": 4}
    assert done.dropped == {"repeat": 1}
    assert check_splits(load_conversations(tmp_path / "out")).clean
    assert json.loads((tmp_path / "out" / "lineage.json").read_text())["arguments"]["by"] == by


def test_shares_and_ways_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    assert read_shares("0.9, 0.05,0.05") == {"train": 0.9, "validation": 0.05, "test": 0.05}
    assert read_shares("train=0.5,held=0.5") == {"train": 0.5, "held": 0.5}
    for wrong in ("a,b,c", "0.5,0.5", ""):
        with pytest.raises(UserError):
            read_shares(wrong)
    with pytest.raises(UserError, match="no way to split by 'luck'"):
        resplit(tmp_path / "x", tmp_path / "y", "luck")


def spc(shared_data: Path, name: str, split: str) -> list[Conversation]:
    file = shared_data / "synthetic-persona-chat" / name
    return [msgspec.structs.replace(c, split=split) for c in load_conversations(file)]


def test_the_published_splits_come_back_from_a_shuffled_heap(shared_data: Path) -> None:
    valid = spc(shared_data, "Synthetic-Persona-Chat_valid.csv", "validation")
    train: list[Any] = []
    with gzip.open(shared_data / "synthetic-persona-chat" / "train.jsonl.gz", "rt") as rows:
        for line in rows:  # also the 36 rows whose turns this copy lost: who talks is known
            row = json.loads(line)
            people = tuple(Speaker(name="", persona=tuple(row[s])) for s in ("user_1", "user_2"))
            train.append(Conversation(scene_id=row["id"], speakers=people, turns=(), split="train"))
    published = agreement([*train, *valid], "synthetic-persona-chat")
    assert published.own == {"train": 8_938, "validation": 1_000}
    assert (published.exact, published.differ, published.unknown) == (True, 0, {})
    assert published.verdict("train") == published.verdict("validation") == "exact"

    heap = [msgspec.structs.replace(c, split="") for c in (*train, *valid)]
    random.Random(3).shuffle(heap)
    splits = as_published(heap, "synthetic-persona-chat")
    assert all(splits.by_id[c.id] == c.split for c in (*train, *valid))
    assert splits.notes == []

    moved = [msgspec.structs.replace(train[0], split="validation"), *train[1:], *valid]
    wrong = agreement(moved, "synthetic-persona-chat")
    assert (wrong.exact, wrong.differ) == (False, 1)
    assert wrong.examples == [f"{train[0].id} is in validation, not in train"]


def test_unknown_pairs_never_join_a_published_split(shared_data: Path, tmp_path: Path) -> None:
    known = spc(shared_data, "Synthetic-Persona-Chat_valid.csv", "")[:3]
    claims = ("", "train", "validation", "mine", "test")
    strangers = [talk(facts(n), facts(n + 50), n=n, split=s) for n, s in enumerate(claims)]
    heap = tmp_path / "heap.jsonl"
    heap.write_text("".join(to_json(c) + "\n" for c in (*known, *strangers)))
    done = resplit(heap, tmp_path / "out", "synthetic-persona-chat")
    assert done.splits == {"validation": 3, "unpublished": 4, "test": 1}
    assert "1 keep the split 'test' that they came with, 4 stand in the split" in done.notes[0]
    back = {c.id: c.split for c in load_conversations(tmp_path / "out")}
    assert [back[c.id] for c in strangers] == ["unpublished"] * 4 + ["test"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "stand in the split 'unpublished'" in card
    heap.rename(tmp_path / "Synthetic-Persona-Chat_test.jsonl")
    of_file = resplit(
        tmp_path / "Synthetic-Persona-Chat_test.jsonl", tmp_path / "b", "synthetic-persona-chat"
    )
    assert of_file.splits == {"validation": 3, "unpublished": 3, "test": 2}


def test_a_paraphrase_threshold_for_another_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'pair' does not ask which facts say the same"):
        resplit(tmp_path / "x", tmp_path / "y", "pair", same=lambda texts: [], near=0.9)


def test_pairs_that_were_never_published_are_told(tmp_path: Path) -> None:
    strangers = [talk(facts(n), facts(n + 50), n=n, split="test") for n in range(3)]
    splits = as_published(strangers, "synthetic-persona-chat")
    assert set(splits.by_id.values()) == {"test"}
    assert "3 of 3 conversations are between pairs" in splits.notes[0]
    found = agreement(strangers, "synthetic-persona-chat")
    assert found.verdict("test") == "not exact"
    assert PUBLISHED["synthetic-persona-chat"]["test"] == 968
    assert pair_key(strangers[0]) != pair_key(strangers[1])
    with pytest.raises(UserError, match="no published splits"):
        agreement([], "my-set")
