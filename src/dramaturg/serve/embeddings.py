"""/v1/embeddings: the static sentence vectors."""

from __future__ import annotations

import base64
from typing import Any

from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.models.experts.words import words
from dramaturg.serve.fields import Fields
from dramaturg.serve.refused import Refused

MOST_TEXTS = 2048  # as OpenAI


def embeddings(fields: Fields, embedder: StaticEmbedder, model: str) -> dict[str, Any]:
    """The reply. Raises Refused. `usage` counts words: there are no tokens in it."""
    given = fields.need("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise Refused(
            "input must be a string or a list of strings (no token ids: sentence vectors are made "
            "of words)",
            param="input",
        )
    if len(texts) > MOST_TEXTS:
        raise Refused(f"input has {len(texts)} texts; {MOST_TEXTS} are the most", param="input")
    form = fields.take("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise Refused("encoding_format must be float or base64", param="encoding_format")
    fields.only("dimensions", (embedder.dim,), f"vectors have {embedder.dim} dimensions")
    fields.end()
    rows = embedder.embed(texts)
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": row.tolist()
            if form == "float"
            else base64.b64encode(row.astype("<f4").tobytes()).decode(),
        }
        for index, row in enumerate(rows)
    ]
    count = sum(len(words(text)) for text in texts)
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "data": data, "model": model, "usage": usage}
