"""Likelihoods of many continuations of one prompt, in one pass of the network.

The prompt's keys and values are computed once; the tokens of all continuations go through each
matrix product together, in blocks of `ROWS`, and each attends to the prompt and its own beginning.
A continuation's numbers do not depend on the others'.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dramaturg.models.embedded.formats import Ids
from dramaturg.models.embedded.shipped import Array, Layer, Weights

ROWS = 32  # of every matrix product, empty ones included


def branch_likelihoods(weights: Weights, prompt: Ids, rests: Sequence[Ids]) -> list[Array]:
    """Log-likelihood in nats of each token of each of `rests` after `prompt`.

    Args:
        prompt: At least one token; with the longest of `rests` it fits the context.
        rests: Each at least one token.
    """
    if not rests:
        return []
    s = weights.sizes
    trunk = len(prompt) - 1
    parts = [prompt[:-1]] if trunk else []
    parts += [[prompt[-1], *rest[:-1]] for rest in rests]
    starts = ([0] if trunk else []) + [trunk] * len(rests)
    stops = np.cumsum([len(part) for part in parts]).tolist()
    spans = [(stop - len(part), stop) for part, stop in zip(parts, stops, strict=True)]
    places = np.concatenate(
        [np.arange(n, n + len(p)) for n, p in zip(starts, parts, strict=True)]
        + [np.zeros(-stops[-1] % ROWS, np.int64)]
    )
    half = s.head // 2
    angles = (places[:, None] * s.rope_base ** (-np.arange(half) / half))[:, None]
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    x = np.zeros((len(places), s.width), np.float32)
    x[: stops[-1]] = weights.table[[token for part in parts for token in part]]
    for layer in weights.layers:
        heads = _times(_normed(x, s.norm_eps), layer.qkv).reshape(len(x), -1, s.head)
        turned = s.heads + s.kv_heads
        a, b = heads[:, :turned, :half].copy(), heads[:, :turned, half:].copy()
        heads[:, :turned, :half] = a * cos - b * sin
        heads[:, :turned, half:] = b * cos + a * sin
        mixed = np.zeros((len(x), s.heads * s.head), np.float32)
        before = heads[:trunk]
        for start, stop in spans:
            seen = before if trunk and start == 0 else np.concatenate([before, heads[start:stop]])
            mixed[start:stop] = _attend(heads[start:stop], seen, s.heads, s.kv_heads)
        x = x + _times(mixed, layer.out)
        x = x + _feed(x, layer, s.feed, s.norm_eps)
    x = _normed(x, s.norm_eps)
    found = []
    for (start, stop), rest in zip(spans[1 if trunk else 0 :], rests, strict=True):
        rows = np.zeros((-(-(stop - start) // ROWS) * ROWS, s.width), np.float32)
        rows[: stop - start] = x[start:stop]
        logits = _times(rows, weights.head)[: stop - start].astype(np.float64)
        top = logits.max(axis=-1, keepdims=True)
        norm = np.log(np.exp(logits - top).sum(axis=-1)) + top[:, 0]
        found.append(np.asarray(logits[np.arange(len(rest)), rest] - norm))
    return found


def _times(x: Array, matrix: Array) -> Array:
    out = np.empty((len(x), matrix.shape[1]), np.float32)
    for start in range(0, len(x), ROWS):
        np.matmul(x[start : start + ROWS], matrix, out=out[start : start + ROWS])
    return out


def _attend(rows: Array, seen: Array, heads: int, kv_heads: int) -> Array:
    """Rows look at all of `seen` but what comes after them; they are its last ones."""
    first = len(seen) - len(rows)
    later = np.arange(len(seen))[None] > np.arange(first, len(seen))[:, None]
    size = rows.shape[-1]
    out = np.empty((len(rows), heads, size), np.float32)
    for head in range(heads):
        kv = heads + head // (heads // kv_heads)
        scores = (rows[:, head] @ seen[:, kv].T) * np.float32(size**-0.5)
        scores[later] = -np.inf
        raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = raised / np.add.reduce(raised, axis=-1, keepdims=True)
        out[:, head] = shares @ seen[:, kv + kv_heads]
    return out.reshape(len(rows), -1)


def _feed(x: Array, layer: Layer, feed: int, eps: float) -> Array:
    both = _times(_normed(x, eps), layer.gate_up)
    gate, up = both[:, :feed], both[:, feed:]
    with np.errstate(over="ignore"):
        return _times(gate / (1 + np.exp(-gate)) * up, layer.down)


def _normed(x: Array, eps: float) -> Array:
    power = np.asarray(np.add.reduce(x * x, axis=-1, keepdims=True), np.float32)
    return np.asarray(x / np.sqrt(power / np.float32(x.shape[-1]) + np.float32(eps)), np.float32)
