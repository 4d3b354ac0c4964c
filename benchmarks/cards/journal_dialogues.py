"""The card of journal-dialogues on a stand-in: comments by author; the journals are out of reach.

    python benchmarks/cards/journal_dialogues.py DATA_DIR [--write]

DATA_DIR holds, anywhere below it, a JSONL file with an object an author, {"username", "comments":
[{"text"}]}, as `comments_eval_revised.jsonl` of SynthPAI (MIT). Without it there is nothing to do.
The vectors are those of the embedded model.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.tables import columns, markdown, put
from dramaturg.evaluate.authorship import attributed
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.profile import representative
from dramaturg.records import Conversation, Speaker, Turn

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "journal-dialogues.md"
LEAST = 8  # words of a comment
TRIES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table on the recipe's page")
    given = parser.parse_args()
    file = next(iter(given.data.rglob("comments_eval_revised.jsonl")), None)
    if file is None:
        print(f"skipped: no comments_eval_revised.jsonl below {given.data}")
        return
    texts: dict[str, list[str]] = {}
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        said = dict.fromkeys(str(one["text"]) for one in row["comments"])
        texts[row["username"]] = [text for text in said if len(text.split()) >= LEAST]
    texts = {name: said for name, said in texts.items() if said}
    embed = EmbeddedModel()._embedder.embed
    vectors = {name: embed(said) for name, said in texts.items()}
    rows = [("what", "n", "figure"), *clusters(vectors), *planted(vectors), *authorship(texts)]
    print(columns(rows))
    if given.write:
        put(PAGE, "stand-in", markdown(rows))


def clusters(vectors: dict[str, np.ndarray]) -> list[tuple[str, str, str]]:
    """What the representative cluster keeps, and whether it depends on the order."""
    draw = np.random.default_rng(1)
    shares, same, few = [], 0, 0
    for rows in vectors.values():
        kept = set(representative(rows))
        order = draw.permutation(len(rows))
        same += {int(order[i]) for i in representative(rows[order])} == kept
        shares.append(len(kept) / len(rows))
        few += len(rows) <= 2 and len(kept) == len(rows)
    small = sum(len(rows) <= 2 for rows in vectors.values())
    sizes = [len(rows) for rows in vectors.values()]
    return [
        ("authors, comments of eight words or more", f"{len(sizes)}, {sum(sizes):,}", ""),
        ("share of an author's comments that is kept, mean", str(len(sizes)),
         f"{statistics.fmean(shares):.3f}"),
        ("authors with the same cluster in another order", str(len(sizes)), f"{same}"),
        ("authors of one or two comments who keep them", str(small), f"{few}"),
    ]  # fmt: skip


def planted(vectors: dict[str, np.ndarray]) -> list[tuple[str, str, str]]:
    """12 comments of one author and 3 of another: how many of either are kept?"""
    draw = random.Random(2)
    large = [name for name, rows in vectors.items() if len(rows) >= 12]
    pure = []
    for _ in range(TRIES):
        one, other = draw.sample(large, 2)
        rows = np.vstack([
            vectors[one][draw.sample(range(len(vectors[one])), 12)],
            vectors[other][draw.sample(range(len(vectors[other])), 3)],
        ])  # fmt: skip
        kept = representative(rows)
        pure.append(sum(i < 12 for i in kept) / len(kept))
    return [
        ("12 comments of one author and 3 of another: share of the kept that is the one's",
         str(TRIES), f"{statistics.fmean(pure):.3f} (0.800 if drawn blindly)"),
    ]  # fmt: skip


def authorship(texts: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Whose comment is it? Each speaker says one comment, the author's others are compared."""
    entries = {name: {f"{name} {n}": text for n, text in enumerate(said)}
               for name, said in texts.items() if len(said) > 1}  # fmt: skip
    draw = random.Random(3)
    talks = []
    for one, other in zip(entries, [*list(entries)[1:], next(iter(entries))], strict=True):
        given = [draw.choice(list(entries[name])) for name in (one, other)]
        talks.append(Conversation(
            scene_id=f"s {one}",
            scene={"grounding": given},
            speakers=(Speaker(name="A", persona_id=one), Speaker(name="B", persona_id=other)),
            turns=tuple(Turn(speaker=i, text=entries[name][given[i]])
                        for i, name in enumerate((one, other))),
        ))  # fmt: skip
    found = attributed(talks, entries, candidates=10, seed=1)
    assert found is not None
    return [
        ("author of a comment told from the author's other comments, 1 of 10", str(found.n),
         f"{found.found:.3f} (dealt out {found.shuffled:.3f}, chance {found.chance:.3f})"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
