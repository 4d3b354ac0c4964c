"""Who turns a crowd's sentences into vectors, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from dramaturg.crowd.vectors import Embed
from dramaturg.errors import UserError


@contextmanager
def embedding(by: str | Embed) -> Iterator[Embed]:
    """The function that makes unit vectors of texts.

    Args:
        by: "embedded", the reference of another embedder, or such a function.

    Raises:
        UserError: If the model makes no sentence vectors.
    """
    if not isinstance(by, str):
        yield by
        return
    if by == "embedded":
        from dramaturg.models.experts.embed import StaticEmbedder

        yield StaticEmbedder().embed
        return
    from dramaturg.models import Embedder
    from dramaturg.models.resolve import resolve

    model = resolve(by)
    if not isinstance(model, Embedder):
        raise UserError(f"{by} makes no sentence vectors", fix="leave --embedder away")
    with asyncio.Runner() as runner:
        try:
            yield lambda texts: runner.run(model.embed(texts))
        finally:
            if (close := getattr(model, "aclose", None)) is not None:
                runner.run(close())
