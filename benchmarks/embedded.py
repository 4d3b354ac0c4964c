"""Every figure of the embedded model, by one command; with --write, into its page.

    python benchmarks/embedded.py --data DIR [--n 64] [--only NAME ...] [--write [PAGE]]
    python benchmarks/embedded.py --to-label read.txt
    python benchmarks/embedded.py --labelled read.txt marks.txt

DIR holds the corpora. All is of the weights in the package and of validation text, none of which
was trained on; the training text is read for memorisation only. Tables stand on the page between
the markers that bear their name.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import embedded_labels as labels
from benchmarks import embedded_tables as parts
from benchmarks.embedded_text import told
from benchmarks.tables import ROOT, columns, markdown, put
from dramaturg.errors import UserError

PAGE = ROOT / "docs" / "embedded-model.md"


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    ask.add_argument("--n", type=int, default=64, help="conversations of each split")
    ask.add_argument(
        "--written", type=int, default=400, help="conversations with the default settings"
    )
    ask.add_argument("--judged", type=int, default=200, help="of each set, by the expert")
    ask.add_argument("--control", type=int, default=12, help="conversations for each control")
    ask.add_argument("--each", type=int, default=2, help="ranked turns of each conversation")
    ask.add_argument("--told", type=int, default=20, help="conversations printed on the page")
    ask.add_argument("--only", nargs="*", choices=list(parts.PARTS), default=list(parts.PARTS))
    ask.add_argument("--labels", type=Path, default=labels.LABELS, help="the hand labels")
    ask.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="PAGE",
                     help="renew the tables of the page")  # fmt: skip
    ask.add_argument("--to-label", type=Path, metavar="FILE", help="write 50 conversations to read")
    ask.add_argument("--labelled", type=Path, nargs=2, metavar=("FILE", "MARKS"),
                     help="put a reader's marks in")  # fmt: skip
    given = ask.parse_args()
    for name in ("n", "written", "judged", "control", "each", "told"):
        if getattr(given, name) < 1:
            ask.error(f"--{name} must be at least 1")
    return given


def main() -> int:
    """Run it; 2 if something that it needs is not there."""
    given = arguments()
    try:
        if given.to_label:
            labels.write_to_read(told(50), given.to_label)
            print(f"{given.to_label}: read it; beside it are the rows")
            return 0
        if given.labelled:
            read, marks = given.labelled
            rows = labels.labelled(labels.load(read.with_suffix(".jsonl")), marks)
            labels.save(rows, given.labels)
            print(f"{given.labels}: {len(rows)} conversations")
            return 0
        measure(given)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def measure(given: argparse.Namespace) -> None:
    """Print every table that is asked for and put it on the page."""
    parts.check_corpora(given.data)
    if given.write and not given.write.is_file():
        raise UserError(f"there is no page {given.write}", fix="name one that exists")
    bench = parts.Bench(given)
    for name in parts.PARTS:  # the targets come last: they gather what the others found
        if name not in given.only:
            continue
        begun, cpu = time.perf_counter(), time.process_time()
        text = []
        for title, rows in parts.PARTS[name](bench):
            told_as = columns(rows) if isinstance(rows, list) else rows
            print(f"\n{title}\n{told_as}", flush=True)
            text.append(f"{title}\n\n{markdown(rows) if isinstance(rows, list) else rows}")
        if given.write and text:
            put(given.write, name, "\n\n".join(text))
        seconds, busy = time.perf_counter() - begun, time.process_time() - cpu
        print(f"({name}: {seconds:.0f} s, {busy:.0f} s of processor time)", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
