"""Decoding with an expert, on toy models whose every logit is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import BackendError, UserError
from dramaturg.generate.decode import check_shared_vocabulary, decode_mix, mix_logits

WORDS = ["<s>", "I ", "love ", "hate ", "crowds", "books", "<end>"]
END = 6


class Toy:
    """A bigram model: a row of logits after each last token."""

    def __init__(self, table: dict[int, dict[int, float]], words: Sequence[str] = WORDS) -> None:
        self.ref, self.vocabulary = "toy", words
        self._table = table
        self.read: list[list[int]] = []

    def text(self, ids: Iterable[int]) -> str:
        return "".join(self.vocabulary[i] for i in ids)

    def logits(self, ids: Sequence[int]) -> Any:
        self.read.append(list(ids))
        row = np.full(len(self.vocabulary), -np.inf)
        for token, value in self._table[ids[-1] if ids else 0].items():
            row[token] = value
        return row


BASE = {0: {1: 1.0}, 1: {2: 1.0, 3: 0.8}, 2: {4: 1.0, 5: 0.9}, 3: {4: 1.0, 5: 0.2},
        4: {END: 1.0}, 5: {END: 1.0}}  # fmt: skip
SHY = {i: dict.fromkeys(range(7), 0.0) for i in range(7)}
SHY[1][3], SHY[4][0] = 2.0, 99.0


def say(alpha: float, **more: Any) -> str:
    return decode_mix(
        Toy(BASE), Toy(SHY), alpha=alpha, prompt=[0], expert_prompt=[0], end=END, **more
    ).text


def test_alpha_0_is_the_base_and_more_of_it_the_expert() -> None:
    assert say(0.0) == "I love crowds"
    assert say(0.05) == "I love crowds", "0.05 * 2 does not make up for 0.2"
    assert say(0.5) == "I hate crowds"


def test_a_token_that_the_base_bans_stays_banned_however_much_the_expert_wants_it() -> None:
    assert "<s>" not in say(4.0)
    mixed = mix_logits(np.array([0.0, -np.inf]), np.array([-5.0, 1e9]), alpha=10.0)
    assert mixed[1] == -np.inf
    sure = mix_logits(np.array([0.0, -np.inf]), np.array([0.0, np.inf]), alpha=1.0)
    assert sure.tolist() == [0.0, -np.inf], "not even where the expert allows nothing else"


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.floats(-50, 50), st.just(-np.inf)), min_size=2, max_size=8),
    st.integers(0, 99),
)
def test_alpha_0_equals_the_base_to_the_last_bit(row: list[float], seed: int) -> None:
    base = np.array(row)
    expert = np.random.default_rng(seed).normal(size=len(row))
    expert[0] = -np.inf
    anti = expert[::-1].copy()
    assert np.array_equal(mix_logits(base, expert, anti, alpha=0.0), base)


def test_what_the_anti_expert_never_says_is_not_made_certain() -> None:
    mixed = mix_logits(np.zeros(3), np.zeros(3), np.array([0.0, 2.0, -np.inf]), alpha=1.0)
    assert mixed.tolist() == [0.0, -2.0, 0.0]


def test_an_anti_expert_pushes_away() -> None:
    pushed = decode_mix(
        Toy(BASE), Toy({i: dict.fromkeys(range(7), 0.0) for i in range(7)}),
        anti=Toy({i: dict.fromkeys(range(7), 0.0) | {2: 3.0} for i in range(7)}),
        alpha=1.0, prompt=[0], expert_prompt=[0], end=END,
    )  # fmt: skip
    assert pushed.text == "I hate crowds"


def test_the_expert_reads_its_own_prompt_and_the_reply_so_far() -> None:
    base, expert = Toy(BASE), Toy(SHY)
    decode_mix(base, expert, alpha=0.5, prompt=[5, 0], expert_prompt=[4], end=END, max_tokens=2)
    assert base.read == [[5, 0], [5, 0, 1]]
    assert expert.read == [[4], [4, 1]]


def test_different_vocabularies_are_refused_and_the_first_difference_named() -> None:
    other = Toy(SHY, [*WORDS[:3], "dislike ", *WORDS[4:]])
    with pytest.raises(UserError, match="different vocabularies") as found:
        check_shared_vocabulary(Toy(BASE), other)
    assert found.value.why == "token 3 is 'hate ' in one and 'dislike ' in the other"
    with pytest.raises(UserError, match="different vocabularies"):
        decode_mix(Toy(BASE), Toy(SHY, WORDS[:-1]), alpha=0.0, prompt=[0], end=5)
    with pytest.raises(UserError, match="share one vocabulary"):
        mix_logits(np.zeros(2), np.zeros(3), alpha=0.0)


@pytest.mark.parametrize("alpha", [-0.5, float("nan"), float("inf")])
def test_an_alpha_that_is_no_weight_is_refused(alpha: float) -> None:
    with pytest.raises(UserError, match="alpha"):
        say(alpha)


def test_models_that_agree_on_nothing_say_so() -> None:
    nothing = Toy({i: {0: 1.0} for i in range(7)})
    with pytest.raises(BackendError, match="agree on no next token"):
        decode_mix(Toy(BASE), nothing, alpha=1.0, prompt=[0], end=END, expert_prompt=[0])


def test_drawing_follows_the_seed_and_the_length_is_kept() -> None:
    draws = {say(0.0, temperature=1.0, seed=seed) for seed in range(30)}
    assert {"I love crowds", "I hate crowds", "I love books"} <= draws
    assert say(0.0, temperature=1.0, seed=7) == say(0.0, temperature=1.0, seed=7)
    with pytest.raises(UserError, match="temperature"):
        say(0.0, temperature=-1.0)
    short = decode_mix(Toy(BASE), Toy(SHY), alpha=0.0, prompt=[0], expert_prompt=[0], end=END,
                       max_tokens=1)  # fmt: skip
    assert (short.text, short.ended) == ("I ", False)
