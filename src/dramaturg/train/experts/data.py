"""The texts that the experts are made from and measured on, read from a folder of data sets."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Turns = list[tuple[int, str]]

SERVICE_CAP = 1_500  # conversations of each service corpus: regular text, and far too much of it
SERVICE = frozenset({"multiwoz", "sgd", "star", "taskmaster-4", "botbots"})


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a `.jsonl.gz` file, in order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def conversations(path: Path) -> Iterator[tuple[list[str], list[str], Turns]]:
    """`(facts of speaker 0, facts of speaker 1, turns)` of an SPC or Persona-Chat file.

    Rows without turns are left out; unknown facts are an empty list.
    """
    for row in rows(path):
        turns = [(0 if who == "User 1" else 1, text) for who, text in row["turns"]]
        if turns:
            yield row.get("user_1", []), row.get("user_2", []), turns


def spc(data: Path, part: str) -> list[tuple[list[str], list[str], Turns]]:
    """A part of Synthetic-Persona-Chat: "train", "new" or "valid"."""
    return list(conversations(data / "synthetic-persona-chat" / f"{part}.jsonl.gz"))


def personachat(data: Path, part: str) -> list[tuple[list[str], list[str], Turns]]:
    """A part of Persona-Chat: "train-sample" or "valid"."""
    return list(conversations(data / "personachat" / f"{part}.jsonl.gz"))


def training_texts(data: Path) -> Iterator[str]:
    """Every utterance and fact that the vectors may learn from: no valid and no test part.

    The empathetic-dialogues copy among the training texts is left out: it is the validation and
    test table of its corpus, a control that is measured on.
    """
    for part in ("train", "new"):
        for facts_0, facts_1, turns in spc(data, part):
            yield from facts_0
            yield from facts_1
            yield from (text for _, text in turns)
    for facts_0, facts_1, turns in personachat(data, "train-sample"):
        for _ in range(2):  # the human register is rare: count it twice
            yield from facts_0
            yield from facts_1
            yield from (text for _, text in turns)
    for path in sorted((data / "training-text").glob("*.jsonl.gz")):
        corpus = path.name.removesuffix(".jsonl.gz")
        if corpus == "empathetic-dialogues":
            continue
        for number, row in enumerate(rows(path)):
            if corpus in SERVICE and number >= SERVICE_CAP:
                break
            for turn in row["turns"]:
                yield turn if isinstance(turn, str) else turn[1]


def attributes(data: Path) -> list[str]:
    """The 4,723 different facts of SPC train, in order of appearance."""
    found: dict[str, None] = {}
    for row in rows(data / "synthetic-persona-chat" / "train.jsonl.gz"):
        found.update(dict.fromkeys(row["user_1"] + row["user_2"]))
    return list(found)


def bucket(text: str, buckets: int) -> int:
    """A stable number in 0..buckets-1 for a text: splits by it repeat on every machine."""
    return zlib.crc32(text.encode()) % buckets
