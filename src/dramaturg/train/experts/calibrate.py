"""Chances that are as often right as they say, and a threshold that a share of alarms allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def temperature(found: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    """What divides the scores so that the held-out pairs are likeliest; Guo et al. 2017."""

    def loss(by: float) -> float:
        logs = found / by
        logs = logs - np.log(np.exp(logs - logs.max(1, keepdims=True)).sum(1, keepdims=True))
        logs -= found.max(1, keepdims=True) / by
        return float(-logs[np.arange(len(gold)), gold].mean())

    return float(min(np.arange(0.5, 4.01, 0.05), key=loss))


def threshold(chances: Sequence[float], share: float) -> float:
    """The lowest threshold, of at least 0.5, that flags at most `share` of the conversations."""
    ranked = sorted(chances, reverse=True)
    allowed = int(share * len(ranked))
    first = ranked[allowed] if allowed < len(ranked) else 0.0
    return round(min(max(0.5, first + 0.0005), 0.999), 4)
