"""A forum thread as a tree, and where somebody is drawn to reply.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217. Differs: the limits on depth and on the
number of replies hold always (the released code drops both while few comments can be answered,
which in a young thread is always); the opening post may have any number of replies.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence

import msgspec

BY_ME, BY_OTHERS, ROOT = 5.0, 1.0, 2.0  # what a comment on the way to the root adds


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One comment: by whom, and what it answers, an index into the thread; the root has None."""

    author: int
    parent: int | None


def path_to_root(thread: Sequence[Post], at: int) -> list[int]:
    """The comment, what it answers, and so on to the opening post; its length is the depth."""
    path = [at]
    while (parent := thread[path[-1]].parent) is not None:
        path.append(parent)
    return path


def replies(thread: Sequence[Post], at: int) -> int:
    """How many comments answer this one."""
    return sum(post.parent == at for post in thread)


def pull(thread: Sequence[Post], at: int, me: int) -> float:
    """How much a comment draws somebody to reply to it, >= 0.

    The mean over the way to the root of 2 for the root, 5 for a comment of one's own and 1 for
    one of somebody else; 0 for a comment of one's own that nobody has answered.
    """
    if thread[at].author == me and not replies(thread, at):
        return 0.0
    path = path_to_root(thread, at)
    told = [BY_ME if thread[one].author == me else BY_OTHERS for one in path[:-1]] + [ROOT]
    return sum(told) / len(path)


def choose_parent(
    thread: Sequence[Post],
    me: int,
    answered: Collection[int],
    *,
    draw: random.Random,
    deepest: int = 5,
    widest: int = 3,
    among: int = 10,
    root: bool = True,
) -> int | None:
    """What somebody answers next, by softmax over the ten that draw most; None: nothing can be.

    Never an own comment, one answered before, one deeper than `deepest` (the root is 1), or one,
    the root aside, that has `widest` replies.

    Args:
        answered: Comments that this person has answered.
        root: Whether the opening post may be answered.
    """
    able = [
        at
        for at, post in enumerate(thread)
        if post.author != me
        and at not in answered
        and (root if post.parent is None else replies(thread, at) < widest)
        and len(path_to_root(thread, at)) <= deepest
    ]
    ranked = sorted(able, key=lambda at: (-pull(thread, at, me), at))[:among]
    pulls = [pull(thread, at, me) for at in ranked]
    kept = [(at, math.exp(one)) for at, one in zip(ranked, pulls, strict=True) if one > 0]
    if not kept:
        return None
    return draw.choices([at for at, _ in kept], [weight for _, weight in kept])[0]
