"""Continuous batching."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

import numpy as np
import pytest

from dramaturg.models.embedded.engine import Engine, Program, Step
from dramaturg.models.embedded.formats import Control
from dramaturg.models.embedded.network import WIDTH, Network
from dramaturg.models.embedded.sampling import Sampler
from tests.models.embedded.tiny import SIZES, tiny_weights


def drawing(seed: int, tokens: int) -> Program[list[int]]:
    sampler = Sampler(seed, top_k=20)
    logits = yield Step([int(Control.BOS), 40 + seed % 7, 50])
    out = []
    for _ in range(tokens):
        out.append(sampler.text(logits, ()))
        logits = yield Step([out[-1]])
    return out


def test_a_request_gives_the_same_tokens_alone_and_among_many() -> None:
    alone = Engine(tiny_weights()).submit(lambda: drawing(3, 60)).result(30)
    busy = Engine(tiny_weights())
    others = [n for n in range(3 * WIDTH) if n != 3]
    futures = [busy.submit(partial(drawing, n, 10 + 2 * n)) for n in others]
    futures.append(busy.submit(lambda: drawing(3, 60)))
    assert futures[-1].result(60) == alone


def test_many_more_requests_than_slots_all_come_back() -> None:
    engine = Engine(tiny_weights())
    futures = [engine.submit(partial(drawing, n, n % 5)) for n in range(5 * WIDTH)]
    assert [len(future.result(60)) for future in futures] == [n % 5 for n in range(5 * WIDTH)]


def test_going_back_to_an_earlier_length_forgets_what_came_after() -> None:
    def program(detour: bool) -> Program[np.ndarray]:
        yield Step([1, 40, 41, 42])
        if detour:
            yield Step([99, 98, 97])
        logits = yield Step([43, 44], keep=4)
        return logits.copy()

    engine = Engine(tiny_weights())
    straight = engine.submit(lambda: program(False)).result(30)
    back = engine.submit(lambda: program(True)).result(30)
    assert straight.tobytes() == back.tobytes()


def test_a_cancelled_request_frees_its_slot() -> None:
    engine = Engine(tiny_weights())

    def endless() -> Program[None]:
        yield Step([1])
        while True:
            time.sleep(0.001)
            yield Step([40], keep=1)

    stuck = [engine.submit(endless) for _ in range(WIDTH)]
    waiting = engine.submit(lambda: drawing(1, 3))
    for future in stuck:
        assert future.cancel()
    assert len(waiting.result(30)) == 3
    with pytest.raises(CancelledError):
        stuck[0].result()


def test_a_program_that_outgrows_the_context_fails_and_the_others_go_on() -> None:
    engine = Engine(tiny_weights())
    fails = engine.submit(lambda: drawing(1, 1000))
    works = engine.submit(lambda: drawing(2, 20))
    with pytest.raises(ValueError, match="the context is 160"):
        fails.result(30)
    assert len(works.result(30)) == 20


def paired(seed: int, tokens: int) -> Program[list[int]]:
    """Draws from the sum of two sequences that begin differently; the second skips some steps."""
    sampler = Sampler(seed, top_k=20)
    both = yield Step([1, 40 + seed % 7, 50, 51], beside=Step([1, 60]))
    assert both.shape == (2, SIZES.vocabulary)
    out = []
    for number in range(tokens):
        out.append(sampler.text(both[0] + both[1], ()))
        both = yield Step([out[-1]], beside=Step([out[-1]]) if number % 3 else None)
    return out


def test_a_program_of_two_sequences_gets_what_each_would_get_alone() -> None:
    def one(ids: list[int]) -> Program[np.ndarray]:
        yield Step(ids)
        logits = yield Step([70, 71])
        return logits.copy()

    def two() -> Program[np.ndarray]:
        yield Step([1, 40, 41], beside=Step([1, 60]))
        logits = yield Step([70, 71], beside=Step([70, 71]))
        return logits.copy()

    engine = Engine(tiny_weights())
    alone = [engine.submit(partial(one, ids)).result(30) for ids in ([1, 40, 41], [1, 60])]
    assert engine.submit(two, sequences=2).result(30).tobytes() == np.stack(alone).tobytes()


def test_programs_of_two_sequences_fill_all_slots_and_all_come_back_with_the_same_tokens() -> None:
    alone = Engine(tiny_weights()).submit(lambda: paired(3, 40), sequences=2).result(30)
    engine = Engine(tiny_weights())
    pairs = [engine.submit(partial(paired, n, 20 + 5 * n), sequences=2) for n in range(WIDTH + 1)]
    singles = [engine.submit(partial(drawing, n, n % 9)) for n in range(WIDTH - 1)]
    again = engine.submit(lambda: paired(3, 40), sequences=2)
    assert again.result(60) == alone
    assert [len(future.result(60)) for future in pairs] == [20 + 5 * n for n in range(WIDTH + 1)]
    assert [len(future.result(60)) for future in singles] == [n % 9 for n in range(WIDTH - 1)]


def test_a_program_that_needs_two_slots_waits_for_both_and_is_not_overtaken_for_ever() -> None:
    engine = Engine(tiny_weights())
    stop = threading.Event()

    def endless() -> Program[None]:
        yield Step([1])
        while not stop.is_set():
            yield Step([40], keep=1)

    stuck = [engine.submit(endless) for _ in range(WIDTH - 1)]  # one slot is left
    pair = engine.submit(lambda: paired(1, 3), sequences=2)
    single = engine.submit(lambda: drawing(1, 3))
    time.sleep(0.1)
    assert not pair.done()
    assert stuck[0].cancel()
    assert len(pair.result(30)) == 3
    assert len(single.result(30)) == 3
    stop.set()


def test_a_cancelled_program_of_two_sequences_frees_both_its_slots() -> None:
    engine = Engine(tiny_weights())

    def endless() -> Program[None]:
        yield Step([1], beside=Step([1]))
        while True:
            time.sleep(0.001)
            yield Step([40], keep=1, beside=Step([41], keep=1))

    stuck = [engine.submit(endless, sequences=2) for _ in range(WIDTH // 2)]
    waiting = [engine.submit(partial(drawing, n, 3)) for n in range(WIDTH)]
    for future in stuck:
        assert future.cancel()
    assert [len(future.result(30)) for future in waiting] == [3] * WIDTH


def test_a_program_has_one_or_two_sequences() -> None:
    with pytest.raises(ValueError, match="1 or 2 sequences, not 3"):
        Engine(tiny_weights()).submit(lambda: drawing(1, 1), sequences=3)


def test_a_failure_of_the_network_fails_what_runs_and_the_next_request_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine(tiny_weights())
    decode, left = Network.decode, [1]

    def once(self: Network, *given: Any) -> Any:
        if left:
            left.pop()
            raise MemoryError("no room")
        return decode(self, *given)

    monkeypatch.setattr(Network, "decode", once)
    with pytest.raises(MemoryError, match="no room"):
        engine.submit(lambda: drawing(1, 5)).result(30)
    assert len(engine.submit(lambda: drawing(1, 5)).result(30)) == 5
