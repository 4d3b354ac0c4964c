"""The pull towards the fact of a turn."""

from __future__ import annotations

from dramaturg.models.embedded.pull import Pull
from dramaturg.models.embedded.shipped import read_bpe

BPE = read_bpe()
FACT = BPE.encode("I work as a beekeeper.")


def test_a_rare_word_that_was_begun_is_pulled_to_its_end_harder_than_to_its_beginning() -> None:
    first = next(n for n, token in enumerate(FACT) if BPE.piece(token).strip() == "bee")
    assert not BPE.piece(FACT[first + 1]).startswith(" ")
    pull = Pull(FACT, BPE, 1.0)
    assert pull.bonuses([])[FACT[first]] == 1.0
    assert pull.bonuses(FACT[: first + 1])[FACT[first + 1]] == Pull.inside
    assert Pull.inside > Pull.follow > 1.0


def test_a_word_that_was_said_is_pulled_no_more_and_strength_0_pulls_nothing() -> None:
    first = next(n for n, token in enumerate(FACT) if BPE.piece(token).strip() == "bee")
    said = BPE.encode("I am a beekeeper who must")
    assert FACT[first] not in Pull(FACT, BPE, 1.0).bonuses(said)
    assert Pull(FACT, BPE, 0.0).bonuses([]) == {}
