"""The numpy network: prefill and decode agree, and neighbours do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.models.embedded.network import WIDTH, Network
from dramaturg.models.embedded.shipped import read_weights
from tests.models.embedded.tiny import tiny_weights

PROMPT = [5, 60, 70, 80, 90, 100, 110]


def test_a_decode_step_gives_what_a_prefill_gives() -> None:
    network = Network(tiny_weights())
    whole = network.prefill(0, [*PROMPT, 42], 0, every=True)
    network.prefill(3, PROMPT, 0)
    step = network.decode({3: 42}, {3: len(PROMPT)})[3]
    np.testing.assert_allclose(step, whole[-1], rtol=1e-4, atol=1e-4)


def test_a_prefill_in_two_parts_gives_what_one_gives() -> None:
    network = Network(tiny_weights())
    whole = network.prefill(0, PROMPT, 0, every=True)
    network.prefill(1, PROMPT[:3], 0)
    parts = network.prefill(1, PROMPT[3:], 3, every=True)
    np.testing.assert_allclose(parts, whole[3:], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shipped", [False, True])
def test_the_logits_of_a_row_are_the_same_bytes_beside_any_neighbours(shipped: bool) -> None:
    network = Network(read_weights() if shipped else tiny_weights())
    rng = np.random.default_rng(1)
    expected = None
    for slot in (0, 5, WIDTH - 1):
        for neighbours in (0, 3, WIDTH - 1):
            others = [n for n in range(WIDTH) if n != slot][:neighbours]
            lengths = {n: int(rng.integers(1, 40)) for n in others}
            for n in others:
                network.prefill(n, rng.integers(32, 300, lengths[n]).tolist(), 0)
            network.prefill(slot, PROMPT, 0)
            tokens = {n: int(rng.integers(32, 300)) for n in others} | {slot: 42}
            logits = network.decode(tokens, lengths | {slot: len(PROMPT)})[slot]
            expected = logits.tobytes() if expected is None else expected
            assert logits.tobytes() == expected
