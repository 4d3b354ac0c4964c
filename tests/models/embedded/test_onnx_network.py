"""The same weights under ONNX Runtime (the extra `fast`), and the setting that chooses it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.models.embedded import runtime
from dramaturg.models.embedded.engine import Engine
from dramaturg.models.embedded.formats import Sizes
from dramaturg.models.embedded.network import WIDTH, Network
from dramaturg.models.embedded.runtime import SETTING, open_runtime
from dramaturg.models.embedded.shipped import build_weights, read_parts
from dramaturg.models.embedded_model import VERSION, EmbeddedModel
from tests.models.embedded.test_engine import drawing
from tests.models.embedded.tiny import tiny_parts

PROMPT = [5, 60, 70, 80, 90, 100, 110]
SMALL = Sizes(
    vocabulary=320, width=48, layers=2, heads=4, kv_heads=2, head=16, feed=80, context=160
)


def opened(threads: int = 1, sizes: Sizes = SMALL) -> runtime.Runtime:
    """A tiny random network, its rows no multiple of a block."""
    pytest.importorskip("onnx", reason="the extra `fast` is not installed")
    pytest.importorskip("onnxruntime", reason="the extra `fast` is not installed")
    from dramaturg.models.embedded.onnx_network import OnnxNetwork

    return OnnxNetwork(sizes, tiny_parts(0, sizes), threads=threads)


def test_it_computes_what_numpy_computes_but_for_eight_bit_activations() -> None:
    fast, exact = opened(), Network(build_weights(SMALL, tiny_parts(0, SMALL)))
    for network in (fast, exact):
        network.prefill(3, PROMPT[:4], 0)
    found, wanted = (n.prefill(3, PROMPT[4:], 4, every=True) for n in (fast, exact))
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.999
    steps = [n.decode({3: 42, 9: 50}, {3: len(PROMPT), 9: 0}) for n in (fast, exact)]
    for slot in (3, 9):
        assert np.corrcoef(steps[0][slot], steps[1][slot])[0, 1] > 0.999


def test_the_shipped_weights_lose_no_likelihood_under_it() -> None:
    pytest.importorskip("onnxruntime", reason="the extra `fast` is not installed")
    from dramaturg.models.embedded.onnx_network import OnnxNetwork

    sizes, parts = read_parts()
    ids = [1, 23, *np.random.default_rng(1).integers(300, 2000, 100).tolist()]
    losses = []
    for network in (OnnxNetwork(sizes, parts), Network(build_weights(sizes, parts))):
        logits = network.prefill(0, ids, 0, every=True).astype(float)
        chosen = logits[np.arange(len(ids) - 1), ids[1:]]
        losses.append(float(np.mean(np.logaddexp.reduce(logits[:-1], axis=-1) - chosen)))
    assert losses[0] == pytest.approx(losses[1], abs=0.02)


def test_a_row_is_the_same_bytes_beside_any_neighbours_in_any_slot_with_any_threads() -> None:
    rng = np.random.default_rng(1)
    expected = None
    for threads in (1, 2):
        network = opened(threads)
        for slot in (0, 5, WIDTH - 1):
            for neighbours in (0, 3, WIDTH - 1):
                others = [n for n in range(WIDTH) if n != slot][:neighbours]
                lengths = {n: int(rng.integers(1, 40)) for n in others}
                for n in others:
                    network.prefill(n, rng.integers(32, 300, lengths[n]).tolist(), 0)
                network.prefill(slot, PROMPT, 0)
                tokens = {n: int(rng.integers(32, 300)) for n in others} | {slot: 42}
                found = network.decode(tokens, lengths | {slot: len(PROMPT)})[slot].tobytes()
                expected = expected or found
                assert found == expected


def test_a_program_draws_the_same_tokens_alone_and_among_many() -> None:
    alone = Engine(opened()).submit(lambda: drawing(3, 40)).result(30)
    busy = Engine(opened())
    futures = [busy.submit(partial(drawing, n, 5 + n)) for n in range(2 * WIDTH) if n != 3]
    assert busy.submit(lambda: drawing(3, 40)).result(60) == alone
    assert all(future.result(60) for future in futures)


def test_a_runtime_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "onxruntime")
    for use in (lambda: EmbeddedModel().version, open_runtime):
        with pytest.raises(UserError, match="no runtime 'onxruntime'"):
            use()


def test_a_runtime_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "onnxruntime")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "dramaturg.models.embedded.onnx_network", raising=False)
    with pytest.raises(UserError) as caught:
        open_runtime()
    assert "dramaturg[fast]" in str(caught.value)


def test_numpy_is_the_default_and_leaves_the_version_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    assert isinstance(open_runtime(), Network)
    assert EmbeddedModel().version == VERSION


def test_the_setting_is_part_of_what_a_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ort = pytest.importorskip("onnxruntime", reason="the extra `fast` is not installed")
    monkeypatch.setenv(SETTING, "onnxruntime")
    assert EmbeddedModel().version == f"{VERSION} onnxruntime {ort.__version__}"


def test_it_writes_a_conversation_in_a_process_of_its_own_the_same_twice() -> None:
    pytest.importorskip("onnx", reason="the extra `fast` is not installed")
    pytest.importorskip("onnxruntime", reason="the extra `fast` is not installed")
    code = (
        "import asyncio; from dramaturg.models.embedded import write_conversation as w; "
        "print([t.text for t in asyncio.run(w(['I sail.'], ['I cook.'], turns=4, seed=1)).turns])"
    )
    env = os.environ | {SETTING: "onnxruntime"}
    told = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        for _ in range(2)
    ]
    assert told[0].stdout == told[1].stdout
    assert len(told[0].stdout) > 20
