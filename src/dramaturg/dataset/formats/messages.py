"""Chats as a list of messages, with the personas in a system message.

`messages` keeps everything: what has no place in a message stands as JSON text under the key
"dramaturg", which other readers pass over. `openai` is what OpenAI's fine-tuning takes, no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.examples import as_messages
from dramaturg.dataset.formats import containers, system, training
from dramaturg.dataset.formats.aspects import ASPECTS, EVERYTHING, outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both, conversation, rest_of, text, with_rest
from dramaturg.records import Conversation, Speaker

USER, ASSISTANT = 0, 1
ROLES = ("user", "assistant")
IN_WORDS = frozenset({"names", "personas", "system"})  # what the messages themselves say
_REST = tuple(ASPECTS[name] for name in ASPECTS if name not in IN_WORDS)
OF_ROW = paths("id system split dramaturg.*")
OF_MESSAGE = "role from content value content.type content.text value.type value.text"
_READS = OF_ROW | paths(OF_MESSAGE, "messages")
_SIDES = {"user": 0, "human": 0, "assistant": 1, "gpt": 1, "bot": 1, "chatgpt": 1, "model": 1}


def encode(made: Conversation, roles: tuple[str, str] = ROLES) -> list[dict[str, str]]:
    """The messages of a conversation of two, the system message first if there is one."""
    before = made.scene.get("system")
    told = system.render(both(made.speakers), ASSISTANT, before if isinstance(before, str) else "")
    messages = [{"role": "system", "content": told}] if told else []
    messages += [{"role": roles[t.speaker], "content": t.text} for t in made.turns]
    return messages


def rest_text(made: Conversation) -> str:
    """What messages have no place for, as JSON text; "" if there is nothing."""
    if not any(aspect.of(made) for aspect in _REST):
        return ""
    return msgspec.json.encode(rest_of(made)).decode("utf-8")


def decode_messages(messages: Any, row: Shape, told: str = "") -> Conversation:
    """A conversation from messages with role and content (or from and value).

    Args:
        told: A system prompt that stands beside the messages.
    """
    turns: list[tuple[str, str]] = []
    prompts = [told] if told else []
    for message in messages:
        if not isinstance(message, Mapping):
            raise ValueError(f"a message is an object, not {message!r}"[:120])
        role = str(message.get("role", message.get("from", "")))
        said = text(message.get("content", message.get("value", "")))
        if role in ("system", "developer"):
            prompts.append(said)
        else:
            turns.append((role, said))
    told = "\n".join(prompts)
    before, people = system.parse(told)
    names: dict[str, int] = {}
    if all(role in _SIDES for role, _ in turns):
        names = {role: _SIDES[role] for role, _ in turns}
        told_names = {side: role for role, side in names.items()}
        speakers = [people.get(i) or Speaker(name=told_names.get(i, ROLES[i])) for i in (0, 1)]
        if not people and set(names.values()) == {USER}:
            speakers = speakers[:1]
    else:
        before = told  # whose persona it tells cannot be said: it stays as it is
        for role, _ in turns:
            names.setdefault(role, len(names))
        speakers = [Speaker(name=name or f"User {i + 1}") for name, i in names.items()]
    made = conversation(
        speakers,
        [(names[role], said) for role, said in turns],
        id=row.get("id"),
        scene={"system": before} if before else {},
        split=str(row.get("split") or ""),
    )
    rest = row.get("dramaturg")
    return with_rest(made, json.loads(rest) if isinstance(rest, str) else rest) if rest else made


def decode(row: Shape) -> Iterable[Conversation]:
    """The conversation of a row with `messages`."""
    return [decode_messages(row["messages"], row, str(row.get("system") or ""))]


def _rows(rows: Iterable[Conversation]) -> Iterator[dict[str, Any]]:
    for made in rows:
        row: dict[str, Any] = {"id": outer_id(made), "messages": encode(made)}
        rest = rest_text(made)
        yield {**row, "dramaturg": rest} if rest else row


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_json(path, _rows(rows))


def _write_bare(rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any) -> None:
    if options:
        told = training.examples_of(rows, losses, options)
        containers.write_json(path, (as_messages(example) for _, _, example in told))
    else:
        containers.write_json(path, ({"messages": encode(made)} for made in rows))


def _has_messages(row: Shape) -> bool:
    return isinstance(row.get("messages"), list)


MESSAGES = Format(
    name="messages",
    about='chats: `{"messages": [{"role": "user", "content": "Hi!"}, ...]}`',
    matches=_has_messages,
    decode=decode,
    reads=_READS,
    write=_write,
    holds=EVERYTHING,
    speakers=2,
)
OPENAI = Format(
    name="openai",
    about="OpenAI chat fine-tuning: `messages` and nothing else",
    matches=lambda row: _has_messages(row) and set(row) <= {"messages"},
    decode=decode,
    reads=_READS,
    write=_write_bare,
    holds=IN_WORDS,
    speakers=2,
    partly=training.WITH_OPTIONS,
    options=training.OPTIONS,
)
