"""Which fact does an utterance use, and which reply fits a profile better?"""

from __future__ import annotations

import pytest

from dramaturg.errors import ReplyError
from dramaturg.models import ScriptedModel, ScriptedNLI
from dramaturg.scorers import attribute, better_fit, blind_wins
from dramaturg.scorers.fits import read_choice
from tests.persona.helpers import WordEmbedder

HELD = ("I have two dogs.", "I work at a bakery.")


async def test_signs_are_averaged_and_what_is_left_out_does_not_count() -> None:
    said = "my bakery opens at five"
    (words,) = await attribute([said], [HELD])
    assert words.scores == (0.0, 0.5)  # work, bakery
    assert words.only == 1
    nli = ScriptedNLI({(said, HELD[0]): "entail"})
    (both,) = await attribute([said], [HELD], nli=nli)
    assert both.scores == (0.5, 0.25)
    assert both.used == (0,)
    (third,) = await attribute([said], [HELD], nli=nli, embedder=WordEmbedder())
    assert third.scores[0] == pytest.approx((0 + 1 + 0) / 3, abs=1e-4)


async def test_two_used_facts_are_no_single_one_and_nobody_s_facts_none() -> None:
    both, none = await attribute(["two dogs work at the bakery", "hi"], [HELD, ()])
    assert sorted(both.used) == [0, 1]
    assert both.only is None
    assert (none.scores, none.used) == ((), ())


async def test_a_question_is_not_held_to_be_a_claim() -> None:
    nli = ScriptedNLI({("do you bake ?", HELD[1]): "entail", ("I bake.", HELD[1]): "entail"})
    await attribute(["I bake. do you bake ?"], [HELD], nli=nli)
    assert nli.pairs[1] == ("I bake.", HELD[1])


async def test_measured_a_shown_fact_beats_silence_and_silence_beats_denial() -> None:
    nli = ScriptedNLI({("dogs !", HELD[0]): "entail", ("no pets", HELD[0]): "contradict"})
    asked = (HELD, "any pets ?")
    assert await better_fit(*asked, "dogs !", "hm", nli, seed=1) == 0
    assert await better_fit(*asked, "no pets", "hm", nli, seed=1) == 1
    assert await better_fit(*asked, "well", "hm", nli, seed=1) is None


async def test_asked_a_vote_counts_only_where_both_orders_agree() -> None:
    asked = (HELD, "any pets ?", "dogs !", "hm")
    assert await better_fit(*asked, ScriptedModel("1 - dogs", "Reply 2."), seed=1) == 0
    assert await better_fit(*asked, ScriptedModel("1", "1"), seed=1) is None
    assert await better_fit(*asked, ScriptedModel("neither", "2"), seed=1) is None
    lost = ScriptedModel(by_task={"judge.fits": "Hm."})
    assert await better_fit(*asked, lost, seed=1) is None
    silent = ScriptedModel()
    assert await better_fit(HELD, "any pets ?", "same", "same", silent, seed=1) is None


async def test_wins_are_told_between_neighbours() -> None:
    nli = ScriptedNLI({("b", HELD[0]): "entail", ("c", HELD[0]): "entail"})
    replies = {"deleted": "a", "extended": "b", "whole": "c"}
    assert await blind_wins(HELD, "?", replies, nli, seed=1) == ("extended over deleted",)


def test_only_the_beginning_of_a_reply_is_a_vote() -> None:
    assert [read_choice(r) for r in ("2.", "**1** it", "Neither one", "reply 2: it")] == [
        1, 0, None, 1,
    ]  # fmt: skip
    with pytest.raises(ReplyError, match="neither 1, 2"):
        read_choice("I like 2")
    with pytest.raises(ReplyError):
        read_choice("12")
