"""Make the table of published splits again, or check it, from the released files.

    python benchmarks/published_splits.py --data DATA [--write]

DATA holds synthetic-persona-chat/train.jsonl.gz and valid.jsonl.gz. A row without turns counts:
who talks is known. Prints the rows and pairs of each split, and whether the table agrees.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from dramaturg.dataset.split import pair_key
from dramaturg.records import Conversation, Speaker

NAME = "synthetic-persona-chat"
TABLE = Path(__file__).parents[1] / "src" / "dramaturg" / "dataset" / "splits" / f"{NAME}.npz"
FILES = {"train": "train.jsonl.gz", "validation": "valid.jsonl.gz"}


def keys(path: Path) -> list[int]:
    """The fingerprint of each row's pair."""
    found = []
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for line in rows:
            row = json.loads(line)
            speakers = tuple(
                Speaker(name="", persona=tuple(row[side])) for side in ("user_1", "user_2")
            )
            talk = Conversation(scene_id="", speakers=speakers, turns=())
            found.append(int(pair_key(talk), 16))
    return found


def main() -> None:
    """Print the counts; write the table if asked to."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True)
    ask.add_argument("--write", action="store_true")
    options = ask.parse_args()
    made = {}
    for split, file in FILES.items():
        rows = keys(options.data / NAME / file)
        made[split] = np.unique(np.array(rows, dtype=np.uint64))
        print(f"{split}: {len(rows):,} conversations between {len(made[split]):,} pairs")
    shared = np.intersect1d(made["train"], made["validation"])
    print(f"pairs in both: {len(shared)}")
    if options.write:
        TABLE.parent.mkdir(exist_ok=True)
        np.savez(TABLE, **made)  # type: ignore[arg-type]
    with np.load(TABLE) as table:
        same = all(np.array_equal(table[split], made[split]) for split in made)
    print(f"the table in the package agrees: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
