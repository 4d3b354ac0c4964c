"""Label Studio: a task a conversation, for a `<Paragraphs layout="dialogue">` in the interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.ratings import means
from dramaturg.dataset.formats.talk import conversation, person, rest_of, text, with_rest
from dramaturg.records import Conversation, Speaker

_VALUES = ("rating", "number", "choices", "text", "taxonomy")


def _decode(row: Shape) -> Iterable[Conversation]:
    data = row["data"]
    dialogue = next(filter(_is_dialogue, data.values()), None) if isinstance(data, dict) else None
    if dialogue is None:
        raise ValueError("its data hold no dialogue: a list of objects with author and text")
    people: dict[str, Speaker] = {}
    order: dict[Any, int] = {}
    for n, told in enumerate(data.get("speakers") or ()):
        order[n] = n
        people[str(n)] = person(str(told.get("name", "")), map(text, told.get("persona") or ()))
    turns = []
    for item in dialogue:
        who = item.get("speaker", item.get("author", item.get("name")))
        if who not in order:
            order[who] = len(order)
            people[str(who)] = person(str(who))
        turns.append((order[who], text(item.get("text", item.get("content")))))
    ratings = _ratings(row)
    extra = {"ratings": ratings} if ratings else {}
    made = conversation(
        list(people.values()), turns, id=data.get("id"), scores=means(ratings), extra=extra
    )
    if not data.get("dramaturg"):
        return [made]
    rest = dict(data["dramaturg"])
    if ratings:  # what people said since stands before what was known
        rest["scores"] = {**(rest.get("scores") or {}), **means(ratings)}
        provenance = rest.get("provenance") or {}
        kept = {**(provenance.get("extra") or {}), "ratings": ratings}
        rest["provenance"] = {**provenance, "extra": kept}
    return [with_rest(made, rest)]


def _ratings(row: Shape) -> dict[str, list[Any]]:
    """What annotators said, by the control's name, one entry a person."""
    found: dict[str, list[Any]] = {}
    for annotation in row.get("annotations") or ():
        for result in annotation.get("result") or ():
            value = result.get("value") or {}
            key = next((key for key in _VALUES if key in value), None)
            if key is None:
                continue
            told = value[key]
            told = told[0] if isinstance(told, list) and len(told) == 1 else told
            found.setdefault(str(result.get("from_name", key)), []).append(told)
    return found


def _is_dialogue(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(i, dict) and ("text" in i or "content" in i) for i in value)
    )


def _rows(rows: Iterable[Conversation]) -> Iterator[dict[str, Any]]:
    for n, made in enumerate(rows, 1):
        names = [s.name or f"User {i + 1}" for i, s in enumerate(made.speakers)]
        personas = (
            "\n".join([f"{name}:", *(f"- {fact}" for fact in speaker.persona)])
            for name, speaker in zip(names, made.speakers, strict=True)
            if speaker.persona
        )
        yield {
            "id": n,
            "data": {
                "id": outer_id(made),
                "dialogue": [
                    {"author": names[t.speaker], "text": t.text, "speaker": t.speaker}
                    for t in made.turns
                ],
                "personas": "\n\n".join(personas),
                "speakers": [{"name": s.name, "persona": s.persona} for s in made.speakers],
                "dramaturg": rest_of(made),
            },
        }


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    name = path.name.lower()
    write = containers.write_lines if ".jsonl" in name else containers.write_array
    write(path, _rows(rows))


def _reads(row: Shape) -> frozenset[str]:
    """The keys that are read; a task's number, and its personas as one text, say nothing more."""
    data = row["data"]
    dialogue = next((key for key, value in data.items() if _is_dialogue(value)), "")
    told = paths("speaker author name text content content.type content.text", dialogue)
    told |= paths("id personas speakers.name speakers.persona dramaturg.*") | {dialogue}
    values = paths("from_name to_name type id", "result") | paths(" ".join(_VALUES), "result.value")
    return frozenset({"id"} | {f"data.{path}" for path in told}) | {
        f"annotations.{path}" for path in values
    }


def _matches(row: Shape) -> bool:
    data = row.get("data")
    return isinstance(data, dict) and any(map(_is_dialogue, data.values()))


LABEL_STUDIO = Format(
    name="label-studio",
    about="Label Studio tasks, and what annotators said of them",
    matches=_matches,
    decode=_decode,
    reads=_reads,
    write=_write,
)
