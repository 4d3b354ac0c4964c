"""Draw conversations for a study: by seed and content, whatever the order or size of the file."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from dramaturg.dataset.facts import words
from dramaturg.records import Conversation, content_id, derive_seed

Match = list[tuple[Conversation, Conversation, bool]]


def draw(
    rows: Iterable[Conversation],
    count: int,
    *,
    seed: int,
    prefer: Callable[[Conversation], bool] = lambda _: False,
) -> list[Conversation]:
    """`count` conversations drawn evenly, in random order; the same for any order of the rows.

    Args:
        rows: Read once; `count` of them are held at a time. One without a turn is passed over.
        prefer: Those for which it is true come first, drawn evenly among themselves.

    Returns:
        At most `count`, each id once.
    """
    heap: list[tuple[int, int, str, Conversation]] = []
    held: set[str] = set()
    for row in rows:
        if row.id in held or not any(turn.text.strip() for turn in row.turns):
            continue
        entry = (-int(not prefer(row)), -derive_seed(seed, "draw", row.id), row.id, row)
        if len(heap) < count:
            heapq.heappush(heap, entry)
            held.add(row.id)
        elif entry[:2] > heap[0][:2]:
            held.discard(heapq.heapreplace(heap, entry)[2])
            held.add(row.id)
    return [entry[3] for entry in sorted(heap, reverse=True, key=lambda entry: entry[:3])]


def people_key(conversation: Conversation) -> str | None:
    """Who talks, by their facts: equal for two conversations of the same people, in any order.

    Spelling, case and the order of facts and speakers do not count. None where a speaker has no
    facts.
    """
    if any(not speaker.persona for speaker in conversation.speakers):
        return None
    people = [sorted(" ".join(words(f)) for f in s.persona) for s in conversation.speakers]
    return content_id("k", sorted(people))


def matched(
    data: Callable[[], Iterable[Conversation]],
    against: Callable[[], Iterable[Conversation]],
    count: int,
    *,
    seed: int,
    same_people: bool | None = None,
) -> Match:
    """Pairs of one conversation of each dataset.

    Args:
        data, against: Give the rows anew at each call; neither is held whole.
        same_people: True: only pairs of the same people; False: any two, drawn apart; None: the
            same people where the other dataset has them, the rest drawn apart.

    Returns:
        (of data, of against, whether the same people talk), at most `count`; each conversation
        at most once.

    Source: Jandaghi et al. 2023 compare conversations of the same users, and in one condition
    (new users) conversations drawn apart.
    """
    if same_people is False:
        ours = draw(data(), count, seed=seed)
        theirs = draw(against(), count, seed=seed + 1)
        return [(a, b, False) for a, b in zip(ours, theirs, strict=False)]
    known = {key for row in against() if (key := people_key(row)) is not None}
    ours = draw(data(), count, seed=seed, prefer=lambda row: people_key(row) in known)
    wanted = {key for row in ours if (key := people_key(row)) in known and key is not None}
    partners: dict[str, list[Conversation]] = {}
    for row in against():
        key = people_key(row)
        if key in wanted and key is not None:
            partners.setdefault(key, []).append(row)
    pairs: Match = []
    alone: list[Conversation] = []
    used: set[str] = set()
    for row in ours:
        free = sorted(
            (p for p in partners.get(people_key(row) or "", ()) if p.id not in used),
            key=lambda p: derive_seed(seed, "partner", row.id, p.id),
        )
        if free:
            used.add(free[0].id)
            pairs.append((row, free[0], True))
        else:
            alone.append(row)
    if same_people is None and alone:
        rest = draw((r for r in against() if r.id not in used), len(alone), seed=seed + 1)
        pairs += [(a, b, False) for a, b in zip(alone, rest, strict=False)]
    order = {row.id: place for place, row in enumerate(ours)}
    return sorted(pairs, key=lambda pair: order[pair[0].id])
