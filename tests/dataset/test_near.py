"""Near-duplicates are found by what texts share, as exact comparison finds them."""

from __future__ import annotations

import random

from dramaturg.dataset.near import Overlaps, near_repeats

WORDS = [f"word{n}" for n in range(400)]


def text(rng: random.Random, length: int = 60) -> list[str]:
    return [rng.choice(WORDS) for _ in range(length)]


def jaccard(one: str, other: str) -> float:
    def shingles(text: str) -> set[tuple[str, ...]]:
        said = text.split()
        return {tuple(said[n : n + 3]) for n in range(len(said) - 2)}

    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def test_it_finds_what_comparing_every_pair_finds() -> None:
    rng = random.Random(5)
    texts: list[str] = []
    for _ in range(60):
        said = text(rng)
        texts.append(" ".join(said))
        changed = [w if rng.random() > 0.03 else rng.choice(WORDS) for w in said]
        texts.append(" ".join(changed))
    wanted = {
        (i, j) for j in range(len(texts)) for i in range(j) if jaccard(texts[i], texts[j]) >= 0.8
    }
    overlaps = Overlaps()
    for said_text in texts:
        overlaps.add(said_text)
    found = {(i, j): s for i, j, s in overlaps.pairs(0.8)}
    assert set(found) == wanted
    assert 20 < len(wanted) < 60
    assert all(abs(s - jaccard(texts[i], texts[j])) < 1e-9 for (i, j), s in found.items())


def test_a_chain_of_repeats_leads_to_its_first() -> None:
    rng = random.Random(1)
    said = text(rng, 100)
    near = [*said[:-1], "other"]
    texts = [" ".join(said), "We ski.", " ".join(near), " ".join(said).upper() + "!"]
    repeats = near_repeats(texts)
    assert {n: first for n, (first, _) in repeats.items()} == {2: 0, 3: 0}
    assert repeats[3][1] == 1.0
    assert 0.95 < repeats[2][1] < 1.0


def test_short_and_empty_texts_are_compared_whole() -> None:
    assert near_repeats(["", "Hi", "Hi!", "?", "Hi there"]) == {2: (1, 1.0), 3: (0, 1.0)}
    assert near_repeats([]) == {}


def test_a_thousand_equal_texts_are_one_group_without_every_pair() -> None:
    overlaps = Overlaps()
    for _ in range(1_000):
        overlaps.add("the same words again and again and again")
    assert sum(1 for _ in overlaps.pairs()) <= 2_000
