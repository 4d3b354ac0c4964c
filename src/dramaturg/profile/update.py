"""Bring a profile up to date with a new text: only what the text says changes.

Source: Prottasha et al. 2025, arXiv:2502.10660: updating. Differs: the paper has the model write
the whole new profile; here it names changes with their evidence, and they are applied by rule,
so that no untouched value can drift.
"""

from __future__ import annotations

import functools

import msgspec

from dramaturg.errors import RecordError
from dramaturg.models import ChatModel, ask
from dramaturg.profile.change import Proposal, Updated, apply
from dramaturg.profile.extract import read_proposals, reply_schema
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Profile
from dramaturg.store import notes

LONGEST = 20_000  # characters of a note; a longer text is read by `extract`, in pieces


class UpdateInput(msgspec.Struct, frozen=True, kw_only=True):
    """A person, what is known of them ("key: value" lines), and a new text."""

    name: str
    known: tuple[str, ...]
    text: str


async def update(
    profile: Profile,
    text: str,
    reader: ChatModel,
    *,
    document: str = "",
    when: str | None = None,
    seed: int,
) -> Updated:
    """The profile after a text, with the diff; what of a reply is not used is noted.

    Args:
        document: Name of the text, for the evidence.
        when: ISO 8601 day of the text.

    Raises:
        RecordError: If the text is longer than `LONGEST`.
        ReplyError: If the reader's replies cannot be read.
        BackendError: If the reader could not be reached.
    """
    if len(text) > LONGEST:
        raise RecordError(f"a note of {len(text)} characters is no note", why=f"{LONGEST} at most")
    known = tuple(f"{a.key}: {a.value}" for a in profile.attributes)
    given = UpdateInput(name=profile.name, known=known, text=text)
    answer = await ask(reader, update_task(), given, seed=seed, about=document or profile.id)
    found = apply(profile, answer.value, text, document=document, when=when, provider=reader.ref)
    for drop in found.drops:
        notes.note(drop)
    return found


@functools.cache
def update_task() -> Task[UpdateInput, tuple[Proposal, ...]]:
    """ "profile.update": what of a profile a new text changes."""
    return Task(
        name="profile.update",
        prompt=load("dramaturg.profile", "update"),
        fill=lambda given: {
            "name": quote(given.name),
            "known": quote_list(given.known) or "(nothing)",
            "text": quote(given.text),
        },
        parse=lambda reply, _: read_proposals(reply),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=800),
        schema=reply_schema("op", "old"),
    )
