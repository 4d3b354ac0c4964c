"""Near-duplicates, leakage, copied facts: what stands twice is found, what does not is not."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from dramaturg.evaluate import (
    Coder,
    Collected,
    Signatures,
    Table,
    Talk,
    collect,
    earlier_twin,
    leakage,
    people_key,
)
from dramaturg.records import Conversation
from tests.evaluate.talks import a_talk, many_talks

WORDS = [f"word{i}" for i in range(400)]


def shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_twins_are_those_that_comparing_everything_finds() -> None:
    draw = random.Random(3)
    texts: list[list[str]] = []
    for _ in range(40):
        fresh = [draw.choice(WORDS) for _ in range(120)]
        texts.append(fresh)
        near = list(fresh)
        near[draw.randrange(5, 110)] = "changed"  # 5 of some 116 runs differ: Jaccard 0.92
        texts.append(near)
        far = [w if draw.random() < 0.7 else draw.choice(WORDS) for w in fresh]
        texts.append(far)
    signatures, coder = Signatures(), Coder()
    for text in texts:
        signatures.add(coder(text))
    found = earlier_twin(signatures.matrix()) >= 0
    for i, text in enumerate(texts):
        mine = shingles(text)
        best = max((len(mine & s) / len(mine | s) for s in map(shingles, texts[:i])), default=0.0)
        if best > 0.85 or best < 0.5:  # the estimate is off by 0.06
            assert found[i] == (best > 0.85), (i, best)
    assert found.sum() == 40


def test_a_thousand_copies_of_one_talk_are_all_but_one_duplicates() -> None:
    signatures, coder = Signatures(), Coder()
    for _ in range(1_000):
        signatures.add(coder(["the", "same", "old", "words", "again", "and", "again"]))
    assert (earlier_twin(signatures.matrix()) >= 0).sum() == 999


def test_codes_and_signatures_are_the_same_on_every_machine() -> None:
    assert int(Coder()(["goats"])[0]) == 0xAF56508BE6EA88DC
    signature = Signatures().of(Coder()(["a", "b", "c", "d", "e", "f"]))
    assert signature[:3].tolist() == [687_759_644, 433_488_901, 647_457_652]
    assert Signatures().of(Coder()([])).sum() == 0


def split(talks: list[Conversation]) -> dict[str, float | None]:
    own = collect(talks)
    splits = [own.split_of(i) for i in range(len(own))]
    found = leakage(splits, own.people, own.signatures.matrix())
    return {name: ratio.value() for name, ratio in found.items()}


def test_splits_that_share_nothing_leak_nothing() -> None:
    talks = [
        a_talk(f"I own kites {i}.", f"Oh, number {i}?", scene=str(i),
               personas=((f"I own kite {i}.",), (f"{i}!",)),
               split="train" if i < 30 else "test")
        for i in range(40)
    ]  # fmt: skip
    assert split(talks) == {
        "leaked_people": 0.0, "leaked_conversations": 0.0, "leaked_facts": 0.0,
    }  # fmt: skip


def test_a_person_a_fact_and_a_talk_that_leak_are_counted_one_by_one() -> None:
    facts = tuple(f"I own {n}." for n in ("goats", "maps", "tubas", "knots", "lamps"))
    near = (*facts[:3], "I fly.", "I swim.")  # 60 % in common
    far = (*facts[:2], "I ski.", "I knit.", "I surf.")
    said = [f"w{i}" for i in range(12)]
    train = a_talk(" ".join(said), "Yes, I think so too.", personas=(facts, ("A.",)), split="train")
    talks = [
        train,
        a_talk(" ".join(said), "Yes, I think so too.", personas=(near, ("B.",)), split="test"),
        a_talk("Nothing of it.", "Other words here.", personas=(far, ("C.",)), split="test"),
    ]
    assert split(talks) == {
        "leaked_people": pytest.approx(1 / 4),
        "leaked_conversations": pytest.approx(1 / 2),
        "leaked_facts": pytest.approx(5 / 12),
    }


def test_without_marked_splits_nothing_is_said() -> None:
    assert split(many_talks(20)) == {}


def test_a_person_is_the_same_in_other_words_for_the_same() -> None:
    assert people_key(["I'm a cook.", "I don't smoke"]) == people_key(
        ["i do not smoke!", "I am a cook"]
    )
    assert people_key(["I am a cook."]) != people_key(["I am a nurse."])


def test_four_words_of_a_fact_in_a_row_are_a_copy_and_contractions_do_not_hide_it() -> None:
    table = Table()
    talk = a_talk(
        "I am a very old cook from Rome.",
        "Cooks of Rome are old.",
        personas=(("I'm a very old cook.",), ("I sail the seven seas.",)),
    )
    table.add(Talk(talk))
    assert table.ratio("turns_with_copied_facts").value() == 0.5
    # "I am a very old cook" has 3 runs of four, all said; "I sail the seven seas" has 2, unsaid
    assert table.ratio("facts_copied").value() == pytest.approx(3 / 5)


def test_the_sample_keeps_pairs_of_the_same_people_whatever_the_order() -> None:
    talks = many_talks(200)
    first = collect(talks, sample=30)
    second = collect(reversed(talks), sample=30)
    assert drawn_keys(first) == drawn_keys(second)
    places = first.sample()[0]
    assert all(a < b for a, b in pairwise(places))
    assert [talks[p].id for p in places] == [t.id for t in first.sample()[1]]


def drawn_keys(own: Collected) -> list[int]:
    return sorted(Talk(talk).key for talk in own.sample()[1])


def test_facts_are_counted_once_however_often_and_however_written() -> None:
    own = collect([
        a_talk("Hi.", "Ho.", personas=(("I'm tall, sir.",), ("I bake.",))),
        a_talk("Hi.", "Hm.", personas=(("I am tall sir",), ("I bake",))),
    ])  # fmt: skip
    codes, words, pieces = own.people.different()
    assert len(codes) == 2
    order = np.argsort(words)
    assert words[order].tolist() == [2, 3]
    assert pieces[order].tolist() == [3, 5]
