"""Pairs that critics have compared already, so that people judge the very same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dramaturg.errors import UserError
from dramaturg.records import Comparison, Conversation, derive_seed, from_json
from dramaturg.store import RunFolder
from dramaturg.study import Match, people_key
from dramaturg.viewer.annotate.verdicts import read_comparisons

Rows = Callable[[], Iterable[Conversation]]


def lost_drafts(run: str, seed: int) -> tuple[Match, list[Comparison]]:
    """Pairs of a kept conversation and a draft that experts compared it with.

    Returns:
        (kept, draft, True) once for each kept one that has such a draft, in random order; and
        what every expert said of these pairs.

    Raises:
        UserError: If it is no run folder, or its journal holds no such draft.
    """
    with RunFolder.read(run) as folder:
        journal = folder.journal
        found = (from_json(body, Conversation) for body in journal.records("conversation"))
        kept = {row.id for row in found if row.split}
        others: dict[str, set[str]] = {}
        for body in journal.records("comparison"):
            one = from_json(body, Comparison)
            for keeper, draft in ((one.first, one.second), (one.second, one.first)):
                if keeper in kept and draft not in kept:
                    others.setdefault(keeper, set()).add(draft)
        pairs: Match = []
        for keeper in sorted(others, key=lambda id: derive_seed(seed, "keeper", id)):
            drafts = sorted(others[keeper], key=lambda id: derive_seed(seed, "draft", keeper, id))
            bodies = (journal.record("conversation", id) for id in (keeper, *drafts))
            talks = [from_json(body, Conversation) for body in bodies if body is not None]
            if len(talks) > 1:
                pairs.append((talks[0], talks[1], True))
        if not pairs:
            raise UserError(
                f"{run} holds no draft that a kept conversation was compared with",
                why="it was made with one draft a pair, or by a version that did not keep drafts",
                fix="make a run with --drafts 3, or give --against",
            )
        chosen = {frozenset((a.id, b.id)) for a, b, _ in pairs}
        compared = (from_json(body, Comparison) for body in journal.records("comparison"))
        return pairs, [c for c in compared if frozenset((c.first, c.second)) in chosen]


def judged_pairs(
    folder: str, data: Rows, against: Rows, seed: int
) -> tuple[Match, list[Comparison]]:
    """The pairs that `dramaturg compare --out FOLDER` judged, in random order.

    Returns:
        (of data, of against, whether the same people talk), and all that was said of them.

    Raises:
        UserError: If the folder has no comparisons, or none of these two datasets.
    """
    compared, _ = read_comparisons(folder)
    named = {id for one in compared for id in (one.first, one.second)}
    ours = {row.id: row for row in data() if row.id in named}
    theirs = {row.id: row for row in against() if row.id in named}
    both: dict[tuple[str, str], None] = {}
    for one in compared:
        for a, b in ((one.first, one.second), (one.second, one.first)):
            if a in ours and b in theirs:
                both[a, b] = None
                break
    if not both:
        raise UserError(
            f"{folder} compares no conversation of the one dataset with one of the other",
            fix="give the datasets of that `dramaturg compare`",
        )
    order = sorted(both, key=lambda pair: derive_seed(seed, "pair", *pair))
    pairs = [(ours[a], theirs[b], _same(ours[a], theirs[b])) for a, b in order]
    return pairs, compared


def _same(one: Conversation, other: Conversation) -> bool:
    return (key := people_key(one)) is not None and key == people_key(other)
