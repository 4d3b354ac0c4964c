"""Continuous batching: programs that ask for logits, a fixed number of slots, one worker.

A program is a generator. It yields a `Step` (tokens to append, after going back to an earlier
length if it likes) and gets the logits of what comes next; it samples by its own seed and returns
its result. The engine runs up to `WIDTH` sequences side by side and gives a free slot away at once.
A program has one sequence, or two that go on in step (see `guidance`); one that needs two waits at
the head of the queue until two are free, and holds none while it waits.
What a program is sent does not depend on its neighbours (see `network`), nor does its result.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from dramaturg.models.blas import use_one_thread
from dramaturg.models.embedded.network import WIDTH, Network
from dramaturg.models.embedded.runtime import Runtime
from dramaturg.models.embedded.shipped import Array, Weights

STREAM = 64  # up to this many appended tokens ride along in the decode batch, more are prefilled

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """Tokens to append to a program's sequence.

    Attributes:
        ids: At least one token id.
        keep: Go back to this length first; None keeps everything.
        every: Ask for logits after each token, `(len(ids), vocabulary)`, else `(vocabulary,)`.
        beside: The step of the second sequence of a program that has two; None appends nothing to
            it. Such a program is sent `(2, vocabulary)`: what comes next in each.
    """

    ids: list[int]
    keep: int | None = None
    every: bool = False
    beside: Step | None = None


Program = Generator[Step, Array, T]


@dataclass
class _Sequence:
    job: _Job
    slot: int
    length: int = 0
    waiting: deque[int] = field(default_factory=deque)
    logits: Array | None = None


@dataclass
class _Job:
    start: Callable[[], Program[Any]]
    future: Future[Any]
    needs: int = 1
    program: Program[Any] | None = None
    sequences: list[_Sequence] = field(default_factory=list)

    def waits(self) -> bool:
        return any(one.waiting for one in self.sequences)

    def logits(self) -> Array:
        found = [one.logits for one in self.sequences if one.logits is not None]
        return found[0] if len(self.sequences) == 1 else np.stack(found)


class Engine:
    """Runs programs over one network. Thread-safe; the worker starts with the first program.

    Args:
        weights: Run by numpy; or a network under another runtime.
    """

    def __init__(self, weights: Weights | Runtime) -> None:
        network = Network(weights) if isinstance(weights, Weights) else weights
        self._network: Runtime = network
        self._queue: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._slots: list[_Sequence | None] = [None] * WIDTH
        self._thread: threading.Thread | None = None
        self.tokens_prefilled = 0
        self.tokens_decoded = 0

    @property
    def context(self) -> int:
        """The most tokens that a program's sequence can have."""
        return self._network.sizes.context

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return self._network.sizes.vocabulary

    def submit(self, start: Callable[[], Program[T]], *, sequences: int = 1) -> Future[T]:
        """Queue a program; `start` makes its generator, in the worker thread.

        Args:
            start: Makes the program.
            sequences: 1, or 2 for a program whose steps have a `beside`.

        Cancelling the future frees the slot before the next step. From asyncio use
        `asyncio.wrap_future`, which hands a cancellation on.
        """
        if sequences not in (1, 2):
            raise ValueError(f"a program has 1 or 2 sequences, not {sequences}")
        future: Future[T] = Future()
        with self._wake:
            self._queue.append(_Job(start, future, sequences))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="dramaturg-embedded", daemon=True
                )
                self._thread.start()
            self._wake.notify()
        return future

    def _work(self) -> None:
        use_one_thread()
        while True:
            with self._wake:
                while not self._queue and not any(self._slots):
                    self._wake.wait()
            try:
                self._admit()
                self._decode()
            except BaseException as error:  # of the network itself: none of the running can go on
                for job in self._jobs():
                    self._finish(job, error)

    def _admit(self) -> None:
        for job in self._jobs():
            if job.future.cancelled():
                self._free(job)
                if job.program is not None:
                    job.program.close()
        while self._queue:
            if self._queue[0].future.cancelled():
                self._queue.popleft()
                continue
            free = [slot for slot, owner in enumerate(self._slots) if owner is None]
            if len(free) < self._queue[0].needs:
                return
            self._begin(self._queue.popleft(), free)

    def _begin(self, job: _Job, free: list[int]) -> None:
        for slot in free[: job.needs]:
            one = self._slots[slot] = _Sequence(job, slot)
            job.sequences.append(one)
        try:
            job.program = job.start()
            self._take(job, next(job.program))
        except BaseException as error:
            self._finish(job, error)

    def _jobs(self) -> list[_Job]:
        """The running programs, each once."""
        return [one.job for one in self._slots if one is not None and one is one.job.sequences[0]]

    def _decode(self) -> None:
        active = [one for one in self._slots if one is not None and one.waiting]
        if not active:
            return
        running = [job for job in self._jobs() if job.waits()]
        tokens = {one.slot: one.waiting.popleft() for one in active}
        logits = self._network.decode(tokens, {one.slot: one.length for one in active})
        self.tokens_decoded += len(active)
        for one in active:
            one.length += 1
            if not one.waiting:
                one.logits = logits[one.slot]
        for job in running:
            if not job.waits():
                self._answer(job)

    def _answer(self, job: _Job) -> None:
        assert job.program is not None
        try:
            self._take(job, job.program.send(job.logits()))
        except BaseException as error:
            self._finish(job, error)

    def _take(self, job: _Job, step: Step) -> None:
        """Start on a step: short ones wait for the decode batch, long ones are computed now."""
        assert job.program is not None
        while True:
            every = self._append(job.sequences[0], step)
            if len(job.sequences) == 2 and step.beside is not None:
                self._append(job.sequences[1], step.beside)
            if job.waits():
                return
            step = job.program.send(every if step.every else job.logits())

    def _append(self, one: _Sequence, step: Step) -> Array:
        """Append a step's tokens to a sequence, or leave them waiting; logits of a long step."""
        if step.keep is not None:
            one.length = step.keep
        if not step.ids or one.length + len(step.ids) > self._network.sizes.context:
            raise ValueError(
                f"a program asked for {len(step.ids)} tokens after {one.length}; "
                f"the context is {self._network.sizes.context}"
            )
        if len(step.ids) <= STREAM and not step.every and one.length:
            one.waiting.extend(step.ids)
            return np.empty(0, np.float32)
        logits = self._network.prefill(one.slot, step.ids, one.length, every=step.every)
        one.length += len(step.ids)
        self.tokens_prefilled += len(step.ids)
        one.logits = logits[-1]
        return logits

    def _finish(self, job: _Job, error: BaseException) -> None:
        self._free(job)
        if not job.future.set_running_or_notify_cancel():
            return
        if isinstance(error, StopIteration):
            job.future.set_result(error.value)
        else:
            job.future.set_exception(error)

    def _free(self, job: _Job) -> None:
        for one in job.sequences:
            self._slots[one.slot] = None
