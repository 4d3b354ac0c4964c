"""How long the start takes: `import dramaturg` (limit 0.15 s) and `dramaturg --help` (0.4 s).

Each is measured in fresh processes, less nothing: the interpreter's own start is shown beside it.
`python benchmarks/startup.py` prints the table; exit code 1 if a limit is missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

TRIES = 7
LIMITS = {"import dramaturg": 0.15, "dramaturg --help": 0.4}
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import dramaturg": [sys.executable, "-c", "import dramaturg"],
    "dramaturg --help": [sys.executable, "-m", "dramaturg", "--help"],
}


def seconds(command: list[str]) -> list[float]:
    """Wall seconds of `TRIES` fresh processes, after one that warms the disk cache."""
    took = []
    for _ in range(TRIES + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - start)
    return took[1:]


def main() -> int:
    """Print the table; 1 if a limit is missed by the fastest of the tries."""
    missed = 0
    print(f"{'what':<20} {'median s':>9} {'fastest s':>10} {'limit s':>8}   n = {TRIES}")
    for name, command in COMMANDS.items():
        took = seconds(command)
        limit = LIMITS.get(name)
        missed += limit is not None and min(took) > limit
        print(f"{name:<20} {statistics.median(took):>9.3f} {min(took):>10.3f} {limit or '':>8}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
