"""The benchmark's rows: what is planted is at the distance that it is said to be."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks import people
from benchmarks.people_made import DECOYS, DUPLICATES, Made, made, write
from dramaturg.crowd.tokens import tokens
from dramaturg.dataset.facts import changes_meaning


@pytest.fixture(scope="module")
def rows() -> list[Made]:
    return list(made(6_000, seed=11))


def changed(one: str, other: str) -> tuple[int, int]:
    """Words of the longer text, and how many of them must be changed."""
    a, b = Counter(tokens(one)), Counter(tokens(other))
    return max(a.total(), b.total()), max((a - b).total(), (b - a).total())


@pytest.mark.parametrize(
    ("kind", "edits"), [("same", 0), ("order", 0), ("typo", 1), ("edit-1", 1), ("edit-2", 2)]
)
def test_a_duplicate_is_as_far_as_its_name_says(rows: list[Made], kind: str, edits: int) -> None:
    planted = [row for row in rows if row.kind == kind]
    assert len(planted) > 10
    for row in planted:
        size, words = changed(row.text, rows[row.of].text)
        assert words == edits <= size / 10
        assert kind == "same" or row.text != rows[row.of].text


@pytest.mark.parametrize("kind", DECOYS)
def test_a_decoy_is_no_duplicate(rows: list[Made], kind: str) -> None:
    planted = [row for row in rows if row.kind == kind]
    assert len(planted) > 10
    for row in planted:
        size, words = changed(row.text, rows[row.of].text)
        more = set(tokens(row.text)) - set(tokens(rows[row.of].text))
        assert words > size / 10 or any(map(changes_meaning, more))


def test_rows_that_were_not_planted_are_strangers(rows: list[Made]) -> None:
    fresh = [row.text for row in rows if row.kind == "new"][:300]
    for one, other in combinations(fresh, 2):
        size, words = changed(one, other)
        assert words > size / 10


def test_the_same_seed_makes_the_same_rows_and_no_row_is_planted_twice(rows: list[Made]) -> None:
    assert list(made(6_000, seed=11)) == rows
    assert list(made(100, seed=12)) != rows[:100]
    sources = [row.of for row in rows if row.of >= 0]
    assert len(set(sources)) == len(sources)
    assert all(rows[of].kind == "new" for of in sources)


def test_the_benchmark_counts_hits_and_mistakes(tmp_path: Path) -> None:
    truth = {1: "same", 2: "edit-1", 3: "decoy-not", 4: "edit-1"}
    by_kind, overall = people.graded({1, 2, 3, 9}, truth)
    assert by_kind == {"same": "1.0000", "edit-1": "0.5000"}
    assert overall == ["0.6667", "0.5000", "0.6667", "2 (1 decoys)"]
    planted = write(tmp_path / "people.jsonl", 500).read_text().splitlines()
    assert len((tmp_path / "people.jsonl").read_text().splitlines()) == 500
    assert {json.loads(line)["kind"] for line in planted} <= {*DUPLICATES, *DECOYS}


def test_the_curve_says_exponent_and_projection() -> None:
    measured = {
        n: {"dedupe": {"seconds": n / 1e5, "cpu": n / 1e5, "peak": 1.0}} for n in (10**5, 10**6)
    }
    table = people.curve(measured)
    assert table[1][-2:] == ["1.00", "2 min"]
