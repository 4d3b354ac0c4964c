"""A person's text and the profile read out of it, as one row of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dramaturg.dataset import Biography
from dramaturg.models import ChatModel
from dramaturg.profile.extract import extract
from dramaturg.profile.invent import invent
from dramaturg.profile.tell import tell
from dramaturg.records import Profile, ProfileText, derive_seed, key_of


def made_up(people: int, *, seed: int) -> list[Biography]:
    """People who do not exist, each with a true profile and no text yet; see `invent`."""
    return [Biography(name=one.name, known=one) for one in invent(people, seed=seed)]


async def told(person: Biography, writer: ChatModel, *, seed: int) -> Biography:
    """The person with a text: their own, or one that tells their profile.

    Raises:
        ReplyError, BackendError: As `tell` does.
    """
    if person.text or person.known is None:
        return person
    answer = await tell(person.known, writer, seed=derive_seed(seed, "tell", person.id))
    return msgspec.structs.replace(person, text=answer.value, source=writer.ref, id="")


async def construct(
    person: Biography, reader: ChatModel, *, keys: Sequence[str] = (), seed: int
) -> ProfileText:
    """The text with the profile that a reader finds in it; see `extract`.

    Args:
        keys: The keys wanted, () = open: of the true profile, too, no other is kept, so that what
            was not asked for is not counted as missed.

    Raises:
        ReplyError, BackendError: As `extract` does.
    """
    found = await extract(
        person.text,
        reader,
        name=person.name,
        aliases=person.aliases,
        keys=keys,
        document=person.source,
        seed=derive_seed(seed, "construct", person.id),
    )
    return ProfileText(
        name=person.name,
        text=person.text,
        found=found.profile,
        true=_only(person.known, keys),
        source=person.source,
    )


def _only(known: Profile | None, keys: Sequence[str]) -> Profile | None:
    if known is None or not keys:
        return known
    wanted = {key_of(key).name for key in keys}
    held = tuple(a for a in known.attributes if key_of(a.key).name in wanted)
    return msgspec.structs.replace(known, attributes=held, id="")
