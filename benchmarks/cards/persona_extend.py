"""persona-extend on the published files: their counts beside ours.

    python benchmarks/cards/persona_extend.py DATA_DIR [--replies N]

DATA_DIR is a checkout of CCIIPLab/Persona_Extend (no licence file: nothing of it is part of this
project). Files that are absent are skipped with a word. All judgements are the embedded model's.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dramaturg import dataset, evaluate, profile, scorers
from dramaturg.evaluate import Found
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.recipes.persona_extend import persona_extend
from dramaturg.records import Fact, OutOfProfile

ITEMS = "datasets/IT_ConvAI2/data_valid_v2.json"
TURNS = "datasets/ConvAI2/data_original_valid.json"
SCORED = "datasets/persona_response_sentencepair_scored{0}/valid_self_original_no_cands{0}.txt"
RANKERS = ("bm25", "classifysp", "nlihr", "nliwc")
CARD = {  # the counts that the card gives: hits at 1, repetitions of the profile
    "bm25": (20, 40), "classifysp": (25, 17), "nlihr": (20, 63), "nliwc": (38, 168),
}  # fmt: skip


def exact(text: str) -> str:
    """Words in lower case: the strictest sense in which two sentences are the same."""
    return " ".join(scorers.tokens(text.replace("'", " ")))


def published(folder: Path, name: str) -> list[Found]:
    """What a published ranker found for each item."""
    rows = json.loads((folder / f"prm/{name}_result.json").read_text(encoding="utf-8"))["data"]
    columns = ("ext_persona", "ext_persona_second", "ext_persona_third")
    return [
        Found(
            OutOfProfile(
                query=row["input"], held=tuple(row["insuf_persona"]), deleted=row["rm_persona"],
                reply=row["label"],
            ),
            tuple(row[column] for column in columns),
        )
        for row in rows
    ]  # fmt: skip


async def ours(items: Sequence[OutOfProfile], facts: Sequence[str], model: Any) -> list[Found]:
    """What our retriever finds in the same pool."""
    pool = await profile.fact_pool([Fact(text=text) for text in facts], model)
    judged, found = 0, []
    for item in items:
        got = await profile.retrieve_fact(item.query, pool, item.held, model)
        judged += got.judged
        found.append(Found(item, tuple(fact.text for fact in got.facts)))
    print(f"pool: {len(set(map(exact, facts)))} sentences, {len(pool.facts)} said once; "
          f"pairs judged an item: {judged / len(items):.1f}")  # fmt: skip
    return found


async def judged(found: Sequence[Found], model: Any) -> list[Found]:
    """The same, with whether the first fact contradicts what is held, by the embedded judge."""
    said = [await profile.contradicts_any(f.facts[:1], f.item.held, model) for f in found]
    return [one._replace(contradicts=no[0]) for one, no in zip(found, said, strict=True)]


def row(name: str, found: Sequence[Found], same: Callable[[str], str]) -> str:
    said = {f.name.removeprefix("x_"): f for f in evaluate.retrieval_figures(found, "x", same=same)}
    counts = [
        round(said[key].value * said[key].n)
        for key in ("hit_at_1", "hit_at_3", "duplicates", "contradictions")
    ]
    f1 = [said[key].value for key in ("f1_with_question", "f1_with_reply")]
    return f"| {name} | {' | '.join(map(str, counts))} | {f1[0]:.3f} | {f1[1]:.3f} |"


async def retrieval(folder: Path, model: Any) -> None:
    if not all((folder / f"prm/{name}_result.json").exists() for name in RANKERS):
        print("skipped: prm/*_result.json")
        return
    items = dataset.load_turns(folder / ITEMS).items
    talks = dataset.load_turns(folder / TURNS).conversations
    facts = list(dict.fromkeys(f for talk in talks for f in talk.speakers[1].persona))
    them = {name: published(folder, name) for name in RANKERS}
    for name, found in them.items():
        hits = sum(exact(f.facts[0]) == exact(f.item.deleted) for f in found)
        known = sum(exact(f.facts[0]) in map(exact, f.item.held) for f in found)
        print(
            f"{name}: hits {hits}, repeats the profile {known} of {len(found)}; card {CARD[name]}"
        )
    mine = await ours(items, facts, model)
    control = [Found(item, (evaluate.most_overlap(item.query, facts),)) for item in items]
    every = {**them, "ours": mine, "common words": control}
    every = {name: await judged(found, model) for name, found in every.items()}
    for label, same in (("said the same", profile.same_words), ("word for word", exact)):
        print(f"\n{label}, n {len(items)}:")
        print("| | hit@1 | hit@3 | duplicates | contradictions | F1 question | F1 reply |")
        for name, found in every.items():
            print(row(name, found, same))


def scored(file: Path) -> Iterator[list[tuple[str, str, tuple[str, ...], list[float]]]]:
    """(question, reply, facts, score of each fact) of each turn, by dialogue."""
    facts: list[str] = []
    turns: list[tuple[str, str, tuple[str, ...], list[float]]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if "your persona: " in line:
            facts.append(line.partition("your persona: ")[2])
        elif len(parts) > 3:
            turns.append((parts[1], parts[2], tuple(facts), ast.literal_eval(parts[3])))
        elif line.strip() == "0":
            if turns:
                yield turns
            facts, turns = [], []
    if turns:
        yield turns


async def attribution(folder: Path, model: Any) -> None:
    if not (folder / SCORED.format("")).exists():
        print("skipped:", SCORED.format(""))
        return
    talks = list(scored(folder / SCORED.format("")))
    used = Counter(sum(s > 0.5 for s in turn[3]) for talk in talks for turn in talk)
    integers = Counter(
        sum(turn[3]) for talk in scored(folder / SCORED.format("_int")) for turn in talk
    )
    print(f"\ndialogues {len(talks)}, turns {used.total()}, with a score above 0.5: "
          f"{used.total() - used[0]}; card 1000, 7801, 4800")  # fmt: skip
    print(f"0/1 version: none {integers[0]}, one {integers[1]}, two {integers[2]}; "
          "card 3204, 3345, 1024")  # fmt: skip
    halves = {"even dialogues": talks[::2], "odd dialogues": talks[1::2]}
    signs = {
        "words": {}, "words, vectors": {"embedder": model},
        "words, vectors, inference": {"embedder": model, "nli": model},
    }  # fmt: skip
    for half, some in halves.items():
        turns = [turn for talk in some for turn in talk]
        for name, tools in signs.items():
            got = await scorers.attribute([t[1] for t in turns], [t[2] for t in turns], **tools)
            print(f"{half}, {name}: " + measured(turns, got))


def measured(turns: Sequence[Any], got: Sequence[scorers.Attribution]) -> str:
    one = [(t, a) for t, a in zip(turns, got, strict=True) if sum(s > 0.5 for s in t[3]) == 1]
    first = sum(t[3][max(range(len(a.scores)), key=a.scores.__getitem__)] > 0.5 for t, a in one)
    chance = sum(1 / len(t[3]) for t, _ in one)
    pairs = [(s > 0.5, m) for t, a in zip(turns, got, strict=True)
             for s, m in zip(t[3], a.scores, strict=True)]  # fmt: skip
    said = [(yes, m >= scorers.USES) for yes, m in pairs]
    both = sum(yes and found for yes, found in said)
    right, found = sum(yes for yes, _ in said), sum(f for _, f in said)
    yes, no = [m for y, m in pairs if y], [m for y, m in pairs if not y]
    any_yes = [max(a.scores) for t, a in zip(turns, got, strict=True) if max(t[3]) > 0.5]
    any_no = [max(a.scores) for t, a in zip(turns, got, strict=True) if max(t[3]) <= 0.5]
    return (
        f"first of the profile {first}/{len(one)} = {first / len(one):.3f} (chance "
        f"{chance / len(one):.3f}); AUC over pairs {auc(yes, no):.3f} (n {len(pairs)}); at "
        f"{scorers.USES} precision {both / found:.3f}, recall {both / right:.3f}; "
        f"uses any or none, AUC {auc(any_yes, any_no):.3f} (n {len(turns)})"
    )


def auc(yes: Sequence[float], no: Sequence[float]) -> float:
    """How often a value of the first kind is above one of the second; ties count half."""
    import numpy as np

    values = np.concatenate([yes, no])
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[: len(yes)].sum() - len(yes) * (len(yes) + 1) / 2) / (len(yes) * len(no)))


async def builder(folder: Path, model: Any) -> None:
    if not (folder / TURNS).exists() or not (folder / ITEMS).exists():
        print("skipped:", TURNS)
        return
    talks = dataset.load_turns(folder / TURNS).conversations
    theirs = {(exact(i.query), exact(i.deleted)) for i in dataset.load_turns(folder / ITEMS).items}

    async def attribute(replies: Sequence[str], held: Sequence[Sequence[str]]) -> list[int | None]:
        return [one.only for one in await scorers.attribute(replies, held, embedder=model)]

    made = await evaluate.out_of_profile(talks, attribute, most=10**9, seed=1)
    both = theirs & {(exact(i.query), exact(i.deleted)) for i in made}
    print(f"\nitems made of {len(talks)} turns: {len(made)}; of the {len(theirs)} different "
          f"published ones {len(both)} are among them ({len(both) / len(theirs):.3f})")  # fmt: skip


async def outside(folder: Path, model: Any) -> None:
    if not (folder / ITEMS).exists():
        print("skipped:", ITEMS)
        return
    items = dataset.load_turns(folder / ITEMS).items
    asked = [item.query for item in items]
    whole = await profile.nearest_fact(asked, [item.whole for item in items], model)
    left = await profile.nearest_fact(asked, [item.held for item in items], model)
    score = auc([near for _, near in whole], [near for _, near in left])
    print(f"\na question in or outside a profile, nearness: AUC {score:.3f} (n 2 x {len(items)})")


async def replies(folder: Path, model: Any, count: int) -> None:
    if not (folder / ITEMS).exists() or not count:
        return
    made = await persona_extend(
        model, model, model, model, turns=folder / ITEMS, conversations=count
    )
    print(f"\nreplies of the embedded model, n {count}:")
    for one in made.report["figures"]:
        print(f"{one['name']}: {one['value']:.3f} (n {one['n']}, {one['unit']})")


async def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("data", type=Path)
    given.add_argument("--replies", type=int, default=0)
    found = given.parse_args()
    model = EmbeddedModel()
    await retrieval(found.data, model)
    await attribution(found.data, model)
    await builder(found.data, model)
    await outside(found.data, model)
    await replies(found.data, model, found.replies)


if __name__ == "__main__":
    asyncio.run(main())
