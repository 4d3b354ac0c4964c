"""A counted expert pulls the embedded network, and alpha 0 is the network itself."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.generate import Counted, decode_mix
from dramaturg.models.embedded.next_token import EmbeddedTokens

SEA = [
    "I sail my boat on the sea every day.", "We sail out to sea in a small boat.",
    "The sea is where my boat and I belong.", "On my boat I feel the sea under me.",
]  # fmt: skip
LAND = [
    "I drive my car on the road every day.", "We drive out to town in a small car.",
    "The road is where my car and I belong.", "In my car I feel the road under me.",
]  # fmt: skip


@pytest.fixture(scope="module")
def base() -> EmbeddedTokens:
    return EmbeddedTokens()


def counted(name: str, texts: list[str], base: EmbeddedTokens) -> Counted:
    ids = [base.encode(text, begin=False) for text in texts]
    return Counted(name, base.vocabulary, ids, end=base.end)


def say(base: EmbeddedTokens, alpha: float, pull: list[str], push: list[str]) -> str:
    start = base.encode("In my free time I")
    return decode_mix(
        base, counted("pull", pull, base), anti=counted("push", push, base), alpha=alpha,
        prompt=start, expert_prompt=start[2:], end=base.end, max_tokens=9,
    ).text  # fmt: skip


def test_what_was_read_is_not_read_again_and_the_logits_are_the_same(base: EmbeddedTokens) -> None:
    ids = base.encode("I have two dogs and a cat.")
    whole = base.logits(ids)
    for end in range(1, len(ids) + 1):
        step = base.logits(ids[:end])
    assert np.allclose(step, whole, atol=1e-3)
    base.logits(base.encode("Something else entirely."))
    assert np.array_equal(EmbeddedTokens().logits(ids), whole)


def test_alpha_0_is_the_network_s_own_likeliest_text(base: EmbeddedTokens) -> None:
    ids = base.encode("In my free time I")
    own: list[int] = []
    while len(own) < 9 and (not own or own[-1] != base.end):
        own.append(int(base.logits([*ids, *own]).argmax()))
    text = base.text(i for i in own if i != base.end)
    assert say(base, 0.0, SEA, LAND) == text


def test_the_expert_pulls_its_way_and_the_other_way_round(base: EmbeddedTokens) -> None:
    def at_sea(text: str) -> int:
        return sum(text.count(w) for w in ("boat", "sea", "sail"))

    assert at_sea(say(base, 2.0, SEA, LAND)) > 0
    assert at_sea(say(base, 2.0, LAND, SEA)) == 0
    assert at_sea(say(base, 0.0, SEA, LAND)) == 0


def test_counted_odds_sum_to_one_and_rule_nothing_out(base: EmbeddedTokens) -> None:
    expert = counted("sea", SEA, base)
    ids = base.encode("I sail my", begin=False)
    odds = np.exp(expert.logits(ids))
    assert odds.sum() == pytest.approx(1.0)
    assert odds.min() > 0
    assert base.vocabulary[int(odds.argmax())] == " boat"
    assert expert.logits([]).shape == (len(base.vocabulary),)
    with pytest.raises(UserError, match="no text"):
        Counted("none", base.vocabulary, [], end=base.end)


def test_too_many_tokens_or_none_and_a_folder_without_weights_are_refused(
    base: EmbeddedTokens,
) -> None:
    for ids in ([], [40] * 1_025):
        with pytest.raises(UserError, match="cannot be read"):
            base.logits(ids)
    with pytest.raises(UserError, match="no weights"):
        EmbeddedTokens("no-such-folder")
