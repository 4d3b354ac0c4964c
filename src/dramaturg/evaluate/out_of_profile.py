"""Make questions that a profile cannot answer, and count what a retriever finds for them.

Source: Liu et al. 2022, "Improving Personality Consistency in Conversation by Persona Extending",
arXiv:2208.10816: a turn that uses one fact of a profile is a question outside the profile once that
fact is deleted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dramaturg.evaluate.profile_figures import Counted
from dramaturg.records import Conversation, ExtendedProfile, OutOfProfile, derive_seed
from dramaturg.scorers import tokens

Attribute = Callable[[Sequence[str], Sequence[Sequence[str]]], Awaitable[Sequence[int | None]]]
"""Replies and the facts of whoever says each -> the one fact that each uses, or None."""


class Found(NamedTuple):
    """What a retriever gave for an item.

    Attributes:
        facts: The best first.
        contradicts: Whether the judge finds that the first one contradicts a fact that is left;
            None where nobody was asked.
    """

    item: OutOfProfile
    facts: tuple[str, ...]
    contradicts: bool | None = None


async def out_of_profile(
    conversations: Sequence[Conversation], attribute: Attribute, *, most: int, seed: int
) -> list[OutOfProfile]:
    """Questions whose answer used exactly one fact of a profile, with this fact taken out.

    Looked at are turns that answer somebody else's and whose speaker has two facts or more.

    Args:
        attribute: Says which one fact a reply uses.
        most: So many items at most, drawn at random, in the order of the conversations.
    """
    turns = [turn for talk in conversations for turn in _answers(talk)]
    used = await attribute([reply for _, reply, _, _, _ in turns], [h for _, _, h, _, _ in turns])
    found: dict[str, OutOfProfile] = {}
    for (query, reply, facts, source, person), only in zip(turns, used, strict=True):
        if only is None:
            continue
        item = OutOfProfile(
            query=query,
            held=tuple(f for n, f in enumerate(facts) if n != only),
            deleted=facts[only],
            reply=reply,
            source=source,
            person=person,
        )
        found.setdefault(item.id, item)
    items = list(found.values())
    draw = random.Random(derive_seed(seed, "out of profile"))
    chosen = sorted(draw.sample(range(len(items)), min(most, len(items))))
    return [items[n] for n in chosen]


def most_overlap(query: str, pool: Sequence[str]) -> str:
    """The fact that shares most words with a question (F1 over words): a retriever to beat."""
    return max(pool, key=lambda fact: word_f1(fact, query))


def overlap_search(pool: Sequence[str]) -> Callable[[str], str]:
    """`most_overlap` for many questions to one pool: the same answers from an index of words."""
    import numpy as np

    bags = [Counter(tokens(text)) for text in pool]
    lengths = np.array([bag.total() for bag in bags], dtype=np.float64)
    places: dict[str, tuple[list[int], list[int]]] = {}
    for row, bag in enumerate(bags):
        for word, times in bag.items():
            rows, counts = places.setdefault(word, ([], []))
            rows.append(row)
            counts.append(times)
    index = {word: (np.array(rows), np.array(counts)) for word, (rows, counts) in places.items()}

    def search(query: str) -> str:
        asked = Counter(tokens(query))
        common = np.zeros(len(bags))
        for word, times in asked.items():
            if word in index:
                rows, counts = index[word]
                common[rows] += np.minimum(counts, times)
        return pool[int(np.argmax(2 * common / np.maximum(asked.total() + lengths, 1)))]

    return search


def word_f1(one: str, other: str) -> float:
    """F1 of the words of two texts, each word as often as it stands, in [0, 1].

    >>> word_f1("i have two dogs", "do you have dogs ?")
    0.5
    """
    a, b = Counter(tokens(one)), Counter(tokens(other))
    common = sum((a & b).values())
    return 2 * common / (a.total() + b.total()) if common else 0.0


def retrieval_figures(
    found: Sequence[Found], name: str, *, same: Callable[[str], str] = lambda text: text
) -> list[Counted]:
    """What the found facts are worth: no one number tells it, so read them together.

    Hits: the first, or one of the first three, is the deleted fact. Duplicates: the first is in
    the profile already. Contradictions: of the first, where they were judged. F1: words shared
    with the question (which says nothing of an answer), and with the true reply.

    Args:
        name: The retriever's, before each figure.
        same: Text -> what it is compared by.
    """
    if not found:
        return []
    rows = [(f, [same(t) for t in f.facts], same(f.item.deleted)) for f in found]
    n = len(rows)
    there = [f for f in found if f.facts]
    judged = [f.contradicts for f in found if f.contradicts is not None]
    replied = [f for f in there if f.item.reply]
    counts = [
        ("hit_at_1", sum(facts[:1] == [deleted] for _, facts, deleted in rows), n),
        ("hit_at_3", sum(deleted in facts[:3] for _, facts, deleted in rows), n),
        ("duplicates", sum(_repeats(f, facts, same) for f, facts, _ in rows), n),
        ("contradictions", sum(judged), len(judged)),
        ("f1_with_question", sum(word_f1(f.facts[0], f.item.query) for f in there), len(there)),
        ("f1_with_reply", sum(word_f1(f.facts[0], f.item.reply) for f in replied), len(replied)),
    ]
    by = {"contradictions": "nli", "f1_with_question": "word_f1 1", "f1_with_reply": "word_f1 1"}
    return [
        Counted(
            f"{name}_{what}",
            part / of,
            of,
            "mean F1" if "f1" in what else "share",
            by.get(what, "same words 1"),
        )
        for what, part, of in counts
        if of
    ]


def extended_figures(
    rows: Sequence[ExtendedProfile],
    missed: Sequence[tuple[OutOfProfile, str]] = (),
    *,
    same: Callable[[str], str] = lambda text: text,
) -> list[Counted]:
    """All figures of extended profiles: the retriever, the word-counting control, the replies.

    Args:
        missed: Questions for which nothing was found, each with what the control finds: they
            count against the retriever, and have no replies.
    """
    ours = [Found(row.item, row.found) for row in rows]
    ours += [Found(item, ()) for item, _ in missed]
    control = [Found(row.item, (row.overlap,), row.overlap_clashes) for row in rows]
    control += [Found(item, (overlap,)) for item, overlap in missed]
    return [
        *retrieval_figures(ours, "found", same=same),
        *retrieval_figures(control, "overlap", same=same),
        *extension_figures(rows),
    ]


def extension_figures(rows: Sequence[ExtendedProfile]) -> list[Counted]:
    """What three profiles did to the replies: facts shown, facts denied, and blind preferences.

    If extending works, a judge prefers whole over extended over deleted, and the extended reply
    denies no more of the facts that were left than the deleted one does.
    """
    n = len(rows)
    if not n:
        return []
    looked = (
        ("shows_the_fact", "uses", "attribute 1"),
        ("denies_a_held_fact", "denies", "nli"),
    )
    counts = [
        (f"reply_{what}_{name}", sum(name in getattr(row, field) for row in rows), by)
        for what, field, by in looked
        for name in ("deleted", "extended", "whole")
    ]
    counts += [
        (side.replace(" ", "_"), sum(side in row.wins for row in rows), "critic")
        for side in (
            "whole over extended",
            "extended over whole",
            "extended over deleted",
            "deleted over extended",
        )
    ]
    return [Counted(name, count / n, n, "share", by) for name, count, by in counts]


def _repeats(found: Found, facts: Sequence[str], same: Callable[[str], str]) -> bool:
    return bool(facts) and facts[0] in {same(text) for text in found.item.held}


def _answers(
    talk: Conversation,
) -> Iterator[tuple[str, str, tuple[str, ...], str, str]]:
    for before, turn in pairwise(talk.turns):
        who = talk.speakers[turn.speaker]
        if before.speaker != turn.speaker and len(who.persona) > 1:
            yield before.text, turn.text, who.persona, talk.id, who.persona_id or ""
