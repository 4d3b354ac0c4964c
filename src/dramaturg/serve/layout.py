"""The two layouts of messages that the embedded model can do something with.

It follows no instructions, so a chat request must be one of these; anything else is refused with
the layout, and never answered by guesswork.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dramaturg.serve.refused import Refused

LAYOUT = """\
The embedded model follows no instructions. It writes a conversation of two people, from one user \
message and no other:

Person 1:
- I have two dogs.
Person 2:
- I am a nurse.
Turns: 12

or the next turn of one person, from a system message and the talk so far, user message last:

Persona:
- I have two dogs.

"Turns: 2 to 40", "Style: made" or "human" and "Grounding: 0 to 1" may follow the facts, and a \
"Partner:" with facts of the other may follow a Persona. See docs/serve.md."""

_HEAD = re.compile(r"(?i)\s*(person 1|person 2|persona|partner|turns|style|grounding)\s*:\s*(.*)")
_MARK = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+")
_FACTS = {"person 1", "person 2", "persona", "partner"}


@dataclass(frozen=True)
class Talk:
    """Two people -> a conversation (`said` is None), or the next turn of the first."""

    facts_1: tuple[str, ...]
    facts_2: tuple[str, ...]
    said: tuple[tuple[int, str], ...] | None = None
    turns: int = 16
    style: str = "made"
    grounding: float | None = None


@dataclass
class _Read:
    facts: dict[str, list[str]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


def read_talk(messages: Any) -> Talk:
    """What is asked for. Raises Refused, with the layout, for anything else."""
    if not isinstance(messages, list) or not messages:
        raise Refused("messages must be a list with at least one message", param="messages")
    told = [_message(one, place) for place, one in enumerate(messages)]
    heads = [text for role, text in told if role == "system"]
    rest = [(role, text) for role, text in told if role != "system"]
    if not heads:
        if len(rest) != 1 or rest[0][0] != "user":
            raise _not_so("there is no system message that begins with 'Persona:'")
        read = _read(rest[0][1])
        if set(read.facts) != {"person 1", "person 2"}:
            raise _not_so("the message has no 'Person 1:' and 'Person 2:' with their facts")
        return Talk(
            tuple(read.facts["person 1"]), tuple(read.facts["person 2"]), **_settings(read, True)
        )
    if len(heads) > 1 or told[0][0] != "system":
        raise _not_so("there must be one system message, the first")
    read = _read(heads[0])
    if "persona" not in read.facts or set(read.facts) - {"persona", "partner"}:
        raise _not_so("the system message does not begin with 'Persona:' and facts")
    if not rest or rest[-1][0] != "user":
        raise _not_so("the last message must be the user's, which is answered")
    said = tuple((0 if role == "assistant" else 1, text) for role, text in rest)
    return Talk(
        tuple(read.facts["persona"]),
        tuple(read.facts.get("partner", ())),
        said,
        **_settings(read, False),
    )


def _message(one: Any, place: int) -> tuple[str, str]:
    where = f"messages[{place}]"
    if not isinstance(one, dict):
        raise Refused(f"{where} must be an object", param=where)
    role = one.get("role")
    role = "system" if role == "developer" else role
    if role not in ("system", "user", "assistant"):
        raise Refused(
            f"{where}: the role {role!r} is not supported; roles are system, user, assistant",
            param=where,
        )
    extra = [k for k, v in one.items() if k not in ("role", "content", "name") and v is not None]
    if extra:
        raise Refused(f"{where}: {extra[0]!r} is not supported", param=where)
    content = one.get("content")
    if isinstance(content, list):
        parts = [p.get("text") if isinstance(p, dict) else None for p in content]
        kinds = {p.get("type") if isinstance(p, dict) else None for p in content}
        if kinds - {"text"} or not all(isinstance(p, str) for p in parts):
            raise Refused(f"{where}: only parts of type 'text' are supported", param=where)
        content = "".join(str(p) for p in parts)
    if not isinstance(content, str) or not content.strip():
        raise Refused(f"{where}: the content must be text, not empty", param=where)
    return role, content


def _read(text: str) -> _Read:
    read = _Read()
    now: list[str] | None = None
    for line in filter(str.strip, text.splitlines()):
        head = _HEAD.fullmatch(line)
        if head is None:
            if now is None:
                raise _not_so(f"the line {line.strip()[:60]!r} is neither a head nor a fact")
            now.append(_MARK.sub("", line, count=1).strip())
            continue
        name, value = head[1].lower(), head[2].strip()
        if name in read.facts or name in read.settings:
            raise _not_so(f"{name!r} stands there twice")
        if name in _FACTS:
            now = read.facts.setdefault(name, [])
            now.extend([value] if value else [])
        else:
            read.settings[name] = value
            now = None
    return read


def _settings(read: _Read, whole: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in read.settings.items():
        if name == "style" and value.lower() in ("made", "human"):
            found[name] = value.lower()
        elif name == "turns" and whole and value.isdecimal() and 2 <= int(value) <= 40:
            found[name] = int(value)
        elif name == "grounding" and re.fullmatch(r"[01]|0?\.\d+|1\.0+", value):
            found[name] = float(value)
        else:
            raise _not_so(f"'{name}: {value[:40]}' is no setting here")
    return found


def _not_so(why: str) -> Refused:
    return Refused(f"{why}.\n\n{LAYOUT}", param="messages", code="unsupported_messages")


def check_fits(cut: Sequence[tuple[int, int]], names: tuple[str, str]) -> None:
    """Refuse facts that would be read only in part; `cut` is as `writer.fitted` tells it."""
    if cut:
        who, number = cut[0]
        raise Refused(
            f"fact {number + 1} of {names[who]} is too long: a fact has at most 48 tokens "
            "(about 35 words), all facts together 480",
            param="messages",
            code="context_length_exceeded",
        )
