"""The task "conversation.write_in": a whole talk in one language, after examples in another.

Source: Njifenjou et al. 2025, "Open-Source Large Language Models as Multilingual Crowdworkers": the
whole conversation in one call, its demonstrations with the same fields in the source language, and
no translation.
Differs: the instruction is in English whatever the source language; the tags stay "User 1:".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.generate.few_shot import FewShot, few_shot
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.models import ChatModel
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import (
    Conversation,
    Fact,
    Pair,
    Persona,
    Provenance,
    Scene,
    Speaker,
    Turn,
)
from dramaturg.scorers.languages import Language, find_language

_LONGEST = 20_000  # characters of an example
_SLACK = 3  # turns may be this many times too few or too many: models do not count well


class SceneInput(msgspec.Struct, frozen=True, kw_only=True):
    """Two profiles and the circumstances of their talk.

    Attributes:
        event, ground: The kind of talk, and what the two already share; "" for none.
        shown: Conversations in the source language.
        turns_low, turns_high: More than `low` and fewer than `high` turns are asked for.
    """

    language: Language
    facts_1: tuple[str, ...]
    facts_2: tuple[str, ...]
    event: str = ""
    ground: str = ""
    shown: tuple[Conversation, ...] = ()
    turns_low: int = 7
    turns_high: int = 15


class _Row(msgspec.Struct):
    user_1: list[str]
    user_2: list[str]
    turns: list[str]
    speech_event: str = ""
    common_ground: str = ""
    language: str = "en"


@functools.cache
def write_in_task() -> Task[SceneInput, Parsed]:
    """The task; it asks for the language, the kind of talk and the common ground of its input."""
    return Task(
        name="conversation.write_in",
        prompt=load("dramaturg.generate", "write_in"),
        fill=_fill,
        parse=read_whole,
        cut="last line",
        sampling=Sampling(temperature=0.8, top_k=None, top_p=0.95, max_tokens=1_800),
    )


def write_in(
    writer: ChatModel, *, shown: int = 2, turns: tuple[int, int] = (8, 14), recipe: str = ""
) -> FewShot:
    """One draft at a time of a pair whose scene names a language, the whole talk in one call.

    Args:
        shown: Conversations of the pool in each prompt; keep the pool in the source language, or
            the target has examples.
        turns: Least and most turns that are asked for.
        recipe: Name for the provenance.
    """
    task = write_in_task()
    return few_shot(
        writer,
        drafts=1,
        demonstrations=shown,
        turns=(turns[0] - 1, turns[1] + 1),
        temperature=task.sampling.temperature,
        top_k=task.sampling.top_k,
        max_tokens=task.sampling.max_tokens,
        recipe=recipe,
        task=task,
        inputs=scene_input,
    )


def scene_input(pair: Pair, shown: Sequence[Conversation], turns: tuple[int, int]) -> SceneInput:
    """The input of a pair whose scene has the fields "language", "speech_event" and so on."""
    fields = pair.scene.fields
    return SceneInput(
        language=find_language(str(fields["language"])),
        facts_1=pair.first.sentences,
        facts_2=pair.second.sentences,
        event=str(fields.get("speech_event", "")),
        ground=str(fields.get("common_ground", "")),
        shown=tuple(shown),
        turns_low=turns[0],
        turns_high=turns[1],
    )


def read_whole(reply: str, inputs: SceneInput) -> Parsed:
    """The turns of a reply, the two in turn.

    A speaker who has two turns in a row is not mended by joining them: a tag was swapped or a
    turn is missing, and nobody can tell who said what after it.

    Raises:
        ReplyError: As `parse_conversation`; kind "speakers do not alternate", "wrong number of
            turns".
    """
    parsed = parse_conversation(reply, facts=(inputs.facts_1, inputs.facts_2))
    if parsed.repairs.get("merged"):
        raise ReplyError(
            "a speaker has two turns in a row",
            kind="speakers do not alternate",
            fix="write the turns of User 1 and User 2 in turn",
        )
    least, most = inputs.turns_low + 1, inputs.turns_high - 1
    count = len(parsed.turns)
    if count * _SLACK < least or count > most * _SLACK:
        raise ReplyError(
            f"it has {count} turns instead of {least} to {most}", kind="wrong number of turns"
        )
    return parsed


def load_demonstrations(path: Path | None, source: Language) -> list[Conversation]:
    """Conversations in the source language, with both profiles and their circumstances.

    Args:
        path: JSON lines with "user_1" and "user_2" (sentences), "turns" (texts, the two in turn),
            and, where there are some, "speech_event" and "common_ground"; None = ours, English.

    Raises:
        UserError: If there are none in this language, or a line cannot be used.
    """
    if path is None:
        if source.tag != "en":
            raise UserError(
                f"there are no examples in {source.name}",
                why="those of the package are English",
                fix="give some with --demonstrations FILE, see docs/recipes/multilingual-crowd.md",
            )
        file = resources.files("dramaturg.generate").joinpath("demonstrations", "english.jsonl")
        text = file.read_text(encoding="utf-8")
    else:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read the examples in {path}", why=str(error)) from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST:
            raise UserError(
                f"{path}, line {number} is too long for an example",
                why=f"it has {len(line):,} characters, and goes into many prompts",
                fix=f"give conversations of at most {_LONGEST:,} characters",
            )
        if line.strip():
            try:
                found.append(_demonstration(msgspec.json.decode(line, type=_Row), source))
            except (msgspec.MsgspecError, json.JSONDecodeError, ValueError) as error:
                raise UserError(
                    f"{path}, line {number} is no example",
                    why=str(error),
                    fix='write {"user_1": [...], "user_2": [...], "turns": [...]}',
                ) from error
    if not found:
        raise UserError(f"{path} holds no example", fix="write one conversation a line")
    return found


def _demonstration(row: _Row, source: Language) -> Conversation:
    if len(row.turns) < 2 or not row.user_1 or not row.user_2:
        raise ValueError("it needs sentences of both people and two turns or more")
    fields = {"language": source.tag}
    fields |= {"speech_event": row.speech_event} if row.speech_event else {}
    fields |= {"common_ground": row.common_ground} if row.common_ground else {}
    people = [
        Persona(facts=tuple(Fact(text=text) for text in side), language=source.tag)
        for side in (row.user_1, row.user_2)
    ]
    return Conversation(
        scene_id=Scene(cast=tuple(p.id for p in people), fields=fields).id,
        scene=fields,
        speakers=tuple(
            Speaker(name=f"User {i + 1}", persona_id=p.id, persona=p.sentences)
            for i, p in enumerate(people)
        ),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(row.turns)),
        provenance=Provenance(recipe="demonstration"),
    )


def _fill(inputs: SceneInput) -> Mapping[str, str]:
    shown = "\n\n".join(_example(n, talk) for n, talk in enumerate(inputs.shown, 1))
    return {
        "language": quote(inputs.language.name),
        "low": str(inputs.turns_low),
        "high": str(inputs.turns_high),
        "demonstrations": shown + "\n\n" if shown else "",
        "circumstances": _circumstances(inputs.event, inputs.ground),
        "facts_1": quote_list(inputs.facts_1),
        "facts_2": quote_list(inputs.facts_2),
    }


def _example(number: int, talk: Conversation) -> str:
    said = "\n".join(f"User {turn.speaker + 1}: {quote(turn.text)}" for turn in talk.turns)
    fields = talk.scene
    event, ground = str(fields.get("speech_event", "")), str(fields.get("common_ground", ""))
    return (
        f"<example_{number}>\n{_circumstances(event, ground)}"
        f"<profile_of_user_1>\n{quote_list(talk.speakers[0].persona)}\n</profile_of_user_1>\n"
        f"<profile_of_user_2>\n{quote_list(talk.speakers[1].persona)}\n</profile_of_user_2>\n"
        f"<conversation>\n{said}\n</conversation>\n</example_{number}>"
    )


def _circumstances(event: str, ground: str) -> str:
    lines = f"<kind_of_talk>{quote(event)}</kind_of_talk>\n" if event else ""
    return lines + (f"<common_ground>{quote(ground)}</common_ground>\n" if ground else "")
