"""The tasks of the embedded model as plain functions: strings in, strings out.

Each is `async` and runs beside the others in one batch; the same seed gives the same bytes, however
many run at once. Importing this module loads no weights; the first call does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import FACT_TOKENS, Control, Ids

if TYPE_CHECKING:
    from dramaturg.models.embedded.bpe import Bpe
    from dramaturg.models.embedded.conversation import WrittenTurn
    from dramaturg.models.embedded.engine import Engine, Program
    from dramaturg.models.embedded.shipped import Array, Weights
    from dramaturg.models.embedded.worth import Judge

T = TypeVar("T")

HEADER_TOKENS = 480  # all facts of both speakers together
QUESTION_TOKENS = 64
UTTERANCE_TOKENS = 256
FACTS_TOLD = 12  # most facts that one reading of a conversation gives
READING = 0.3  # temperature of what is read out of a text, where the likeliest is wanted
MAX_TURNS = 40
ASKING = ("What", "Do", "Are", "Have", "How", "Where", "When", "Who", "Why", "Which", "Did", "Is")


@dataclass(frozen=True)
class WrittenConversation:
    """A conversation that the embedded model wrote.

    Attributes:
        turns: In order; speaker 0 is the person of `facts_1` and begins.
        tokens_in: Tokens of the prompt.
        tokens_out: Tokens sampled, thrown-away drafts included.
        seconds: Wall time, waiting for a free slot included.
        truncated: `(speaker, index)` of facts that were cut to fit the budget.
    """

    turns: tuple[WrittenTurn, ...]
    tokens_in: int
    tokens_out: int
    seconds: float
    truncated: tuple[tuple[int, int], ...] = ()


@cache
def loaded() -> tuple[Engine, Bpe]:
    """The engine with the shipped weights, and their tokenizer; loaded once a process."""
    from dramaturg.models.embedded.engine import Engine
    from dramaturg.models.embedded.runtime import open_runtime
    from dramaturg.models.embedded.shipped import read_bpe

    return Engine(open_runtime()), read_bpe()


@cache
def _weights() -> Weights:
    from dramaturg.models.embedded.shipped import read_weights

    return read_weights()


async def write_conversation(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    *,
    turns: int = 16,
    seed: int | str,
    style: str = "made",
    grounding: float = 0.5,
    temperature: float = 0.7,
    top_k: int = 40,
    drafts: int = 5,
    pull: float = 1.0,
    guidance: float = 0.0,
    echo: float = 2.0,
    brief: float = 0.5,
    compared: int = 1,
    judge: Judge | None = None,
) -> WrittenConversation:
    """Write a conversation of two people.

    At each turn the model says by its own odds, shifted towards `grounding`, whether the turn
    brings up a fact; if so it spells an unused fact of the speaker (nothing else may be spelled
    there) and then writes the turn, with a pull towards the fact's words. A turn that does not say
    its fact, or does what it must not (see `worth`), is drafted again, up to `drafts` times; the
    draft that is worth most stays.

    Args:
        facts_1: Sentences about the one who begins; may be empty. Any text: it is only data.
        facts_2: Sentences about the other.
        turns: Target, 2 to 40: the conversation ends there or up to two turns later; earlier only
            when the model's context is full.
        seed: Same seed and arguments, same bytes.
        style: "made" (as Synthetic-Persona-Chat) or "human" (as Persona-Chat).
        grounding: Share of turns, 0 to 1, that should bring up a fact while facts are left.
        temperature: Above 0.
        top_k: At least 1.
        drafts: At least 1.
        pull: Bonus in nats for the words of the fact in a turn's slot, 0 for none (see `pull`).
        guidance: How many times more what the facts add counts, 0 for none (see `guidance`).
        echo: Nats that a word said in the turn already loses, 0 for none (see `echo`).
        brief: Nats that a turn's end gains at its first sentence end, twice as many at its second.
        compared: Good drafts to write, at most `drafts`, before the likeliest is kept; at least 1.
        judge: What experts hold against a draft (see `worth.Judge`); called in the engine's thread.

    Raises:
        ValueError: If an argument is out of its range.
    """
    from dramaturg.models.embedded.conversation import Order, Writing

    _check(turns=turns, style=style, grounding=grounding, temperature=temperature, top_k=top_k)
    _check_drafts(guidance=guidance, echo=echo, brief=brief, compared=compared)
    began = time.perf_counter()
    bpe = loaded()[1]
    sides, truncated = fitted(facts_1, facts_2)
    texts = (tuple(facts_1), tuple(facts_2))
    order = Order(
        sides, texts, turns, seed, style, grounding, temperature, top_k, max(1, drafts), pull,
        guidance, echo, brief, compared, judge,
    )  # fmt: skip
    context = formats.Sizes.context
    script = await _run(lambda: Writing(order, bpe, context).run(), sequences=1 + bool(guidance))
    return WrittenConversation(
        tuple(script.turns),
        script.tokens_in,
        script.tokens_out,
        time.perf_counter() - began,
        truncated,
    )


async def write_turn(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    said: Sequence[tuple[int, str]],
    *,
    speaker: int,
    seed: int | str,
    style: str = "made",
    grounding: float = 0.9,
    temperature: float = 0.7,
    top_k: int = 40,
    drafts: int = 5,
    pull: float = 1.0,
    guidance: float = 0.0,
    echo: float = 2.0,
    brief: float = 0.5,
    compared: int = 1,
    judge: Judge | None = None,
) -> WrittenConversation:
    """The next turn of a conversation, as `write_conversation` would write it.

    Args:
        said: `(speaker, text)` so far, at least one; may be any text.
        speaker: Who is next, 0 or 1.
        grounding: Odds that the turn brings up an unused fact of its speaker, 0 to 1.

    Returns:
        One turn.

    Raises:
        ValueError: If nothing was said, or an argument is out of its range.
    """
    from dramaturg.models.embedded.conversation import LATE, Order, Writing

    turns = min(MAX_TURNS, len(said) + LATE + formats.CLOSING_TURNS + 1)  # no end in sight
    _check(turns=turns, style=style, grounding=grounding, temperature=temperature, top_k=top_k)
    _check_drafts(guidance=guidance, echo=echo, brief=brief, compared=compared)
    if not said or speaker not in (0, 1):
        raise ValueError("there must be a turn to answer, and speaker must be 0 or 1")
    began = time.perf_counter()
    bpe = loaded()[1]
    said = said[-(MAX_TURNS // 2) :]
    sides, truncated = fitted(facts_1, facts_2)
    texts = (tuple(facts_1), tuple(facts_2))
    order = Order(
        sides, texts, turns, seed, style, grounding, temperature, top_k, max(1, drafts), pull,
        guidance, echo, brief, compared, judge,
    )  # fmt: skip
    script = await _run(
        lambda: Writing(order, bpe, formats.Sizes.context).run_next(said, speaker),
        sequences=1 + bool(guidance),
    )
    return WrittenConversation(
        tuple(script.turns[-1:]),
        script.tokens_in,
        script.tokens_out,
        time.perf_counter() - began,
        truncated,
    )


async def induce_query(facts: Sequence[str], *, seed: int | str) -> str:
    """The question that all these sentences answer (three work best).

    Its first word is one of `ASKING`, the rest is free; a reply without a question mark is drawn
    again, up to four times in all, so almost every result ends in one. Check it.
    """
    return await _question(formats.induce(_coded(facts[:5])), seed)


async def more_query(queries: Sequence[str], *, seed: int | str) -> str:
    """One more question about a person, of the same kind (five work best); see `induce_query`."""
    return await _question(formats.ask(_coded(queries[:8])), seed)


async def answer_query(facts: Sequence[str], query: str, *, seed: int | str) -> str:
    """What a person with these facts answers: a short sentence that starts with "I" or "My"."""
    _, bpe = loaded()
    starts = (bpe.encode("I")[0], bpe.encode("My")[0])
    question = bpe.encode(query)[:QUESTION_TOKENS]
    return await _reply(formats.answer(_coded(facts[:8]), question), seed, starts)


async def further_fact(facts: Sequence[str], *, seed: int | str) -> str:
    """One more fact of the same person."""
    return await _reply(formats.more(_coded(facts[:8])), seed)


async def fact_behind(utterance: str, *, seed: int | str) -> str:
    """What an utterance tells about its speaker, as a fact of a profile; "" if nothing."""
    found = await _listed(formats.behind(_coded_long([utterance])[0]), seed, most=1)
    return found[0] if found else ""


async def facts_told(
    turns: Sequence[tuple[int, str]], *, speaker: int, seed: int | str
) -> tuple[str, ...]:
    """What one speaker tells of themselves in a conversation, as facts of a profile.

    Args:
        turns: `(speaker, text)`; of a long conversation the last 640 tokens are read.
        speaker: 0 or 1.
    """
    texts = _coded_long([text for _, text in turns])
    spoken = [(who, ids) for (who, _), ids in zip(turns, texts, strict=True)]
    return await _listed(formats.facts_told(spoken, speaker), seed, most=FACTS_TOLD)


async def score(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    turns: Sequence[tuple[int, str]],
    continuation: str,
    *,
    speaker: int,
    style: str = "made",
) -> Array:
    """Log-likelihood of a next turn, in nats for each of its tokens, the turn's end included.

    Args:
        facts_1: Facts of speaker 0.
        facts_2: Facts of speaker 1.
        turns: `(speaker, text)` so far; the earliest are left out when they do not fit.
        continuation: The next turn.
        speaker: Who says it, 0 or 1.
        style: "made" or "human".
    """
    from dramaturg.models.embedded.replies import log_likelihoods

    _, bpe = loaded()
    sides, _ = fitted(facts_1, facts_2)
    head = formats.header(*sides, style=style, turns=len(turns) + 1)
    rest = [*bpe.encode(continuation)[:256], int(formats.speaker(1 - speaker))]
    body: Ids = []
    room = formats.Sizes.context - len(head) - len(rest) - 2
    for who, text in reversed(turns):
        turn = [formats.speaker(who), Control.SAY, *bpe.encode(text)]
        if len(turn) + len(body) > room:
            break
        body = [*turn, *body]
    prompt = [*head, *body, formats.speaker(speaker), Control.SAY]
    return await _run(lambda: log_likelihoods(prompt, rest))


async def score_each(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    turns: Sequence[tuple[int, str]],
    continuations: Sequence[str],
    *,
    speaker: int,
    style: str = "made",
) -> list[Array]:
    """`score` of several next turns: what was said before is read once, so it is far quicker.

    Only the first 64 tokens of a continuation are read.
    """
    from dramaturg.models.embedded.branches import branch_likelihoods

    _, bpe = loaded()
    sides, _ = fitted(facts_1, facts_2)
    end = int(formats.speaker(1 - speaker))
    rests = [[*bpe.encode(text)[:64], end] for text in continuations]
    prompt = formats.header(*sides, style=style, turns=len(turns) + 1)
    room = formats.Sizes.context - len(prompt) - max((len(r) for r in rests), default=0) - 2
    said: Ids = []
    for who, text in reversed(turns):
        turn = [formats.speaker(who), Control.SAY, *bpe.encode(text)]
        if len(turn) + len(said) > room:
            break
        said = [*turn, *said]
    prompt += [*said, formats.speaker(speaker), Control.SAY]
    return await asyncio.to_thread(branch_likelihoods, _weights(), prompt, rests)


async def score_turns(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    turns: Sequence[tuple[int, str]],
    *,
    style: str = "made",
) -> list[Array]:
    """Log-likelihood of each turn after those before it, in nats for each of its tokens.

    One pass over the whole conversation; turns that do not fit the model's context are left out
    at the end, and a turn without a token gets an empty array.
    """
    from dramaturg.models.embedded.branches import branch_likelihoods

    _, bpe = loaded()
    sides, _ = fitted(facts_1, facts_2)
    head = formats.header(*sides, style=style, turns=len(turns))
    rest: Ids = []
    spans: list[tuple[int, int]] = []
    for who, text in turns:
        said = bpe.encode(text)
        if len(head) + len(rest) + len(said) + 2 > formats.Sizes.context:
            break
        rest += [formats.speaker(who), Control.SAY, *said]
        spans.append((len(rest) - len(said), len(rest)))
    if not rest:
        return []
    found = (await asyncio.to_thread(branch_likelihoods, _weights(), head, [rest]))[0]
    return [found[start:stop] for start, stop in spans]


async def loglik(text: str) -> Array:
    """Log-likelihood of a text by itself, in nats for each token; its first 1,000 tokens."""
    from dramaturg.models.embedded.replies import log_likelihoods

    _, bpe = loaded()
    rest = bpe.encode(text)[:1000]
    return await _run(lambda: log_likelihoods(formats.text([]), rest))


def fitted(
    facts_1: Sequence[str], facts_2: Sequence[str]
) -> tuple[tuple[list[Ids], list[Ids]], tuple[tuple[int, int], ...]]:
    """The facts as ids within the budget, and which were cut: `(speaker, index)`.

    A fact keeps at most 48 tokens (about 35 words); when all facts together pass 480 tokens, the
    limit goes down for all alike until they fit.
    """
    _, bpe = loaded()
    whole = [[bpe.encode(fact.strip()) for fact in side] for side in (facts_1, facts_2)]
    limit = FACT_TOKENS
    while limit > 1 and sum(min(limit, len(i)) + 1 for s in whole for i in s) > HEADER_TOKENS:
        limit -= 1
    cut = tuple(
        (who, number)
        for who, side in enumerate(whole)
        for number, ids in enumerate(side)
        if len(ids) > limit
    )
    return ([ids[:limit] for ids in whole[0]], [ids[:limit] for ids in whole[1]]), cut


def truncated_facts(facts_1: Sequence[str], facts_2: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Which facts a conversation would see only in part: `(speaker, index)`."""
    return fitted(facts_1, facts_2)[1]


def _coded(texts: Sequence[str]) -> list[Ids]:
    _, bpe = loaded()
    return [bpe.encode(text.strip())[:FACT_TOKENS] for text in texts]


def _coded_long(texts: Sequence[str]) -> list[Ids]:
    _, bpe = loaded()
    return [bpe.encode(text.strip())[:UTTERANCE_TOKENS] for text in texts]


async def _listed(prompt: Ids, seed: int | str, *, most: int) -> tuple[str, ...]:
    from dramaturg.models.embedded.replies import listed
    from dramaturg.models.embedded.sampling import Sampler

    _, bpe = loaded()
    return await _run(lambda: listed(prompt, bpe, Sampler(seed, temperature=READING), most))


async def _question(prompt: Ids, seed: int | str) -> str:
    _, bpe = loaded()
    starts = tuple(bpe.encode(word)[0] for word in ASKING)
    found = ""
    for draft in range(4):
        found = await _reply(prompt, f"{seed}/{draft}", starts)
        if found.endswith("?"):
            break
    return found


async def _reply(prompt: Ids, seed: int | str, starts: tuple[int, ...] = ()) -> str:
    from dramaturg.models.embedded.replies import reply
    from dramaturg.models.embedded.sampling import Sampler

    _, bpe = loaded()
    return await _run(lambda: reply(prompt, bpe, Sampler(seed), starts))


async def _run(start: Callable[[], Program[T]], sequences: int = 1) -> T:
    engine, _ = loaded()
    return await asyncio.wrap_future(engine.submit(start, sequences=sequences))


def _check(*, turns: int, style: str, grounding: float, temperature: float, top_k: int) -> None:
    if not 2 <= turns <= MAX_TURNS:
        raise ValueError(f"turns must be 2 to {MAX_TURNS}, not {turns}")
    if style not in ("made", "human"):
        raise ValueError(f"style must be 'made' or 'human', not {style!r}")
    if not 0 <= grounding <= 1:
        raise ValueError(f"grounding must be 0 to 1, not {grounding}")
    if temperature <= 0 or top_k < 1:
        raise ValueError("temperature must be above 0 and top_k at least 1")


def _check_drafts(*, guidance: float, echo: float, brief: float, compared: int) -> None:
    for name, value in {"guidance": guidance, "echo": echo, "brief": brief}.items():
        if not 0 <= value <= 10:
            raise ValueError(f"{name} must be 0 to 10, not {value}")
    if compared < 1:
        raise ValueError(f"compared must be at least 1, not {compared}")
