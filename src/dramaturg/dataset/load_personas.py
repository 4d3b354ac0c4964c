"""Read people, or facts about people, from whatever file they are in.

Every line that is not used becomes a `Drop` with its line and its reason; nothing is cut short
or changed in its words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.facts import MAX_CHARACTERS, clean, looks_like_orders, repeats, words
from dramaturg.dataset.formats import characters
from dramaturg.dataset.source import Bad, csv_rows, existing_file, kind_of, lines
from dramaturg.errors import RecordError, UserError
from dramaturg.records import Drop, Fact, Pair, Persona, Scene, from_arrow, from_json
from dramaturg.store import RunFolder, is_run_folder

FACTS_OF_A_PROFILE = 5  # by default
_FACT_COLUMNS = ("text", "fact", "persona", "attribute", "sentence")
_PAIR_COLUMNS = (("user_1", "user_2"), ("user 1 personas", "user 2 personas"))


@dataclass(frozen=True)
class Loaded:
    """What a source of personas holds.

    Attributes:
        facts: Every usable fact once, in the order read.
        people: Whole persons, if the source gives persons; None if it gives single facts.
        pairs: Who is to talk with whom, if the source says so; else empty.
        drops: Lines and facts that are not used, each with its reason.
        notes: Sentences that a user should read.
    """

    facts: list[Fact] = field(default_factory=list)
    people: list[Persona] | None = None
    pairs: list[Pair] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_personas(source: str | Path, *, one_will_do: bool = False) -> Loaded:
    """The facts, persons and pairs that a source holds.

    Args:
        source: Plain text, one fact a line (blank lines and "# comments" are skipped); JSONL
            with a line of `"fact"`, `{"text": ...}`, `{"name": ..., "facts": [...]}` (a whole
            person) or `{"user_1": [...], "user_2": [...]}` (a pair); CSV or parquet with a
            column text, fact or persona, or with "user 1 personas" and "user 2 personas";
            a run folder; a character card (JSON or PNG), or a folder of them. Any of the text
            forms may be gzipped.
        one_will_do: Whether one person, or one fact, is enough; else two are needed.

    Raises:
        UserError: If the file is missing, empty, no text, or holds too little to go on with.
    """
    reader = _Reader()
    path = Path(source)
    if path.is_dir() and is_run_folder(path):
        with RunFolder.read(path) as folder:
            for n, body in enumerate(folder.journal.records("persona"), 1):
                reader.person(n, from_json(body, Persona))
    elif cards := _cards(path):
        for n, card in enumerate(cards, 1):
            reader.person(n, characters.persona_of(characters.card_in(card)))
    else:
        path = existing_file(path, "one fact a line")
        kind = kind_of(path)
        if kind == "text":
            for n, line in lines(path):
                if line.strip() and not line.lstrip().startswith("#"):
                    reader.fact(n, line)
        elif kind == "jsonl":
            for n, line in lines(path):
                if line.strip():
                    reader.json_line(n, line)
        elif kind == "csv":
            for n, row in csv_rows(path):
                if isinstance(row, Bad):
                    reader.drop(n, "not a whole row", f"cannot be used: {row}")
                else:
                    reader.row(n, row, path)
        else:
            for n, row in _parquet_rows(path):
                reader.row(n, row, path)
    return reader.loaded(path, one_will_do)


def _cards(path: Path) -> list[Path]:
    """The character cards that a path is or, being a folder, holds."""
    if path.is_dir():
        return [file for file in sorted(path.iterdir()) if characters.looks_like_a_card(file)]
    return [path] if characters.looks_like_a_card(path) else []


class _Reader:
    def __init__(self) -> None:
        self.single: list[tuple[int, Fact]] = []
        self.people: dict[str, Persona] = {}
        self.pairs: dict[str, Pair] = {}
        self.drops: list[Drop] = []
        self.orders: list[int] = []

    def drop(self, line: int, reason: str, particulars: str, subject: str = "") -> None:
        self.drops.append(
            Drop(
                kind="input_line",
                reason=f"{reason}: line {line} {particulars}",
                subject=clean(subject[: MAX_CHARACTERS * 2])[:200],
            )
        )

    def fact(self, line: int, given: str | dict[str, Any]) -> None:
        made = self._fact(line, given)
        if made is not None:
            self.single.append((line, made))

    def person(self, line: int, person: Persona) -> Persona | None:
        """Keep a person, less the facts that say what another one of theirs says."""
        if not person.facts:
            self.drop(line, "no facts", "gives a person of whom nothing is known", person.name)
            return None
        again = repeats(person.sentences)
        if again:
            for i, (j, how) in again.items():
                first = person.facts[j].text
                self.drop(line, how, f"says again {first!r}", person.facts[i].text)
            kept = tuple(f for i, f in enumerate(person.facts) if i not in again)
            person = msgspec.structs.replace(person, facts=kept, id="")
        return self.people.setdefault(person.id, person)

    def json_line(self, line: int, text: str) -> None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.drop(line, "not JSON", f"({error})"[:200], text)
            return
        self._guarded(line, value, text)

    def _guarded(self, line: int, value: Any, text: str) -> None:
        """One row, whatever it holds: what is no persona is dropped with its line."""
        try:
            self._value(line, value)
        except (ValueError, TypeError, AttributeError, RecordError) as error:
            self.drop(line, "not a persona", f"({error})"[:200], text)

    def row(self, line: int, row: dict[str, Any], path: Path) -> None:
        columns = next((c for c in _PAIR_COLUMNS if set(c) <= row.keys()), None)
        if columns or "facts" in row:
            self._guarded(line, row, repr(row)[:1000])
            return
        column = next((c for c in _FACT_COLUMNS if c in row), None)
        if column is None:
            raise UserError(
                f"{path} has no column that Dramaturg knows",
                why=f"its columns are {', '.join(map(repr, row))}",
                fix="name one of them text, fact or persona, or give two: "
                "'user 1 personas' and 'user 2 personas'",
            )
        cell = row[column]
        if isinstance(cell, list) or (isinstance(cell, str) and "\n" in cell.strip()):
            named = {"name": row.get("name") or "", "facts": cell}
            self._guarded(line, named, repr(row)[:1000])
        else:
            self.fact(line, cell if isinstance(cell, str) else "")

    def _value(self, line: int, value: Any) -> None:
        if isinstance(value, str):
            self.fact(line, value)
            return
        if isinstance(value, list):
            self._person(line, {"facts": value})
            return
        if not isinstance(value, dict):
            raise TypeError(f"neither a text nor an object, but {value!r}")
        for one, two in _PAIR_COLUMNS:
            if one in value and two in value:
                self._pair(line, value[one], value[two])
                return
        facts = next((value[k] for k in ("facts", "persona", "profile") if k in value), None)
        if isinstance(facts, str) and "\n" not in facts.strip() and "name" not in value:
            self.fact(line, facts)
        elif facts is not None:
            self._person(line, {**value, "facts": facts})
        elif isinstance(text := value.get("text", value.get("fact")), str):
            self.fact(line, {**value, "text": text})
        else:
            keys = ", ".join(map(repr, value)) or "nothing"
            raise TypeError(f"needs text, facts, or user_1 and user_2, but has {keys}")

    def _fact(self, line: int, given: Any) -> Fact | None:
        told = given if isinstance(given, dict) else {"text": given}
        if not isinstance(told.get("text"), str):
            raise TypeError(f"a fact is a text, not {given!r}"[:200])
        text = clean(told["text"])
        if len(text) > MAX_CHARACTERS:
            size = f"has {len(text):,} characters, the limit is {MAX_CHARACTERS:,}"
            self.drop(line, "too long", size, text)
            return None
        if not words(text):
            self.drop(line, "no words", f"holds {text!r}" if text else "is empty", text)
            return None
        if looks_like_orders(text):
            self.orders.append(line)
        fields = {k: v for k, v in told.items() if k in Fact.__struct_fields__ and k != "id"}
        if len(fields) == 1:
            return Fact(text=text)
        return msgspec.convert({**_plain(fields), "text": text}, Fact)

    def _person(self, line: int, given: dict[str, Any]) -> Persona | None:
        told = given["facts"]
        told = told.split("\n") if isinstance(told, str) else told
        if not isinstance(told, list | tuple):
            raise TypeError(f"facts are a list of texts, not {told!r}"[:200])
        facts = [self._fact(line, item) for item in told if item != ""]
        fields = {
            k: given[k] for k in ("name", "views", "language", "source", "licence") if given.get(k)
        }
        if isinstance(fields.get("views"), str):
            fields["views"] = json.loads(fields["views"])
        empty = Persona(facts=())
        person = msgspec.convert({**_plain(fields), "facts": [], "id": empty.id}, Persona)
        kept = tuple({f.id: f for f in facts if f is not None}.values())
        if len(kept) < sum(f is not None for f in facts):
            self._say_twice(line, [f for f in facts if f is not None])
        return self.person(line, msgspec.structs.replace(person, facts=kept, id=""))

    def _say_twice(self, line: int, facts: list[Fact]) -> None:
        for i, fact in enumerate(facts):
            if any(fact.id == before.id for before in facts[:i]):
                self.drop(line, "duplicate", f"says again {fact.text!r}", fact.text)

    def _pair(self, line: int, one: Any, two: Any) -> None:
        people = [self._person(line, {"facts": facts}) for facts in (one, two)]
        if people[0] is None or people[1] is None:
            self.drop(line, "no pair", "lacks one of two people")
            return
        scene = Scene(cast=(people[0].id, people[1].id))
        pair = Pair(first=people[0], second=people[1], scene=scene)
        if pair.id in self.pairs:
            self.drop(line, "duplicate", "pairs the same two people again")
        self.pairs.setdefault(pair.id, pair)

    def loaded(self, path: Path, one_will_do: bool) -> Loaded:
        notes = []
        again = repeats([fact.text for _, fact in self.single])
        for i, (j, how) in again.items():
            (line, fact), (first, _) = self.single[i], self.single[j]
            self.drop(line, how, f"says what line {first} says", fact.text)
        facts = [fact for i, (_, fact) in enumerate(self.single) if i not in again]
        people = list(self.people.values()) or None
        if people and facts:
            notes.append(
                f"{path.name} gives persons and {len(facts)} single facts: the facts belong to "
                "nobody, and only the persons talk"
            )
        if not one_will_do or not (facts or people):
            self._check(path, facts, people)
        for person in people or ():
            facts.extend(person.facts)
        unique = list({fact.id: fact for fact in facts}.values())
        if not people and len(unique) < FACTS_OF_A_PROFILE:
            notes.append(
                f"{path.name} holds only {len(unique)} facts; "
                f"a profile takes {FACTS_OF_A_PROFILE} by default"
            )
        if self.orders:
            shown = ", ".join(map(str, self.orders[:5])) + (", ..." if self.orders[5:] else "")
            notes.append(
                f"{len(self.orders)} facts look like instructions, mark-up or speaker tags (line "
                f"{shown}): they are kept, and treated as data"
            )
        if self.drops:
            notes.append(f"not used: {_by_reason(self.drops)}")
        return Loaded(
            facts=unique,
            people=people,
            pairs=list(self.pairs.values()),
            drops=self.drops,
            notes=notes,
        )

    def _check(self, path: Path, facts: list[Fact], people: list[Persona] | None) -> None:
        why = f"not used: {_by_reason(self.drops)}" if self.drops else ""
        needed = f"a profile takes {FACTS_OF_A_PROFILE} facts by default"
        if people:
            if len(people) == 1:
                raise UserError(f"{path} holds one person", why=why, fix="a conversation takes two")
        elif not facts:
            raise UserError(
                f"{path} holds no usable fact", why=why, fix="give one fact a line, as a sentence"
            )
        elif len(facts) == 1:
            raise UserError(
                f"{path} holds only one usable fact",
                why="; ".join(filter(None, [needed, why])),
                fix=f"give at least {FACTS_OF_A_PROFILE}, better 50 or more, one a line",
            )


def _by_reason(drops: list[Drop]) -> str:
    counts = Counter(drop.reason_class for drop in drops)
    many = ", ".join(f"{n:,} {reason}" for reason, n in counts.most_common())
    first = drops[0].reason if len(drops) == 1 else ""
    return first or many


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields less what is empty; texts cleaned."""
    return {
        k: clean(v) if isinstance(v, str) else v for k, v in fields.items() if v not in (None, "")
    }


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            ours = {"facts", "views", "licence"} <= set(file.schema_arrow.names)
            n = 0
            for batch in file.iter_batches(batch_size=512):
                if ours:
                    for person in from_arrow(pa.Table.from_batches([batch]), Persona):
                        n += 1
                        yield n, msgspec.to_builtins(person)
                    continue
                for row in batch.to_pylist():
                    n += 1
                    yield n, {name.strip().lower(): cell for name, cell in row.items()}
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a whole parquet file", why=str(error)) from error
