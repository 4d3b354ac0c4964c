"""Train the embedded model from the command line, or export a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

from dramaturg.train.embedded.fit import Settings, train


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the corpora")
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--threads", type=int, default=Settings.threads)
    args = parser.parse_args()
    settings = Settings(steps=args.steps, seed=args.seed, threads=args.threads)
    print(f"held-out loss {train(args.data, args.out, settings):.4f}")


if __name__ == "__main__":
    main()
