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
    parser.add_argument("--rate", type=float, default=0.002, help="highest learning rate")
    parser.add_argument(
        "--decay", type=float, default=0.28, help="share of the steps with a falling rate"
    )
    parser.add_argument("--start", type=Path, help="begin with the weights in this folder")
    args = parser.parse_args(words)
    if args.export:
        from dramaturg.train.embedded.export import export

        print(f"{export(args.export, args.out)['parameters']:,} parameters exported")
        return
    from dramaturg.train.embedded.fit import Settings, train

    settings = Settings(
        steps=args.steps,
        seed=args.seed,
        threads=args.threads,
        rate=args.rate,
        decay_share=args.decay,
    )
    loss = train(args.data, args.out, settings, start=args.start)
    print(f"held-out loss {loss:.4f}")


if __name__ == "__main__":
    main()
