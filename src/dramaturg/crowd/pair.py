"""Who is to talk with whom, among very many: common ground, not the same, nobody too often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from dramaturg.crowd.embedder import embedding
from dramaturg.crowd.everyone import Everyone
from dramaturg.crowd.made import Made, Target, target
from dramaturg.crowd.partners import Pairs, Partners, Prefer
from dramaturg.crowd.rows import Row
from dramaturg.crowd.vectors import Embed
from dramaturg.errors import UserError
from dramaturg.records import derive_seed


def pair(
    source: str | Path,
    out: str | Path,
    n: int | None = None,
    *,
    share: int = 1,
    at_most: int = 1,
    prefer: Prefer = "alike",
    likeness: tuple[float, float] = (-1.0, 0.9),
    even: bool = False,
    splits: Mapping[str, float] | None = None,
    embed: str | Embed = "embedded",
    seed: int = 13,
    force: bool = False,
) -> Made:
    """Write pairs of people, `{"user_1": [...], "user_2": [...]}`, which `run --personas` reads.

    The categories are those of the rows (`category`, `categories`, or of each fact), or, if no row
    has any, found as `cluster` does. Texts and vectors lie in temporary files.

    Args:
        n: How many pairs; None = as many as can be made. Everyone meets somebody before anyone
            meets two.
        share: Categories that the two must have in common; 0 = none.
        at_most: Partners of one person. No two meet twice.
        prefer: Of those who may be taken the nearest in meaning, any, or the farthest.
        likeness: Lowest and highest cosine of the two; people who say the same in nearly the same
            words are no pair at all.
        even: Take as many pairs of each category as of the others, where there are enough.
        splits: Shares by name: pairs stay within a split, and people who share nine words of ten,
            directly or over others, are in the same. None = the rows' own `split`, where they have
            one; those who say what somebody in another split says are then left out.
        embed: Who turns texts into unit vectors: a reference, or a function.

    Returns:
        Its figures say what was checked of the pairs written: the most partners of one person,
        the fewest categories shared, near-duplicates over splits.

    Raises:
        UserError: If a setting is out of range, no pair can be made, or fewer than n.
    """
    _check(n, share, at_most, likeness, splits)
    with target(source, out, "pair", force, adds="a pair") as to, closing(Everyone()) as crowd:
        with embedding(embed) as made_of:
            crowd.read(source, to, made_of)
        bad = to.made.dropped.total()
        crowd.categorise(share, seed, to.made)
        crowd.divide(splits, seed)
        pairs = Pairs(crowd, prefer, likeness, seed)
        meetings = list(crowd.meetings(share))
        for most in range(1, at_most + 1):
            for members in meetings:
                pairs.meet(members, most)
        if not pairs.found or (n is not None and len(pairs.found) < n):
            raise UserError(
                f"{len(pairs.found):,} pairs can be made of {len(crowd):,} people"
                + (f", not {n:,}" if n is not None else ""),
                why=f"at most {at_most} a person, {share} categories shared, cosine "
                f"{likeness[0]:g} to {likeness[1]:g}, none who say nearly the same",
                fix="ask for fewer, allow more partners, or share fewer categories",
            )
        chosen = _chosen(pairs, crowd, n, even, seed)
        _write(to, crowd, chosen)
        to.made.figures = _checked(crowd, chosen)
        to.made.read = len(crowd) + bad
    return to.made


def _check(
    n: int | None, share: int, at_most: int, likeness: tuple[float, float],
    splits: Mapping[str, float] | None,
) -> None:  # fmt: skip
    if (n is not None and n < 1) or at_most < 1 or share < 0:
        raise UserError(
            f"n={n}, at_most={at_most}, share={share}: pairs and partners are 1 or more, "
            "shared categories 0 or more"
        )
    if not -1 <= likeness[0] < likeness[1] <= 1:
        raise UserError(
            f"no cosine lies between {likeness[0]:g} and {likeness[1]:g}",
            fix="give the lower one first, both between -1 and 1",
        )
    if splits is not None and (not splits or min(splits.values()) <= 0):
        raise UserError("each split has a share above 0", fix="e.g. train=0.8,test=0.2")


def _chosen(pairs: Pairs, crowd: Everyone, n: int | None, even: bool, seed: int) -> list[Partners]:
    """n of the pairs: first partners before second ones; evenly, the nth of each category."""
    found = pairs.found
    if n is not None and (n < len(found) or even):
        rank = [derive_seed(seed, "pair", p.first, p.second) for p in found]
        order = sorted(range(len(found)), key=lambda i: (found[i].round, rank[i]))
        if even:
            count: Counter[int] = Counter()
            nth = {}
            for i in order:
                common = crowd.common(found[i].first, found[i].second)
                category = common[0] if common else -1
                nth[i] = count[category]
                count[category] += 1
            order.sort(key=lambda i: nth[i])  # stable: within one turn as before
        found = [found[i] for i in order[:n]]
    return sorted(found, key=lambda p: (p.first, p.second))


def _write(to: Target, crowd: Everyone, chosen: Sequence[Partners]) -> None:
    names = list(crowd.names)
    splits = list(crowd.split_names)
    paired = bytearray(len(crowd))
    for made in chosen:
        paired[made.first] = paired[made.second] = 1
        one, two = crowd.texts[made.first], crowd.texts[made.second]
        value: dict[str, Any] = {"user_1": one, "user_2": two}
        if crowd.names:
            value["shared_categories"] = [names[c] for c in crowd.common(made.first, made.second)]
        value["cosine"] = round(made.cosine, 4)
        if split := splits[crowd.splits[made.first]]:
            value["split"] = split
        value["lines"] = [crowd.lines[made.first], crowd.lines[made.second]]
        to.keep(Row(0, (*one, *two), value))
    for n, has in enumerate(paired):
        if not has:
            why = "nobody is left who may meet them"
            if n in crowd.elsewhere:
                why = "somebody in another split says the same"
            elif crowd.names and not crowd.categories[n]:
                why = "they have no category"
            to.drop(crowd.lines[n], f"no partner: {why}", "\n".join(crowd.texts[n]))
    to.made.kept = len(chosen)


def _checked(crowd: Everyone, chosen: Sequence[Partners]) -> dict[str, Any]:
    """What holds of the pairs, counted on them and not on how they were made."""
    partners: Counter[int] = Counter()
    by_split: Counter[str] = Counter()
    where: dict[int, set[int]] = defaultdict(set)
    names = list(crowd.split_names)
    for made in chosen:
        partners.update((made.first, made.second))
        by_split[names[crowd.splits[made.first]]] += 1
        for n in (made.first, made.second):
            where[int(crowd.group[n])].add(crowd.splits[n])
    shared = [len(crowd.common(made.first, made.second)) for made in chosen]
    draw = np.random.default_rng(0)
    one, two = draw.integers(len(crowd), size=(2, min(10_000, len(chosen) * 4)))
    random = (crowd.vectors.take(one) * crowd.vectors.take(two)).sum(axis=1)
    figures: dict[str, Any] = {
        "pairs": len(chosen),
        "people": len(crowd),
        "paired": len(partners),
        "most_partners": max(partners.values()),
        "fewest_shared_categories": min(shared),
        "mean_cosine": round(sum(made.cosine for made in chosen) / len(chosen), 4),
        "mean_cosine_of_random_pairs": round(float(random.mean()), 4),
        "pairs_over_splits": sum(crowd.splits[p.first] != crowd.splits[p.second] for p in chosen),
        "near_duplicates_over_splits": sum(len(splits) > 1 for splits in where.values()),
    }
    if set(by_split) != {""}:
        figures["splits"] = dict(by_split)
    return figures
