"""Do two facts contradict each other? Asked both ways, each pair once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, Judgement, NLIModel, ask
from dramaturg.profile.negate import Negate, negate
from dramaturg.records import Drop, Fact, derive_seed
from dramaturg.store import notes

_BATCH = 1024  # pairs given to the NLI model at a time


class Clash(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two facts that cannot both be true of one person.

    Attributes:
        direction: "forward" if the first fact is the premise, "backward" if the second is,
            "both" if the judge found it either way.
        score: The judge's probability, the higher one if both ways, in [0, 1].
        by: "contradiction" (judged directly), "negation" (one entails the other's negation), or
            "no verdict": the judge's replies could not be read, and doubt keeps two facts apart.
    """

    first: Fact
    second: Fact
    direction: str
    score: float
    by: str = "contradiction"
    why: str = ""

    def reason(self) -> str:
        """One line for reports, its class first."""
        if self.by == "no verdict":
            return f"no verdict: {_short(self.first)} beside {_short(self.second)}: {self.why}"
        verb = "contradicts" if self.by == "contradiction" else "entails the negation of"
        return (
            f"contradiction: {_short(self.first)} {verb} {_short(self.second)} "
            f"({self.direction}, {self.score:.2f})"
        )


class Judge:
    """Remembers what it has asked.

    Args:
        negator: With one, "does A entail the negation of B" is asked (the paper's way);
            without, "does A contradict B".
    """

    def __init__(self, nli: NLIModel, negator: ChatModel | None, seed: int) -> None:
        self._nli = nli
        self._negator = negator
        self._seed = seed
        self._negations: dict[str, str | None] = {}
        self._clashes: dict[tuple[str, str], Clash | None] = {}

    async def negate(self, facts: Iterable[Fact]) -> None:
        """Make sure of the negations of these facts; a fact that has none is noted once."""
        if self._negator is None:
            return
        wanted = {f.id: f for f in facts if f.id not in self._negations}
        jobs = [asyncio.ensure_future(self._negation(f)) for f in wanted.values()]
        try:
            found = await asyncio.gather(*jobs)
        except BaseException:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            raise
        for fact, negation in zip(wanted.values(), found, strict=True):
            if isinstance(negation, Drop):
                notes.note(negation)
            self._negations[fact.id] = negation if isinstance(negation, str) else None

    async def _negation(self, fact: Fact) -> str | Drop:
        assert self._negator is not None
        try:
            seed = derive_seed(self._seed, "fact.negate", fact.text)
            given = Negate(fact=fact.text)
            return (await ask(self._negator, negate(), given, seed=seed, about=fact.id)).value
        except ReplyError as error:
            reason = f"no negation: {error.kind}: {error.what}"
            return Drop(kind="fact", reason=reason, subject=fact.text)

    def usable(self, fact: Fact) -> bool:
        """False if the fact has no negation, so that nothing can be checked against it."""
        return self._negator is None or self._negations.get(fact.id) is not None

    async def clashes(self, pairs: Sequence[tuple[Fact, Fact]]) -> list[Clash | None]:
        """For each pair of facts their clash, or None."""
        keys = [(a.id, b.id) for a, b in pairs]
        new = {k: p for k, p in zip(keys, pairs, strict=True) if k not in self._clashes}
        asked = list(new.values())
        for start in range(0, len(asked), _BATCH // 2):
            batch = asked[start : start + _BATCH // 2]
            for pair, clash in zip(batch, await self._judge(batch), strict=True):
                self._clashes[pair[0].id, pair[1].id] = clash
        return [self._clashes[key] for key in keys]

    async def _judge(self, pairs: Sequence[tuple[Fact, Fact]]) -> list[Clash | None]:
        questions = []
        for a, b in pairs:
            questions += [(a.text, self._against(b)), (b.text, self._against(a))]
        verdicts = await self._answers(questions)
        bad = "contradict" if self._negator is None else "entail"
        by = "contradiction" if self._negator is None else "negation"
        found: list[Clash | None] = []
        for (a, b), forward, backward in zip(pairs, verdicts[::2], verdicts[1::2], strict=True):
            unread = next((v for v in (forward, backward) if isinstance(v, ReplyError)), None)
            if unread is not None:
                why, where = unread.what, "both"
                found.append(
                    Clash(first=a, second=b, direction=where, score=0.0, by="no verdict", why=why)
                )
                continue
            both = (("forward", forward), ("backward", backward))
            hits = [(n, v) for n, v in both if isinstance(v, Judgement) and v.label == bad]
            if not hits:
                found.append(None)
                continue
            scores = [v.p_contradict if self._negator is None else v.p_entail for _, v in hits]
            direction = "both" if len(hits) == 2 else hits[0][0]
            why = hits[scores.index(max(scores))][1].why
            found.append(
                Clash(first=a, second=b, direction=direction, score=max(scores), by=by, why=why)
            )
        return found

    async def _answers(
        self, questions: Sequence[tuple[str, str]]
    ) -> Sequence[Judgement | ReplyError]:
        """The judgements; where one reply of a batch cannot be read, each question by itself."""
        try:
            return await self._nli.judge(questions, seed=self._seed)
        except ReplyError:
            return await asyncio.gather(*(self._answer(question) for question in questions))

    async def _answer(self, question: tuple[str, str]) -> Judgement | ReplyError:
        try:
            return (await self._nli.judge([question], seed=self._seed))[0]
        except ReplyError as error:
            return error

    def _against(self, fact: Fact) -> str:
        if self._negator is None:
            return fact.text
        negation = self._negations[fact.id]
        assert negation is not None, "negate() and usable() come first"
        return negation


def _short(fact: Fact) -> str:
    return repr(fact.text if len(fact.text) <= 100 else fact.text[:97] + "...")
