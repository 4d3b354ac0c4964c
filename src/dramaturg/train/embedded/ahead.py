"""The examples of each epoch, drawn by other processes while this one trains on the last."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.train.embedded.corpus import Encode, Example, epoch
from dramaturg.train.embedded.sources import training_sources
from dramaturg.train.embedded.tasks import Tasks
from dramaturg.train.embedded.tokenizer import fast_tokenizer, read_merges


@dataclass(frozen=True)
class Packed:
    """Many examples in three arrays, which are quick to send: ids, loss weights, lengths."""

    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, examples: list[Example]) -> Packed:
        """The examples one behind the other."""
        ids = [token for tokens, _ in examples for token in tokens]
        weights = [weight for _, each in examples for weight in each]
        lengths = [len(tokens) for tokens, _ in examples]
        return cls(np.array(ids, np.int32), np.array(weights, np.float32), np.array(lengths))

    def examples(self) -> list[Example]:
        """The examples again."""
        out: list[Example] = []
        start = 0
        for length in self.lengths.tolist():
            part = slice(start, start + length)
            out.append((self.ids[part].tolist(), self.weights[part].tolist()))
            start += length
        return out


def encoder(merges: Path) -> Encode:
    """The tokenizer of a run as a function; a space goes before each text."""
    tokenizer = fast_tokenizer(read_merges(merges))
    return lambda text: list(tokenizer.encode(" " + text).ids)


def drawn(data_dir: Path, merges: Path, seed: str) -> Packed:
    """The examples of one epoch; what a process has read of the corpora it keeps."""
    key = (data_dir, merges)
    if _kept.get("key") != key:
        sources = training_sources(data_dir)
        _kept.update(key=key, sources=sources, tasks=Tasks(sources), encode=encoder(merges))
    return Packed.of(list(epoch(_kept["sources"], _kept["tasks"], _kept["encode"], seed)))


_kept: dict[str, Any] = {}


class Epochs:
    """Epoch after epoch of examples; the same ones with any number of workers.

    Args:
        workers: Processes that draw ahead, one epoch each; 0 draws here, when asked.
    """

    def __init__(self, data_dir: Path, merges: Path, seed: int, workers: int) -> None:
        self._place, self._seed, self._workers = (data_dir, merges), seed, workers
        self._pool = (
            ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) if workers else None
        )
        self._waiting: dict[int, Future[Packed]] = {}

    def __getitem__(self, number: int) -> list[Example]:
        """All examples of epoch `number`; drawing of the next ones begins."""
        if self._pool is None:
            return drawn(*self._place, self.seed_of(number)).examples()
        for ahead in range(number, number + self._workers + 1):
            if ahead not in self._waiting:
                self._waiting[ahead] = self._pool.submit(drawn, *self._place, self.seed_of(ahead))
        return self._waiting.pop(number).result().examples()

    def seed_of(self, number: int) -> str:
        """What an epoch is drawn by, and its batches are ordered by."""
        return f"{self._seed}/{number}"

    def close(self) -> None:
        """Stop the processes; what they drew ahead is lost."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
