"""Persona-Chat and ConvAI2 as ParlAI's numbered text.

    1 your persona: i read twenty books a year.
    2 partner's persona: i love horror movies.
    3 hello !	hi , do you read ?		i bake .|hi , do you read ?

A line is what the partner says, a tab, and what you answer; after two further tabs stand the
candidates. "You" are the second speaker. Who says nothing says `__SILENCE__`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dramaturg.dataset import source
from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.base import Format, Losses, Row
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import both, conversation, person
from dramaturg.errors import UserError
from dramaturg.records import Conversation

SILENCE = "__SILENCE__"
PARTNER, YOU = 0, 1
_PERSONA = {"your persona:": YOU, "partner's persona:": PARTNER}
_LINE = re.compile(r"(\d{1,9})(?: (.*))?", re.DOTALL)
VARIANTS = {"both": (PARTNER, YOU), "self": (YOU,), "other": (PARTNER,), "none": ()}


def read(path: Path) -> Iterator[Row]:
    """The dialogues of a numbered text file."""
    episode: list[tuple[int, str]] = []
    begun = last = tabs = 0
    for n, line in source.lines(path):
        if not line.strip():
            continue
        hit = _LINE.fullmatch(line)
        if hit is None:
            yield n, f"a line begins with its number, not with {line[:40]!r}"
            continue
        if episode:
            tabs = max(tabs, episode[-1][1].count("\t"))
        if int(hit[1]) <= last and episode:  # also where the line with number 1 is broken
            yield _episode(begun, episode)
            episode = []
        if not episode:
            begun = n
        last = int(hit[1])
        episode.append((n, hit[2] or ""))
    if not episode:
        return
    if _cut(episode[-1][1], tabs) and not source.ends_whole(path):
        yield episode[-1][0], "the file ends inside a line: it was cut off"
        return
    yield _episode(begun, episode)


def _cut(line: str, tabs: int) -> bool:
    """Whether a last line without an end looks cut: fewer fields, or an answer less than whole."""
    told = line.split("\t")
    return len(told) - 1 < tabs or (len(told) > 3 and told[1] not in told[3].split("|"))


def _episode(begun: int, lines: list[tuple[int, str]]) -> Row:
    facts: tuple[list[str], list[str]] = ([], [])
    turns: list[tuple[int, str]] = []
    candidates: dict[str, list[str]] = {}
    for _, line in lines:
        whose = next((who for tag, who in _PERSONA.items() if line.startswith(tag)), None)
        if whose is not None:
            fact = line.split(":", 1)[1]
            facts[whose].append(_in(fact.removeprefix(" ")))
            continue
        fields = line.split("\t")
        if fields[0] != SILENCE:
            turns.append((PARTNER, _in(fields[0])))
        if len(fields) > 1 and fields[1] != SILENCE:
            if len(fields) > 3 and fields[3]:
                candidates[str(len(turns))] = [_in(text) for text in fields[3].split("|")]
            turns.append((YOU, _in(fields[1])))
    people = [person(f"User {who + 1}", facts[who]) for who in (PARTNER, YOU)]
    try:
        return begun, conversation(
            people, turns, extra={"candidates": candidates} if candidates else None
        )
    except ValueError as error:
        return begun, str(error)


def _in(text: str) -> str:
    return text.replace("\\n", "\n")


def _write(rows: Iterable[Conversation], path: Path, losses: Losses, variant: str = "both") -> None:
    if variant not in VARIANTS:
        raise UserError(
            f"there is no variant {variant!r} of convai2", fix=f"give {', '.join(VARIANTS)}"
        )
    with containers.open_out(path) as file:
        for made in rows:
            lines = _lines(made, losses, VARIANTS[variant])
            text = "".join(f"{n} {line}\n" for n, line in enumerate(lines, 1))
            file.write(text.encode("utf-8", "replace"))


def _lines(made: Conversation, losses: Losses, shown: tuple[int, ...]) -> list[str]:
    changed: set[str] = set()

    def out(text: str, also: str = "") -> str:
        kept = re.sub(rf"[\t\r\x00{also}]+", " ", text).replace("\\n", "\\ n").replace("\n", "\\n")
        if kept == SILENCE or any(kept.startswith(tag) for tag in _PERSONA):
            kept = f" {kept}"
        if _in(kept) != text:
            changed.add("tabs, carriage returns and marks of the format inside texts")
        return kept

    lines = []
    for who, speaker in enumerate(both(made.speakers)):
        if who not in shown and speaker.persona:
            changed.add("personas that this variant leaves out")
            continue
        tag = next(tag for tag, owner in _PERSONA.items() if owner == who)
        lines += [f"{tag} {out(fact)}" for fact in speaker.persona]
    lines += _turns(made, out)
    for what in sorted(changed):
        losses.lose(what)
    return lines


def _turns(made: Conversation, out: Callable[..., str]) -> list[str]:
    lines: list[list[str]] = []
    candidates = made.provenance.extra.get("candidates") or {}
    for n, turn in enumerate(made.turns):
        if turn.speaker == PARTNER:
            lines.append([out(turn.text)])
            continue
        if not lines or len(lines[-1]) > 1:
            lines.append([SILENCE])
        lines[-1].append(out(turn.text))
        if told := candidates.get(str(n)):
            lines[-1] += ["", "|".join(out(text, "|") for text in told)]
    return ["\t".join(line) for line in lines]


def _looks(peek: Peek) -> bool:
    lines = peek.text.split("\n", 30)[:30]
    return peek.kind == "text" and any(
        re.match(r"1 (your persona:|partner's persona:)|1 [^\t\n]*\t", line) for line in lines[:1]
    )


CONVAI2 = Format(
    name="convai2",
    about="Persona-Chat and ConvAI2 as ParlAI's numbered text, with or without candidates",
    looks=_looks,
    read=read,
    write=_write,
    holds=frozenset({"personas", "candidates"}),
    speakers=2,
    partly="tabs and carriage returns in texts become spaces",
    suffixes=(".txt",),
    options=frozenset({"variant"}),
)
