"""Write any kind of text with a person in mind: one template, as many texts as people.

Source: Ge et al. 2024, arXiv:2406.20094, "Persona-driven synthesis": without examples, with
examples, or with examples that carry their own personas.
Differs: a text that repeats the person's description is refused: the persona shapes what is
written and is not copied into it.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from dramaturg.dataset.source import existing_file, lines
from dramaturg.dataset.terms import terms
from dramaturg.errors import DramaturgError, ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Prompt, Sampling, Task, load, parse_prompt, quote, quote_list
from dramaturg.records import Drop, Persona, content_id, derive_seed
from dramaturg.store import notes

Template = Literal["instruction", "knowledge", "npc", "maths", "reasoning", "tool"]
TEMPLATES: tuple[str, ...] = get_args(Template)
TOOL_FIELDS = ("name", "description", "function", "arguments", "returns", "needs")
_MAY_NAME = ("npc",)  # where the person is what the text is about
_COPIED = 8  # words of the description in a row
_WHOLE = 5  # words of a description from which the whole of it counts as copied
_LABEL = re.compile(
    r"(?i)^\W*(?:prompt|instruction|problem|question|text|article|character|answer)\W*:[*_\s]*"
)
_PERSONA_KEYS = ("persona", "input persona", "description")
_TEXT_KEYS = ("text", "synthesized text", "output")


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A text that shows what is wanted, and whom it was written with in mind ("" = unknown)."""

    text: str
    persona: str = ""


class WithPersona(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and texts to show."""

    persona: tuple[str, ...]
    examples: tuple[Example, ...] = ()


class Commission(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is wanted: with whom in mind, and which of theirs it is, from 0."""

    person: Persona
    number: int = 0

    @property
    def id(self) -> str:
        """The person's id."""
        return self.person.id


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was written with a person in mind.

    Attributes:
        template: Name of the template.
        fields: What a JSON text holds, by name; {} for plain text.
        persona_id, persona: The person, as id and as sentences.
        split: "train", "validation", "test", or "" while undecided.
        calls: Journal keys of the calls that wrote it.
    """

    template: str
    text: str
    persona_id: str
    persona: tuple[str, ...]
    fields: dict[str, Any] = msgspec.field(default_factory=dict)
    split: str = ""
    model: str = ""
    prompt: str = ""
    seed: int = 0
    calls: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            made = [self.template, self.text, self.persona_id, self.seed]
            msgspec.structs.force_setattr(self, "id", content_id("w", made))


def template_task(template: str | Path) -> Task[WithPersona, str]:
    """ "text.NAME": the task that a template makes.

    Args:
        template: One of `TEMPLATES`, or a prompt file of your own (it ends in ".md") that has a
            place {{persona}} and, where examples are to be shown, {{examples}}.

    Raises:
        UserError: If there is no such template, or the file is none.
    """
    name = str(template)
    if name.endswith(".md"):
        prompt, name = _own(Path(template)), Path(template).stem
        name = f"own_{name}" if name in TEMPLATES else name  # it has none of our rules for replies
    elif name in TEMPLATES:
        prompt = load("dramaturg.generate", f"text_{name}")
    else:
        raise UserError(
            f"there is no template {name!r}",
            fix=f"use one of {', '.join(TEMPLATES)}, or a file of your own that ends in .md",
        )
    return Task(
        name=f"text.{name}",
        prompt=prompt,
        fill=functools.partial(_fill, prompt),
        parse=functools.partial(_parse, name),
        sampling=Sampling(temperature=0.7, top_k=None, max_tokens=1_500),
        schema=_TOOL if name == "tool" else None,
    )


def commissions(people: Sequence[Persona], count: int, *, seed: int) -> list[Commission]:
    """`count` texts, one a person in a random order; where there are fewer people, more each."""
    draw = random.Random(derive_seed(seed, "commissions"))
    found: list[Commission] = []
    number = 0
    while len(found) < count and people:
        found += [Commission(person=p, number=number) for p in draw.sample(people, len(people))]
        number += 1
    return found[:count]


async def with_persona(
    wanted: Commission,
    writer: ChatModel,
    task: Task[WithPersona, str],
    examples: Sequence[Example] = (),
    *,
    shown: int = 3,
    seed: int,
) -> Written:
    """One text by a template, with this person in mind.

    Args:
        task: From `template_task`.
        examples: `shown` of them are drawn for this text; without their personas where the
            examples have none.

    Raises:
        ReplyError: If no reply can be used; "persona copied" where it repeats the description.
    """
    person, own = wanted.person, derive_seed(seed, "text", wanted.person.id, wanted.number)
    draw = random.Random(derive_seed(own, "examples"))
    picked = draw.sample(list(examples), min(shown, len(examples)))
    inputs = WithPersona(persona=person.sentences, examples=tuple(picked))
    answer = await ask(writer, task, inputs, seed=own, about=person.id)
    template = task.name.removeprefix("text.")
    return Written(
        template=template,
        text=answer.value,
        fields=_tool(answer.value) if template == "tool" else {},
        persona_id=person.id,
        persona=person.sentences,
        model=writer.ref,
        prompt=answer.prompt_hash,
        seed=own,
        calls=tuple(key for key in answer.keys if key),
    )


def read_examples(source: str | Path, *, personas: bool = True) -> list[Example]:
    """The texts of a JSONL file of {"persona": ..., "text": ...}; other lines become Drops.

    Args:
        personas: False leaves out whom they were written with in mind.

    Raises:
        UserError: If the file is missing or no line can be used.
    """
    path = existing_file(source, "examples")
    found = []
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
            text = next(value[k] for k in _TEXT_KEYS if isinstance(value.get(k), str))
        except (msgspec.DecodeError, AttributeError, StopIteration):
            reason = f"no example: line {number} is no object with a text"
            notes.note(Drop(kind="input_line", reason=reason, subject=line[:200]))
            continue
        whose = next((value[k] for k in _PERSONA_KEYS if isinstance(value.get(k), str)), "")
        found.append(Example(text=text, persona=whose if personas else ""))
    if not found:
        raise UserError(
            f"{path} holds no example", fix='give lines of {"persona": "...", "text": "..."}'
        )
    return found


def copies(persona: str, text: str) -> bool:
    """Whether a text repeats a description: eight words of it in a row, or all of five or more."""
    said, given = terms(text), terms(persona)
    size = min(_COPIED, len(given)) if len(given) >= _WHOLE else _COPIED
    wanted = {tuple(given[at : at + size]) for at in range(len(given) - size + 1)}
    return any(tuple(said[at : at + size]) in wanted for at in range(len(said) - size + 1))


def _own(path: Path) -> Prompt:
    try:
        prompt = parse_prompt(existing_file(path, "a template").read_text(encoding="utf-8"))
    except (DramaturgError, UnicodeDecodeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} is no template",
            why=str(error),
            fix="see the head and the sections of the prompts that the package ships",
        ) from error
    if "persona" not in prompt.places or prompt.places - {"persona", "examples"}:
        raise UserError(
            f"{path} is no template",
            why=f"its places are {', '.join(sorted(prompt.places)) or 'none'}",
            fix="give it {{persona}} and, where examples are to be shown, {{examples}}",
        )
    return prompt


def _fill(prompt: Prompt, inputs: WithPersona) -> Mapping[str, str]:
    told = {"persona": quote_list(inputs.persona), "examples": _shown(inputs.examples)}
    return {place: told[place] for place in prompt.places}


def _shown(examples: Sequence[Example]) -> str:
    if not examples:
        return ""
    parts = []
    for number, one in enumerate(examples, 1):
        whose = f"<persona>\n{quote_list([one.persona])}\n</persona>\n" if one.persona else ""
        text = "\n".join(quote(line) for line in one.text.split("\n"))
        parts.append(f"<example_{number}>\n{whose}<text>\n{text}\n</text>\n</example_{number}>")
    return "Texts of the kind that is wanted:\n\n" + "\n\n".join(parts) + "\n\n"


def _parse(template: str, reply: str, inputs: WithPersona) -> str:
    text = _READ.get(template, _plain)(reply)
    if template not in _MAY_NAME and any(copies(one, text) for one in inputs.persona):
        raise ReplyError(
            "it repeats the description of the person",
            kind="persona copied",
            fix="let the person shape the text without being described in it",
        )
    return text


def _plain(reply: str) -> str:
    text = _LABEL.sub("", reply.strip()).strip()
    if len(terms(text)) < 3:
        raise ReplyError(f"this is no text: {text[:80]!r}", kind="too short")
    return text


def _tool(reply: str) -> dict[str, Any]:
    """The description of a tool. Raises ReplyError: "malformed JSON" or "missing field"."""
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the JSON is no object", kind="malformed JSON")
    missing = [name for name in TOOL_FIELDS if not value.get(name)]
    if missing:
        raise ReplyError(f"it lacks {', '.join(missing)}", kind="missing field")
    return {name: value[name] for name in TOOL_FIELDS}


_READ: Mapping[str, Callable[[str], str]] = {
    "tool": lambda reply: msgspec.json.encode(_tool(reply)).decode()
}
_TOOL = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in TOOL_FIELDS},
    "required": list(TOOL_FIELDS),
    "additionalProperties": False,
}
