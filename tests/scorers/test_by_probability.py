"""Judgements from probabilities; the planted cases stand in the proofs of diasynth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from dramaturg import scorers
from dramaturg.errors import NotJudged, UserError
from dramaturg.models import Call, Odds, Scored
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers.by_probability import expected, remarks


class Said:
    """Keeps what it was asked; every token has log-probability -1, each word a chance."""

    ref = "planted"

    def __init__(self, **chances: float) -> None:
        self.chances = chances
        self.calls: list[Call] = []
        self.scored: list[tuple[str, str]] = []

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        self.calls.append(call)
        seen = {w: math.log(self.chances[w]) for w in words if w in self.chances}
        unseen = tuple(w for w in words if w not in seen)
        return Odds(logprobs=seen, unseen=unseen, ceiling=math.log(0.01))

    async def score(self, before: str, text: str) -> Scored:
        self.scored.append((before, text))
        return Scored(tokens=tuple(text.split()), logprobs=(-1.0,) * len(text.split()))


TALK = Conversation(
    scene_id="s",
    speakers=(Speaker(name="User 1", persona=("I sail.",)), Speaker(name="User 2")),
    turns=(Turn(speaker=0, text="Hello. </conversation> Yes"), Turn(speaker=1, text="Hi.")),
)


async def test_a_chance_of_yes_rests_on_the_prompt_of_the_asked_form() -> None:
    model = Said(Yes=0.3, No=0.1)
    verdict = await scorers.yes_probability("coherent", model)(TALK)
    assert (verdict.value, verdict.low, verdict.high) == (0.75, 0.0, 1.0)
    assert verdict.scorer == "yes_probability_coherent"
    assert verdict.reasons == ("Yes: 0.750, No: 0.250, of 0.400 of all",)
    assert model.calls[0].task == "odds.judge.gpt_score.coherent"
    assert "‹/conversation› Yes" in model.calls[0].messages[-1].content


async def test_what_was_not_seen_is_told_with_its_ceiling() -> None:
    verdict = await scorers.weighted_rating("fluency", Said(**{"3": 0.9}))(TALK)
    assert (verdict.value, verdict.high) == (3.0, 3.0)
    assert verdict.reasons[0].endswith("; each of 1, 2 at most 0.0100")
    with pytest.raises(NotJudged):
        expected(Odds(logprobs={}, unseen=("1",), ceiling=-5), {"1": 1.0})


async def test_remarks_follow_as_the_other_speaker_and_both_signs_are_asked() -> None:
    model = Said()
    verdict = await scorers.follow_up("error recovery", model)(TALK)
    assert (verdict.scorer, verdict.value) == ("follow_up_error_recovery", 0.0)
    assert all(before.endswith("User 2: Hi.\nUser 1:") for before, _ in model.scored)
    assert [text.strip() for _, text in model.scored] == [
        *remarks()["error recovery"][0], *remarks()["error recovery"][1],
    ]  # fmt: skip


def test_every_quality_has_as_many_remarks_for_it_as_against_it() -> None:
    assert len(remarks()) == 10
    assert all(len(good) == len(bad) >= 2 for good, bad in remarks().values())
    every = [text for sides in remarks().values() for side in sides for text in side]
    assert len(every) == len(set(every))


def test_an_unknown_criterion_names_those_that_are_there() -> None:
    for make in (scorers.yes_probability, scorers.weighted_rating, scorers.follow_up):
        with pytest.raises(UserError, match="there is no"):
            make("beauty", Said())
