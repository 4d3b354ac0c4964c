"""Known figures of Persona-Chat and Synthetic-Persona-Chat, counted again; and both side by side.

Rows "known" are of the page that describes the corpora; ours are what `evaluate` says.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import publish
from dramaturg import evaluate
from dramaturg.evaluate import Figure
from dramaturg.evaluate.collect import People
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.runner import Evaluation, evaluate_dataset

# The claim: the made corpus is longer, plainer, more repetitive, and copies personas less.
CLAIMS = {
    "longer": (("turns", 1),),
    "plainer": (("words", -1), ("distinct_1", -1), ("questions", -1)),
    "more repetitive": (
        ("distinct_2", -1),
        ("distinct_3", -1),
        ("different_utterances", -1),
        ("different_utterances_equal", -1),
        ("said_before", 1),
        ("self_bleu", 1),
        ("compression", 1),
        ("vendi_utterances", -1),
        ("opens_with_i_like_to", 1),
    ),
    "copies personas less": (
        ("persona_words_said", -1),
        ("shown_by_owner", -1),
        ("shown_by_neither", 1),
        ("next_utterance_ir_self", -1),
    ),
}


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


def side_by_side(data: Path) -> Evaluation:
    """The made corpus beside the human one, same users, as `dramaturg evaluate` has it."""
    human, made = same_users(data)
    return evaluate_dataset(made, against=human)


def rows_same_users(human: Sequence[Figure], made: Sequence[Figure]) -> list[list[str]]:
    """Human against made, same users."""
    known = [
        ("utterances a conversation", ("turns",), 1, 1, "15.6", "27.7"),
        ("words an utterance", ("spaced_words",), 1, 1, "11.7", "8.9"),
        ("different utterances", ("different_utterances",), 1, 3, "0.977", "0.727"),
        ("distinct-1/2/3, 120,000 tokens", ("distinct_1", "distinct_2", "distinct_3"), 1, 3,
         "0.049/0.370/0.705", "0.030/0.176/0.359"),
        ("turns with a question, %", ("questions",), 100, 1, "30.3", "21.4"),
        ('open with "I like to", %', ("opens_with_i_like_to",), 100, 1, "0.6", "4.6"),
        ("content words of attributes said, %", ("persona_words_said",), 100, 1, "46.8", "32.9"),
        ("IR hit@1 none/self/their/both, %",
         tuple(f"next_utterance_ir_{w}" for w in ("none", "self", "their", "both")), 100, 1,
         "22.4/43.9/17.5/39.9", "22.4/25.1/21.4/25.2"),
    ]  # fmt: skip
    found = [["figure", "Persona-Chat", "known", "SPC", "known", "equal"]]
    for name, keys, times, places, first, second in known:
        told = [_joined(side, keys, times, places) for side in (human, made)]
        same = _same(told[0], first) and _same(told[1], second)
        off = max(_off(told[0], first), _off(told[1], second))
        found.append([name, told[0], first, told[1], second, "yes" if same else f"off by {off:g}"])
    return found


def row_of_seeds(human: list[Conversation], made: list[Conversation]) -> list[str]:
    """IR hits over five draws of candidates, lowest to highest: how far chance alone moves them."""
    known = ((22.4, 43.9, 17.5, 39.9), (22.4, 25.1, 21.4, 25.2))
    told, within = [], True
    for side, truth in zip((human, made), known, strict=True):
        runs = [evaluate.next_utterance(side, seed=seed) for seed in range(5)]
        parts = []
        for whose, page in zip(runs[0], truth, strict=True):
            hits = [100 * (run[whose].value() or 0) for run in runs]
            parts.append(f"{min(hits):.1f} to {max(hits):.1f}")
            within &= min(hits) - 0.3 <= page <= max(hits) + 0.3
        told.append("/".join(parts))
    return ["the same over five seeds, %", told[0], "", told[1], "",
            "known within 0.3 of the range" if within else "known outside the range"]  # fmt: skip


def rows_personas_shown(parts: dict[str, list[Conversation]]) -> list[list[str]]:
    """How much of a persona shows."""
    known = {
        "Persona-Chat": "35.1/0.5/35.8",
        "SPC, same users": "27.5/1.8/56.5",
        "SPC, new users": "16.5/1.1/69.2",
    }
    found = [["corpus", "owner/partner only/neither, %", "known", "equal", "n attributes"]]
    for name, talks in parts.items():
        told = evaluate.shown(talks)
        ours = "/".join(f"{100 * s:.1f}" for s in (told.owner, told.partner_only, told.neither))
        equal = "yes" if _same(ours, known[name]) else f"off by {_off(ours, known[name]):g}"
        found.append([name, ours, known[name], equal, f"{told.attributes:,}"])
    return found


def rows_attribute_lengths(data: Path) -> list[list[str]]:
    """How long attributes are: of SPC train, and those of SPC new that are not among them."""
    import numpy as np

    train = read(data / "synthetic-persona-chat" / "train.jsonl.gz")
    seeds, every, raw = People(), People(), People()
    for row in train:
        seeds.add(conversation(row))
    for row in read(data / "synthetic-persona-chat" / "new.jsonl.gz"):
        every.add(conversation(row))
    texts = {fact for row in train for fact in (*row["user_1"], *row["user_2"])}
    raw.add(
        Conversation(
            scene_id="all",
            speakers=(Speaker(name="", persona=tuple(sorted(texts))),),
            turns=(Turn(speaker=0, text="x"),),
        )
    )
    codes, words, pieces = seeds.different()
    known, more_words, more_pieces = every.different()
    new = ~np.isin(known, codes)
    return [
        ["attributes", "n", "words", "known", "words and marks", "known"],
        ["SPC train, as written", f"{len(raw.words):,}",
         f"{np.mean(raw.words):.2f}", "6.70", f"{np.mean(raw.pieces):.2f}", "7.70"],
        ["SPC train, different ones", f"{len(codes):,}", f"{words.mean():.2f}", "-",
         f"{pieces.mean():.2f}", "-"],
        ["SPC new, not in train", f"{int(new.sum()):,}", f"{more_words[new].mean():.1f}", "14.1",
         f"{more_pieces[new].mean():.1f}", "15.5 to 16.2"],
    ]  # fmt: skip


def rows_claims(found: Evaluation) -> list[list[str]]:
    """Each claim about the made corpus with the difference that bears it."""
    apart = {one.name: one for one in found.differences}
    rows = [["SPC is", "figure", "SPC", "Persona-Chat", "difference, 95 %", "holds"]]
    for claim, figures in CLAIMS.items():
        for name, sign in figures:
            one = apart[name]
            holds = one.clear and one.value is not None and one.value * sign > 0
            rows.append(
                [claim, evaluate.title(name), f"{one.ours:.3f}", f"{one.theirs:.3f}",
                 f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}] {one.how}, n {one.n:,}",
                 "yes" if holds else "NO"]
            )  # fmt: skip
    return rows


def rows_more(found: Evaluation) -> list[list[str]]:
    """What the two corpora look like to the other measures."""
    theirs = {figure.name: figure for figure in found.reference}
    names = [
        "turns_with_copied_facts", "facts_copied", "next_utterance_ranker_none",
        "next_utterance_ranker_self", "next_utterance_ranker_their", "next_utterance_ranker_both",
        "vendi_conversations", "topic_spread", "near_duplicates", "frechet",
        "frechet_of_reference_halves", "told_apart", "told_apart_by_length", "faithfulness",
        "toxicity", "coherence", "naturalness",
    ]  # fmt: skip
    names += [f.name for f in found.figures if f.name.startswith("profile_extraction")]
    rows = [["figure", "SPC", "Persona-Chat", "n", "scorer", "sample"]]
    for name in names:
        one, other = found[name], theirs.get(name)
        rows.append(
            [
                evaluate.title(name),
                _shown(one),
                _shown(other) if other else "",
                f"{one.n:,} {one.of}",
                one.scorer,
                one.sample or "all",
            ]
        )
    return rows


def main(data: Path, write: bool) -> None:
    """Print the tables; AssertionError if SPC does not come out as it must."""
    found = side_by_side(data)
    human, made = same_users(data)
    new = [conversation(r) for r in read(data / "synthetic-persona-chat" / "new.jsonl.gz")]
    parts = {"Persona-Chat": human, "SPC, same users": made, "SPC, new users": new}
    claims = rows_claims(found)
    publish(
        "corpora",
        [
            ("Human against made, 964 pairs of the same users, in lower case",
             [*rows_same_users(found.reference, found.figures), row_of_seeds(human, made)]),
            ("How much of a persona shows", rows_personas_shown(parts)),
            ("How long attributes are", rows_attribute_lengths(data)),
            ("What must come out of the comparison", claims),
            ("Other measures of the same 964 pairs", rows_more(found)),
        ],
        write=write,
    )  # fmt: skip
    failed = [row[1] for row in claims[1:] if row[-1] != "yes"]
    assert not failed, f"SPC does not come out as it must: {failed}"


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _joined(side: Sequence[Figure], keys: Sequence[str], times: int, places: int) -> str:
    by_name = {figure.name: figure.value or 0.0 for figure in side}
    return "/".join(f"{times * by_name[key]:.{places}f}" for key in keys)


def _same(ours: str, known: str) -> bool:
    return ours == known


def _off(ours: str, known: str) -> float:
    pairs = zip(ours.split("/"), known.split("/"), strict=True)
    return round(max(abs(float(a) - float(b)) for a, b in pairs), 3)
