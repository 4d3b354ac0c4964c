"""Read what recipes begin with; lines that are not used become Drops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dramaturg import dataset
from dramaturg.dataset.facts import clean, words
from dramaturg.dataset.load_texts import Passage
from dramaturg.dataset.source import existing_file, lines
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Drop, Persona
from dramaturg.store import notes

_LONGEST_TOPIC = 200  # characters


@dataclass(frozen=True)
class Sources:
    """Where people come from: passages of text, and people who are known."""

    passages: list[Passage]
    people: list[Persona]


def read_sources(texts: Path | None, people: Path | None) -> Sources:
    """Passages of text, or people, or both. Raises UserError if neither is given."""
    if texts is None and people is None:
        raise UserError("nobody to begin with", fix="give --texts FOLDER or --people-from FILE")
    return Sources(read_passages(texts) if texts else [], read_people(people) if people else [])


def read_passages(source: Path) -> list[Passage]:
    """The passages of a file, or of a folder of txt, md and JSONL files."""
    read = dataset.load_texts(source)
    for drop in read.drops:
        notes.note(drop)
    return read.passages


def read_people(source: Path) -> list[Persona]:
    """The persons of a file; of a file of single facts, each fact as a person."""
    loaded = dataset.load_personas(source, one_will_do=True)
    for drop in loaded.drops:
        notes.note(drop)
    return loaded.people or [Persona(facts=(fact,)) for fact in loaded.facts]


def read_topics(source: Path | None) -> list[str]:
    """Topics, one a line; blank lines and "# comments" are skipped.

    Raises:
        UserError: If there is none.
    """
    if source is None:
        raise UserError("there is nothing to talk about", fix="give --topics FILE, a topic a line")
    found: dict[tuple[str, ...], str] = {}
    for number, line in lines(existing_file(source, "topics")):
        topic = clean(line)
        if not topic or topic.startswith("#"):
            continue
        said = tuple(words(topic))
        wrong = "no words" if not said else "duplicate" if said in found else ""
        wrong = wrong or ("too long" if len(topic) > _LONGEST_TOPIC else "")
        if wrong:
            reason = f"{wrong}: line {number} is not used"
            notes.note(Drop(kind="input_line", reason=reason, subject=topic[:_LONGEST_TOPIC]))
        else:
            found[said] = topic
    if not found:
        raise UserError(f"{source} holds no topic", fix="write one topic a line")
    return list(found.values())


def read_talks(source: Path | None) -> list[Conversation]:
    """The conversations of a file in any known format; none: no conversation."""
    return list(dataset.load_conversations(source, notes.note)) if source else []
