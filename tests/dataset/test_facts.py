"""Repeats among facts: as comparing each with each finds them, without doing so."""

from __future__ import annotations

import random

import pytest

from dramaturg.dataset import facts


def compared(texts: list[str], near: float) -> set[int]:
    """Which repeat an earlier one that repeats none, by comparing each with each."""
    kept: list[frozenset[str]] = []
    again = set()
    for n, text in enumerate(texts):
        bag = frozenset(facts.words(text))
        if any(facts._near(bag, other, near) for other in kept):
            again.add(n)
        else:
            kept.append(bag)
    return again


@pytest.mark.parametrize("near", [0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("longest", [4, 12, 30])
def test_repeats_are_those_that_comparing_each_with_each_finds(near: float, longest: int) -> None:
    rng = random.Random(longest)
    letters = [f"w{chr(97 + k)}" for k in range(longest)] + ["not"]
    texts = [" ".join(rng.sample(letters, rng.randint(longest // 2, longest))) for _ in range(150)]
    assert facts.repeats(texts, near).keys() == compared(texts, near)


def test_short_facts_are_not_compared_with_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    near = facts._near

    def counted(one: frozenset[str], other: frozenset[str], least: float) -> bool:
        nonlocal calls
        calls += 1
        return near(one, other, least)

    monkeypatch.setattr(facts, "_near", counted)
    rng = random.Random(1)
    letters = [f"w{chr(97 + k)}" for k in range(20)]
    texts = [" ".join(rng.sample(letters, 6)) for _ in range(2_000)]
    assert facts.repeats([*texts, " ".join(reversed(texts[0].split()))])[2_000] == (
        0, "near-duplicate",
    )  # fmt: skip
    assert calls == 0
