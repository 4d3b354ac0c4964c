"""Read conversations from whatever file they are in, one at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.facts import clean
from dramaturg.dataset.parquet import conversations_in, read_dataset
from dramaturg.dataset.source import csv_rows, existing_file, kind_of, lines
from dramaturg.errors import RecordError, UserError
from dramaturg.records import (
    Conversation,
    Drop,
    Fact,
    Persona,
    Provenance,
    Scene,
    Speaker,
    Turn,
    from_json,
)
from dramaturg.store import RunFolder, is_run_folder

_SPC_COLUMNS = ("user 1 personas", "user 2 personas", "best generated conversation")
_TAG = re.compile(r"^\s*\**\s*user\s*([12])\s*\**\s*:\s*\**\s*(.*)$", re.IGNORECASE)


def load_conversations(
    source: str | Path, drops: Callable[[Drop], None] | None = None
) -> Iterator[Conversation]:
    """The conversations of a source, in its order; memory does not grow with it.

    Args:
        source: A run folder (its kept conversations), our parquet, our JSONL, the CSV of
            Synthetic-Persona-Chat, JSONL with `user_1`, `user_2` and `turns` ([speaker, text]),
            or JSONL with `messages` ([{role, content}]); text forms may be gzipped.
        drops: Is given a `Drop` for each line that cannot be read; the others are read.

    Raises:
        UserError: If the source is missing, empty or of no such form; at the end, if it held
            not one conversation.
    """
    told = drops or (lambda drop: None)
    path = Path(source)
    if path.is_dir() and is_run_folder(path):
        yield from _of_a_run(path)
        return
    if path.is_dir() and (path / "data").is_dir():
        yield from read_dataset(path)
        return
    path = existing_file(path, "conversations")
    kind = kind_of(path)
    if kind == "parquet":
        yield from conversations_in(path)
        return
    if kind == "text":
        raise UserError(
            f"{path} is plain text, and a conversation has speakers",
            fix="give JSONL with turns or messages, the CSV of Synthetic-Persona-Chat, parquet, "
            "or a run folder",
        )
    read = first = 0
    why = ""
    for line, made in _rows(path, kind):
        if isinstance(made, Conversation):
            read += 1
            yield made
        else:
            first, why = first or line, why or made
            told(Drop(kind="input_line", reason=f"unreadable: line {line}: {made}"))
    if not read:
        raise UserError(
            f"{path} holds no conversation",
            why=f"line {first}: {why}" if first else "",
            fix="each line needs turns, messages, or user_1, user_2 and turns",
        )


def _of_a_run(path: Path) -> Iterator[Conversation]:
    if any((path / "data").glob("*.parquet")):
        yield from read_dataset(path)
        return
    with RunFolder.read(path) as folder:
        for body in folder.journal.records_by_id("conversation"):
            conversation = from_json(body, Conversation)
            if conversation.split:
                yield conversation


def _rows(path: Path, kind: str) -> Iterator[tuple[int, Conversation | str]]:
    """Each row as a conversation, or in words why it is none."""
    if kind == "csv":
        for n, row in csv_rows(path):
            missing = [name for name in _SPC_COLUMNS if name not in row]
            if missing and n <= 2:
                raise UserError(
                    f"{path} has no column {missing[0]!r}",
                    why=f"its columns are {', '.join(map(repr, row))}",
                    fix=f"name the columns {', '.join(map(repr, _SPC_COLUMNS))}",
                )
            yield n, _tried(_from_csv, row)
        return
    for n, text in lines(path):
        if text.strip():
            yield n, _tried(_from_line, text)


def _tried(make: Callable[[Any], Conversation], value: Any) -> Conversation | str:
    try:
        return make(value)
    except KeyError as error:
        return f"it lacks {error}"
    except (ValueError, TypeError, AttributeError, RecursionError, RecordError) as error:
        return str(error).splitlines()[0][:200]


def _from_line(text: str) -> Conversation:
    row = json.loads(text)
    if not isinstance(row, dict):
        raise ValueError("it is not an object")
    if "speakers" in row and "turns" in row:
        row.setdefault("scene_id", "")
        return _checked(msgspec.convert(_surrogates_out(row), Conversation))
    if "messages" in row or "conversations" in row:
        return _from_messages(row)
    if "user_1" in row and "user_2" in row:
        turns = [(_index(who), _text(said)) for who, said in row["turns"]]
        return _talk(_texts(row["user_1"]), _texts(row["user_2"]), turns, row.get("id"))
    if isinstance(row.get("turns"), list):
        messages = [{"role": t["speaker"], "content": t["text"]} for t in row["turns"]]
        return _from_messages({"messages": messages})
    keys = ", ".join(map(repr, row)) or "nothing"
    raise ValueError(f"it needs turns, messages, or user_1, user_2 and turns, and has {keys}")


def _from_messages(row: dict[str, Any]) -> Conversation:
    turns: list[tuple[int, str]] = []
    names: dict[str, int] = {}
    system = []
    for message in row.get("messages") or row["conversations"]:
        role = str(message.get("role", message.get("from", "")))
        said = _text(message.get("content", message.get("value", "")))
        if role in ("system", "developer"):
            system.append(said)
            continue
        turns.append((names.setdefault(role, len(names)), said))
    fields = {"system": "\n".join(system)} if system else {}
    speakers = tuple(Speaker(name=name or f"User {i + 1}") for name, i in names.items())
    return _conversation(speakers, turns, fields, row.get("id"))


def _from_csv(row: dict[str, str]) -> Conversation:
    turns: list[tuple[int, str]] = []
    for line in row[_SPC_COLUMNS[2]].split("\n"):
        hit = _TAG.match(line)
        if hit:
            turns.append((int(hit[1]) - 1, hit[2].strip()))
        elif turns and line.strip():
            speaker, before = turns[-1]
            turns[-1] = (speaker, f"{before}\n{line.strip()}".strip())
    if not turns:
        raise ValueError("no line of the conversation begins with 'User 1:' or 'User 2:'")
    return _talk(_texts(row[_SPC_COLUMNS[0]]), _texts(row[_SPC_COLUMNS[1]]), turns, None)


def _talk(
    one: list[str], two: list[str], turns: list[tuple[int, str]], given_id: Any
) -> Conversation:
    speakers = []
    for n, told in enumerate((one, two), 1):
        facts = tuple(Fact(text=text) for text in told)
        person = Persona(facts=facts)
        speakers.append(
            Speaker(
                name=f"User {n}",
                persona_id=person.id if facts else None,
                persona=person.sentences,
                fact_ids=tuple(fact.id for fact in facts),
            )
        )
    return _conversation(tuple(speakers), turns, {}, given_id)


def _conversation(
    speakers: tuple[Speaker, ...], turns: list[tuple[int, str]], fields: dict[str, Any], name: Any
) -> Conversation:
    scene = Scene(cast=tuple(s.persona_id or s.name for s in speakers), fields=fields)
    extra = {"id": clean(str(name))} if name is not None else {}
    return _checked(
        Conversation(
            scene_id=scene.id,
            scene=fields,
            speakers=speakers,
            turns=tuple(Turn(speaker=who, text=said) for who, said in turns),
            provenance=Provenance(extra=extra),
        )
    )


def _checked(conversation: Conversation) -> Conversation:
    if not conversation.turns:
        raise ValueError("it has no turns")
    for n, turn in enumerate(conversation.turns):
        if not 0 <= turn.speaker < len(conversation.speakers):
            raise ValueError(f"turn {n} is said by speaker {turn.speaker}, who is not there")
    return conversation


def _index(who: Any) -> int:
    digits = re.search(r"(\d+)\s*$", str(who))
    if isinstance(who, int) and not isinstance(who, bool):
        return who
    if not digits or int(digits[1]) not in (1, 2):
        raise ValueError(f"{who!r} is neither 'User 1' nor 'User 2'"[:120])
    return int(digits[1]) - 1


def _texts(value: Any) -> list[str]:
    told = value.split("\n") if isinstance(value, str) else value
    if not isinstance(told, list) or not all(isinstance(item, str) for item in told):
        raise ValueError(f"a persona is a list of texts, not {value!r}"[:120])
    return [text for item in told if (text := clean(item))]


def _text(value: Any) -> str:
    if isinstance(value, list):  # parts, as chat APIs write them
        value = "\n".join(p["text"] for p in value if isinstance(p, dict) and "text" in p)
    if not isinstance(value, str):
        raise ValueError(f"an utterance is a text, not {value!r}"[:120])
    return str(_surrogates_out(value))


def _surrogates_out(value: Any) -> Any:
    """Lone surrogates, which JSON can hold and UTF-8 cannot, as U+FFFD."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_surrogates_out(item) for item in value]
    if isinstance(value, dict):
        return {_surrogates_out(k): _surrogates_out(v) for k, v in value.items()}
    return value
