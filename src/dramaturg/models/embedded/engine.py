"""Continuous batching: programs that ask for logits, a fixed number of slots, one worker.

A program is a generator. It yields a `Step` (tokens to append, after going back to an earlier
length if it likes) and gets the logits of what comes next; it samples by its own seed and returns
its result. The engine runs up to `WIDTH` programs side by side and gives a free slot away at once.
What a program is sent does not depend on its neighbours (see `network`), nor does its result.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

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
    """

    ids: list[int]
    keep: int | None = None
    every: bool = False


Program = Generator[Step, Array, T]


@dataclass
class _Job:
    start: Callable[[], Program[Any]]
    future: Future[Any]
    program: Program[Any] | None = None
    length: int = 0
    waiting: deque[int] = field(default_factory=deque)


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
        self._slots: list[_Job | None] = [None] * WIDTH
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

    def submit(self, start: Callable[[], Program[T]]) -> Future[T]:
        """Queue a program; `start` makes its generator, in the worker thread.

        Cancelling the future frees the slot before the next step. From asyncio use
        `asyncio.wrap_future`, which hands a cancellation on.
        """
        future: Future[T] = Future()
        with self._wake:
            self._queue.append(_Job(start, future))
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
            self._admit()
            self._decode()

    def _admit(self) -> None:
        for slot in range(WIDTH):
            job = self._slots[slot]
            if job is not None and job.future.cancelled():
                self._leave(slot)
            while self._slots[slot] is None and self._queue:
                job = self._queue.popleft()
                if job.future.cancelled():
                    continue
                self._slots[slot] = job
                try:
                    job.program = job.start()
                    self._take(slot, job, next(job.program))
                except BaseException as error:
                    self._finish(slot, job, error)

    def _decode(self) -> None:
        active = {n: job for n, job in enumerate(self._slots) if job is not None}
        if not active:
            return
        tokens = {slot: job.waiting.popleft() for slot, job in active.items()}
        lengths = {slot: job.length for slot, job in active.items()}
        logits = self._network.decode(tokens, lengths)
        self.tokens_decoded += len(active)
        for slot, job in active.items():
            job.length += 1
            if not job.waiting:
                self._answer(slot, job, logits[slot])

    def _answer(self, slot: int, job: _Job, logits: Array) -> None:
        assert job.program is not None
        try:
            self._take(slot, job, job.program.send(logits))
        except BaseException as error:
            self._finish(slot, job, error)

    def _take(self, slot: int, job: _Job, step: Step) -> None:
        """Start on a step: short ones wait for the decode batch, long ones are computed now."""
        assert job.program is not None
        while True:
            if step.keep is not None:
                job.length = step.keep
            if not step.ids or job.length + len(step.ids) > self._network.sizes.context:
                raise ValueError(
                    f"a program asked for {len(step.ids)} tokens after {job.length}; "
                    f"the context is {self._network.sizes.context}"
                )
            if len(step.ids) <= STREAM and not step.every and job.length:
                job.waiting.extend(step.ids)
                return
            logits = self._network.prefill(slot, step.ids, job.length, every=step.every)
            job.length += len(step.ids)
            self.tokens_prefilled += len(step.ids)
            step = job.program.send(logits if step.every else logits[0])

    def _finish(self, slot: int, job: _Job, error: BaseException) -> None:
        self._slots[slot] = None
        if not job.future.set_running_or_notify_cancel():
            return
        if isinstance(error, StopIteration):
            job.future.set_result(error.value)
        else:
            job.future.set_exception(error)

    def _leave(self, slot: int) -> None:
        job = self._slots[slot]
        self._slots[slot] = None
        if job is not None and job.program is not None:
            job.program.close()
