"""Which slots each step of the engine works on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import numpy as np

from dramaturg.models.embedded.engine import Engine, Program, Step
from dramaturg.models.embedded.network import WIDTH, Network
from dramaturg.models.embedded.shipped import Array
from tests.models.embedded.test_engine import drawing
from tests.models.embedded.tiny import tiny_weights


class Watched:
    """A network that keeps the slots, and their tokens, of every decode step."""

    def __init__(self) -> None:
        self.inner = Network(tiny_weights())
        self.sizes = self.inner.sizes
        self.steps: list[dict[int, int]] = []

    def prefill(self, slot: int, ids: list[int], start: int, *, every: bool = False) -> Array:
        return self.inner.prefill(slot, ids, start, every=every)

    def decode(self, tokens: dict[int, int], lengths: dict[int, int]) -> Array:
        self.steps.append(dict(tokens))
        return self.inner.decode(tokens, lengths)


def steady(
    token: int, steps: int, meanwhile: Callable[[int], None] = lambda n: None
) -> Program[int]:
    """Appends the same token again and again; `meanwhile` is told each step."""
    yield Step([1])
    for number in range(steps):
        meanwhile(number)
        yield Step([token])
    return token


def held_back(engine: Engine) -> threading.Event:
    """Keeps the worker from its first step until the event is set."""
    go = threading.Event()

    def wait() -> Program[None]:
        go.wait(30)
        yield Step([1])

    engine.submit(wait)
    return go


def test_a_finished_request_s_slot_is_filled_before_the_next_step() -> None:
    network = Watched()
    engine = Engine(network)
    go = held_back(engine)
    lengths = [3 + (7 * n) % 11 for n in range(4 * WIDTH)]
    futures = [engine.submit(partial(steady, 40 + n, size)) for n, size in enumerate(lengths)]
    go.set()
    for future in futures:
        future.result(60)
    begun = [min(i for i, s in enumerate(network.steps) if 40 + n in s.values())
             for n in range(len(lengths))]  # fmt: skip
    full = network.steps[: max(begun) + 1]  # while any request waited
    assert all(len(step) == WIDTH for step in full)
    assert sum(map(len, network.steps)) == sum(lengths)  # and no step is done for nothing


def test_a_cancelled_request_is_in_no_later_step_and_its_slot_goes_to_the_next() -> None:
    network = Watched()
    engine = Engine(network)
    go = held_back(engine)
    futures: list[Future[int]] = []
    seen: list[int] = []

    def cancel(number: int) -> None:
        if number == 5:
            seen.append(len(network.steps))
            assert futures[3].cancel()

    futures.append(engine.submit(lambda: steady(100, 20, cancel)))
    futures += [engine.submit(partial(steady, 100 + n, 20)) for n in range(1, WIDTH)]
    waiting = engine.submit(lambda: steady(200, 2))
    go.set()
    assert waiting.result(30) == 200
    for future in (*futures[:3], *futures[4:]):
        future.result(30)
    (at,) = seen
    slot = next(slot for slot, token in network.steps[at - 1].items() if token == 103)
    assert all(103 not in step.values() for step in network.steps[at:])
    assert network.steps[at][slot] == 200


def test_a_request_gives_the_same_tokens_when_its_neighbours_are_cancelled() -> None:
    alone = Engine(tiny_weights()).submit(lambda: drawing(3, 60)).result(30)
    engine = Engine(tiny_weights())
    go = held_back(engine)
    others = [engine.submit(partial(drawing, n, 140)) for n in range(100, 100 + WIDTH - 1)]

    def cancelling() -> Program[list[int]]:
        program, logits = drawing(3, 60), np.empty(0, np.float32)
        step, place = next(program), 0
        while True:
            logits = yield step
            place += 1
            if place % 3 == 0 and others:
                others.pop().cancel()
            try:
                step = program.send(logits)
            except StopIteration as end:
                return list(end.value)

    mine = engine.submit(cancelling)
    later = [engine.submit(partial(drawing, n, 30)) for n in range(200, 210)]
    go.set()
    assert mine.result(60) == alone
    assert all(len(future.result(60)) == 30 for future in later)


def test_a_request_whose_waiter_was_cancelled_before_it_began_is_never_started() -> None:
    engine = Engine(Watched())
    go = held_back(engine)
    started: list[bool] = []

    def begin() -> Program[None]:
        started.append(True)
        yield Step([1])

    future = engine.submit(begin)
    assert future.cancel()
    go.set()
    engine.submit(lambda: steady(40, 2)).result(30)
    assert not started
