"""`crowd.pair`: every constraint holds on the pairs that are written."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.people_made import made
from dramaturg import crowd
from dramaturg.dataset import load_personas
from dramaturg.errors import UserError


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def people(path: Path, n: int, seed: int = 1) -> list[dict[str, Any]]:
    """People with one to four categories of eight."""
    draw = random.Random(seed)
    rows = [
        {"text": row.text, "categories": draw.sample("abcdefgh", draw.randint(1, 4))}
        for row in made(n, seed)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return rows


@pytest.mark.parametrize("prefer", ["alike", "any", "different"])
@pytest.mark.parametrize(("share", "at_most"), [(0, 1), (1, 1), (2, 3)])
def test_every_pair_keeps_every_constraint(
    tmp_path: Path, prefer: Any, share: int, at_most: int
) -> None:
    rows = people(tmp_path / "a.jsonl", 400)
    told = crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", share=share, at_most=at_most,
                      prefer=prefer, likeness=(-0.5, 0.85),
                      splits={"train": 3, "test": 1})  # fmt: skip
    pairs = rows_of(tmp_path / "b.jsonl")
    partners: Counter[int] = Counter()
    splits: dict[int, str] = {}
    for pair in pairs:
        one, two = (line - 1 for line in pair["lines"])
        assert pair["user_1"] == [rows[one]["text"]]
        common = set(rows[one]["categories"]) & set(rows[two]["categories"])
        assert len(common) >= share
        assert set(pair["shared_categories"]) == common
        assert -0.5 <= pair["cosine"] <= 0.85
        partners.update((one, two))
        for n in (one, two):
            assert splits.setdefault(n, pair["split"]) == pair["split"]
    assert max(partners.values()) <= at_most
    assert len({tuple(pair["lines"]) for pair in pairs}) == len(pairs)
    assert told.figures["most_partners"] == max(partners.values())
    assert told.figures["pairs_over_splits"] == told.figures["near_duplicates_over_splits"] == 0
    assert len(partners) > (300 if share < 2 else 150)
    left = [row["line"] - 1 for row in rows_of(told.left_out)] if told.left_out else []
    assert sorted([*left, *partners]) == list(range(400))


def test_near_duplicates_are_in_one_split_and_never_a_pair(tmp_path: Path) -> None:
    rows = list(made(2_000, seed=3))
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"text": r.text}) for r in rows))
    crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", share=0, likeness=(-1, 1),
               splits={"train": 0.5, "test": 0.5})  # fmt: skip
    left = rows_of(tmp_path / "b.dropped.jsonl") if (tmp_path / "b.dropped.jsonl").exists() else []
    assert not [row for row in left if "another split" in row["reason"]]
    split: dict[int, str] = {}
    for pair in rows_of(tmp_path / "b.jsonl"):
        one, two = (line - 1 for line in pair["lines"])
        split |= {one: pair["split"], two: pair["split"]}
        for a, b in ((one, two), (two, one)):
            assert not (rows[a].of == b and rows[a].kind in ("same", "order", "edit-1", "edit-2"))
    both = [
        (split[n], split[row.of]) for n, row in enumerate(rows)
        if row.kind in ("same", "order", "edit-1", "edit-2") and {n, row.of} <= split.keys()
    ]  # fmt: skip
    assert len(both) > 50
    assert all(one == other for one, other in both)
    assert 0.4 < sum(name == "train" for name in split.values()) / len(split) < 0.6


def test_nearer_partners_are_taken_when_they_are_preferred(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl", 600)
    cosine = {}
    for prefer in ("alike", "any", "different"):
        made_ = crowd.pair(tmp_path / "a.jsonl", tmp_path / f"{prefer}.jsonl", prefer=prefer)
        cosine[prefer] = made_.figures["mean_cosine"]
    assert cosine["alike"] > cosine["any"] + 0.1
    assert cosine["any"] > cosine["different"] + 0.1


def test_n_pairs_are_n_and_everyone_meets_somebody_before_anyone_meets_two(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl", 300)
    crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", 100, share=0, at_most=4)
    partners = Counter(line for pair in rows_of(tmp_path / "b.jsonl") for line in pair["lines"])
    assert sum(partners.values()) == 200
    assert max(partners.values()) == 1
    with pytest.raises(UserError, match="pairs can be made of 300 people, not 5,000"):
        crowd.pair(tmp_path / "a.jsonl", tmp_path / "c.jsonl", 5_000)


def test_even_takes_as_many_of_each_category(tmp_path: Path) -> None:
    rows = [
        {"text": f"person number {n} of the town", "category": "ab"[n % 10 == 0]}
        for n in range(400)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", 30, even=True, likeness=(-1, 1))
    pairs = rows_of(tmp_path / "b.jsonl")
    assert Counter(pair["shared_categories"][0] for pair in pairs) == {"a": 15, "b": 15}


def test_a_row_s_own_split_is_kept_and_what_leaks_is_left_out(tmp_path: Path) -> None:
    rows = [{"text": row.text, "split": "train"} for row in made(40, seed=1, share=0)]
    rows += [{"text": row.text, "split": "test"} for row in made(20, seed=9, share=0)]
    rows.append({"text": rows[0]["text"].upper(), "split": "test"})
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", share=0)
    assert told.figures["splits"] == {"train": 20, "test": 10}
    (left,) = rows_of(tmp_path / "b.dropped.jsonl")
    assert left["line"] == 61
    assert left["reason"] == "no partner: somebody in another split says the same"


def test_the_pairs_are_read_by_a_run(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl", 100)
    made_ = crowd.pair(tmp_path / "a.jsonl", tmp_path / "b.jsonl", share=0)
    loaded = load_personas(tmp_path / "b.jsonl")
    assert len(loaded.pairs) == made_.kept == 50
    assert not loaded.drops


def test_the_same_seed_gives_the_same_bytes_with_tables_of_many(tmp_path: Path) -> None:
    rows = [json.dumps({"text": row.text}) for row in made(4_000, seed=4)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))

    def embed(texts: Any) -> Any:
        """Vectors that cost nothing: by letters."""
        found = np.array([[text.count(c) + 0.5 for c in "abcdeghiklmnoprst"] for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    for out in ("b.jsonl", "c.jsonl"):
        told = crowd.pair(tmp_path / "a.jsonl", tmp_path / out, share=0, embed=embed,
                          likeness=(-1, 1))  # fmt: skip
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "c.jsonl").read_bytes()
    assert told.figures["paired"] >= 3_950
    assert told.figures["mean_cosine"] > told.figures["mean_cosine_of_random_pairs"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": 0}, "1 or more"),
        ({"at_most": 0}, "1 or more"),
        ({"likeness": (0.9, 0.1)}, "no cosine lies between"),
        ({"splits": {"train": 0.0}}, "above 0"),
        ({"likeness": (0.999, 1.0)}, "0 pairs can be made"),
        ({"share": 2}, "do not have"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, given: Any, said: str) -> None:
    (tmp_path / "a.txt").write_text("I ski.\nI bake bread.\nMy cat sleeps.\n")
    with pytest.raises(UserError, match=said):
        crowd.pair(tmp_path / "a.txt", tmp_path / "b.jsonl", **given)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
