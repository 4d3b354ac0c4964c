"""Train the embedded model from the command line, or export a checkpoint."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from dramaturg.errors import UserError
from dramaturg.models.embedded.formats import Sizes

SIZES = {
    "12m": Sizes(),
    "27m": Sizes(width=512, layers=8, heads=8, feed=1408),
    "57m": Sizes(width=640, layers=12, heads=10, feed=1728),
}


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
    parser.add_argument(
        "--size", choices=sorted(SIZES), default="12m", help="parameters of the network"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train"
    )
    parser.add_argument(
        "--batch-tokens", type=int, help="of one step; 8,192 on a CPU, 65,536 on a GPU"
    )
    parser.add_argument("--start", type=Path, help="begin with the weights in this folder")
    args = parser.parse_args(words)
    if args.export:
        from dramaturg.train.embedded.export import export

        print(f"{export(args.export, args.out)['parameters']:,} parameters exported")
        return
    import torch

    from dramaturg.train.embedded.fit import Settings, train

    device = args.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "there is no GPU that PyTorch can use",
            why="torch.cuda.is_available() is false",
            fix="leave --device out to train on the CPU, or install PyTorch for your GPU",
        )
    settings = Settings(
        steps=args.steps,
        seed=args.seed,
        threads=args.threads,
        rate=args.rate,
        decay_share=args.decay,
        device=device,
        workers=min(12, os.cpu_count() or 1) if device == "cuda" else 0,
        batch_tokens=args.batch_tokens or (65_536 if device == "cuda" else 8192),
    )
    loss = train(args.data, args.out, settings, SIZES[args.size], args.start)
    print(f"held-out loss {loss:.4f}")


if __name__ == "__main__":
    main()
