"""Judgements read from probabilities: the chance of a yes, the expected rating, a likely remark.

Sources: Fu et al. 2023, "GPTScore"; Liu et al. 2023, "G-Eval"; Mehri & Eskenazi 2020, "Unsupervised
evaluation of interactive dialog with DialoGPT" (FED); all as used by Suresh et al. 2024,
"DiaSynth", arXiv:2409.19020.
Differs: a chance of yes is taken against that of no, not against all words; a remark is scored by
itself, not together with the whole talk; each quality has remarks that speak for it and remarks
that speak against it, so that none is a plain loss.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from importlib import resources

from dramaturg.errors import NotJudged, UserError
from dramaturg.models import Call, LogProbModel, Odds
from dramaturg.prompts import Sampling, load, quote, quote_list
from dramaturg.records import Conversation, Cost, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.g_eval import G_EVAL
from dramaturg.scorers.gpt_score import GPT_SCORE
from dramaturg.scorers.yes_no import judge_input, talk

_FIRST = Sampling(temperature=0.0, top_k=None, max_tokens=1)
_MOST = 30.0  # nats a token: no remark of words is less likely than e^-30 a token
_REMARK = re.compile(r"^(\w[\w ]*?) ([+-]) (.+)$", re.MULTILINE)


def yes_probability(criterion: str, model: LogProbModel) -> Scorer:
    """The chance of "yes" against "no" for a question of GPT-Score, in [0, 1]."""
    if criterion not in GPT_SCORE:
        raise UserError(f"there is no question {criterion!r}", fix=f"use {', '.join(GPT_SCORE)}")
    return _ByOdds(f"yes_probability_{criterion}", f"gpt_score_{criterion}", model, _YES_NO)


def weighted_rating(criterion: str, model: LogProbModel) -> Scorer:
    """The rating of G-Eval, each step weighted by its probability: 1 to 5 (fluency: to 3)."""
    if criterion not in G_EVAL:
        raise UserError(f"there is no criterion {criterion!r}", fix=f"use {', '.join(G_EVAL)}")
    steps = {str(step): float(step) for step in range(1, G_EVAL[criterion] + 1)}
    return _ByOdds(f"weighted_rating_{criterion}", f"g_eval_{criterion}", model, steps)


def follow_up(quality: str, model: LogProbModel) -> Scorer:
    """How much likelier remarks are that speak for a quality than those that speak against it.

    In nats a token, about 0 where the talk decides nothing; higher is better.
    """
    if quality not in remarks():
        raise UserError(f"there is no quality {quality!r}", fix=f"use {', '.join(remarks())}")
    return _FollowUp(quality, model)


@functools.cache
def remarks() -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By quality the remarks of a next turn that speak for it, and those against it."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    file = resources.files("dramaturg.scorers").joinpath("data", "follow_ups.txt")
    for quality, sign, text in _REMARK.findall(file.read_text(encoding="utf-8")):
        found.setdefault(quality, ([], []))[sign == "-"].append(text)
    return {quality: (tuple(good), tuple(bad)) for quality, (good, bad) in found.items()}


def expected(odds: Odds, values: Mapping[str, float]) -> tuple[float, str]:
    """The mean of the values by the chances of their words, among these words alone.

    Returns:
        The mean, and in words what it rests on.

    Raises:
        NotJudged: If none of the words is among the likeliest.
    """
    chances = {word: math.exp(odds.logprobs[word]) for word in values if word in odds.logprobs}
    mass = sum(chances.values())
    if not mass:
        raise NotJudged("the answer begins with none of " + ", ".join(values), kind="no answer")
    mean = sum(values[word] * chance for word, chance in chances.items()) / mass
    told = ", ".join(f"{word}: {chance / mass:.3f}" for word, chance in chances.items())
    rest = [word for word in values if word not in chances]
    unseen = f"; each of {', '.join(rest)} at most {math.exp(odds.ceiling):.4f}" if rest else ""
    return mean, f"{told}, of {mass:.3f} of all{unseen}"


_YES_NO = {"Yes": 1.0, "No": 0.0}


class _ByOdds:
    version, cost_rank = "logprob-1", PROMPTED

    def __init__(
        self, name: str, prompt: str, model: LogProbModel, values: Mapping[str, float]
    ) -> None:
        self.name, self.model, self._values = name, model, values
        self.low, self.high = min(values.values()), max(values.values())
        self._prompt = load("dramaturg.scorers", prompt)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        told = judge_input(conversation)
        places = {
            "facts_1": quote_list(told.facts_1),
            "facts_2": quote_list(told.facts_2),
            "conversation": talk(told.turns),
        }
        call = Call(
            task=f"odds.{self._prompt.name}",
            messages=self._prompt.render({p: places[p] for p in self._prompt.places}),
            prompt_hash=self._prompt.hash,
            sampling=_FIRST,
            seed=seed,
            about=conversation.id,
        )
        odds = await self.model.odds(call, tuple(self._values))
        value, why = expected(odds, self._values)
        return _verdict(self, conversation, value, (why,), odds.cost)


class _FollowUp:
    version, cost_rank, low, high = "logprob-1", PROMPTED, -_MOST, _MOST

    def __init__(self, quality: str, model: LogProbModel) -> None:
        self.name, self.model = f"follow_up_{quality.replace(' ', '_')}", model
        self._for, self._against = remarks()[quality]

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        lines = [f"User {turn.speaker + 1}: {quote(turn.text)}" for turn in conversation.turns]
        last = conversation.turns[-1].speaker
        nobody = next((t.speaker for t in reversed(conversation.turns) if t.speaker != last), 1)
        before = "\n".join([*lines, f"User {nobody + 1}:"])
        good, paid_good = await self._mean(before, self._for)
        bad, paid_bad = await self._mean(before, self._against)
        why = f"for it {good:.3f}, against it {bad:.3f} nats a token"
        value = min(max(good - bad, self.low), self.high)
        return _verdict(self, conversation, value, (why,), paid_good + paid_bad)

    async def _mean(self, before: str, remarks: Sequence[str]) -> tuple[float, Cost]:
        """Mean over the remarks of their mean log-probability a token."""
        total, cost = 0.0, Cost()
        for remark in remarks:
            scored = await self.model.score(before, f" {remark}")
            total += scored.total / len(scored.tokens)
            cost += scored.cost
        return total / len(remarks), cost


def _verdict(
    scorer: _ByOdds | _FollowUp,
    conversation: Conversation,
    value: float,
    reasons: tuple[str, ...],
    cost: Cost,
) -> Verdict:
    return Verdict(
        subject=conversation.id,
        scorer=scorer.name,
        version=scorer.version,
        value=round(value, 6),
        low=scorer.low,
        high=scorer.high,
        reasons=reasons,
        model=scorer.model.ref,
        cost=timeless(cost),
    )
