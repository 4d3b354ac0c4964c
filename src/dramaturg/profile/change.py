"""Change a profile: one value at a time, what was before is kept, and nothing else moves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.profile.evidence import find_span
from dramaturg.profile.subject import is_subject
from dramaturg.records import (
    KEYS,
    Attribute,
    Change,
    Drop,
    Op,
    Profile,
    Span,
    key_of,
    same_value,
    values_in,
)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader says that a text tells: a change that is not made yet.

    Attributes:
        person: Whom the text says it of, in the text's words.
        op: "add", "replace" or "remove".
        value: The new value; "" for "remove".
        old: The value that ends; "" where none does.
        evidence: The words of the text that say it.
    """

    person: str
    op: str
    key: str
    value: str = ""
    old: str = ""
    evidence: str = ""


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """A profile after a text.

    Attributes:
        profile: The very same object where the text changed nothing.
        changes: One for each proposal that could be used, "none" ones too.
        drops: Proposals that could not be used, each with its reason, of kind "attribute".
    """

    profile: Profile
    changes: tuple[Change, ...] = ()
    drops: tuple[Drop, ...] = ()


def apply(
    profile: Profile,
    proposals: Sequence[Proposal],
    text: str,
    *,
    document: str = "",
    when: str | None = None,
    provider: str = "user",
    begin: int = 0,
) -> Updated:
    """The profile with the proposals made true, one after the other.

    A proposal is dropped where it is about somebody else, where its evidence does not stand in
    the text, or where it removes what is not there. What is said again changes nothing: not even
    a byte. A further value of a key that holds one value (`Key.many`) takes the old one's place,
    which moves to `past` with its end.

    Args:
        when: ISO 8601 day of the text; begins and ends validity.
        begin: Where in the text evidence is looked for.
    """
    changes: list[Change] = []
    drops: list[Drop] = []
    for one in proposals:
        names = (profile.name, *profile.aliases)
        span = find_span(text, one.evidence, document=document, begin=begin)
        if not is_subject(one.person, names):
            drops.append(_drop("other person", f"said of {one.person!r}", one, profile))
        elif span is None:
            drops.append(_drop("no evidence", f"{one.evidence!r} is not in the text", one, profile))
        else:
            found = _settled(profile, one)
            if not found:
                drops.append(_drop("not there", "there is no such value to end", one, profile))
            for op, key, old, new in found:
                change = Change(op=op, key=key, old=old, new=new, evidence=span, when=when)
                profile = changed(profile, change, provider=provider)
                changes.append(change)
    return Updated(profile=profile, changes=tuple(changes), drops=tuple(drops))


def changed(profile: Profile, change: Change, *, provider: str = "user") -> Profile:
    """The profile after one change; itself after a "none".

    Raises:
        ValueError: If the value to be replaced or removed is not there.
    """
    if change.op == "none":
        return profile
    held, past = list(profile.attributes), list(profile.past)
    at = len(held)
    if change.op != "add":
        at = next(
            (n for n, a in enumerate(held) if a.key == change.key and a.value == change.old), -1
        )
        if at < 0:
            raise ValueError(f"{profile.name} has no {change.key} {change.old!r}")
        past.append(msgspec.structs.replace(held.pop(at), valid_to=change.when))
    if change.new is not None:
        evidence: tuple[Span, ...] = (change.evidence,) if change.evidence else ()
        new = Attribute(
            key=change.key,
            value=change.new,
            evidence=evidence,
            valid_from=change.when,
            provider=provider,
        )
        held.insert(at, new)
    return msgspec.structs.replace(
        profile,
        attributes=tuple(held),
        past=tuple(past),
        history=(*profile.history, change),
        id="",
    )


def as_of(profile: Profile, when: str) -> tuple[Attribute, ...]:
    """What held on a day, in the order in which it was learnt; unknown ends are open.

    Args:
        when: ISO 8601; a day compares with a month or year by what both say.
    """
    then = [a for a in profile.past if a.valid_to is not None and a.valid_to > when]
    return tuple(
        a for a in (*then, *profile.attributes) if a.valid_from is None or a.valid_from <= when
    )


def key_in(profile: Profile, key: str) -> str:
    """The way the profile writes this key, or the key's standard name."""
    name = key_of(key).name
    return next((a.key for a in profile.attributes if key_of(a.key).name == name), name)


def _settled(profile: Profile, one: Proposal) -> list[tuple[Op, str, str | None, str | None]]:
    """(op, key, old, new) of each value that a proposal speaks of; [] if it ends what is not."""
    key, known = key_in(profile, one.key), key_of(one.key)
    held = list(profile.values(key))

    def same(said: str) -> str | None:
        return next((v for v in held if said and same_value(key, v, said)), None)

    old = same(one.old)
    if one.op == "remove":
        ends = old or same(one.value)
        return [] if ends is None else [("remove", key, ends, None)]
    found: list[tuple[Op, str, str | None, str | None]] = []
    for value in values_in(key, one.value):
        if same(value) is not None:
            found.append(("none", key, None, value))
            continue
        takes_place = one.op == "replace" or known in KEYS
        if old is None and not known.many and len(held) == 1 and takes_place:
            old = held[0]
        if old is not None and (one.op == "replace" or not known.many):
            found.append(("replace", key, old, value))
            held[held.index(old)] = value
            old = None
        else:
            found.append(("add", key, None, value))
            held.append(value)
    ended = one.op == "replace" and old is not None and not same_value(key, old, one.value)
    if ended and all(op == "none" for op, *_ in found):  # the new one was known, the old one ends
        found.append(("remove", key, old, None))
    return found


def _drop(kind: str, why: str, one: Proposal, profile: Profile) -> Drop:
    reason = f"{kind}: {one.key} = {one.value or one.old!r} of {profile.name}: {why}"
    return Drop(
        kind="attribute",
        reason=reason[:400],
        subject=profile.id,
        detail=msgspec.json.encode(one).decode(),
    )
