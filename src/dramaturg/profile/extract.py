"""Read a profile out of a text: every value with the words that say it.

Source: Prottasha et al. 2025, "User Profile with Large Language Models: Construction, Updating, and
Benchmarking", arXiv:2502.10660: construction. Differs: nothing is kept without evidence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.profile.change import Proposal, Updated, apply, key_in
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import KEYS, Drop, Profile, derive_seed, key_of, same_value, values_in
from dramaturg.store import notes

PIECE = 6_000  # characters of a text that one prompt shows


class ExtractInput(msgspec.Struct, frozen=True, kw_only=True):
    """A text and the person whose profile is wanted; `keys` () = whatever it tells."""

    name: str
    text: str
    keys: tuple[str, ...] = ()


async def extract(
    text: str,
    reader: ChatModel,
    *,
    name: str,
    aliases: Sequence[str] = (),
    keys: Sequence[str] = (),
    document: str = "",
    when: str | None = None,
    seed: int,
) -> Updated:
    """The profile that a text tells of a person.

    A long text is read in pieces. A value is dropped with its reason where it is about somebody
    else, where its evidence is not in the text, where its key is not wanted, or where it is a
    known key that holds one value and has another already. Drops are noted.

    Args:
        keys: The keys wanted; () = open.
        document: Name of the text, for the evidence.
        when: ISO 8601 day of the text.

    Raises:
        ReplyError: If the replies for a piece cannot be read.
        BackendError: If the reader could not be reached.
    """
    profile = Profile(name=name, aliases=tuple(aliases))
    wanted = {key_of(key).name for key in keys}
    done = Updated(profile=profile)
    for begin, piece in _pieces(text):
        given = ExtractInput(name=name, text=piece, keys=tuple(keys))
        answer = await ask(
            reader, extract_task(), given, seed=derive_seed(seed, "extract", begin), about=document
        )
        for one in answer.value:
            refused = _refused(done.profile, one, wanted)
            made = (
                Updated(profile=done.profile, drops=(refused,))
                if refused
                else apply(
                    done.profile,
                    [one],
                    text,
                    document=document,
                    when=when,
                    provider=reader.ref,
                    begin=begin,
                )
            )
            done = Updated(
                profile=made.profile,
                changes=(*done.changes, *made.changes),
                drops=(*done.drops, *made.drops),
            )
    for drop in done.drops:
        notes.note(drop)
    return done


def _refused(profile: Profile, one: Proposal, wanted: set[str]) -> Drop | None:
    key = key_in(profile, one.key)
    detail = msgspec.json.encode(one).decode()
    if wanted and key_of(one.key).name not in wanted:
        reason = f"not wanted: the key {one.key!r}"
        return Drop(kind="attribute", reason=reason, subject=profile.id, detail=detail)
    held = profile.values(key)
    single = key_of(one.key) in KEYS and not key_of(one.key).many
    if held and single and not same_value(key, held[0], one.value):
        reason = f"second value: {key} is {held[0]!r} already, not {one.value!r}"
        return Drop(kind="attribute", reason=reason[:400], subject=profile.id, detail=detail)
    return None


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces that end at a sentence where they can, each with its place."""
    begin = 0
    while begin < len(text):
        end = min(begin + PIECE, len(text))
        if end < len(text):
            stops = [hit.end() for hit in re.finditer(r"[.!?\n]\s", text[begin:end])]
            end = begin + stops[-1] if stops and stops[-1] > PIECE // 2 else end
        if text[begin:end].strip():
            yield begin, text[begin:end]
        begin = end


@functools.cache
def extract_task() -> Task[ExtractInput, tuple[Proposal, ...]]:
    """ "profile.extract": what a text tells of a person, as keys and values with evidence."""
    return Task(
        name="profile.extract",
        prompt=load("dramaturg.profile", "extract"),
        fill=lambda given: {
            "name": quote(given.name),
            "text": quote(given.text),
            "keys": ", ".join(quote(key) for key in given.keys) or "any",
        },
        parse=lambda reply, _: read_proposals(reply, op="add"),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=2_000),
        schema=reply_schema(),
    )


def read_proposals(reply: str, *, op: str | None = None) -> tuple[Proposal, ...]:
    """The proposals in a reply: a JSON list, or an object that holds one.

    Args:
        op: What every item is; None reads it from the item.

    Raises:
        ReplyError: "malformed JSON", "no list", or "bad item" where an item is no object, or lacks
            its key, its person or its value.
    """
    found, _ = read_json(reply)
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), None)
    if not isinstance(found, list):
        raise ReplyError("the reply holds no list of facts", kind="no list")
    return tuple(made for item in found for made in _read(item, op))


def _read(item: Any, op: str | None) -> Iterator[Proposal]:
    if not isinstance(item, dict):
        raise ReplyError(f"this is no object: {str(item)[:80]}", kind="bad item")
    said = op or str(item.get("op", "")).strip().lower()
    key, person = _text(item.get("key")), _text(item.get("person"))
    value, old = item.get("value"), _text(item.get("old"))
    if said not in ("add", "replace", "remove", "none") or not key or not person:
        raise ReplyError(f"op, person or key is missing: {str(item)[:80]}", kind="bad item")
    values = values_in(key, [_text(v) for v in value] if isinstance(value, list) else _text(value))
    if not values and said != "remove":
        raise ReplyError(f"{key} has no value", kind="bad item")
    said = "add" if said == "none" else said  # whether it is new is found out, not believed
    for one in values or ("",):
        yield Proposal(
            person=person,
            op=said,
            key=key,
            value=one,
            old=old,
            evidence=_text(item.get("evidence")),
        )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else " ".join(str(value).split())


def reply_schema(*more: str) -> dict[str, Any]:
    """The JSON schema of such a reply; `more` fields stand beside the five."""
    names = ("person", "key", "value", "evidence", *more)
    item = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": list(names),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"facts": {"type": "array", "items": item}},
        "required": ["facts"],
        "additionalProperties": False,
    }
