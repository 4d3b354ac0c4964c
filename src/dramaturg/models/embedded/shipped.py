"""The shipped model: where its files are, and how they become float32 arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.formats import Sizes

Array = NDArray[np.float32]

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Layer:
    """Matrices of one layer, `(in, out)` each, with the norm before them multiplied in."""

    qkv: Array
    out: Array
    gate_up: Array
    down: Array


@dataclass(frozen=True)
class Weights:
    """Everything the network needs; `table` is `(vocabulary, width)`, `head` its output twin."""

    sizes: Sizes
    table: Array
    head: Array
    layers: tuple[Layer, ...]


def read_weights(folder: Path = SHIPPED) -> Weights:
    """Load and dequantise `model.npz`; takes 63 MB of memory for 12.6M parameters."""
    return build_weights(*read_parts(folder))


def read_parts(folder: Path = SHIPPED) -> tuple[Sizes, dict[str, NDArray[Any]]]:
    """Sizes, and the arrays of `model.npz` by name as they are stored: int8 with scales."""
    sizes = Sizes(**read_card(folder)["sizes"])
    with np.load(folder / "model.npz", allow_pickle=False) as stored:
        return sizes, {name: stored[name] for name in stored.files}


def build_weights(sizes: Sizes, parts: dict[str, NDArray[Any]]) -> Weights:
    """Arrays by name, as `quantise` made them, put into the form that the network uses."""
    layers = []
    for number in range(sizes.layers):
        attention = parts[f"{number}.attention_norm"].astype(np.float32)
        feed = parts[f"{number}.feed_norm"].astype(np.float32)
        layers.append(
            Layer(
                _turned(_whole(parts, f"{number}.qkv") * attention),
                _turned(_whole(parts, f"{number}.out")),
                _turned(_whole(parts, f"{number}.gate_up") * feed),
                _turned(_whole(parts, f"{number}.down")),
            )
        )
    table = _whole(parts, "embedding")
    head = _turned(table * parts["norm"].astype(np.float32))
    return Weights(sizes, table, head, tuple(layers))


def read_bpe(folder: Path = SHIPPED) -> Bpe:
    """The tokenizer that belongs to the weights."""
    return Bpe.read(folder / "merges.txt")


def read_card(folder: Path = SHIPPED) -> dict[str, Any]:
    """`model.json`: sizes, sources with their licences, how the weights were trained."""
    card: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return card


def quantise(matrix: Array) -> tuple[NDArray[np.int8], Array]:
    """A matrix as int8 with one float32 scale for each output row."""
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-8).astype(np.float32) / np.float32(127)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def _whole(parts: dict[str, NDArray[Any]], name: str) -> Array:
    whole: Array = parts[name].astype(np.float32) * parts[f"{name}.scale"][:, None]
    return whole


def _turned(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)
