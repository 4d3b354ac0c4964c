"""New facts: a random person of known facts answers every query; what is new is kept."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from dramaturg.errors import UserError
from dramaturg.models import Answer, ChatModel, Embedder
from dramaturg.persona.ask_or_drop import ask_or_drop
from dramaturg.persona.queries import Query
from dramaturg.persona.replies import OPENINGS
from dramaturg.persona.seen import Seen
from dramaturg.persona.tasks import AnswerAs, Further, answer, clipped, further
from dramaturg.records import Drop, Fact, derive_seed
from dramaturg.scorers import together
from dramaturg.store import notes


async def bootstrap_facts(
    facts: Sequence[Fact],
    queries: Sequence[Query],
    writer: ChatModel,
    embedder: Embedder,
    *,
    shown: int = 5,
    target: int = 5_000,
    iterations: int = 100,
    duplicate: float = 0.9,
    seed: int,
    openings: Sequence[str] | None = OPENINGS,
    longest: int = 40,
    calls: int | None = None,
    at_once: int = 64,
) -> list[Fact]:
    """New facts in answer to the queries, at most `target`, without repeats.

    In each iteration `shown` facts are drawn from all there are, new ones included, and every
    query is put to the person they make. An answer is kept if it is one sentence that begins as
    `openings` says, is at most `longest` words long, repeats nothing that was shown, and has a
    cosine of at most `duplicate` to every fact so far. Everything else is noted as a Drop of kind
    "fact" with its reason.

    Args:
        queries: None given is the ablation: the writer is asked for one more fact `calls` times
            an iteration, each time about another draw.
        calls: Calls an iteration; default one a query, and 188 without queries.
        openings: First words allowed, lower case; None = any, for languages other than English.
        at_once: Calls that may wait at the same time. Each batch ends with a look at `target`,
            so a smaller number asks for fewer answers in vain.

    Returns:
        The new facts in order, with `category` = the query (None without), `parents` = ids of the
        facts shown, `provider` = the writer, `status` = "new".

    Raises:
        UserError: If there is no fact to begin with.
        BackendError: If the writer or the embedder could not be reached.

    Source: Jandaghi et al. 2023 (5,648 new attributes of 4,723 in 100 iterations). The threshold
        for repeats is not stated there.
    """
    if not facts:
        raise UserError("there is no fact to begin with", fix="give at least one persona sentence")
    known = list(facts)
    seen = Seen(duplicate)
    seen.add_all([f.text for f in facts], await embedder.embed([f.text for f in facts]))
    width = calls if calls is not None else len(queries) or 188
    made: list[Fact] = []
    dropped = 0
    notes.progress("expand facts", 0, target)
    for iteration in range(iterations):
        plan = _plan(known, queries, shown, width, derive_seed(seed, "expand", iteration))
        while plan and len(made) < target:
            size = max(1, min(at_once, 2 * (target - len(made))))
            batch, plan = plan[:size], plan[size:]
            replies = await together(
                _one(writer, some, query, number, openings, longest)
                for number, some, query in batch
            )
            new = await _new_facts(batch, replies, seen, embedder, writer.ref)
            for fact in new[target - len(made) :]:
                reason = f"surplus: the target of {target} was reached"
                notes.note(Drop(kind="fact", reason=reason, subject=fact.text))
            new = new[: target - len(made)]
            dropped += len(batch) - len(new)
            made.extend(new)
            known.extend(new)
            notes.progress("expand facts", len(made), target, dropped=dropped, round=iteration + 1)
        if len(made) >= target:
            break
    return made


_Planned = tuple[int, list[Fact], Query | None]


def _plan(
    known: Sequence[Fact], queries: Sequence[Query], shown: int, width: int, seed: int
) -> list[_Planned]:
    """The calls of one iteration: seed, facts shown, query. All the same draw if by query."""
    draw = random.Random(seed)
    size = min(shown, len(known))
    if not queries:
        return [(derive_seed(seed, i), draw.sample(known, size), None) for i in range(width)]
    some = draw.sample(known, size)
    order = draw.sample(list(queries), min(width, len(queries)))
    return [(derive_seed(seed, query.text), some, query) for query in order]


async def _one(
    writer: ChatModel,
    some: Sequence[Fact],
    query: Query | None,
    seed: int,
    openings: Sequence[str] | None,
    longest: int,
) -> Answer[str] | Drop:
    texts = tuple(clipped(fact.text) for fact in some)
    allowed = None if openings is None else tuple(openings)
    if query is None:
        task = further(allowed, longest)
        return await ask_or_drop(writer, task, Further(facts=texts), seed=seed, kind="fact")
    inputs = AnswerAs(facts=texts, query=query.text)
    return await ask_or_drop(writer, answer(allowed, longest), inputs, seed=seed, kind="fact")


async def _new_facts(
    batch: Sequence[_Planned],
    replies: Sequence[Answer[str] | Drop],
    seen: Seen,
    embedder: Embedder,
    provider: str,
) -> list[Fact]:
    """Those replies that say something new, as facts, in the order of the calls."""
    said = []
    for (_, some, query), reply in zip(batch, replies, strict=True):
        if isinstance(reply, Drop):
            notes.note(reply)
        else:
            said.append((reply.value, tuple(f.id for f in some), query.text if query else None))
    if not said:
        return []
    vectors = await embedder.embed([text for text, _, _ in said])
    new = []
    for (text, parents, query_text), (same, cosine) in zip(
        said, seen.take([text for text, _, _ in said], vectors), strict=True
    ):
        if same:
            detail = {
                "query": query_text,
                "shown": parents,
                "same": same,
                "cosine": round(cosine, 4),
            }
            notes.note(
                Drop(
                    kind="fact",
                    reason=f"duplicate: too near to {same!r} (cosine {cosine:.2f})",
                    subject=text,
                    detail=json.dumps(detail, ensure_ascii=False),
                )
            )
            continue
        new.append(
            Fact(text=text, category=query_text, parents=parents, provider=provider, status="new")
        )
    return new
