"""Near-duplicates by words: all of them, and nothing else."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.people_made import DUPLICATES, made
from dramaturg.crowd import alike as of_words
from dramaturg.crowd.alike import Alike, alike, bags_for, repeats
from dramaturg.crowd.tokens import tokens
from dramaturg.dataset.facts import changes_meaning
from dramaturg.errors import UserError

THIRTEEN = "a retired nurse who restores old wooden boats and teaches chess to children"


def pairs_of(texts: list[str], near: float = 0.9) -> Alike:
    with closing(bags_for(near)) as bags:
        bags.extend(texts)
        bags.ready()
        return alike(bags, near)


def found(texts: list[str], near: float = 0.9) -> dict[int, tuple[int, float]]:
    return {n: (kept, round(s, 3)) for n, (kept, s) in repeats(pairs_of(texts, near)).items()}


def share(one: str, other: str) -> float:
    """By the definition: the share of words that need not be changed."""
    a, b = Counter(tokens(one)), Counter(tokens(other))
    if any(changes_meaning(word) for word in (a - b) + (b - a)):
        return 0.0
    changed = max((a - b).total(), (b - a).total())
    return 1 - changed / max(a.total(), b.total())


def test_one_word_changed_at_thirteen_words_is_found_and_at_nine_is_not() -> None:
    changed = THIRTEEN.replace("nurse", "miller")
    assert len(tokens(THIRTEEN)) == 13
    assert found([THIRTEEN, changed]) == {1: (0, 0.923)}
    nine, ten = THIRTEEN.split()[:9], THIRTEEN.split()[:10]
    assert found([" ".join(nine), " ".join(["the", *nine[1:]])]) == {}
    assert found([" ".join(ten), " ".join(["the", *ten[1:]])]) == {1: (0, 0.9)}


def test_one_word_added_or_taken_away_counts_as_one_changed() -> None:
    words = THIRTEEN.split()
    assert found([" ".join(words[:9]), " ".join(words[:10])]) == {1: (0, 0.9)}
    assert found([" ".join(words[:10]), " ".join(words[:9])]) == {1: (0, 0.9)}
    assert found([" ".join(words[:8]), " ".join(words[:9])]) == {}


def test_case_punctuation_and_order_make_no_difference_and_repeated_words_do() -> None:
    assert found(["I have two dogs.", "dogs: TWO, have I!"]) == {1: (0, 1.0)}
    assert found(["no no no", "no no"]) == {}
    assert found(["tea tea tea", "tea tea", "tea"]) == {}


@pytest.mark.parametrize("word", ["not", "never", "without", "7"])
def test_a_negation_or_a_number_makes_another_person(word: str) -> None:
    words = THIRTEEN.split()
    assert found([THIRTEEN, " ".join([*words[:4], word, *words[4:]])]) == {}
    assert found([THIRTEEN, " ".join([*words[:4], "often", *words[4:]])]) == {1: (0, 0.929)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (THIRTEEN.replace("restores", "loves"), THIRTEEN.replace("restores", "hates")),
        ("我是一名在北京工作的医生，喜欢喝茶和读书", "我是一名在北京工作的医生，不喜欢喝茶和读书"),
        ("Ich bin Arzt in Bonn und wandere seit Jahren gern im Wald",
         "Ich bin Arzt in Bonn und wandere seit Jahren nicht gern im Wald"),
        ("Я врач из Москвы и много лет подряд люблю гулять в лесу",
         "Я врач из Москвы и много лет подряд не люблю гулять в лесу"),
    ],
)  # fmt: skip
def test_hating_and_negations_of_other_languages_make_another_person(one: str, other: str) -> None:
    assert found([one, other]) == {}


@pytest.mark.parametrize("size", [22, 47])
def test_many_alike_take_little_memory_and_no_pair_is_compared_twice(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(2)
    vocabulary = ["".join(word) for word in itertools.product("bdfgk", "aeiou", "lmrst", "aeiou")]
    rows = []
    for _ in range(6):
        words = draw.choices(vocabulary, k=size)
        for _ in range(40):
            at = draw.randrange(size)
            rows.append(" ".join([*words[:at], draw.choice(vocabulary), *words[at + 1 :]]))
    plain = pairs_of(rows)
    monkeypatch.setattr(of_words, "_HELD", 100)
    held = pairs_of(rows)
    for name in ("earlier", "later", "share"):
        assert getattr(plain, name).tolist() == getattr(held, name).tolist()
    compared: list[int] = []
    near = of_words._near

    def counted(bags: Any, first: Any, second: Any, at: float) -> Any:
        compared.append(len(first))
        return near(bags, first, second, at)

    monkeypatch.setattr(of_words, "_near", counted)
    with closing(bags_for(0.9)) as bags:
        bags.extend(rows)
        bags.ready()
        of_words._signed(bags, np.ones(len(rows), dtype=bool), 0.9)
    assert sum(compared) <= 6 * 40 * 39 // 2


def test_other_scripts_are_compared_by_their_own_words() -> None:
    chinese = "我是一名在北京工作的医生喜欢喝茶"
    assert found([chinese, chinese.replace("茶", "酒")]) == {1: (0, 0.938)}
    assert found(["我喜欢茶", "他讨厌酒", "Меня зовут Анна", "меня зовут АННА!"]) == {3: (2, 1.0)}
    assert found(["🙂", "🙃", "🙂", "...", "???"]) == {2: (0, 1.0)}


def test_of_a_chain_only_the_second_repeats() -> None:
    words = THIRTEEN.split()
    second, third = ["the", *words[1:]], ["the", "young", *words[2:]]
    assert found([" ".join(w) for w in (words, second, third)]) == {1: (0, 0.923)}


def test_a_repeat_of_a_repeat_is_told_with_the_one_that_is_kept() -> None:
    second = THIRTEEN.replace("nurse", "miller")
    assert found([THIRTEEN, second, second.upper()]) == {1: (0, 0.923), 2: (0, 0.923)}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.8, 0.85, 0.9, 0.95, 1.0]))
def test_every_pair_that_brute_force_finds_is_found_and_no_other(seed: int, near: float) -> None:
    draw = random.Random(seed)
    vocabulary = [f"w{chr(97 + n)}" for n in range(draw.choice([6, 12, 26]))] + ["not", "2"]
    texts: list[str] = []
    for _ in range(120):
        if texts and draw.random() < 0.5:
            words = draw.choice(texts).split()
            for _ in range(draw.randint(0, 3)):
                at = draw.randrange(len(words))
                words[at : at + draw.randint(0, 1)] = draw.choices(vocabulary, k=draw.randint(0, 2))
                words = words or ["w"]
            texts.append(" ".join(words))
        else:
            texts.append(" ".join(draw.choices(vocabulary, k=draw.randint(1, 24))))
    got = pairs_of(texts, near)
    first: dict[tuple[str, ...], int] = {}
    same = [first.setdefault(tuple(sorted(tokens(text))), n) for n, text in enumerate(texts)]
    wanted = {(same[n], n): 1.0 for n in range(len(texts)) if same[n] != n}
    kept = [n for n in range(len(texts)) if same[n] == n]
    for j in kept:
        for i in kept:
            if i < j and (s := share(texts[i], texts[j])) >= near - 1e-9:
                wanted[i, j] = s
    pairs = zip(got.earlier.tolist(), got.later.tolist(), strict=True)
    there = dict(zip(pairs, got.share.tolist(), strict=True))
    short = {p for p in wanted if max(len(texts[n].split()) for n in p) * (1 - near) < 5 - 1e-6}
    assert short <= there.keys() <= wanted.keys()
    assert there == pytest.approx({p: wanted[p] for p in there})


def test_long_texts_are_found_too_and_told_apart() -> None:
    draw = random.Random(3)
    vocabulary = [f"word{n}" for n in range(2_000)]
    texts = []
    for n in range(200):
        words = draw.choices(vocabulary, k=draw.choice([55, 80, 150, 300]))
        texts.append(
            " ".join(word.replace(word[4:], "x" * len(word[4:]) + word[4:]) for word in words)
        )
        changed = [w if k % 12 else f"other{chr(97 + n % 26)}" for k, w in enumerate(words)]
        texts.append(" ".join(changed))
    plain = [text.translate(str.maketrans("0123456789", "abcdefghij")) for text in texts]
    originals = [t.replace("x", "") for t in plain[::2]]
    rows = [text for pair in zip(originals, plain[1::2], strict=True) for text in pair]
    got = found(rows)
    assert len([n for n in got if n % 2]) >= 196  # MinHash: 2 % may be missed
    assert all(kept == n - 1 for n, (kept, _) in got.items())


def test_a_crowd_of_nearly_the_same_is_thinned_to_one() -> None:
    rows = [f"{THIRTEEN} of town {'abcdefghijklmnopqrstuvwxyz'[n % 26]}{'xyz'[n // 26 % 3]}ville"
            for n in range(700)]  # fmt: skip
    got = found(rows)
    assert len(got) == 699
    assert {kept for kept, _ in got.values()} == {0}


def test_what_was_planted_is_found_and_what_is_no_duplicate_stays() -> None:
    rows = list(made(20_000, seed=5))
    got = found([row.text for row in rows])
    planted = {n for n, row in enumerate(rows) if row.kind in DUPLICATES}
    assert len(planted) > 1_000
    assert len(planted & got.keys()) / len(planted) >= 0.98
    assert len(planted & got.keys()) / len(got) >= 0.98
    assert all(got[n][0] == rows[n].of for n in planted & got.keys())


@pytest.mark.parametrize("near", [0.79, 1.01, -1])
def test_a_share_out_of_range_is_refused(near: float) -> None:
    with pytest.raises(UserError, match="out of range"):
        bags_for(near)


def test_no_text_and_one_text_are_no_pair() -> None:
    assert found([]) == found(["one"]) == {}
