"""Near-duplicates are found by what texts share, as exact comparison finds them."""

from __future__ import annotations

import random

import pytest

from dramaturg.dataset.near import Overlaps, near_repeats
from dramaturg.errors import UserError

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
    found = {(i, j): s for i, j, s in overlaps.pairs()}
    assert set(found) == wanted
    assert 20 < len(wanted) < 60
    assert all(abs(s - jaccard(texts[i], texts[j])) < 1e-9 for (i, j), s in found.items())


@pytest.mark.parametrize("near", [0.5, 0.6, 0.7, 0.8])
def test_pairs_just_at_the_threshold_are_found(near: float) -> None:
    """400 planted pairs whose true overlap is the threshold, or a little more."""
    rng = random.Random(7)
    overlaps, planted = Overlaps(near), 0
    while planted < 400:
        said = [f"v{rng.randrange(10**6)}" for _ in range(100)]
        common = round(98 * 2 * near / (1 + near))  # of the 98 shingles of each text
        other = said[: common + 3] + [f"v{rng.randrange(10**6)}" for _ in range(97 - common)]
        if jaccard(" ".join(said), " ".join(other)) < near:
            continue
        planted += 1
        overlaps.add(" ".join(said))
        overlaps.add(" ".join(other))
    found = {(i, j) for i, j, _ in overlaps.pairs()}
    assert len(found & {(2 * n, 2 * n + 1) for n in range(planted)}) >= planted - 1


def test_a_threshold_that_is_not_searched_for_is_refused() -> None:
    for near in (0.49, 1.1, float("nan")):
        with pytest.raises(UserError, match="out of range"):
            Overlaps(near)


def test_what_hangs_on_a_chain_and_is_near_nothing_kept_is_no_repeat() -> None:
    one = [f"a{n}" for n in range(60)]
    two = one[6:] + [f"b{n}" for n in range(6)]
    three = two[6:] + [f"c{n}" for n in range(6)]
    texts = [" ".join(said) for said in (one, two, three, three)]
    assert jaccard(texts[0], texts[1]) >= 0.8 > jaccard(texts[0], texts[2])
    repeats = near_repeats(texts)
    assert repeats == {1: (0, jaccard(texts[0], texts[1])), 3: (2, 1.0)}


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
