"""How well profiles were read and kept up: counts over texts and over people, with controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from dramaturg.evaluate.profile_f1 import PairScore, drifted, profile_f1, total
from dramaturg.records import (
    Profile,
    ProfileText,
    ProfileUpdate,
    key_of,
    same_value,
    stands_in,
)


class Counted(NamedTuple):
    """A number, over how many it is (true pairs for an F1), in which unit, and who measured it.

    `by` names a rule of this room, or the role of a model that judged.
    """

    name: str
    value: float
    n: int
    unit: str
    by: str = "profile_f1 1"


def construction_figures(texts: Sequence[ProfileText]) -> list[Counted]:
    """How right profiles are that were read out of texts whose truth is known.

    F1 is over pairs of all texts together. The control is the F1 of each profile against another
    person's truth: what a reader would get who does not read. Evidence is counted over every text.
    """
    known = [(t.found, t.true) for t in texts if t.true is not None]
    truths = [true for _, true in known]
    shuffled = [(f, t) for (f, _), t in zip(known, truths[1:] + truths[:1], strict=True)]
    found = [*_scores("construction", [profile_f1(f, t) for f, t in known])]
    if len(known) > 1:
        other = total(profile_f1(f, t) for f, t in shuffled)
        found.append(
            Counted("construction_f1_of_another_person", other.f1 or 0, other.true, "F1 over pairs")
        )
    held = [(t.text, a) for t in texts for a in t.found.attributes]
    verbatim = sum(
        bool(a.evidence) and all(text[s.start : s.end] == s.text for s in a.evidence)
        for text, a in held
    )
    stands = sum(any(stands_in(a.value, s.text) for s in a.evidence) for _, a in held)
    found += _share("evidence_verbatim", verbatim, len(held))
    found += _share("value_stands_in_evidence", stands, len(held))
    return found


def update_figures(updates: Sequence[ProfileUpdate]) -> list[Counted]:
    """How right updates are, by kind of text and at the end of each person's texts.

    An update is right when the reader made the one true change and no other. Drift is over the
    keys that no text of a person touched. The control is the F1 of the profile before any text:
    what a reader would get who changes nothing.
    """
    found: list[Counted] = []
    for kind in dict.fromkeys(u.kind for u in updates):
        some = [u for u in updates if u.kind == kind]
        found += _share(f"update_right_{kind}", sum(map(right, some)), len(some))
    found += _share("update_right", sum(map(right, updates)), len(updates))
    lives = [list(life) for _, life in groupby(updates, key=lambda u: u.person)]
    found += _scores("updated", [profile_f1(life[-1].found, life[-1].after) for life in lives])
    idle = total(profile_f1(life[0].before, life[-1].after) for life in lives)
    if idle.f1 is not None:
        found.append(Counted("updated_f1_of_changing_nothing", idle.f1, idle.true, "F1 over pairs"))
    changed = quiet = 0
    for life in lives:
        moved, all_quiet = drifted(life[0].before, life[-1].found, [u.key for u in life if u.key])
        changed, quiet = changed + len(moved), quiet + len(all_quiet)
    found += _share("drift_of_untouched_keys", changed, quiet)
    replaced = [u for u in updates if u.op == "replace"]
    kept = sum(_was(u.found, u.key, u.old) for u in replaced)
    found += _share("replaced_value_kept_in_history", kept, len(replaced))
    return found


def right(update: ProfileUpdate) -> bool:
    """Whether the reader made the one true change of a text, and no other."""
    made = [c for c in update.changes if c.op != "none"]
    if update.unread:
        return False
    if update.op == "none":
        return not made
    return len(made) == 1 and _same(update, made[0].op, made[0].key, made[0].old, made[0].new)


def _same(u: ProfileUpdate, op: str, key: str, old: str | None, new: str | None) -> bool:
    return (
        op == u.op
        and key_of(key).name == key_of(u.key).name
        and same_value(key, new or "", u.new)
        and same_value(key, old or "", u.old)
    )


def _was(profile: Profile, key: str, value: str) -> bool:
    name = key_of(key).name
    return any(key_of(a.key).name == name and same_value(key, a.value, value) for a in profile.past)


def _scores(name: str, scores: Sequence[PairScore]) -> Iterator[Counted]:
    both = total(scores)
    if both.f1 is not None:
        yield Counted(f"{name}_f1", both.f1, both.true, "F1 over pairs")
    yield from _share(f"{name}_precision", both.right, both.found)
    yield from _share(f"{name}_recall", both.right, both.true)


def _share(name: str, part: int, of: int) -> list[Counted]:
    """Nothing where there is nothing to count over: 0 of 0 is no share."""
    return [Counted(name, part / of, of, "share")] if of else []
