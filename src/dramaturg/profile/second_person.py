"""A person told as "you": a statement to act from, and memories to bring up.

Source: Tu et al. 2023, "CharacterChat": base fields as a statement, each long field as a memory;
fields of 20 words or more, or with the name in them, are rewritten.
Differs: one request for all of them and for the example sentences (there it is one each), and what
is told in the first person is rewritten too. A part of the name counts as a whole word only: the
released code looks for it inside words, and so takes "Al" to be in "Always".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Persona, derive_seed

LONG = 20  # words
TONES = 5
_FIRST = re.compile(r"\b(?:I|I['’](?:m|ve|d|ll)|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself)\b")
_SECOND = re.compile(r"(?i)\byou(?:r|rs|rself)?\b")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a person, by field, and which fields make up the statement."""

    name: str
    base: dict[str, str]
    rewrite: dict[str, str]
    tones: int = TONES


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """The statement, the memories that were rewritten, and sentences in the person's tone."""

    statement: str
    memories: dict[str, str]
    tones: tuple[str, ...]


def needs_rewriting(text: str, name: str, *, long: int = LONG) -> bool:
    """Whether a field is to be told anew: long, or with the name in it, or in the first person.

    >>> needs_rewriting("Always late.", "Al Reed"), needs_rewriting("Al is late.", "Al Reed")
    (False, True)
    """
    words = _WORD.findall(text)
    return len(words) >= long or names(text, name) or bool(_FIRST.search(text))


def names(text: str, name: str) -> bool:
    """Whether a part of the name stands in the text as a word of its own, in its own case.

    >>> names("Rose's garden", "Rose Hill"), names("She rose early.", "Rose Hill")
    (True, False)
    """
    parts = {part for part in _WORD.findall(name) if len(part) > 1}
    words = {re.sub(r"['’]s$", "", word) for word in _WORD.findall(text)}
    return not parts.isdisjoint(words)


async def second_person(
    person: Persona,
    *,
    writer: ChatModel,
    base: Sequence[str],
    seed: int,
) -> Persona:
    """The person with the views "statement", "memories" (by category of the fact) and "tones".

    Facts of one category are one field. Fields that need no rewriting are memories as they are.

    Args:
        base: Categories that make up the statement, beside name and views that are one word or
            number ("age", "job"); all others are memories only.

    Raises:
        ReplyError: If the writer left out a field, left the name in one or did not speak to
            "you", even when asked twice.
    """
    fields: dict[str, str] = {}
    for fact in person.facts:
        category = fact.category or "other"
        fields[category] = f"{fields[category]} {fact.text}" if category in fields else fact.text
    plain = {k: str(v) for k, v in person.views.items() if isinstance(v, str | int | float)}
    told = Told(
        name=person.name,
        base={"name": person.name, **plain, **{k: fields[k] for k in base if k in fields}},
        rewrite={
            k: v for k, v in fields.items() if k not in base and needs_rewriting(v, person.name)
        },
    )
    own = derive_seed(seed, "second person", person.id)
    made = (await ask(writer, second_person_task(), told, seed=own, about=person.id)).value
    memories = {k: made.memories.get(k, v) for k, v in fields.items() if k not in base}
    views = {
        **person.views, "statement": made.statement, "memories": memories,
        "tones": list(made.tones),
    }  # fmt: skip
    return msgspec.structs.replace(person, views=views, id="")


@functools.cache
def second_person_task() -> Task[Told, Second]:
    """ "profile.second_person": statement, memories and tone sentences of one person."""
    return Task(
        name="profile.second_person",
        prompt=load("dramaturg.profile", "second_person"),
        fill=lambda told: {
            "base": _lines(told.base),
            "fields": _lines(told.rewrite) or "(none)",
            "tones": str(told.tones),
        },
        parse=_parse,
        sampling=Sampling(temperature=0.7, top_k=None, max_tokens=2_400),
    )


def _parse(reply: str, told: Told) -> Second:
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no JSON object", kind="no statement")
    statement = _text(value.get("statement"))
    retold = value.get("memories")
    given: dict[str, Any] = retold if isinstance(retold, dict) else {}
    memories = {k: _text(given.get(k)) for k in told.rewrite}
    empty = [k for k, v in {"statement": statement, **memories}.items() if not v]
    if empty:
        raise ReplyError(f"these are missing: {', '.join(empty)}", kind="missing field")
    for k, text in memories.items():
        if names(text, told.name):
            raise ReplyError(f"the name still stands in {k!r}", kind="name left in")
    strange = [k for k, v in {"statement": statement, **memories}.items() if not _SECOND.search(v)]
    if strange:
        raise ReplyError(f"these do not say 'you': {', '.join(strange)}", kind="not second person")
    tones = value.get("tones")
    lines = [line for one in tones if (line := _text(one))] if isinstance(tones, list) else []
    if len(lines) < told.tones:
        raise ReplyError(f"{len(lines)} of {told.tones} example sentences", kind="too few tones")
    return Second(statement=statement, memories=memories, tones=tuple(lines[: told.tones]))


def _lines(fields: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {quote(text)}" for name, text in fields.items())


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
