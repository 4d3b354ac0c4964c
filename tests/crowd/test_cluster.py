"""`crowd.cluster`: each sentence in a category with a name."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dramaturg import crowd
from dramaturg.errors import UserError

TOPICS = {
    "pets": ["I have a dog", "my cat sleeps a lot", "we keep two puppies and a kitten"],
    "food": ["I bake bread and cake", "pizza is my favorite food", "I cook pasta with cheese"],
    "music": ["I play the guitar in a band", "I sing songs", "rock music and concerts"],
}


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_sentences_on_one_topic_share_a_category_that_their_words_name(tmp_path: Path) -> None:
    told = [text for texts in TOPICS.values() for text in texts for _ in range(3)]
    (tmp_path / "a.txt").write_text("\n".join(told))
    made = crowd.cluster(tmp_path / "a.txt", tmp_path / "b.jsonl", count=3, seed=3)
    rows = rows_of(tmp_path / "b.jsonl")
    assert [row["text"] for row in rows] == told
    assert made.figures["categories"] == 3
    by_topic = [Counter(row["category"] for row in rows[n : n + 9]) for n in (0, 9, 18)]
    assert sum(counts.most_common(1)[0][1] for counts in by_topic) >= 24
    words = {word for text in told for word in text.lower().split()}
    assert all(set(row["category"].split()) <= words for row in rows)


def test_a_person_of_several_sentences_gets_a_category_for_each(tmp_path: Path) -> None:
    lines = [{"facts": [TOPICS["pets"][n], TOPICS["music"][n]], "name": f"P{n}"} for n in range(3)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    examples = [{"text": t, "category": topic} for topic, texts in TOPICS.items() for t in texts]
    (tmp_path / "known.jsonl").write_text("\n".join(map(json.dumps, examples)))
    made = crowd.cluster(tmp_path / "a.jsonl", tmp_path / "b.jsonl", like=tmp_path / "known.jsonl")
    assert [row["categories"] for row in rows_of(tmp_path / "b.jsonl")] == [["pets", "music"]] * 3
    assert rows_of(tmp_path / "b.jsonl")[1]["name"] == "P1"
    assert made.figures["sentences"] == 6


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(t for texts in TOPICS.values() for t in texts))
    for out in ("b.jsonl", "c.jsonl"):
        crowd.cluster(tmp_path / "a.txt", tmp_path / out, count=3)
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "c.jsonl").read_bytes()


def test_examples_without_a_category_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I ski.\n")
    with pytest.raises(UserError, match="knows no category"):
        crowd.cluster(tmp_path / "a.txt", tmp_path / "b.jsonl", like=tmp_path / "a.txt")
    with pytest.raises(UserError, match="number or examples"):
        crowd.cluster(tmp_path / "a.txt", tmp_path / "b.jsonl", count=3, like=tmp_path / "a.txt")
