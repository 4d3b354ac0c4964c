"""Count again what is known of Persona-Chat and Synthetic-Persona-Chat: ours beside the known.

    python benchmarks/known_corpora.py --data DATA

DATA holds `personachat/valid.jsonl.gz` and `synthetic-persona-chat/{valid,new}.jsonl.gz`. No
model is used. Rows: 11.1 human against made on the same users, 11.2 how much of a persona shows.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dramaturg import evaluate
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers import utterances

TOKENS = 120_000  # distinct-n is compared over so many tokens


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def conversation(row: dict[str, Any], *, lower: bool = False) -> Conversation:
    """A row as a record, its turns in lower case if wanted."""
    turns = [(int(who[-1]) - 1, text.lower() if lower else text) for who, text in row["turns"]]
    return Conversation(
        scene_id=row["id"],
        speakers=tuple(
            Speaker(name=f"User {i + 1}", persona=tuple(row.get(f"user_{i + 1}", ())))
            for i in range(2)
        ),
        turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
    )


def same_users(data: Path) -> tuple[list[Conversation], list[Conversation]]:
    """Persona-Chat's validation dialogues and the made ones of the same pairs, in lower case."""
    made = {r["id"]: r for r in read(data / "synthetic-persona-chat" / "valid.jsonl.gz")}
    rows = [r for r in read(data / "personachat" / "valid.jsonl.gz") if r.get("spc_id")]
    human = [conversation(r, lower=True) for r in rows]
    return human, [conversation(made[r["spc_id"]], lower=True) for r in rows]


def spaced_words(texts: list[str]) -> float:
    """Mean words a text, parted by spaces, as the known figures count them."""
    return sum(len(text.split()) for text in texts) / len(texts)


def rows_11_1(human: list[Conversation], made: list[Conversation]) -> Iterable[list[str]]:
    """Human against made, same users, line by line."""
    theirs = {
        "utterances a conversation": ("15.6", "27.7"),
        "words an utterance": ("11.7", "8.9"),
        "different utterances": ("0.977", "0.727"),
        "distinct-1/2/3": ("0.049/0.370/0.705", "0.030/0.176/0.359"),
        "turns with a question, %": ("30.3", "21.4"),
        'open with "I like to", %': ("0.6", "4.6"),
        "content words said, %": ("46.8", "32.9"),
        "IR hit@1 none/self/their/both": ("22.4/43.9/17.5/39.9", "22.4/25.1/21.4/25.2"),
    }
    found: dict[str, list[str]] = {name: [] for name in theirs}
    for side in (human, made):
        figures = evaluate.surface(side, at_tokens=TOKENS)
        words = evaluate.shown(side).words
        hits = [
            evaluate.next_utterance_hits(side, whose=whose)
            for whose in ("none", "self", "their", "both")
        ]
        ours = (
            f"{figures['utterances']:.1f}",
            f"{spaced_words(utterances(side)):.1f}",
            f"{figures['different_utterances']:.3f}",
            "/".join(f"{figures[f'distinct_{n}']:.3f}" for n in (1, 2, 3)),
            f"{100 * figures['questions']:.1f}",
            f"{100 * figures['opens_with_i_like_to']:.1f}",
            f"{100 * words:.1f}",
            "/".join(f"{100 * hit:.1f}" for hit in hits),
        )
        for name, value in zip(theirs, ours, strict=True):
            found[name].append(value)
    for name, (pc, spc) in theirs.items():
        yield [name, found[name][0], pc, found[name][1], spc]


def rows_11_2(parts: dict[str, list[Conversation]]) -> Iterable[list[str]]:
    """How much of a persona shows, line by line."""
    theirs = {
        "Persona-Chat": "35.1/0.5/35.8",
        "SPC, same users": "27.5/1.8/56.5",
        "SPC, new users": "16.5/1.1/69.2",
    }
    for name, side in parts.items():
        ours = evaluate.shown(side)
        shares = (ours.owner, ours.partner_only, ours.neither)
        both = evaluate.persona_shown(side)
        yield [
            name,
            "/".join(f"{100 * share:.1f}" for share in shares),
            theirs[name],
            f"n {ours.attributes}",
            f"precision {both.precision or 0:.3f} recall {both.recall or 0:.3f}",
        ]


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    data = parser.parse_args().data
    if not (data / "personachat" / "valid.jsonl.gz").is_file():
        print(f"error: {data} holds no personachat/valid.jsonl.gz", file=sys.stderr)
        return 2
    human, made = same_users(data)
    new = [conversation(r) for r in read(data / "synthetic-persona-chat" / "new.jsonl.gz")]
    print(f"11.1  n = {len(human)} pairs of users, Persona-Chat valid and SPC valid")
    table([["", "PC ours", "PC page", "SPC ours", "SPC page"], *rows_11_1(human, made)])
    print("\n11.2  shown by owner / by the partner only / by neither, %; 4 distractors")
    parts = {"Persona-Chat": human, "SPC, same users": made, "SPC, new users": new}
    table([["", "ours", "page", "attributes", "against distractors"], *rows_11_2(parts)])
    return 0


def table(rows: list[list[str]]) -> None:
    """Rows as columns of equal width."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
