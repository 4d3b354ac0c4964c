"""Size of the package and of a fresh installation, memory of the embedded model, first token.

    python benchmarks/footprint.py [--write]

The wheel is built and installed, without extras, into an environment made for it (needs pip's
index). Limits: wheel 100 MB, installation 250 MB, first token 1 s after the start of the process.
Exit code 1 if one is missed; the first token is held to it by the fastest of its tries.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import ROOT, columns, markdown, put

PAGE = ROOT / "docs" / "embedded-runtime.md"
TRIES = 5
MB = 1e6
FIRST = """
import sys, time
from dramaturg.models.embedded import formats, writer
from dramaturg.models.embedded.engine import Step
from dramaturg.models.embedded.sampling import Sampler
engine, bpe = writer.loaded()
facts = [bpe.encode(f"I have {n} boats and I like tea.") for n in range(5)]
head = formats.header(facts, facts, style="made", turns=16)
def program():
    logits = yield Step([*head, formats.speaker(0), formats.Control.SAY])
    return Sampler(1).text(logits, ())
token = engine.submit(program).result()
import json, resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([time.time(), time.process_time(), peak]))
"""
WRITING = """
import asyncio, json, resource
from dramaturg.models.embedded import write_conversation
async def every():
    facts = ["I am a nurse.", "I have two dogs."], ["I play the cello.", "I bake bread."]
    await asyncio.gather(*(write_conversation(*facts, turns=6, seed=n) for n in range(16)))
asyncio.run(every())
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
"""


def size(folder: Path) -> int:
    """Bytes of all files in a folder, compiled Python left out."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".pyc" and not file.is_symlink()
    )


def installed(scratch: Path) -> tuple[Path, int, int, dict[str, int]]:
    """A fresh environment's Python, bytes of the wheel, of all installed, and by package."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", scratch, ROOT], check=True)
    (wheel,) = scratch.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", scratch / "env"], check=True)
    python = scratch / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", wheel], check=True)
    (packages,) = (scratch / "env" / "lib").glob("python*/site-packages")
    parts = {part.name: size(part) for part in packages.iterdir() if part.is_dir()}
    largest = dict(sorted(parts.items(), key=lambda item: -item[1])[:4])
    return python, wheel.stat().st_size, size(packages), largest


def run(python: Path, code: str) -> tuple[float, list[float]]:
    """When the process was started, and what it told."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    began = time.time()
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, env=env)
    told = json.loads(ran.stdout)
    return began, told if isinstance(told, list) else [told]


def main() -> int:
    """Print the table; 1 if a limit is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="put the table into the docs")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        python, wheel, whole, largest = installed(Path(scratch))
        run(python, FIRST)  # warms the disk cache
        tries = [run(python, FIRST) for _ in range(TRIES)]
        walls = [told[0] - began for began, told in tries]
        cpus = [told[1] for _, told in tries]
        peak = max(told[2] for _, told in tries)
        writing = run(python, WRITING)[1][0]
    rows = [
        ["what", "figure", "limit"],
        ["wheel, model and experts in it", f"{wheel / MB:.1f} MB", "100 MB"],
        [
            "installed without extras, the packages it needs included",
            f"{whole / MB:.0f} MB ("
            + ", ".join(f"{name} {part / MB:.0f}" for name, part in largest.items())
            + ")",
            "250 MB",
        ],
        [
            f"first token after the start of the process (n = {TRIES})",
            f"fastest {min(walls):.2f} s, median {statistics.median(walls):.2f} s; "
            f"{statistics.median(cpus):.2f} s of processor time",
            "1 s",
        ],
        ["memory at the first token, peak", f"{peak / MB:.0f} MB", ""],
        ["memory while 16 conversations are written, peak", f"{writing / MB:.0f} MB", ""],
    ]
    print(columns(rows))
    if chosen.write:
        put(PAGE, "footprint", f"Load {os.getloadavg()[0]:.1f} at the end.\n\n{markdown(rows)}")
    return int(wheel > 100 * MB or whole > 250 * MB or min(walls) > 1)


if __name__ == "__main__":
    sys.exit(main())
