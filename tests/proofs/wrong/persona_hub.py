"""Wrong parts that the proofs of this recipe must catch."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from dramaturg import generate, persona
from dramaturg.models import ChatModel, Embedder
from dramaturg.records import Relation

Found = dict[int, tuple[int, float]]
Examples = Sequence[generate.Example]
Cut = Callable[[str], Sequence[str]]


def greedy(texts: Sequence[str], at: float, cut: Cut, share: Callable[[Any, Any], float]) -> Found:
    """Near-duplicates by comparing every pair, with a cut and a measure of one's own."""
    kept: list[int] = []
    gone: Found = {}
    for index, text in enumerate(texts):
        values = [(share(cut(text), cut(texts[k])), -k) for k in kept]
        best = max(values, default=(0.0, 0))
        if best[0] >= at - 1e-9:
            gone[index] = (-best[1], best[0])
        else:
            kept.append(index)
    return gone


def jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    both = set(one) | set(other)
    return len(set(one) & set(other)) / len(both) if both else 1.0


def by_character_for_character(texts: Sequence[str], at: float = 0.9) -> Found:
    return greedy(texts, at, lambda t: [t], jaccard)


def case_kept(texts: Sequence[str], at: float = 0.9) -> Found:
    return greedy(texts, at, str.split, jaccard)


def order_counts(texts: Sequence[str], at: float = 0.9) -> Found:
    def pairs(text: str) -> list[str]:
        said = re.findall(r"\w+", text.lower())
        return [" ".join(two) for two in itertools.pairwise(said)]

    return greedy(texts, at, pairs, jaccard)


def latin_only(texts: Sequence[str], at: float = 0.9) -> Found:
    """Finds nothing in other scripts, and empty sets alike."""
    return greedy(texts, at, lambda t: re.findall(r"[a-z0-9]+", t.lower()), jaccard)


def parted_at_spaces(texts: Sequence[str], at: float = 0.9) -> Found:
    """A full stop of another script makes another word."""
    return greedy(texts, at, str.split, jaccard)


def overlap(texts: Sequence[str], at: float = 0.9) -> Found:
    """The common words over those of the shorter text, not of both."""
    return greedy(
        texts, at, lambda t: t.lower().split(),
        lambda a, b: len(set(a) & set(b)) / min(len(set(a)), len(set(b))),
    )  # fmt: skip


def dice(texts: Sequence[str], at: float = 0.9) -> Found:
    return greedy(
        texts, at, lambda t: t.lower().split(),
        lambda a, b: 2 * len(set(a) & set(b)) / (len(set(a)) + len(set(b))),
    )  # fmt: skip


def above_and_not_at(texts: Sequence[str], at: float = 0.9) -> Found:
    return greedy(texts, at + 0.001, lambda t: t.lower().split(), jaccard)


def few_hashes(texts: Sequence[str], at: float = 0.9) -> Found:
    """A guess from 16 hashes: neighbours of the threshold are missed and taken by chance."""
    import hashlib

    def signature(text: str) -> list[str]:
        said = set(re.findall(r"\w+", text.lower()))
        least = []
        for n in range(16):
            keys = (hashlib.blake2b(f"{n}|{w}".encode(), digest_size=8).hexdigest() for w in said)
            least.append(f"{n}:{min(keys)}")
        return least

    return greedy(
        texts, at, signature, lambda a, b: sum(x == y for x, y in zip(a, b, strict=True)) / 16
    )


def one_shelf(texts: Sequence[str], at: float = 0.9) -> Found:
    """Compares only texts that share their first word in the alphabet."""
    shelves: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        shelves.setdefault(min(text.lower().split()), []).append(index)
    gone: Found = {}
    for shelf in shelves.values():
        some = greedy([texts[i] for i in shelf], at, lambda t: t.lower().split(), jaccard)
        gone |= {shelf[new]: (shelf[old], share) for new, (old, share) in some.items()}
    return gone


async def chained(texts: Sequence[str], embedder: Embedder, at: float = 0.9) -> Found:
    """Compares with those that went, too: a chain falls as a whole."""
    rows = await embedder.embed(texts)
    like = np.asarray(rows) @ np.asarray(rows).T
    return {
        i: (int(like[i, :i].argmax()), float(like[i, :i].max()))
        for i in range(1, len(texts))
        if like[i, :i].max() > at
    }


async def below(texts: Sequence[str], embedder: Embedder, at: float = 0.9) -> Found:
    """Takes the distance for the likeness."""
    rows = await embedder.embed(texts)
    like = 1 - np.asarray(rows) @ np.asarray(rows).T
    return {i: (0, float(like[i, 0])) for i in range(1, len(texts)) if like[i, 0] < 1 - at + 0.2}


async def the_last_one_alone(texts: Sequence[str], embedder: Embedder, at: float = 0.9) -> Found:
    """Compares with the line kept before, and with none before that."""
    rows = np.asarray(await embedder.embed(texts))
    kept, gone = [0], {}
    for index in range(1, len(texts)):
        like = float(rows[index] @ rows[kept[-1]])
        if like > at:
            gone[index] = (kept[-1], like)
        else:
            kept.append(index)
    return gone


async def nothing(texts: Sequence[str], embedder: Embedder, at: float = 0.9) -> Found:
    return {}


class TiedToOneself(persona.Circle):
    """Takes everybody in, whoever they are."""

    def grow(self, found: Any, writer: ChatModel) -> None:
        self.depth += 1
        self.newest = []
        for parent, close in found:
            for relation, text in close:
                one = persona.from_text.__globals__["described_person"](text, writer)
                self.newest.append(one)
                tie = Relation(person=one.id, to=parent.id, relation=relation, depth=self.depth)
                self.relations.append(tie)
        self.people += self.newest


class DepthOfTheRun(persona.Circle):
    """Counts calls and not rounds."""

    def grow(self, found: Any, writer: ChatModel) -> None:
        super().grow(found, writer)
        self.depth += 2


class SelvesAfterTwins(persona.Circle):
    """A tie between two who became one is kept."""

    def without(self, twins: Any) -> list[Relation]:
        return [
            msgspec.structs.replace(
                t, person=twins.get(t.person, t.person), to=twins.get(t.to, t.to)
            )
            for t in self.relations
        ]


def never_copied(description: str, text: str) -> bool:
    return False


def any_two_words(description: str, text: str) -> bool:
    said, given = text.lower().split(), description.lower().split()
    return any(said[i : i + 2] == given[j : j + 2] for i in range(len(said) - 1)
               for j in range(len(given) - 1))  # fmt: skip


def word_for_word(description: str, text: str) -> bool:
    """The whole description with its case and punctuation, as a plain search finds it."""
    return description in text


async def always_with_persona(
    who: generate.Commission,
    writer: ChatModel,
    task: Any,
    examples: Sequence[generate.Example],
    **other: Any,
) -> generate.Written:
    told = [msgspec.structs.replace(e, persona=e.persona or "A hill walker") for e in examples]
    return await generate.with_persona(who, writer, task, told, **other)


async def no_example(
    who: generate.Commission,
    writer: ChatModel,
    task: Any,
    examples: Sequence[generate.Example],
    **other: Any,
) -> generate.Written:
    return await generate.with_persona(who, writer, task, (), **other)


async def persona_of_the_example(
    who: generate.Commission,
    writer: ChatModel,
    task: Any,
    examples: Sequence[generate.Example],
    **other: Any,
) -> generate.Written:
    made = await generate.with_persona(who, writer, task, examples, **other)
    theirs = tuple(e.persona for e in examples if e.persona)
    return msgspec.structs.replace(made, persona=theirs or made.persona)


WRONG: dict[str, list[dict[str, Any]]] = {
    "case_and_order": [
        {"near": by_character_for_character},
        {"near": case_kept},
        {"near": order_counts},
    ],
    "added_word": [{"near": overlap}, {"near": dice}, {"near": above_and_not_at}],
    "replaced_word": [{"near": dice}, {"near": order_counts}, {"near": above_and_not_at}],
    "caught_by_meaning": [
        {"meaning": chained},
        {"meaning": below},
        {"meaning": nothing},
        {"meaning": the_last_one_alone},
    ],
    "every_pair": [{"near": few_hashes}, {"near": one_shelf}, {"near": overlap}],
    "other_scripts": [
        {"near": latin_only},
        {"near": parted_at_spaces},
        {"cut": lambda text: re.findall(r"[a-z0-9]+", text.lower())},
        {"cut": lambda text: re.findall(r"\w+", text.lower())},
    ],
    "ties_of_a_circle": [
        {"circle": TiedToOneself},
        {"circle": DepthOfTheRun},
        {"circle": SelvesAfterTwins},
    ],
    "persona_not_copied": [
        {"copies": never_copied},
        {"copies": any_two_words},
        {"copies": word_for_word},
    ],
    "whose_examples": [
        {"write": always_with_persona},
        {"write": no_example},
        {"write": persona_of_the_example},
    ],
}
