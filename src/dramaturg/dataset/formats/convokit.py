"""A ConvoKit corpus: a folder with utterances, speakers, conversations, corpus and index.

The first utterance of a conversation has the conversation's id, as ConvoKit has it; time stamps
are the places of the turns, since ConvoKit sorts by them and a made conversation has no clock.
Speakers and conversations are held in memory while a corpus is read, utterances are not, unless
those of an old corpus (one JSON array) lie scattered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset import source
from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Row
from dramaturg.dataset.formats.passed import Passed, passed_over, paths
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import conversation, person, rest_of, text, whole, with_rest
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Speaker

_READS = paths("id conversation_id root text speaker user reply-to reply_to timestamp")
_FILES = ("utterances.jsonl", "utterances.json")


class _Place(msgspec.Struct):
    """What tells which conversation an utterance belongs to; older corpora say `root`."""

    conversation_id: str | int | None = None
    root: str | int | None = None

    @property
    def id(self) -> str:
        return _id_in({"conversation_id": self.conversation_id, "root": self.root})


def read(path: Path) -> Iterator[Row]:
    """The conversations of a corpus folder."""
    file = next((path / name for name in _FILES if (path / name).is_file()), None)
    if file is None:
        raise UserError(f"{path} is no ConvoKit corpus", why=f"it has no {_FILES[0]}")
    speakers = _table(path, "speakers.json", "users.json")
    scenes = _table(path, "conversations.json")
    if beside := tuple(f"corpus.json: {key}" for key in _table(path, "corpus.json", meta=False)):
        yield 0, Passed(beside)
    for id, told in _grouped(_utterances(file)):
        line, first = told[0]
        if not id:
            yield line, str(first) if isinstance(first, str) else "it lacks 'conversation_id'"
            continue
        values = [value for _, value in told]
        try:
            yield line, _made(id, values, speakers, scenes.get(id) or {})
            if passed := tuple(dict.fromkeys(_passed(id, values, speakers))):
                yield line, Passed(passed)
        except KeyError as error:
            yield line, f"it lacks {error}"
        except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
            yield line, str(error).splitlines()[0]


def _grouped(rows: Iterable[tuple[int, Any]]) -> Iterator[tuple[str, list[tuple[int, Any]]]]:
    """Each conversation's id and utterances; what belongs to none by itself, with the id ""."""
    id, told = "", list[tuple[int, Any]]()
    for line, value in rows:
        own = _id_in(value)
        if not own:
            yield "", [(line, value)]
            continue
        if own != id and told:
            yield id, told
            told = []
        id = own
        told.append((line, value))
    if told:
        yield id, told


def _id_in(value: Any) -> str:
    """The id of the conversation that an utterance names, "" for none."""
    if not isinstance(value, dict):
        return ""
    found = value.get("conversation_id")
    found = value.get("root") if found in (None, "") else found
    return "" if found is None else str(found)


def _utterances(file: Path) -> Iterator[tuple[int, Any]]:
    """Line and utterance, the utterances of a conversation together."""
    lines = file.suffix == ".jsonl"
    ids = (
        (_place(raw) for _, raw in source.raw_lines(file))
        if lines
        else (_id_in(value) for _, value in containers.json_rows(file))
    )
    if _together(ids):
        yield from containers.json_rows(file)
    elif lines:
        yield from _gathered(file)
    else:
        yield from _sorted(file)


def _together(ids: Iterable[str]) -> bool:
    seen: set[str] = set()
    last = None
    for id in filter(None, ids):
        if id != last:
            if id in seen:
                return False
            seen.add(id)
            last = id
    return True


def _gathered(file: Path) -> Iterator[tuple[int, Any]]:
    """Utterances that lie scattered: their places are kept in memory, and read one by one."""
    places: dict[str, list[tuple[int, int]]] = {}
    offset = 0
    with file.open("rb") as lines:
        for n, raw in enumerate(lines, 1):
            if not raw.isspace():
                places.setdefault(_place(raw), []).append((n, offset))
            offset += len(raw)
        for found in places.values():
            for n, at in found:
                lines.seek(at)
                yield n, containers.parsed(lines.readline().decode("utf-8", "replace"))


def _sorted(file: Path) -> Iterator[tuple[int, Any]]:
    """Scattered utterances of an old corpus, which is one JSON value: all held in memory."""
    found: dict[str, list[tuple[int, Any]]] = {}
    for line, value in containers.json_rows(file):
        found.setdefault(_id_in(value), []).append((line, value))
    for told in found.values():
        yield from told


def _place(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Place).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _passed(id: str, rows: list[dict[str, Any]], speakers: dict[str, Any]) -> Iterator[str]:
    """What a conversation's utterances and speakers hold and a conversation has no place for.

    Ids, the chain of replies and times are told where they say more than the order of the turns.
    """
    for row in rows:
        yield from passed_over(row, _READS)
    ids = [str(row.get("id")) for row in rows]
    if ids != [id if n == 0 else f"{id}_{n}" for n in range(len(rows))]:
        yield "id"
    replies = [row.get("reply-to", row.get("reply_to")) for row in rows]
    if [str(to) for to in replies[1:]] != ids[:-1]:
        yield "reply-to"
    if any(row.get("timestamp") not in (None, n) for n, row in enumerate(rows)):
        yield "timestamp"
    for name in dict.fromkeys(str(row.get("speaker", row.get("user"))) for row in rows):
        for key in passed_over(speakers.get(name) or {}, frozenset({"name", "persona"})):
            yield f"speakers: {key}"


def _table(path: Path, *names: str, meta: bool = True) -> dict[str, Any]:
    for name in names:
        if (path / name).is_file():
            try:
                found = json.loads((path / name).read_bytes())
            except ValueError as error:
                raise UserError(f"{path / name} is not JSON", why=str(error)) from error
            if not meta:
                return found if isinstance(found, dict) else {}
            return {k: v.get("meta", v) for k, v in found.items() if isinstance(v, dict)}
    return {}


def _made(
    id: str, rows: list[dict[str, Any]], speakers: dict[str, Any], scene: dict[str, Any]
) -> Conversation:
    if all(isinstance(row.get("timestamp"), int | float) for row in rows):
        rows.sort(key=lambda row: row["timestamp"])
    cast = [str(name) for name in scene.get("cast") or ()]
    people: dict[str, Speaker] = {name: _speaker(name, speakers) for name in cast}
    turns = []
    for row in rows:
        name = str(row.get("speaker", row.get("user")))
        people.setdefault(name, _speaker(name, speakers))
        turns.append((list(people).index(name), text(row["text"] or "")))
    rest = scene.get("dramaturg")
    fields = {k: v for k, v in scene.items() if k not in ("cast", "dramaturg")}
    made = conversation(list(people.values()), turns, id=id, scene=whole(fields))
    return with_rest(made, rest) if rest else made


def _speaker(id: str, speakers: dict[str, Any]) -> Speaker:
    told = speakers.get(id) or {}
    facts = told.get("persona") or ()
    return person(str(told.get("name") or id), map(text, facts))


def write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    """A corpus folder."""
    path.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    ids: set[str] = set()
    with (
        containers.open_out(path / "utterances.jsonl") as utterances,
        containers.open_out(path / "conversations.json") as scenes,
        containers.open_out(path / "speakers.json") as speakers,
    ):
        for made in rows:
            id = outer_id(made)
            if id in ids:
                losses.leave_out("a conversation with the same id is there already")
                continue
            cast = [_cast_id(made, i, id) for i in range(len(made.speakers))]
            for name, speaker in zip(cast, made.speakers, strict=True):
                if name not in seen:
                    meta: dict[str, Any] = {"name": speaker.name, "persona": speaker.persona}
                    _entry(speakers, name, meta, bool(seen))
                    seen.add(name)
            meta = {"cast": cast, "dramaturg": rest_of(made)}
            _entry(scenes, id, meta, bool(ids))
            ids.add(id)
            for row in _utterance_rows(made, id, cast):
                utterances.write(msgspec.json.encode(row) + b"\n")
        scenes.write(b"}\n" if ids else b"{}\n")
        speakers.write(b"}\n" if seen else b"{}\n")
    index: dict[str, Any] = {
        "utterances-index": {},
        "speakers-index": {"name": ["<class 'str'>"], "persona": ["<class 'list'>"]},
        "conversations-index": {"cast": ["<class 'list'>"], "dramaturg": ["<class 'dict'>"]},
        "overall-index": {},
        "version": 1,
        "vectors": [],
    }
    (path / "index.json").write_bytes(msgspec.json.encode(index))
    (path / "corpus.json").write_bytes(b"{}")


def _cast_id(made: Conversation, index: int, id: str) -> str:
    """A person's id where they have one and are alone with it; else their place here."""
    own = [speaker.persona_id for speaker in made.speakers]
    name = made.speakers[index].persona_id
    told = f"{name}:{made.speakers[index].name}" if name else ""
    return told if name and own.count(name) == 1 else f"{id}:{index}"


def _entry(file: Any, key: str, meta: dict[str, Any], more: bool) -> None:
    before = b",\n" if more else b"{"
    entry = msgspec.json.encode({"meta": meta, "vectors": []})
    file.write(before + msgspec.json.encode(key) + b": " + entry)


def _utterance_rows(made: Conversation, id: str, cast: list[str]) -> Iterator[dict[str, Any]]:
    before = None
    for n, turn in enumerate(made.turns):
        own = id if n == 0 else f"{id}_{n}"
        yield {
            "id": own,
            "conversation_id": id,
            "text": turn.text,
            "speaker": cast[turn.speaker],
            "meta": {},
            "reply-to": before,
            "timestamp": n,
            "vectors": [],
        }
        before = own


def _looks(peek: Peek) -> bool:
    if not peek.is_folder:
        return False
    return any((peek.path / n).is_file() for n in _FILES) and any(
        (peek.path / n).is_file() for n in ("speakers.json", "users.json", "conversations.json")
    )


CONVOKIT = Format(
    name="convokit",
    about="a ConvoKit corpus: a folder",
    looks=_looks,
    read=read,
    write=write,
)
