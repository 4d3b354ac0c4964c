"""Every measure against the truth, by one command.

    python benchmarks/evaluation.py [--data DIR] [--only NAME ...] [--sizes N ...] [--write]

Runs `main(data, write)` of every `benchmarks/evaluation_NAME.py`. DIR holds the corpora; --write
renews the tables of docs/evaluation.md, each between the markers that bear its module's name.
--sizes are the numbers of conversations at which speed is measured: small ones if left away.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads than cores are far slower

import argparse
import importlib
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


def names() -> list[str]:
    """What there is to run, in order of name."""
    return sorted(
        path.stem.removeprefix("evaluation_")
        for path in Path(__file__).parent.glob("evaluation_*.py")
    )


def main() -> int:
    """Run them; 2 if the corpora are not there."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    ask.add_argument("--only", nargs="*", choices=names(), default=names())
    ask.add_argument("--write", action="store_true", help="renew the tables in the docs page")
    ask.add_argument("--sizes", type=int, nargs="+", help="how many conversations, for speed")
    given = ask.parse_args()
    if not given.data.is_dir():
        print(
            f"error: there is no folder {given.data}\n  fix: name the corpora with --data DIR",
            file=sys.stderr,
        )
        return 2
    for name in given.only:
        begun = time.perf_counter()
        module = importlib.import_module(f"benchmarks.evaluation_{name}")
        more = {"sizes": given.sizes} if name == "speed" and given.sizes else {}
        module.main(given.data, given.write, **more)
        print(f"({name}: {time.perf_counter() - begun:.0f} s)", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
