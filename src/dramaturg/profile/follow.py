"""Follow a person through notes: what each note does is known, and what a reader makes of it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel
from dramaturg.profile.change import Updated
from dramaturg.profile.invent import VALUES
from dramaturg.profile.plan import KINDS, Kind, Planned, note, plan
from dramaturg.profile.update import update
from dramaturg.records import Drop, Profile, ProfileUpdate, derive_seed, key_of
from dramaturg.store import notes

YEAR = 2025  # of the first note; one a month


async def follow(
    known: Profile,
    write: Callable[[Planned, int], Awaitable[str]],
    read: Callable[[Profile, str, int, str], Awaitable[Updated]],
    *,
    steps: int,
    values: Mapping[str, Sequence[str]],
    others: Sequence[str],
    kinds: Sequence[Kind] = KINDS,
    person: str = "",
    seed: int,
) -> list[ProfileUpdate]:
    """`steps` notes about one person, each read into the profile that the reader has by then.

    Kinds take turns from a drawn one on, and one that the profile does not allow is passed over.
    A note that could not be written is noted as a Drop of kind "note" and changes nothing. A
    reply that could not be read leaves the reader's profile as it was and counts against it.

    Args:
        write: (what to tell, seed) -> the note.
        read: (the reader's profile, note, seed, day of the note) -> the profile after it.
        values, others: See `plan`.
        person: Id of the person, for the rows; "" = the profile's.

    Raises:
        BackendError: As `write` and `read` do.
    """
    true = mine = known
    rows: list[ProfileUpdate] = []
    turn = random.Random(derive_seed(seed, "kinds")).randrange(len(kinds))
    for step in range(steps):
        when = f"{YEAR + step // 12}-{step % 12 + 1:02d}"
        own = derive_seed(seed, "note", step)
        order = [kinds[(turn + step + n) % len(kinds)] for n in range(len(kinds))]
        options = (plan(true, kind, values, others, when=when, seed=own) for kind in order)
        planned = next(option for option in options if option is not None)
        try:
            text = await write(planned, own)
        except ReplyError as error:
            reason = f"{error.kind}: {error.what}"
            notes.note(Drop(kind="note", reason=reason, subject=known.name))
            continue
        got, unread = Updated(profile=mine), ""
        try:
            got = await read(mine, text, own, when)
        except ReplyError as error:
            unread = f"{error.kind}: {error.what}"
            notes.note(Drop(kind="reading", reason=unread, subject=known.name))
        rows.append(
            ProfileUpdate(
                name=known.name,
                person=person or known.id,
                step=step,
                kind=planned.kind,
                text=text,
                when=when,
                op=planned.op,
                key=planned.key,
                old=planned.old,
                new=planned.new,
                before=true,
                after=planned.after,
                found=got.profile,
                changes=got.changes,
                unread=unread,
            )
        )
        true, mine = planned.after, got.profile
    return rows


def values_by_key(people: Iterable[Profile], most: int = 200) -> dict[str, tuple[str, ...]]:
    """What a key can hold: the values of these people, beside made-up ones for common keys.

    Args:
        most: Values of a key, the first ones: every note looks at all of them.
    """
    found = {key: dict.fromkeys(values) for key, values in VALUES.items()}
    for person in people:
        for one in person.attributes:
            of_key = found.setdefault(key_of(one.key).name, {})
            if len(of_key) < most:
                of_key[one.value] = None
    return {key: tuple(values) for key, values in found.items()}


def noted(writer: ChatModel) -> Callable[[Planned, int], Awaitable[str]]:
    """`follow`'s `write`: notes in a writer's words."""

    async def write(planned: Planned, seed: int) -> str:
        return (await note(planned, writer, seed=seed)).value

    return write


def updated(reader: ChatModel) -> Callable[[Profile, str, int, str], Awaitable[Updated]]:
    """`follow`'s `read`: a reader that is asked what changes."""

    async def read(profile: Profile, text: str, seed: int, when: str) -> Updated:
        return await update(profile, text, reader, document=f"note of {when}", when=when, seed=seed)

    return read
