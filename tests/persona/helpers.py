"""Stand-ins: an embedder that counts words, a writer that answers out of order."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dramaturg.models import Call, Reply, ScriptedModel
from dramaturg.records import BadReply


class WordEmbedder:
    """Unit vectors of word counts: sentences of the same words have a cosine of 1."""

    ref = "test:words"

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().strip(".!?").split():
                row[zlib.crc32(word.encode()) % 512] += 1
        length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
        unit: npt.NDArray[np.float32] = rows / np.maximum(length, 1e-9)
        return unit


class SleepyModel(ScriptedModel):
    """Waits a random moment before each answer, so that replies come out of order."""

    def __init__(self, chaos: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._chaos = random.Random(chaos)

    async def answer(self, call: Call) -> Reply:
        await asyncio.sleep(self._chaos.random() * 0.003)
        return await super().answer(call)


class Ear:
    """Hears every note and progress of a room."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        self.steps: list[tuple[str, int, int | None]] = []

    def note(self, record: Any) -> None:
        if not isinstance(record, BadReply):  # tests of `ask` look at these
            self.notes.append(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        self.steps.append((step, done, total))

    def reasons(self, kind: str) -> list[str]:
        return [drop.reason_class for drop in self.notes if drop.kind == kind]
