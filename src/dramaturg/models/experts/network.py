"""A small BERT encoder over a pair of texts, in numpy alone: the network of the inference expert.

Source: Devlin et al. 2019 (encoder and pair input); Wang et al. 2020, "MiniLM". The matrices are
stored as int8 with one scale a row and are widened when loaded; the word table is widened row by
row as it is read. Each pair is computed by itself, so that no answer depends on a batch.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.pieces import FACT, HEADS, UTTERANCE, straight
from dramaturg.models.experts.wordpiece import WordPiece

Array = NDArray[np.float32]


class PairEncoder:
    """Scores of (utterance, fact) pairs, from one file of weights.

    Args:
        path: The `.npz` file that `train/experts/store_network.py` writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _stored(self) -> dict[str, NDArray[Any]]:
        with np.load(self._path) as stored:
            return {name: stored[name] for name in stored.files}

    @cached_property
    def tokenizer(self) -> WordPiece:
        """Of the vocabulary that is stored with the weights."""
        return WordPiece(self._stored["vocabulary"].tobytes().decode("utf-8").split("\n"))

    @cached_property
    def temperature(self) -> float:
        """What the scores are divided by, so that the chances are as often right as they say."""
        return float(self._stored["temperature"])

    @cached_property
    def _layers(self) -> list[dict[str, Array]]:
        layers = []
        number = 0
        while f"layers.{number}.qkv.weight" in self._stored:
            start = f"layers.{number}."
            names = [n.removeprefix(start) for n in self._stored if n.startswith(start)]
            layers.append({n: self._wide(start + n) for n in names if not n.endswith(".scale")})
            number += 1
        return layers

    def _wide(self, name: str) -> Array:
        """A stored matrix as float32, turned for `x @ w`; a vector as it is."""
        value = self._stored[name]
        if value.ndim == 1:
            return value.astype(np.float32)
        scale = self._stored[name + ".scale"].astype(np.float32)
        return np.ascontiguousarray((value.astype(np.float32) * scale[:, None]).T)

    def _rows(self, name: str, at: NDArray[np.int64]) -> Array:
        scale = self._stored[name + ".scale"].astype(np.float32)
        return np.asarray(self._stored[name][at].astype(np.float32) * scale[at, None])

    def _norm(self, x: Array, weight: Array, bias: Array) -> Array:
        x = x - x.mean(axis=1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-12)
        return np.asarray(x * weight + bias)

    def scores(self, utterance: str, fact: str) -> Array:
        """The raw scores of entail, contradict and neutral, shape `(3,)`.

        Only the first 64 word pieces of the utterance and 28 of the fact are read.
        """
        said = self.tokenizer.bare(straight(utterance), UTTERANCE)
        held = self.tokenizer.bare(straight(fact), FACT)
        start, end = self.tokenizer.start, self.tokenizer.end
        ids = np.array([start, *said, end, *held, end], dtype=np.int64)
        sides = np.array([0] * (len(said) + 2) + [1] * (len(held) + 1), dtype=np.int64)
        x = self._rows("words.weight", ids)
        x += self._rows("places.weight", np.arange(len(ids)))
        x += self._rows("sides.weight", sides)
        x = self._norm(x, self._stored["norm.weight"], self._stored["norm.bias"])
        for layer in self._layers:
            x = self._layer(x, layer)
        pooled = x.mean(axis=0)
        return np.asarray(pooled @ self._head[0] + self._head[1])

    @cached_property
    def _head(self) -> tuple[Array, Array]:
        return self._wide("head.weight"), self._wide("head.bias")

    def _layer(self, x: Array, w: dict[str, Array]) -> Array:
        length, width = x.shape
        parts = (x @ w["qkv.weight"] + w["qkv.bias"]).reshape(length, 3, HEADS, width // HEADS)
        query, key, value = parts.transpose(1, 2, 0, 3)  # each (heads, length, part)
        near = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // HEADS))
        near = np.exp(near - near.max(axis=2, keepdims=True))
        near /= near.sum(axis=2, keepdims=True)
        mixed = (near @ value).transpose(1, 0, 2).reshape(length, width)
        x = self._norm(
            x + mixed @ w["out.weight"] + w["out.bias"], w["norm_1.weight"], w["norm_1.bias"]
        )
        grown = _gelu(x @ w["up.weight"] + w["up.bias"])
        x = x + grown @ w["down.weight"] + w["down.bias"]
        return self._norm(x, w["norm_2.weight"], w["norm_2.bias"])

    def chances(self, utterance: str, fact: str) -> tuple[float, float, float]:
        """The calibrated chances of entail, contradict and neutral; they sum to 1."""
        scores = self.scores(utterance, fact).astype(np.float64) / self.temperature
        scores = np.exp(scores - scores.max())
        entail, contradict, neutral = scores / scores.sum()
        return float(entail), float(contradict), float(neutral)


def _gelu(x: Array) -> Array:
    """In its tanh form, Hendrycks and Gimpel 2016."""
    inner = np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)
    return np.asarray(np.float32(0.5) * x * (np.float32(1) + np.tanh(inner)))
