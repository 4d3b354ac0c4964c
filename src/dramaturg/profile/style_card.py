"""How would this person write? A manner in words, and one comment as a sample.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec

from dramaturg.errors import BackendError, ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote_list
from dramaturg.records import Drop, Persona, derive_seed
from dramaturg.scorers import together, why_lost
from dramaturg.store import notes


class Writes(msgspec.Struct, frozen=True, kw_only=True):
    """A person whose manner of writing is wanted."""

    facts: tuple[str, ...]


@functools.cache
def style_task() -> Task[Writes, dict[str, str]]:
    """ "profile.style": {"manner": in the second person, "sample": one comment}."""
    return Task(
        name="profile.style",
        prompt=load("dramaturg.profile", "style_card"),
        fill=lambda given: {"facts": quote_list(given.facts)},
        parse=lambda reply, _: read_style(reply),
        sampling=Sampling(temperature=1.0, top_k=None, max_tokens=400),
    )


def read_style(reply: str) -> dict[str, str]:
    """Manner and sample of a reply. Raises ReplyError: "malformed JSON" or "incomplete"."""
    value, _ = read_json(reply)
    told = value if isinstance(value, dict) else {}
    card = {key: " ".join(str(told.get(key) or "").split()) for key in ("manner", "sample")}
    if len(card["manner"].split()) < 5 or not card["sample"]:
        raise ReplyError("it lacks the manner or the sample", kind="incomplete")
    return card


async def style_cards(people: Sequence[Persona], writer: ChatModel, *, seed: int) -> list[Persona]:
    """The same people, each with a style card in the view "style"; who has one keeps it.

    A card that cannot be read, or whose call is lost, is a Drop, and the person goes on without.

    Raises:
        BackendError: If the writer fails for everybody.
    """

    async def one(person: Persona) -> Persona | Drop:
        if person.views.get("style"):
            return person
        own = derive_seed(seed, "style", person.id)
        try:
            said = await ask(writer, style_task(), Writes(facts=person.sentences), seed=own)
        except ReplyError as error:
            return Drop(kind="style", reason=f"{error.kind}: {error.what}", subject=person.id)
        except BackendError as error:
            return Drop(kind="style", reason=why_lost(error), subject=person.id)
        views = {**person.views, "style": said.value}
        return msgspec.structs.replace(person, views=views, id="")

    made = await together(one(person) for person in people)
    for drop in made:
        if isinstance(drop, Drop):
            notes.note(drop)
    return [
        person if isinstance(new, Drop) else new for person, new in zip(people, made, strict=True)
    ]
