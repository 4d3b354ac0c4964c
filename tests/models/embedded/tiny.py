"""A tiny random model for the tests of the runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.embedded.formats import Sizes
from dramaturg.models.embedded.shipped import Weights, build_weights, quantise

SIZES = Sizes(vocabulary=320, width=32, layers=2, heads=4, kv_heads=2, head=8, feed=48, context=160)


def tiny_weights(seed: int = 0, sizes: Sizes = SIZES) -> Weights:
    """Random weights of a network with the real shape in small."""
    return build_weights(sizes, tiny_parts(seed, sizes))


def tiny_parts(seed: int = 0, sizes: Sizes = SIZES) -> dict[str, NDArray[Any]]:
    """The same as they would be stored."""
    rng = np.random.default_rng(seed)
    parts: dict[str, NDArray[Any]] = {"norm": np.ones(sizes.width, np.float32)}
    shapes = {
        "qkv": ((sizes.heads + 2 * sizes.kv_heads) * sizes.head, sizes.width),
        "out": (sizes.width, sizes.heads * sizes.head),
        "gate_up": (2 * sizes.feed, sizes.width),
        "down": (sizes.width, sizes.feed),
    }
    matrices = {"embedding": (sizes.vocabulary, sizes.width)}
    for number in range(sizes.layers):
        matrices |= {f"{number}.{name}": shape for name, shape in shapes.items()}
        for norm in ("attention_norm", "feed_norm"):
            parts[f"{number}.{norm}"] = rng.normal(1, 0.1, sizes.width).astype(np.float32)
    for name, shape in matrices.items():
        matrix = rng.normal(0, 0.3, shape).astype(np.float32)
        parts[name], parts[f"{name}.scale"] = quantise(matrix)
    return parts
