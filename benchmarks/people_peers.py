"""Other tools over the same rows, each as its documentation shows it. Run by `people.py`.

`python people_peers.py TOOL ROWS.jsonl DROPPED.json`, in an environment that has the tool, writes
the numbers (from 0) of the rows that the tool would leave out, keeping the first of those alike.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_WORD = re.compile(r"\w+")


def texts(path: Path) -> Iterator[str]:
    """Each row's text."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def words(text: str) -> list[str]:
    """Words in small letters, as each of these tools' examples has it."""
    return _WORD.findall(text.lower())


def datasketch(path: Path, threshold: float) -> list[int]:
    """MinHash of the words, 128 permutations, and its LSH: a row that finds one is left out."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=128)
    dropped = []
    for n, text in enumerate(texts(path)):
        one = MinHash(num_perm=128)
        one.update_batch([word.encode() for word in set(words(text))])
        if index.query(one):
            dropped.append(n)
        else:
            index.insert(n, one, check_duplication=False)
    return dropped


def rensa(path: Path, threshold: float) -> list[int]:
    """R-MinHash of the words, 128 permutations, its deduplicator with LSH."""
    from rensa import RMinHash, RMinHashDeduplicator

    seen = RMinHashDeduplicator(threshold, 128, True)
    dropped = []
    for n, text in enumerate(texts(path)):
        one = RMinHash(128, 42)
        one.update(words(text))
        if not seen.add(str(n), one):
            dropped.append(n)
    return dropped


def gaoya(path: Path, threshold: float) -> list[int]:
    """Its index of strings with its own defaults of bands; the words counted once each."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=threshold, num_bands=25, band_size=5, analyzer="word",
        lowercase=True, ngram_range=(1, 1), id_container="smallvec",
    )  # fmt: skip
    dropped = []
    for n, text in enumerate(texts(path)):
        plain = " ".join(words(text))
        if index.query(plain):
            dropped.append(n)
        else:
            index.insert_document(n, plain)
    return dropped


def semhash(path: Path, threshold: float) -> list[int]:
    """By meaning, with the vectors that our own search by meaning has."""
    import numpy as np
    from semhash import SemHash

    from dramaturg.models.experts.embed import StaticEmbedder

    class Encoder:
        def __init__(self) -> None:
            self._embedder = StaticEmbedder()

        def encode(self, inputs: list[str], **_: Any) -> Any:
            return np.asarray(self._embedder.embed(list(inputs)))

    rows = list(texts(path))
    found = SemHash.from_records(records=rows, model=Encoder()).self_deduplicate(threshold)
    kept: dict[str, int] = {}
    for text in found.selected:
        kept[text] = kept.get(text, 0) + 1
    dropped = []
    for n, text in enumerate(rows):
        if kept.get(text, 0):
            kept[text] -= 1
        else:
            dropped.append(n)
    return dropped


TOOLS: dict[str, Callable[[Path], list[int]]] = {
    "datasketch, 0.9": lambda path: datasketch(path, 0.9),
    "datasketch, 0.8": lambda path: datasketch(path, 0.8),
    "rensa, 0.8": lambda path: rensa(path, 0.8),
    "gaoya, 0.8": lambda path: gaoya(path, 0.8),
    "semhash, 0.9": lambda path: semhash(path, 0.9),
}


def main() -> None:
    """Run one tool; print its seconds, CPU seconds and peak MB, and write what it dropped."""
    tool, rows, out = sys.argv[1:]
    start = time.perf_counter()
    dropped = TOOLS[tool](Path(rows))
    took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    Path(out).write_text(json.dumps(dropped))
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": took, "peak": used.ru_maxrss / 1024, "cpu": cpu}))


if __name__ == "__main__":
    main()
