"""Facts that say the same in other words are joined by the embedded vectors."""

from __future__ import annotations

from dramaturg.dataset import apart_by_paraphrase
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.runner.paraphrases import by_vectors

FACTS = [
    "I volunteer in a homeless shelter.",
    "I sail a boat on the lake.",
    "I volunteer at the homeless shelter.",
    "I SAIL a boat on the lake!",
    "My brother plays the drums.",
]


def test_paraphrases_and_repeats_are_pairs_and_strangers_are_not() -> None:
    pairs = {tuple(sorted(pair)) for pair in by_vectors(0.95)(FACTS)}
    assert pairs == {(0, 2), (1, 3)}
    assert list(by_vectors(0.95)([])) == []


def test_conversations_that_share_a_paraphrase_are_in_one_split() -> None:
    made = [
        Conversation(scene_id=f"s{n}", speakers=(Speaker(name="A", persona=(fact,)),),
                     turns=(Turn(speaker=0, text="x"),))
        for n, fact in enumerate(FACTS)
    ]  # fmt: skip
    shares = {"train": 0.4, "test": 0.6}
    by_id = apart_by_paraphrase(made, shares, same=by_vectors(0.95)).by_id
    assert by_id[made[0].id] == by_id[made[2].id]
    assert by_id[made[1].id] == by_id[made[3].id]
    assert set(by_id.values()) == {"train", "test"}
