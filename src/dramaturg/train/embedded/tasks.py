"""The short tasks (induce, answer, ask, more), drawn from the same conversations."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import FACT_TOKENS, Ids
from dramaturg.models.embedded.overlap import share_said
from dramaturg.train.embedded.selffacts import as_fact, statements
from dramaturg.train.embedded.sources import Source

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ABOUT_YOU = re.compile(r"\b(?:you|your)\b", re.I)
_LEADS_ON = re.compile(r"\b(?:that|it|this|there|about you|too|them|those)\b", re.I)


class Tasks:
    """Question and answer pairs of the training conversations, and their profiles."""

    def __init__(self, sources: list[Source], counts: dict[str, int] | None = None) -> None:
        self.counts = (
            counts
            if counts is not None
            else {"induce": 6000, "answer": 9000, "ask": 2500, "more": 4000}
        )
        self.pairs: dict[str, list[tuple[str, list[str]]]] = {}
        self.profiles = [side for source in sources for side in source.facts if len(side) >= 3]
        for source in sources:
            for before, after in zip(source.turns, source.turns[1:], strict=False):
                question = asked(before[1])
                said = statements(" ".join(_SENTENCE.split(after[1])[:2])) if question else []
                if said:
                    entry = (said[0], source.facts[after[0]])
                    self.pairs.setdefault(question, []).append(entry)
        self.questions = sorted(self.pairs)
        self.often = [question for question in self.questions if len(self.pairs[question]) > 1]

    def draw(self, encode: Callable[[str], Ids], rng: random.Random) -> Iterator[tuple[Ids, Ids]]:
        """Prompt and reply of each drawn task."""

        def coded(facts: list[str]) -> list[Ids]:
            return [encode(fact)[:FACT_TOKENS] for fact in facts]

        for _ in range(self.counts["induce"]):
            question = self._question(rng)
            pairs = self.pairs[question]
            some = rng.sample(pairs, min(len(pairs), rng.randint(1, 3)))
            answers = [as_fact(said, rng) for said, _ in some]
            yield formats.induce(coded(answers)), encode(question)
        for _ in range(self.counts["answer"]):
            question = self._question(rng)
            said, profile = rng.choice(self.pairs[question])
            known = [fact for fact in profile if share_said(fact, said) < 0.5]
            known = rng.sample(known, min(len(known), rng.randint(0, 5)))
            yield formats.answer(coded(known), encode(question)), encode(as_fact(said, rng))
        for _ in range(self.counts["ask"]):
            chosen = rng.sample(self.often, min(6, len(self.often)))
            if len(chosen) < 2:
                continue
            yield formats.ask(coded(chosen[:-1])), encode(chosen[-1])
        for _ in range(self.counts["more"]):
            facts = rng.sample(profile := rng.choice(self.profiles), len(profile))
            facts = facts[: rng.randint(2, len(facts))]
            yield formats.more(coded(facts[:-1])), encode(facts[-1])

    def _question(self, rng: random.Random) -> str:
        often = self.often and rng.random() < 0.6
        return rng.choice(self.often if often else self.questions)


def asked(turn: str) -> str:
    """The question that a turn ends with, when it stands alone; else ""."""
    last = _SENTENCE.split(turn)[-1]
    last = re.sub(r"^(?:So|And|But|Oh|Well|Cool|Nice|Wow),? ", "", last)
    last = last[:1].upper() + last[1:]
    if not last.endswith("?") or not 4 <= len(last.split()) <= 14:
        return ""
    return last if _ABOUT_YOU.search(last) and not _LEADS_ON.search(last) else ""
