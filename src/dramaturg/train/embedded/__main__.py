"""Train the embedded model from the command line, or export a checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(words: Sequence[str] | None = None) -> None:
    """Read the arguments; train, or export."""
    parser = argparse.ArgumentParser(prog="dramaturg train embedded", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="train on the corpora in this folder")
    what.add_argument("--export", type=Path, help="export the checkpoint of this run folder")
    parser.add_argument(
        "--out", type=Path, required=True, help="run folder (resumed if it exists), or weights"
    )
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(words)
    if args.export:
        from dramaturg.train.embedded.export import export

        print(f"{export(args.export, args.out)['parameters']:,} parameters exported")
        return
    from dramaturg.train.embedded.fit import Settings, train

    settings = Settings(steps=args.steps, seed=args.seed, threads=args.threads)
    print(f"held-out loss {train(args.data, args.out, settings):.4f}")


if __name__ == "__main__":
    main()
