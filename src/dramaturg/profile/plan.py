"""Notes about a person whose effect is known before anybody reads them: an update simulator.

What a note does is drawn and the profile after it follows by rule, so the truth is no model's
opinion. The words are a writer's (`note`), or plain ones (`plain_note`).
"""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.profile.change import changed
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Change, Op, Profile, key_of, normal_value, stands_in

Kind: TypeAlias = Literal["add", "replace", "restate", "other", "irrelevant"]
KINDS: tuple[Kind, ...] = ("add", "replace", "restate", "other", "irrelevant")

_TO_ADD = ("hobbies", "awards", "languages", "pets", "children", "works")
_TO_REPLACE = ("occupation", "residence", "employer", "spouse", "hobbies", "pets")


class Planned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a note is to tell, and what it makes of the profile.

    Attributes:
        kind: "add" a value, "replace" one, "restate" one, tell the same key of an "other"
            person, or "irrelevant": nothing of a profile.
        person: Whom the note is about.
        key, old, new: The value before and after; "" where there is none.
        after: The profile after the note; the same as before except for "add" and "replace".
    """

    kind: Kind
    person: str
    after: Profile
    key: str = ""
    old: str = ""
    new: str = ""

    @property
    def op(self) -> Op:
        """What a right reader does: "add", "replace" or "none"."""
        return self.kind if self.kind in ("add", "replace") else "none"


def plan(
    profile: Profile,
    kind: Kind,
    values: Mapping[str, Sequence[str]],
    others: Sequence[str],
    *,
    when: str | None = None,
    seed: int,
) -> Planned | None:
    """What a note of this kind could tell of a person; None where the profile allows none.

    Args:
        values: Possible values by standard key, e.g. those of other people.
        others: Names of other people.
        when: ISO 8601 day of the note.
    """
    draw = random.Random(seed)
    if kind == "irrelevant":
        return Planned(kind=kind, person=profile.name, after=profile)
    held = [(a.key, a.value) for a in profile.attributes if key_of(a.key).name != "name"]
    if kind == "restate":
        key, value = draw.choice(held) if held else ("", "")
        made = Planned(kind=kind, person=profile.name, after=profile, key=key, old=value, new=value)
        return made if held else None
    if kind == "add":
        wanted = [(key, "") for key in _TO_ADD]
    else:
        changing = _TO_REPLACE if kind == "replace" else tuple(values)
        wanted = [(key, old) for key, old in held if key_of(key).name in changing]
    draw.shuffle(wanted)
    for key, old in wanted:
        key = next((k for k, _ in held if key_of(k).name == key), key)
        mine = {normal_value(key, v) for v in profile.values(key)}
        new = [v for v in values.get(key_of(key).name, ()) if normal_value(key, v) not in mine]
        if not new:
            continue
        value = draw.choice(sorted(new))
        if kind == "other":
            strangers = [name for name in others if not set(name.split()) & set(_names(profile))]
            if not strangers:
                return None
            return Planned(
                kind=kind, person=draw.choice(strangers), after=profile, key=key, new=value
            )
        change = Change(op=kind, key=key, old=old or None, new=value, when=when)
        after = changed(profile, change)
        return Planned(kind=kind, person=profile.name, after=after, key=key, old=old, new=value)
    return None


def plain_note(planned: Planned) -> str:
    """The note in plain words, made by rule: for proofs, and where no writer is at hand."""
    who, key = planned.person, planned.key.replace("_", " ")
    if planned.kind == "irrelevant":
        return "It rained for most of the week, and the market closed early."
    if planned.kind == "replace":
        return f"Of late the {key} of {who} is {planned.new}, no longer {planned.old}."
    return f"News of {who}: under {key} we now read {planned.new}."


class NoteInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a note is to tell: see `Planned`; `subject` is whose profile it is."""

    kind: str
    subject: str
    person: str
    key: str
    old: str
    new: str


async def note(planned: Planned, writer: ChatModel, *, seed: int) -> Answer[str]:
    """The note in a writer's words; the reply is refused where it does not say what it must.

    Raises:
        ReplyError: "not said" where the value or the person is missing, "touches the person"
            where a note that is not about the person names them; after one more try.
        BackendError: If the writer could not be reached.
    """
    given = NoteInput(
        kind=planned.kind,
        subject=planned.after.name,
        person=planned.person,
        key=planned.key,
        old=planned.old,
        new=planned.new,
    )
    return await ask(writer, note_task(), given, seed=seed, about=planned.after.id)


@functools.cache
def note_task() -> Task[NoteInput, str]:
    """ "profile.note": a short text that changes, repeats or does not touch a profile."""
    return Task(
        name="profile.note",
        prompt=load("dramaturg.profile", "note"),
        fill=lambda given: {
            "kind": given.kind,
            "person": quote(given.person),
            "key": quote(given.key) or "-",
            "old": quote(given.old) or "-",
            "new": quote(given.new) or "-",
        },
        parse=read_note,
        sampling=Sampling(max_tokens=200),
    )


def read_note(reply: str, given: NoteInput) -> str:
    """The note in a reply, checked against what it must tell.

    Raises:
        ReplyError: "empty", "not said", or "touches the person".
    """
    text = " ".join(reply.strip().strip("\"'“”`").split())
    if not text:
        raise ReplyError("the reply holds no text", kind="empty")
    if given.kind in ("irrelevant", "other"):
        parts = [part for part in given.subject.split() if len(part) > 2]
        if any(stands_in(name, text) for name in (given.subject, *parts)):
            raise ReplyError(f"it must not speak of {given.subject}", kind="touches the person")
    if given.kind == "irrelevant":
        return text
    if not any(stands_in(part, text) for part in given.person.split()):
        raise ReplyError(f"it does not name {given.person}", kind="not said")
    wanted = [given.new, given.old] if given.kind == "replace" else [given.new]
    for value in wanted:
        if not stands_in(value, text):
            raise ReplyError(f"it does not say {value!r} in these words", kind="not said")
    return text


def _names(profile: Profile) -> list[str]:
    return " ".join((profile.name, *profile.aliases)).split()
