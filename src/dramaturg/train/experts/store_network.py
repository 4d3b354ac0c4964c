"""Keep the network of the inference expert: int8 rows with a scale each, no PyTorch to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

POSITIONS = 128  # more than any pair has


def store(
    weights: Mapping[str, NDArray[np.float32]],
    vocabulary: Sequence[str],
    path: Path,
    *,
    temperature: float,
) -> None:
    """Write the artefact that `models/experts/network.py` reads.

    Args:
        weights: The arrays of `CrossEncoder.state_dict()`, by name.
        vocabulary: The word pieces in the order of their ids.
        path: Of the `.npz` file.
        temperature: See `PairEncoder.temperature`.
    """
    out: dict[str, Any] = {
        "vocabulary": np.frombuffer("\n".join(vocabulary).encode("utf-8"), np.uint8),
        "temperature": np.float64(temperature),
    }
    for name, value in weights.items():
        if value.ndim == 1:
            out[name] = value.astype(np.float32)
            continue
        rows = value[:POSITIONS] if name.startswith("places") else value
        scale = np.maximum(np.abs(rows).max(axis=1) / 127, 1e-9).astype(np.float32)
        out[name] = np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8)
        out[name + ".scale"] = scale
    np.savez_compressed(path, **out)
