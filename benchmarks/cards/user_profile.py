"""user-profile on real structured profiles, as far as that goes without a model.

    python benchmarks/cards/user_profile.py DATA_DIR

The paper's data cannot be had. The stand-in is CaSiNo (CC BY 4.0): DATA_DIR/casino/casino.jsonl.gz,
whose people have age, gender, ethnicity and education. Their profiles go through five notes each in
plain words, read by a rule that knows the words: so every number below is about our bookkeeping
(one change a note, no drift, nothing of others, the past kept), and none about a model's reading.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dramaturg import evaluate, profile
from dramaturg.dataset.load_profiles import profile_from
from dramaturg.profile import Planned, Updated
from dramaturg.proofs.user_profile import plain_reader
from dramaturg.records import Profile, ProfileUpdate, derive_seed


def people(folder: Path) -> Iterator[Profile]:
    """One profile a participant, under a made-up name; the data has none."""
    names = iter(profile.invent(5_000, seed=1))
    with gzip.open(folder / "casino" / "casino.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            for one in json.loads(line)["participants"].values():
                yield profile_from(next(names).name, one["demographics"])


async def lives(cast: list[Profile]) -> list[ProfileUpdate]:
    """Five notes about each."""
    values = profile.values_by_key(cast)
    names = [p.name for p in cast]

    async def write(planned: Planned, seed: int) -> str:
        return profile.plain_note(planned)

    async def read(mine: Profile, text: str, seed: int, when: str) -> Updated:
        return await profile.update(mine, text, plain_reader(), when=when, seed=seed)

    rows: list[ProfileUpdate] = []
    for number, one in enumerate(cast):
        seed = derive_seed(1, number)
        rows += await profile.follow(
            one, write, read, steps=5, values=values, others=names, seed=seed
        )
    return rows


def main(folder: Path) -> None:
    if not (folder / "casino" / "casino.jsonl.gz").exists():
        print(f"skipped: there is no casino/casino.jsonl.gz in {folder}")
        return
    cast = list(people(folder))
    rows = asyncio.run(lives(cast))
    print(f"people {len(cast)}, pairs {sum(len(p.attributes) for p in cast)}, notes {len(rows)}")
    print("notes by kind:", dict(sorted(Counter(row.kind for row in rows).items())))
    for one in evaluate.update_figures(rows):
        print(f"{one.name}: {one.value:.4f} (n {one.n}, {one.unit})")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data"))
