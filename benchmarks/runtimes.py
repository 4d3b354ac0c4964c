"""The embedded model's network under numpy and under onnxruntime, same weights, same loop.

    python benchmarks/runtimes.py [--new 100] [--write]

Needs numpy, onnx and onnxruntime beside the package's own needs. Each row of the table is a
process of its own. *Bare* is greedy decoding of so many rows with a key-value cache, after a prompt
of 250 tokens, without any rule of sampling. *Writing* is the engine as it is used: conversations
with slots, drafts and repetition control. A second of processor time is what the process used on
all cores, so it is steady under other load; wall seconds are not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import ROOT, markdown, put
from dramaturg.models.embedded import network, writer
from dramaturg.models.embedded.engine import Engine
from dramaturg.models.embedded.formats import Sizes
from dramaturg.models.embedded.shipped import (
    build_weights,
    quantise,
    read_bpe,
    read_parts,
)

PAGE = ROOT / "docs" / "embedded-runtime.md"
PROMPT = 250
BATCHES = (1, 8, 16, 32)
FORMS = ("numpy", "fp32", "8-bit weights", "4-bit weights", "dynamic int8")
LARGER = {
    "28M": Sizes(width=512, layers=8, heads=8, kv_heads=2, feed=1408),
    "58M": Sizes(width=640, layers=11, heads=10, kv_heads=2, feed=2048),
}
FACTS = (
    ["I am a nurse.", "I have two golden retrievers.", "I love hiking in the mountains."],
    ["I play the cello in an orchestra.", "I grew up in Norway.", "I bake bread every Sunday."],
)


def drawn(sizes: Sizes) -> dict[str, NDArray[Any]]:
    """Random arrays of a network of these sizes, as `model.npz` would hold them."""
    rng = np.random.default_rng(0)
    shapes = {"embedding": (sizes.vocabulary, sizes.width)}
    parts: dict[str, NDArray[Any]] = {"norm": np.ones(sizes.width, np.float32)}
    for n in range(sizes.layers):
        heads = sizes.heads + 2 * sizes.kv_heads
        shapes |= {
            f"{n}.qkv": (heads * sizes.head, sizes.width),
            f"{n}.out": (sizes.width, sizes.heads * sizes.head),
            f"{n}.gate_up": (2 * sizes.feed, sizes.width),
            f"{n}.down": (sizes.width, sizes.feed),
        }
        for name in ("attention_norm", "feed_norm"):
            parts[f"{n}.{name}"] = np.ones(sizes.width, np.float32)
    for name, shape in shapes.items():
        matrix = rng.normal(0, 0.04, shape).astype(np.float32)
        parts[name], parts[f"{name}.scale"] = quantise(matrix)
    return parts


def parameters(parts: dict[str, NDArray[Any]]) -> int:
    """How many, the scales of the quantisation left out."""
    return sum(array.size for name, array in parts.items() if not name.endswith(".scale"))


def _network(form: str, sizes: Sizes, parts: dict[str, NDArray[Any]], cores: int, rows: int) -> Any:
    if form == "numpy":
        if cores == 1:
            from dramaturg.models.blas import use_one_thread

            use_one_thread()
        network.WIDTH = max(16, rows)  # the width it is shipped with, or what is asked
        return network.Network(build_weights(sizes, parts))
    from benchmarks.onnx_network import GRAPHS
    from dramaturg.models.embedded.onnx_network import OnnxNetwork

    return OnnxNetwork(sizes, parts, threads=cores, width=rows, graph=GRAPHS[form])


class _Clock:
    """Wall and processor seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def rates(self, tokens: int) -> list[float]:
        """Tokens a wall second and a second of processor time."""
        return [
            tokens / (time.perf_counter() - self._wall),
            tokens / (time.process_time() - self._cpu),
        ]


def bare(form: str, cores: int, rows: int, new: int, size: str = "") -> dict[str, list[float]]:
    """Tokens a second: `read` for prompts, `write` for new ones."""
    sizes, parts = (LARGER[size], drawn(LARGER[size])) if size else read_parts()
    net = _network(form, sizes, parts, cores, rows)
    rng = np.random.default_rng(1)
    prompts = rng.integers(32, sizes.vocabulary, (rows, PROMPT)).tolist()
    net.prefill(0, prompts[0][:50], 0)
    clock = _Clock()
    for slot, prompt in enumerate(prompts):
        net.prefill(slot, prompt, 0)
    read = clock.rates(rows * PROMPT)
    tokens = dict.fromkeys(range(rows), 40)
    clock = _Clock()
    for step in range(new):
        logits = net.decode(tokens, dict.fromkeys(range(rows), PROMPT + step))
        tokens = dict(enumerate(logits[:rows].argmax(-1).tolist()))
    return {"read": read, "write": clock.rates(rows * new)}


def writing(form: str, cores: int, conversations: int) -> dict[str, list[float]]:
    """Tokens a second that the engine appends while it writes conversations."""
    engine = Engine(_network(form, *read_parts(), cores, network.WIDTH))
    bpe = read_bpe()
    writer.loaded = lambda: (engine, bpe)  # type: ignore[assignment]

    async def every() -> None:
        jobs = [writer.write_conversation(*FACTS, turns=10, seed=n) for n in range(conversations)]
        await asyncio.gather(*jobs)

    clock = _Clock()
    asyncio.run(every())
    return {"write": clock.rates(engine.tokens_decoded)}


def apart(kind: str, *given: Any) -> dict[str, list[float]]:
    """One measurement in a fresh process."""
    command = [sys.executable, __file__, "--one", json.dumps([kind, *given])]
    threads = str(given[1])
    env = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    found: dict[str, list[float]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _cell(pair: list[float]) -> str:
    return f"{pair[1]:,.0f} ({pair[0]:,.0f})"


def _machine() -> str:
    import onnxruntime

    flags = Path("/proc/cpuinfo")
    cpu = flags.read_text() if flags.exists() else ""
    name = next(
        (line.split(":")[1].strip() for line in cpu.splitlines() if "model name" in line), ""
    )
    load = os.getloadavg()[0]
    return (
        f"{name or platform.processor()}, {os.cpu_count()} cores, "
        f"{'AVX-512, ' if 'avx512f' in cpu else ''}load {load:.1f} at the end; "
        f"numpy {np.__version__}, onnxruntime {onnxruntime.__version__}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--new", type=int, default=100, help="new tokens a row")
    options.add_argument("--conversations", type=int, default=32)
    options.add_argument("--write", action="store_true", help="put the tables into the docs")
    options.add_argument("--one", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        kind, *given = json.loads(chosen.one)
        print(json.dumps(bare(*given) if kind == "bare" else writing(*given)))
        return
    rows = [["network", "cores", "reading", *(f"{b} rows" for b in BATCHES), "writing, 16 rows"]]
    for cores in (1, 2):
        for form in FORMS:
            found = {b: apart("bare", form, cores, b, chosen.new) for b in BATCHES}
            told = [_cell(found[b]["write"]) for b in BATCHES]
            end = ["as above"]
            if form != "numpy" or cores == 1:  # the engine keeps numpy to one thread
                end = [_cell(apart("writing", form, cores, chosen.conversations)["write"])]
            rows.append([form, str(cores), _cell(found[8]["read"]), *told, *end])
            print(" | ".join(rows[-1]), flush=True)
    larger = [["network of random weights", "parameters", "reading", "1 row", "16 rows"]]
    for name, sizes in LARGER.items():
        found = {b: apart("bare", "numpy", 1, b, chosen.new // 2, name) for b in (1, 16)}
        count = f"{parameters(drawn(sizes)) / 1e6:.1f}M"
        cells = [_cell(found[16]["read"]), *(_cell(found[b]["write"]) for b in (1, 16))]
        larger.append([name, count, *cells])
        print(" | ".join(larger[-1]), flush=True)
    text = (
        f"Tokens a second of processor time, in brackets a wall second ({_machine()}). Prompt "
        f"{PROMPT} tokens, {chosen.new} new ones a row; *writing*: {chosen.conversations} "
        f"conversations of 10 turns.\n\n{markdown(rows)}\n\n"
        f"Larger networks, numpy, one core, {chosen.new // 2} new tokens a row:\n\n"
        f"{markdown(larger)}"
    )
    print(f"\n{text}")
    if chosen.write:
        put(PAGE, "runtimes", text)


if __name__ == "__main__":
    main()
