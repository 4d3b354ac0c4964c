"""The short tasks (induce, answer, ask, more, behind, facts), drawn from the conversations."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import FACT_TOKENS, Control, Ids
from dramaturg.models.embedded.overlap import share_said
from dramaturg.train.embedded.selffacts import as_fact, statements
from dramaturg.train.embedded.sources import Source

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ABOUT_YOU = re.compile(r"\b(?:you|your)\b", re.I)
_LEADS_ON = re.compile(r"\b(?:that|it|this|there|about you|too|them|those)\b", re.I)

NONE_SHARE = 0.4  # of the utterances that are asked about tell nothing of their speaker


class Tasks:
    """Question and answer pairs of the training conversations, and their profiles."""

    def __init__(self, sources: list[Source], counts: dict[str, int] | None = None) -> None:
        self.counts = (
            counts
            if counts is not None
            else {
                "induce": 6000,
                "answer": 9000,
                "ask": 2500,
                "more": 4000,
                "behind": 9000,
                "facts": 1200,
            }
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
        self.sources = [source for source in sources if source.facts[0] or source.facts[1]]
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

        for _ in range(self.counts.get("behind", 0)):
            source = rng.choice(self.sources)
            numbers = list(range(len(source.turns)))
            wanted = rng.random() >= NONE_SHARE
            rng.shuffle(numbers)
            for number in numbers:
                fact = told(source, number, rng)
                if bool(fact) == wanted:
                    reply = encode(fact)[:FACT_TOKENS] if fact else [int(Control.NONE)]
                    yield formats.behind(encode(source.turns[number][1])[:256]), reply
                    break
        for _ in range(self.counts.get("facts", 0)):
            source, who = rng.choice(self.sources), rng.randrange(2)
            turns = source.turns[: rng.randint(2, 14)]
            found = [told(source, n, rng) for n, (speaker, _) in enumerate(turns) if speaker == who]
            facts = list(dict.fromkeys(fact for fact in found if fact))
            prompt = formats.facts_told([(by, encode(text)) for by, text in turns], who)
            yield prompt, formats.joined(coded(facts), Control.F) or [int(Control.NONE)]

    def _question(self, rng: random.Random) -> str:
        often = self.often and rng.random() < 0.6
        return rng.choice(self.often if often else self.questions)


def told(source: Source, number: int, rng: random.Random) -> str:
    """The fact that a turn tells of its speaker: from the profile, or its own statement; or ""."""
    if number in source.grounded:
        return source.grounded[number]
    said = statements(source.turns[number][1])
    fact = as_fact(said[0], rng) if said else ""
    return fact[:1].upper() + fact[1:].rstrip(".") + "." if fact else ""


def asked(turn: str) -> str:
    """The question that a turn ends with, when it stands alone; else ""."""
    last = _SENTENCE.split(turn)[-1]
    last = re.sub(r"^(?:So|And|But|Oh|Well|Cool|Nice|Wow),? ", "", last)
    last = last[:1].upper() + last[1:]
    if not last.endswith("?") or not 4 <= len(last.split()) <= 14:
        return ""
    return last if _ABOUT_YOU.search(last) and not _LEADS_ON.search(last) else ""
