"""TRL's conversational datasets: SFT, prompt and completion, preference.

For training, not for keeping: turns of one side in a row become one message, and options choose
who is trained, where the persona stands and how much is shown (`dataset.examples`). Columns that
TRL passes over keep ids, splits and both personas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset import examples
from dramaturg.dataset.formats import containers, training
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.messages import OF_MESSAGE, OF_ROW, decode_messages
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both, conversation, person
from dramaturg.records import Conversation, Speaker


def _rows(
    rows: Iterable[Conversation],
    losses: Losses,
    options: dict[str, Any],
    split: training.Split,
    as_row: Callable[[examples.Example], dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    for made, id, example in training.examples_of(rows, losses, options, split):
        personas = training.sides(made, example.speaker)
        yield {**as_row(example), "id": id, "split": made.split, "personas": personas}


def _write_sft(rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any) -> None:
    told = _rows(rows, losses, options, examples.chats, examples.as_messages)
    containers.write_json(path, told)


def _write_replies(
    rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any
) -> None:
    told = _rows(rows, losses, options, examples.replies, examples.as_prompt_completion)
    containers.write_json(path, told)


def _decode_sft(row: Shape) -> Iterable[Conversation]:
    return [with_personas(decode_messages(row["messages"], row), row)]


def _decode_replies(row: Shape) -> Iterable[Conversation]:
    told = [*side(row["prompt"], "user"), *side(row["completion"], "assistant")]
    return [with_personas(decode_messages(told, row), row)]


def side(told: Any, role: str) -> list[Any]:
    """A side of a row as messages; TRL's standard form has a bare text there."""
    return [{"role": role, "content": told}] if isinstance(told, str) else list(told)


def with_personas(made: Conversation, row: Shape) -> Conversation:
    """The conversation with the personas that a column of ours tells, if there is one."""
    personas = row.get("personas")
    if not isinstance(personas, list) or len(personas) != len(both(made.speakers)):
        return made
    people: list[Speaker] = [
        person(speaker.name, persona)
        for speaker, persona in zip(both(made.speakers), personas, strict=True)
    ]
    return conversation(
        people, made.turns, id=row.get("id"), split=made.split, scene=_scene(made, personas)
    )


def _scene(made: Conversation, personas: list[list[str]]) -> dict[str, Any]:
    """The scene less a system message that says no more than the personas do."""
    told = str(made.scene.get("system") or "")
    facts = [" ".join(fact.split()) for fact in personas[1]]
    if facts and told.endswith("\n".join(f"- {fact}" for fact in facts)):
        return {k: v for k, v in made.scene.items() if k != "system"}
    return dict(made.scene)


_OF_ROW = OF_ROW - {"system"} | {"personas"}
SFT = Format(
    name="trl-sft",
    about="TRL conversational SFT: `messages`, what is trained as the assistant",
    matches=lambda row: isinstance(row.get("messages"), list) and "personas" in row,
    decode=_decode_sft,
    reads=_OF_ROW | paths(OF_MESSAGE, "messages"),
    write=_write_sft,
    holds=frozenset({"personas", "id", "split"}),
    partly=training.BORDER,
    options=training.OPTIONS,
)
PROMPT_COMPLETION = Format(
    name="trl-prompt-completion",
    about="TRL prompt-completion: a row for each reply that is trained",
    matches=lambda row: "prompt" in row and "completion" in row,
    decode=_decode_replies,
    reads=_OF_ROW | paths(OF_MESSAGE, "prompt") | paths(OF_MESSAGE, "completion"),
    write=_write_replies,
    holds=frozenset({"personas", "split"}),
    partly="which rows were one conversation, since each reply is a row",
    options=training.OPTIONS,
)
