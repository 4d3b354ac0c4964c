"""Wrong parts that the proofs of user-profile must catch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dramaturg import profile
from dramaturg.evaluate import PairScore
from dramaturg.models import ChatModel, ask
from dramaturg.profile.change import Proposal, Updated
from dramaturg.profile.extract import ExtractInput, extract_task
from dramaturg.profile.update import UpdateInput, update_task
from dramaturg.records import Attribute, Change, Profile, Span


async def _said(held: Profile, text: str, reader: ChatModel, seed: int) -> tuple[Proposal, ...]:
    known = tuple(f"{a.key}: {a.value}" for a in held.attributes)
    given = UpdateInput(name=held.name, known=known, text=text)
    return (await ask(reader, update_task(), given, seed=seed)).value


async def merges_everybody(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    """Takes whatever a text says for the subject's."""
    said = await _said(held, text, reader, seed)
    mine = [msgspec.structs.replace(one, person="subject") for one in said]
    return profile.apply(held, mine, text, when=when)


async def by_surname(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    """One common word of the name is enough: relatives become the subject."""
    said = await _said(held, text, reader, seed)
    surname = held.name.split()[-1]
    mine = [
        msgspec.structs.replace(one, person="subject") if surname in one.person else one
        for one in said
    ]
    return profile.apply(held, mine, text, when=when)


async def by_first_name(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    """Whoever bears the same first name is the subject."""
    said = await _said(held, text, reader, seed)
    mine = [
        msgspec.structs.replace(one, person="subject")
        if one.person.startswith(held.name.split()[0])
        else one
        for one in said
    ]
    return profile.apply(held, mine, text, when=when)


async def appends(held: Profile, text: str, reader: ChatModel, *, when: str, seed: int) -> Updated:
    """Every value told is a new pair, also one that is known or takes another's place."""
    changes = []
    for one in await _said(held, text, reader, seed):
        if not profile.is_subject(one.person, [held.name]):
            continue
        change = Change(op="add", key=one.key, new=one.value, when=when)
        held = profile.changed(held, change)
        changes.append(change)
    return Updated(profile=held, changes=tuple(changes))


async def forgets(held: Profile, text: str, reader: ChatModel, *, when: str, seed: int) -> Updated:
    """Right, but what was before is gone."""
    got = await profile.update(held, text, reader, when=when, seed=seed)
    return msgspec.structs.replace(got, profile=msgspec.structs.replace(got.profile, past=()))


async def counts_twice(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    """A replacement is told as a removal and an addition."""
    got = await profile.update(held, text, reader, when=when, seed=seed)
    changes: list[Change] = []
    for one in got.changes:
        if one.op == "replace":
            changes += [
                Change(op="remove", key=one.key, old=one.old),
                Change(op="add", key=one.key, new=one.new),
            ]
        else:
            changes.append(one)
    return msgspec.structs.replace(got, changes=tuple(changes))


async def stamps(held: Profile, text: str, reader: ChatModel, *, when: str, seed: int) -> Updated:
    """A restatement leaves the values alone and adds its own evidence."""
    got = await profile.update(held, text, reader, when=when, seed=seed)
    if any(one.op == "none" for one in got.changes):
        span = Span(start=0, end=len(text), text=text)
        seen = tuple(
            msgspec.structs.replace(a, evidence=(*a.evidence, span)) for a in got.profile.attributes
        )
        return msgspec.structs.replace(
            got, profile=msgspec.structs.replace(got.profile, attributes=seen)
        )
    return got


async def drops_silently(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    got = await profile.update(held, text, reader, when=when, seed=seed)
    return msgspec.structs.replace(got, drops=())


async def writes_it_anew(
    held: Profile, text: str, reader: ChatModel, *, when: str, seed: int
) -> Updated:
    """The whole profile is written anew, as in the paper, and one value changes its words."""
    got = await profile.update(held, text, reader, when=when, seed=seed)
    first = got.profile.attributes[0]
    other = msgspec.structs.replace(first, value=f"{first.value} or so")
    attributes = (other, *got.profile.attributes[1:])
    return msgspec.structs.replace(
        got, profile=msgspec.structs.replace(got.profile, attributes=attributes, id="")
    )


async def believes(text: str, reader: ChatModel, *, name: str, seed: int) -> Updated:
    """Keeps the model's quotation, whether it is one or not."""
    said = (await ask(reader, extract_task(), ExtractInput(name=name, text=text), seed=seed)).value
    held = tuple(
        Attribute(
            key=one.key,
            value=one.value,
            evidence=(Span(start=0, end=len(one.evidence), text=one.evidence),),
        )
        for one in said
    )
    return Updated(profile=Profile(name=name, attributes=held))


async def quotes_the_model(text: str, reader: ChatModel, *, name: str, seed: int) -> Updated:
    """Finds the place and keeps the model's spelling of it."""
    got = await profile.extract(text, reader, name=name, seed=seed)
    lower = tuple(
        msgspec.structs.replace(
            a,
            evidence=tuple(
                msgspec.structs.replace(s, text=s.text.replace("“", '"')) for s in a.evidence
            ),
        )
        for a in got.profile.attributes
    )
    return msgspec.structs.replace(
        got, profile=msgspec.structs.replace(got.profile, attributes=lower)
    )


async def inside_of_words(text: str, reader: ChatModel, *, name: str, seed: int) -> Updated:
    """A plain search: a quotation may stand inside of a longer word."""
    said = (await ask(reader, extract_task(), ExtractInput(name=name, text=text), seed=seed)).value
    plain = " ".join(text.split()).casefold().replace("“", '"').replace("”", '"')
    held = tuple(
        Attribute(key=one.key, value=one.value, evidence=(Span(start=0, end=len(text), text=text),))
        for one in said
        if one.evidence.casefold() in plain
    )
    return Updated(profile=Profile(name=name, attributes=held))


def _counted(pairs: Callable[[Profile], list[Any]]) -> Callable[[Profile, Profile], PairScore]:
    def f1(found: Profile, true: Profile) -> PairScore:
        ours, theirs = pairs(found), pairs(true)
        right = sum(pair in theirs for pair in ours)
        return PairScore(right=right, found=len(ours), true=len(theirs))

    return f1


def _whole_lists(one: Profile) -> list[Any]:
    keys = dict.fromkeys(a.key for a in one.attributes)
    return [(key, one.values(key)) for key in keys]


def _doubled(one: Profile) -> list[Any]:
    from dramaturg.evaluate.profile_f1 import pairs_of

    pairs = []
    for a in one.attributes:
        pairs += list(pairs_of(Profile(name=one.name, attributes=(a,))))
    return pairs


def _last_of_a_key(one: Profile) -> list[Any]:
    """A dictionary holds one value a key."""
    return list({a.key: (a.key, a.value) for a in one.attributes}.items())


as_written = _counted(lambda one: [(a.key, a.value) for a in one.attributes])
as_written.__name__ = "as_written"
whole_lists = _counted(_whole_lists)
duplicates_count = _counted(_doubled)
one_value_a_key = _counted(_last_of_a_key)

Part = Callable[..., Awaitable[Updated]]
WRONG: dict[str, list[dict[str, Any]]] = {
    "add_and_replace_once": [
        {"update": appends}, {"update": forgets}, {"update": counts_twice},
        {"update": merges_everybody},
    ],
    "restated_changes_nothing": [{"update": appends}, {"update": stamps}],
    "nobody_else_s_fact": [
        {"update": merges_everybody}, {"update": by_surname}, {"update": by_first_name},
        {"update": drops_silently},
    ],
    "verbatim_evidence": [
        {"extract": believes}, {"extract": quotes_the_model}, {"extract": inside_of_words},
    ],
    "pairs_by_hand": [
        {"f1": as_written}, {"f1": whole_lists}, {"f1": duplicates_count}, {"f1": one_value_a_key},
    ],
    "no_drift": [{"update": writes_it_anew}, {"update": merges_everybody}],
}  # fmt: skip
