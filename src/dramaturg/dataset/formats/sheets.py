"""CSV that a spreadsheet can open: one turn a row, and no cell that acts.

A cell that begins like a formula (`=`, `+`, `-`, `@`, tab, carriage return) is written with an
apostrophe before it, which spreadsheets take for "this is text"; the reader takes it off again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dramaturg.dataset import source
from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Row
from dramaturg.dataset.formats.passed import Passed
from dramaturg.dataset.formats.peek import Peek
from dramaturg.dataset.formats.talk import conversation, person
from dramaturg.records import Conversation, Speaker, Turn

COLUMNS = (
    "conversation",
    "split",
    "turn",
    "speaker",
    "name",
    "text",
    "act",
    "emotion",
    "time",
    "persona",
)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SPECIAL = {",": re.compile(r'[,"\n\r]'), "\t": re.compile(r'[\t"\n\r]')}
_PLAIN = re.compile(r"(?:[^,\"\n\r\x00=+\-@\t'][^,\"\n\r\x00]*)?").fullmatch
_ALIASES = {  # column -> names that other people's files give it
    "conversation": ("conversation", "conversation_id", "dialogue_id", "dialog_id", "conv_id"),
    "speaker": ("speaker", "speaker_id", "speaker_idx", "role", "from", "author", "user"),
    "text": ("text", "utterance", "content", "message", "value"),
}  # fmt: skip


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run.

    >>> guarded("=1+1")
    "'=1+1"
    """
    return "'" + cell if _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put there."""
    return cell[1:] if _GUARDED.match(cell) else cell


def bare_row(row: Mapping[str, str]) -> dict[str, str]:
    """A row with every cell bare."""
    return {name: bare(cell) for name, cell in row.items()}


def line(cells: Iterable[str], end: str = "\n", mark: str = ",") -> bytes:
    """A row of a CSV file; quoted where it must be, in every version of every reader.

    Args:
        mark: What stands between cells: a comma or a tab.
    """
    if mark == ",":
        told = [cell if _PLAIN(cell) else _quoted(cell) for cell in cells]
    else:
        told = [_quoted(cell, mark) for cell in cells]
    return (mark.join(told) + end).encode("utf-8", "replace")


def _quoted(cell: str, mark: str = ",") -> str:
    told = guarded(cell.replace("\x00", "\ufffd")).replace('"', '""')
    return f'"{told}"' if _SPECIAL[mark].search(told) else told


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    name = path.name.lower().removesuffix(".part").removesuffix(".gz")
    mark = "\t" if name.endswith(".tsv") else ","
    with containers.open_out(path) as file:
        file.write(line(COLUMNS, mark=mark))
        for made in rows:
            told = [line(cells, mark=mark) for cells in _cells(made, losses)]
            file.write(b"".join(told))


def _cells(made: Conversation, losses: Losses) -> Iterator[list[str]]:
    texts = [
        *(t.text for t in made.turns),
        *(f for s in made.speakers for f in (s.name, *s.persona)),
    ]
    if "\x00" in "".join(texts):
        losses.lose("zero bytes")
    head = [outer_id(made), made.split]
    for i, speaker in enumerate(made.speakers):  # who they are: rows without a turn
        facts = "\n".join(map(_escaped, speaker.persona))
        yield [*head, "", str(i), speaker.name, "", "", "", "", facts]
    for n, turn in enumerate(made.turns):
        marks = [turn.act or "", turn.emotion or "", turn.time or ""]
        name = made.speakers[turn.speaker].name
        yield [*head, str(n), str(turn.speaker), name, turn.text, *marks, ""]


def _read(path: Path) -> Iterator[Row]:
    for first, rows, columns, bad in _groups(path):
        if bad is not None:
            yield bad
            continue
        try:
            yield first, _made(rows, columns)
            told = {*COLUMNS, *columns.values()}
            passed = {k: None for row in rows for k, v in row.items() if v and k not in told}
            if passed:
                yield first, Passed(tuple(passed))
        except KeyError as error:
            yield first, f"it lacks {error}"
        except ValueError as error:
            yield first, str(error)


_Group = tuple[int, list[dict[str, str]], dict[str, str], tuple[int, str] | None]


def _groups(path: Path) -> Iterator[_Group]:
    """The rows of each conversation, as long as the id stays and the turns go on.

    With them stands the first row of it that cannot be used, if any: the rest is no whole talk.
    """
    columns: dict[str, str] = {}
    bad: tuple[int, str] | None = None
    rows: list[dict[str, str]] = []
    first, id, last = 0, "", -1
    for line, cells in source.csv_rows(path, exact=True):
        row = bare_row(cells.cells if isinstance(cells, source.Bad) else cells)
        columns = columns or _columns(row)
        own = row.get(columns.get("conversation", ""), "")
        turn = row.get("turn", "")
        number = int(turn) if turn.isdecimal() else -1
        begins = "turn" in row and number <= last and last >= 0
        if rows and (own != id or begins):
            yield first, rows, columns, bad
            rows, bad = [], None
        if not rows:
            first, id, last = line, own, -1
        rows.append(row)
        last = max(last, number)
        if isinstance(cells, source.Bad):
            bad = bad or (line, cells)
    if rows:
        yield first, rows, columns, bad


def _made(rows: list[dict[str, str]], columns: dict[str, str]) -> Conversation:
    id = rows[0].get(columns.get("conversation", ""), "")
    people: dict[str, Speaker] = {}
    turns: list[Turn] = []
    for row in rows:
        who = row[columns["speaker"]]
        index = list(people).index(who) if who in people else len(people)
        if row.get("turn") == "" and "persona" in row:
            facts = row["persona"].split("\n") if row["persona"] else []
            people[who] = person(row.get("name", ""), map(_unescaped, facts))
            continue
        people.setdefault(who, Speaker(name=row.get("name") or who))
        turns.append(
            Turn(
                speaker=index,
                text=row[columns["text"]],
                act=row.get("act") or None,
                emotion=row.get("emotion") or None,
                time=row.get("time") or None,
            )
        )
    split = rows[0].get("split", "")
    return conversation(list(people.values()), turns, id=id or None, split=split)


def _escaped(fact: str) -> str:
    """A fact on one line; one that says nothing is a lone backslash."""
    return fact.replace("\\", "\\\\").replace("\n", "\\n") or "\\"


def _unescaped(fact: str) -> str:
    if fact == "\\":
        return ""
    return re.sub(r"\\(.)", lambda hit: "\n" if hit[1] == "n" else hit[1], fact)


def _columns(row: dict[str, str]) -> dict[str, str]:
    return {
        ours: name
        for ours, names in _ALIASES.items()
        if (name := next((n for n in names if n in row), None)) is not None
    }


def _looks(peek: Peek) -> bool:
    found = _columns(dict.fromkeys(peek.columns, ""))
    return peek.kind == "csv" and {"speaker", "text"} <= found.keys()


CSV = Format(
    name="csv",
    about="a table with one turn a row, for spreadsheets",
    looks=_looks,
    read=_read,
    write=_write,
    holds=frozenset({"names", "personas", "id", "split", "marks"}),
    partly="zero bytes",
    suffixes=(".csv", ".tsv"),
)
