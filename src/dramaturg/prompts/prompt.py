"""A prompt is a file: read it, hash it, fill it.

A prompt file is Markdown with a head of `name:` and `version:` between two `---` lines, then
`## system` and `## user` sections (any number of `## user` / `## assistant` pairs as worked
examples). Places to fill stand in double braces: `{{persona}}`.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import DramaturgError

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_SECTION = re.compile(r"^## (system|user|assistant)[ \t]*$", re.MULTILINE)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a chat: role is "system", "user" or "assistant"."""

    role: str
    content: str


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """The words that we send, with places to fill.

    Attributes:
        name, version: From the head of the file.
        hash: 12 hex digits over all of the file; goes into each conversation's provenance.
        messages: The sections in order, not yet filled.
    """

    name: str
    version: str
    hash: str
    messages: tuple[Message, ...]

    @property
    def places(self) -> frozenset[str]:
        """The names that `render` must be given."""
        return frozenset(p for m in self.messages for p in _PLACE.findall(m.content))

    def render(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The messages with every place filled; filled text is never searched for places again.

        Raises:
            DramaturgError: If a place has no value, or a value no place.
        """
        if set(values) != set(self.places):
            missing, extra = set(self.places) - set(values), set(values) - set(self.places)
            raise DramaturgError(
                f"prompt {self.name!r} cannot be filled",
                why=f"missing {sorted(missing)}, unknown {sorted(extra)}",
            )
        return tuple(
            Message(role=m.role, content=_PLACE.sub(lambda hit: values[hit[1]], m.content))
            for m in self.messages
        )


def parse_prompt(text: str) -> Prompt:
    """The prompt that a file's text describes.

    Raises:
        DramaturgError: If the head or the sections are missing.
    """
    text = text.replace("\r\n", "\n")
    head = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if not head:
        raise DramaturgError("a prompt file must begin with a head between two '---' lines")
    fields = dict(re.findall(r"^(\w+):[ \t]*(.+?)[ \t]*$", head[1], re.MULTILINE))
    parts = _SECTION.split(head[2])[1:]
    if not {"name", "version"} <= fields.keys() or not parts:
        raise DramaturgError("a prompt file needs name, version and at least one '## user' section")
    messages = tuple(
        Message(role=role, content=content.strip())
        for role, content in zip(parts[::2], parts[1::2], strict=True)
    )
    digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    return Prompt(name=fields["name"], version=fields["version"], hash=digest, messages=messages)


@functools.cache
def prompts_hash() -> str:
    """One hash over every prompt file of the package: part of what makes a run itself."""
    digest = hashlib.blake2b(digest_size=6)
    root = Path(__file__).parents[1]
    for file in sorted(root.rglob("prompts/*.md")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@functools.cache
def load(package: str, name: str) -> Prompt:
    """The prompt in `package`'s folder `prompts/`, e.g. `load("dramaturg.generate", "write")`."""
    file = resources.files(package).joinpath("prompts", f"{name}.md")
    return parse_prompt(file.read_text(encoding="utf-8"))
