"""`embedded`: the shipped language model and the small experts as one model that needs nothing.

It does not follow instructions. It writes conversations and persona sentences natively, judges
facts against utterances, embeds sentences, says how likely a text is, rates toxicity and compares
two conversations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from dramaturg.errors import UserError
from dramaturg.models.base import Call, ChatModel, Judgement, Odds, Rated, Reply, Scored
from dramaturg.models.embedded.runtime import runtime_version
from dramaturg.records import Conversation, Cost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dramaturg.models.experts.embed import StaticEmbedder
    from dramaturg.models.experts.nli import PersonaNLI
    from dramaturg.models.experts.nli_network import NetworkNLI
    from dramaturg.models.experts.quality import QualityExpert
    from dramaturg.models.experts.toxicity import ToxicityExpert

VERSION = "2"  # of the weights and experts
GROUNDING = 0.6  # share of turns that bring up a fact while facts are left
_CHUNK = 64  # pairs or texts judged before other work gets its turn


class EmbeddedModel:
    """All that the package can do by itself.

    Attributes:
        ref: "embedded", or "embedded:large" with the larger inference expert.
        chat: Who answers its tasks instead (a recorder around it), or None.
        large: Whether a network judges facts against utterances, which sees far more and takes
            about a hundred times as long; all else is the same.
    """

    def __init__(self, chat: ChatModel | None = None, *, large: bool = False) -> None:
        self.chat = chat
        self.large = large
        self.ref = "embedded:large" if large else "embedded"

    @property
    def version(self) -> str:
        """Of the weights and experts, and a runtime that writes other bytes than numpy.

        Part of a run's fingerprint. Raises UserError for a runtime that there is not.
        """
        return f"{VERSION} {runtime_version()}".rstrip()

    def with_chat(self, chat: ChatModel) -> EmbeddedModel:
        """The same model with `chat` (a recorder around it) answering its tasks."""
        other = EmbeddedModel(chat, large=self.large)
        for name in ("_nli", "_rules", "_embedder", "_toxicity", "_quality"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def native(self, task: str) -> bool:
        return task in _TASKS

    def follows_prompts(self) -> bool:
        return False

    async def answer(self, call: Call) -> Reply:
        """The reply to a task that it knows. Raises UserError for any other."""
        if self.chat is not None:
            return await self.chat.answer(call)
        if call.task not in _TASKS:
            raise UserError(
                f"embedded cannot do {call.task!r}",
                why="it follows no instructions; it knows " + ", ".join(sorted(_TASKS)),
                fix="give the role an instruction model, e.g. --model openai:gpt-4.1-mini",
            )
        text, tokens_in, tokens_out = await _TASKS[call.task](call)
        cost = Cost(calls=1, tokens_in=tokens_in, tokens_out=tokens_out)
        return Reply(text=text, model=self.ref, cost=cost)

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        """One judgement a pair of (utterance, fact); see docs/experts.md for how often it errs."""
        found: list[Judgement] = []
        chunk = 8 if self.large else _CHUNK
        for start in range(0, len(pairs), chunk):
            for one in self._nli.judge_many(pairs[start : start + chunk]):
                found.append(
                    Judgement(
                        label=one.label,
                        p_entail=one.p_entail,
                        p_contradict=one.p_contradict,
                        p_neutral=one.p_neutral,
                        why=one.why,
                    )
                )
            await asyncio.sleep(0)
        return found

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`."""
        return self._embedder.embed(texts)

    async def score(self, before: str, text: str) -> Scored:
        """The log-probabilities of `text` after `before`, both as plain text, exactly.

        Raises:
            RecordError: If both together do not fit its context.
        """
        from dramaturg.models.embedded.likelihood import given_text

        return await given_text(before, text)

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        """Refused: the first word of an answer means nothing from who cannot read the question."""
        raise UserError(
            f"embedded cannot say how likely an answer to {call.task!r} is",
            why="it follows no instructions; it says how likely a text is (score)",
            fix="give the role an instruction model behind a server that returns log-probabilities",
        )

    @property
    def toxicity_threshold(self) -> float:
        """From this score on a text counts as toxic."""
        return self._toxicity.threshold

    async def toxicity(self, texts: Sequence[str]) -> list[tuple[float, tuple[str, ...]]]:
        """For each text its score in [0, 1], and the words that weigh most in what is flagged."""
        found: list[tuple[float, tuple[str, ...]]] = []
        for text in texts:
            score = self._toxicity.score(text)
            why = self._toxicity.why(text) if score >= self.toxicity_threshold else []
            found.append((score, tuple(why)))
        await asyncio.sleep(0)
        return found

    async def compare(
        self, policy: str, first: Conversation, second: Conversation
    ) -> tuple[Literal[0, 1] | None, str]:
        """Which is better under a quality policy by measured features, and by how much."""
        await asyncio.sleep(0)
        return self._quality.compare(policy, _spoken(first), _spoken(second))

    async def qualities(self, conversation: Conversation) -> dict[str, float]:
        """Each quality of one conversation by measured features, in [0, 1]."""
        await asyncio.sleep(0)
        return self._quality.qualities(_spoken(conversation))

    async def rated(self, conversation: Conversation) -> dict[str, Rated]:
        """Each quality with the features that made it, what cost most first."""
        await asyncio.sleep(0)
        return {
            name: Rated(value=one.value, reasons=one.reasons, turns=one.turns)
            for name, one in self._quality.rated(_spoken(conversation)).items()
        }

    @cached_property
    def _embedder(self) -> StaticEmbedder:
        from dramaturg.models.experts.embed import StaticEmbedder

        return StaticEmbedder()

    @cached_property
    def _nli(self) -> PersonaNLI | NetworkNLI:
        if self.large:
            from dramaturg.models.experts.nli_network import NetworkNLI

            return NetworkNLI(self._embedder)
        return self._rules

    @cached_property
    def _rules(self) -> PersonaNLI:
        from dramaturg.models.experts.nli import PersonaNLI

        return PersonaNLI(self._embedder)

    @cached_property
    def _toxicity(self) -> ToxicityExpert:
        from dramaturg.models.experts.toxicity import ToxicityExpert

        return ToxicityExpert()

    @cached_property
    def _quality(self) -> QualityExpert:
        from dramaturg.models.experts.quality import QualityExpert

        return QualityExpert(self._embedder, self._rules)


def _spoken(conversation: Conversation) -> list[tuple[int, str]]:
    return [(turn.speaker, turn.text) for turn in conversation.turns]


async def _write(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.draft_judge import draft_judge
    from dramaturg.models.embedded import writer

    given: Any = call.inputs
    low, high = given["turns_low"], given["turns_high"]
    span = max(1, high - low - 1)  # more than low and fewer than high; the seed chooses among them
    target = min(max(low + 1 + call.seed % span, 2), writer.MAX_TURNS)
    made = await writer.write_conversation(
        given["facts_1"],
        given["facts_2"],
        turns=target,
        seed=call.seed,
        grounding=GROUNDING,
        temperature=call.sampling.temperature,
        top_k=call.sampling.top_k or 40,
        judge=draft_judge(),
    )
    text = "\n".join(f"User {t.speaker + 1}: {' '.join(t.text.split())}" for t in made.turns)
    return text, made.tokens_in, made.tokens_out


async def _next_turn(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.draft_judge import draft_judge
    from dramaturg.models.embedded import writer

    given: Any = call.inputs
    made = await writer.write_turn(
        given["facts"],
        [],
        [(who, text) for who, text in given["heard"]],
        speaker=0,
        seed=call.seed,
        grounding=GROUNDING,
        judge=draft_judge(),
    )
    return " ".join(made.turns[0].text.split()), made.tokens_in, made.tokens_out


def _said(text: str, *shown: str) -> tuple[str, int, int]:
    return text, sum(len(s.split()) for s in shown), len(text.split())


async def _induce(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    answers: Any = call.inputs["answers"]
    return _said(await writer.induce_query(answers, seed=call.seed), *answers)


async def _more(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    queries: Any = call.inputs["queries"]
    return _said(await writer.more_query(queries, seed=call.seed), *queries)


async def _answer(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    facts: Any = call.inputs["facts"]
    query = str(call.inputs["query"])
    return _said(await writer.answer_query(facts, query, seed=call.seed), query, *facts)


async def _further(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    facts: Any = call.inputs["facts"]
    return _said(await writer.further_fact(facts, seed=call.seed), *facts)


async def _behind(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    text = str(call.inputs["utterance"])
    return _said(await writer.fact_behind(text, seed=call.seed) or "none", text)


async def _told(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.embedded import writer

    given: Any = call.inputs
    turns = [(int(who), str(text)) for who, text in given["turns"]]
    facts = await writer.facts_told(turns, speaker=given["speaker"], seed=call.seed)
    return _said("\n".join(facts) or "none", *(text for _, text in turns))


async def _negate(call: Call) -> tuple[str, int, int]:
    from dramaturg.models.experts.negate import negate

    fact = str(call.inputs["fact"])
    return _said(negate(fact) or "", fact)


_TASKS: dict[str, Callable[[Call], Awaitable[tuple[str, int, int]]]] = {
    "conversation.write": _write,
    "fact.behind": _behind,
    "fact.further": _further,
    "fact.negate": _negate,
    "facts.told": _told,
    "persona.answer": _answer,
    "query.induce": _induce,
    "query.more": _more,
    "turn.next": _next_turn,
}
