"""The network in numpy: prefill of one sequence, and one decode step of a fixed-width batch.

A sequence's numbers never depend on its neighbours: a prompt is computed alone, a decode step
always multiplies matrices of the same `WIDTH` rows (unused rows are zero), and attention is
computed for each sequence over its own length.
"""

from __future__ import annotations

import numpy as np

from dramaturg.models.embedded.shipped import Array, Layer, Weights

WIDTH = 16  # rows of every decode step


class Network:
    """Weights plus the key-value cache of `WIDTH` slots. Not thread-safe: one user at a time."""

    def __init__(self, weights: Weights) -> None:
        s = weights.sizes
        self.weights, self.sizes = weights, s
        half = s.head // 2
        rates = s.rope_base ** (-np.arange(half) / half)
        angles = np.arange(s.context)[:, None] * rates[None]
        self._cos, self._sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        shape = (s.layers, WIDTH, s.kv_heads, s.context, s.head)
        self._keys, self._values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._group = s.heads // s.kv_heads
        self._scale = np.float32(s.head**-0.5)

    def prefill(self, slot: int, ids: list[int], start: int, *, every: bool = False) -> Array:
        """Append tokens to a slot's sequence and return logits.

        Args:
            slot: 0 to `WIDTH - 1`.
            ids: At least one token id.
            start: Length of the sequence before; later cache content is overwritten.
            every: Logits after each token, else after the last one only.

        Returns:
            Shape `(len(ids), vocabulary)` or `(1, vocabulary)`.
        """
        s, time = self.sizes, len(ids)
        stop = start + time
        cos, sin = self._cos[start:stop, None], self._sin[start:stop, None]
        later = np.arange(stop)[None] > np.arange(start, stop)[:, None]
        x = self.weights.table[ids]
        for number, layer in enumerate(self.weights.layers):
            q, k, v = self._qkv(x, layer, cos, sin)
            keys, values = self._keys[number, slot], self._values[number, slot]
            keys[:, start:stop] = k.transpose(1, 0, 2)
            values[:, start:stop] = v.transpose(1, 0, 2)
            mixed = np.empty((time, s.heads, s.head), np.float32)
            for head in range(s.heads):
                kv = head // self._group
                scores = (q[:, head] @ keys[kv, :stop].T) * self._scale
                scores[later] = -np.inf
                mixed[:, head] = _softmax(scores) @ values[kv, :stop]
            x = x + mixed.reshape(time, -1) @ layer.out
            x = x + self._feed(x, layer)
        return _normed(x if every else x[-1:], s.norm_eps) @ self.weights.head

    def decode(self, tokens: dict[int, int], lengths: dict[int, int]) -> Array:
        """Append one token to each of some slots.

        Args:
            tokens: Token id by slot.
            lengths: Length of each sequence before, by slot.

        Returns:
            Logits, shape `(WIDTH, vocabulary)`; rows of other slots mean nothing.
        """
        s = self.sizes
        slots = sorted(tokens)
        x = np.zeros((WIDTH, s.width), np.float32)
        places = np.zeros(WIDTH, np.int64)
        for slot in slots:
            x[slot] = self.weights.table[tokens[slot]]
            places[slot] = lengths[slot]
        cos, sin = self._cos[places][:, None], self._sin[places][:, None]
        mixed = np.zeros((WIDTH, s.kv_heads, self._group, s.head), np.float32)
        for number, layer in enumerate(self.weights.layers):
            q, k, v = self._qkv(x, layer, cos, sin)
            q = q.reshape(WIDTH, s.kv_heads, self._group, s.head)
            keys, values = self._keys[number], self._values[number]
            for slot in slots:
                place = lengths[slot]
                keys[slot, :, place] = k[slot]
                values[slot, :, place] = v[slot]
                seen = keys[slot, :, : place + 1]
                scores = np.matmul(q[slot], seen.transpose(0, 2, 1))
                np.matmul(
                    _softmax(scores * self._scale), values[slot, :, : place + 1], out=mixed[slot]
                )
            x = x + mixed.reshape(WIDTH, -1) @ layer.out
            x = x + self._feed(x, layer)
        return _normed(x, s.norm_eps) @ self.weights.head

    def _qkv(self, x: Array, layer: Layer, cos: Array, sin: Array) -> tuple[Array, Array, Array]:
        """Queries, keys and values, each `(rows, heads, head)`, positions turned in."""
        s = self.sizes
        heads = (_normed(x, s.norm_eps) @ layer.qkv).reshape(len(x), -1, s.head)
        turned, half = s.heads + s.kv_heads, s.head // 2
        a, b = heads[:, :turned, :half].copy(), heads[:, :turned, half:].copy()
        heads[:, :turned, :half] = a * cos - b * sin
        heads[:, :turned, half:] = b * cos + a * sin
        return heads[:, : s.heads], heads[:, s.heads : turned], heads[:, turned:]

    def _feed(self, x: Array, layer: Layer) -> Array:
        both = _normed(x, self.sizes.norm_eps) @ layer.gate_up
        gate, up = both[:, : self.sizes.feed], both[:, self.sizes.feed :]
        with np.errstate(over="ignore"):
            fed: Array = (gate / (1 + np.exp(-gate)) * up) @ layer.down
        return fed


def _normed(x: Array, eps: float) -> Array:
    power = np.asarray(np.add.reduce(x * x, axis=-1, keepdims=True), np.float32)
    root = np.asarray(np.sqrt(power / np.float32(x.shape[-1]) + np.float32(eps)), np.float32)
    return x / root


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = raised / np.add.reduce(raised, axis=-1, keepdims=True)
    return shares
