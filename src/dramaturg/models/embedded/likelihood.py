"""How likely the network finds a text after another, token by token."""

from __future__ import annotations

import asyncio
import codecs

from dramaturg.errors import RecordError
from dramaturg.models.base import Scored
from dramaturg.models.embedded import formats
from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.formats import Ids
from dramaturg.models.embedded.replies import log_likelihoods
from dramaturg.models.embedded.writer import loaded
from dramaturg.records import Cost


async def given_text(before: str, text: str) -> Scored:
    """The log-probabilities in nats of `text` after `before`, both read as plain text.

    The text begins at a token of its own, whatever stands before it. Facts and turns that are to
    be read as such are scored by `writer.score`.

    Raises:
        RecordError: If both together do not fit the context. Nothing is left out to make them.
    """
    engine, bpe = loaded()
    prompt = formats.text(bpe.encode(before) if before else [])
    ids = bpe.encode(text, spaced=not before) if text else []
    if len(prompt) + len(ids) > engine.context + 1:  # the last token is scored, not read
        raise RecordError(
            f"a text of {len(ids)} tokens after {len(prompt)} cannot be scored",
            why=f"the embedded model reads {engine.context} at most",
            fix="score a shorter text, or with less before it",
        )
    if not ids:
        return Scored(tokens=(), logprobs=())
    found = await asyncio.wrap_future(engine.submit(lambda: log_likelihoods(prompt, ids)))
    return Scored(
        tokens=_pieces(bpe, ids, drop_space=not before),
        logprobs=tuple(min(0.0, float(value)) for value in found),
        cost=Cost(calls=1, tokens_in=len(prompt) + len(ids)),
    )


def _pieces(bpe: Bpe, ids: Ids, *, drop_space: bool) -> tuple[str, ...]:
    """The text of each token; of a character in several tokens, all is with the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = [decoder.decode(bpe.raw(i)) for i in ids]
    if drop_space:
        pieces[0] = pieces[0].removeprefix(" ")
    return tuple(pieces)
