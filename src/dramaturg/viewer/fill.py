"""Records into the index, a batch at a time."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dramaturg.errors import RecordError
from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Persona,
    Preference,
    Speaker,
    Verdict,
    content_id,
    from_json,
    to_json,
)
from dramaturg.viewer.schema import (
    DROPPED,
    EARLIER,
    KEPT,
    LOST,
    add_scorer,
    key_of,
    scorers,
    spaced,
)
from dramaturg.viewer.shown import short

_PLACE = re.compile(
    r"(?:(?:user|speaker|person|persona|human|gpt|ai|bot|assistant|[a-z])[ _#-]*\d*)?",
    re.IGNORECASE,
)
_LONGEST = 200_000  # characters of one conversation that can be searched


class Filler:
    """Writes into one index; records may come in any order.

    Args:
        exported: The run has said which conversations are in its dataset (they have a split). A
            keeper without one is then of an earlier round; before that, the latest of its pair
            counts as kept.
        bodies: Keep the conversations themselves, since no journal has them.
    """

    def __init__(self, db: sqlite3.Connection, *, exported: bool, bodies: bool) -> None:
        self.db, self.exported, self.bodies = db, exported, bodies
        self._scorers = scorers(db)
        self._people: set[int] = set()
        self._touched: set[int] = set()  # people whose count of conversations may have changed
        self._readers: dict[str, Callable[[str], None]] = {
            "conversation": lambda body: self.conversation(from_json(body, Conversation)),
            "verdict": lambda body: self.verdict(from_json(body, Verdict)),
            "comparison": lambda body: self.comparison(from_json(body, Comparison)),
            "preference": lambda body: self.preference(from_json(body, Preference)),
            "drop": lambda body: self.drop(from_json(body, Drop)),
            "persona": lambda body: self.persona(from_json(body, Persona)),
        }

    def records(self, rows: Iterable[tuple[int, str, str, str]]) -> int:
        """Records of a journal in one transaction; the place of the last one.

        A place of 0 means: this record comes again, so a broken one is not told of yet.
        """
        last = 0
        self.db.execute("BEGIN")
        try:
            for last, kind, _, body in rows:
                reader = self._readers.get(kind)
                if reader is not None:
                    try:
                        reader(body)
                    except RecordError as error:
                        if last:
                            self.drop(Drop(kind=kind, reason=f"unreadable: {error.why}"))
            self._count()
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        return last

    def conversations(self, talks: Iterable[Conversation]) -> int:
        """Conversations of a dataset in one transaction; how many."""
        count = 0
        self.db.execute("BEGIN")
        for talk in talks:
            self.conversation(talk)
            count += 1
        self._count()
        self.db.execute("COMMIT")
        return count

    def conversation(self, talk: Conversation) -> None:
        """One conversation, its people, and what was said of it before; one known is passed."""
        key, scene = key_of(talk.id), key_of(talk.scene_id or talk.id)
        made = talk.provenance
        marks = Counter(mark.relation for turn in talk.turns for mark in turn.grounding)
        status, reason, why = self._status(talk, key, scene)
        row = (
            key, scene, status, talk.split, made.round, len(talk.turns),
            sum(turn.text.count(" ") + 1 for turn in talk.turns),
            marks["entail"], marks["contradict"], marks["partner"], reason,
        )  # fmt: skip
        cursor = self.db.execute(
            "INSERT OR IGNORE INTO conv(key, scene, status, split, round, turns, words, uses, "
            "denies, claims, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        if not cursor.rowcount:
            return
        n = cursor.lastrowid
        assert n is not None
        names = " · ".join(short(name, 40) for s in talk.speakers[:4] if (name := own_name(s.name)))
        line = short(" / ".join(turn.text[:200] for turn in talk.turns[:3]), 220)
        self.db.execute("INSERT INTO face VALUES (?, ?, ?, ?, ?)", (n, talk.id, names, line, why))
        said = "\n".join(turn.text[:_LONGEST] for turn in talk.turns)[:_LONGEST]
        facts = "\n".join(fact for s in talk.speakers for fact in s.persona)[:_LONGEST]
        self.db.execute(
            "INSERT INTO said(rowid, turns, facts) VALUES (?, ?, ?)",
            (n, spaced(said), spaced(facts)),
        )
        if self.bodies:
            packed = zlib.compress(to_json(talk).encode("utf-8", "replace"), 1)
            self.db.execute("INSERT INTO body VALUES (?, ?)", (n, packed))
        for speaker in talk.speakers:
            self._takes_part(speaker, n)
        judged = self.db.execute(
            "SELECT scorer, value, passed FROM judged WHERE key = ?", (key,)
        ).fetchall()
        values = {f"s{self._scorer(name)}": value for name, value in talk.scores.items()}
        for number, value, passed in judged:
            values |= {f"s{number}": value, f"p{number}": passed}
        self._score(n, values)

    def verdict(self, verdict: Verdict) -> None:
        """A verdict on a conversation."""
        key, number = key_of(verdict.subject), self._scorer(verdict.scorer)
        passed = None if verdict.passed is None else int(verdict.passed)
        self.db.execute(
            "INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?)",
            (key, number, verdict.value, passed),
        )
        self._link(verdict.subject, "verdict", verdict.id)
        found = self.db.execute("SELECT n FROM conv WHERE key = ?", (key,)).fetchone()
        if found:
            self._score(found[0], {f"s{number}": verdict.value, f"p{number}": passed})

    def verdicts(self, told: Iterable[Verdict]) -> None:
        """Verdicts that lie in a file of their own, in one transaction; the index keeps them."""
        self.db.execute("BEGIN")
        for verdict in told:
            self.verdict(verdict)
            self.db.execute(
                "INSERT OR REPLACE INTO spare VALUES (?, ?, ?)",
                (key_of(verdict.subject), verdict.id, to_json(verdict)),
            )
        self.db.execute("COMMIT")

    def comparison(self, one: Comparison) -> None:
        """A comparison of two conversations."""
        self._link(one.first, "comparison", one.id)
        self._link(one.second, "comparison", one.id)

    def preference(self, one: Preference) -> None:
        """A preference for one conversation over another."""
        self._link(one.chosen, "preference", one.id)
        self._link(one.rejected, "preference", one.id)

    def drop(self, drop: Drop) -> None:
        """Something that was not kept."""
        key, group = key_of(drop.subject), drop.reason_class
        self.db.execute(
            "INSERT INTO gone(id, kind, class, reason, subject, key, round) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (drop.id, drop.kind, group[:200], drop.reason[:2_000], drop.subject[:2_000], key,
             drop.round),
        )  # fmt: skip
        if drop.kind == "draft":
            self._link(drop.subject, "drop", drop.id)
            found = self.db.execute("SELECT n FROM conv WHERE key = ?", (key,)).fetchone()
            if found:
                sql = "UPDATE conv SET status = ?, reason = ? WHERE n = ? AND status = ?"
                self.db.execute(sql, (DROPPED, group, found[0], LOST))
                self.db.execute("UPDATE face SET why = ? WHERE n = ?", (drop.reason, found[0]))
        elif drop.kind == "profile_candidate":
            held = _detail(drop).get("profile")
            if isinstance(held, list):
                self._link(growth_key(held), "drop", drop.id)

    def persona(self, person: Persona) -> None:
        """A person with everything that is known of each fact."""
        key = key_of(person.id)
        new = sum(fact.status == "new" for fact in person.facts)
        self._person(key, person.id, person.name, len(person.facts), new, whole=1)
        self.db.execute("DELETE FROM holds WHERE person = ?", (key,))
        for place, fact in enumerate(person.facts):
            of_fact = key_of(fact.id)
            self.db.execute(
                "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET "
                "category = excluded.category, status = excluded.status, "
                "provider = excluded.provider",
                (of_fact, fact.id, fact.text[:2_000], fact.category or "", fact.status,
                 fact.provider),
            )  # fmt: skip
            self.db.execute("INSERT INTO holds VALUES (?, ?, ?)", (key, place, of_fact))
        self._index_person(key, person.sentences)

    def _status(self, talk: Conversation, key: int, scene: int) -> tuple[str, str | None, str]:
        if self.bodies or talk.split:
            return KEPT, None, ""
        gone = self.db.execute(
            "SELECT class, reason FROM gone WHERE key = ? AND kind = 'draft'", (key,)
        ).fetchone()
        if gone:
            return DROPPED, gone[0], gone[1]
        if not talk.scores:
            return LOST, None, ""
        if self.exported:
            return EARLIER, None, ""
        self.db.execute(
            "UPDATE conv SET status = ? "
            "WHERE scene = ? AND status = ? AND round < ? AND split = ''",
            (EARLIER, scene, KEPT, talk.provenance.round),
        )
        return KEPT, None, ""

    def _takes_part(self, speaker: Speaker, n: int) -> None:
        identity = person_of(speaker)
        if identity is None:
            return
        key = key_of(identity)
        self.db.execute("INSERT OR IGNORE INTO part VALUES (?, ?)", (key, n))
        self._touched.add(key)
        if key in self._people:
            return
        if self._person(key, identity, speaker.name, len(speaker.persona), 0, whole=0):
            for place, text in enumerate(speaker.persona):
                ids = speaker.fact_ids
                identity = ids[place] if place < len(ids) else f"fact {text}"
                of_fact = key_of(identity)
                self.db.execute(
                    "INSERT OR IGNORE INTO fact VALUES (?, ?, ?, '', '', '')",
                    (of_fact, identity, text[:2_000]),
                )
                self.db.execute(
                    "INSERT OR IGNORE INTO holds VALUES (?, ?, ?)", (key, place, of_fact)
                )
            self._index_person(key, speaker.persona)
        if len(self._people) < 500_000:
            self._people.add(key)

    def _person(
        self, key: int, identity: str, name: str, facts: int, new: int, *, whole: int
    ) -> bool:
        """Add a person, or make one whole that was only seen in a conversation."""
        cursor = self.db.execute(
            "INSERT INTO person(key, id, name, facts, new, whole) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(key) DO UPDATE SET facts = excluded.facts, new = excluded.new, whole = 1 "
            "WHERE excluded.whole > person.whole",
            (key, identity, short(own_name(name), 80), facts, new, whole),
        )
        return bool(cursor.rowcount)

    def _index_person(self, key: int, facts: Iterable[str]) -> None:
        n = self.db.execute("SELECT n FROM person WHERE key = ?", (key,)).fetchone()[0]
        there = self.db.execute("SELECT 1 FROM about WHERE rowid = ?", (n,)).fetchone()
        if not there:
            words = spaced("\n".join(facts)[:_LONGEST])
            self.db.execute("INSERT INTO about(rowid, facts) VALUES (?, ?)", (n, words))

    def _count(self) -> None:
        """How often the people touched are used: in conversations that are kept."""
        sql = """UPDATE person SET used = (SELECT COUNT(*) FROM part JOIN conv USING (n)
            WHERE part.person = person.key AND conv.status = 'kept') WHERE key = ?"""
        self.db.executemany(sql, [(key,) for key in self._touched])
        self._touched.clear()

    def _score(self, n: int, values: dict[str, Any]) -> None:
        if values:
            names = ", ".join(f"{column} = ?" for column in values)
            self.db.execute(f"UPDATE conv SET {names} WHERE n = ?", (*values.values(), n))

    def _scorer(self, name: str) -> int:
        number = self._scorers.get(name)
        if number is None:
            number = self._scorers[name] = len(self._scorers)
            add_scorer(self.db, name, number)
        return number

    def _link(self, subject: str, kind: str, identity: str) -> None:
        self.db.execute(
            "INSERT OR IGNORE INTO link VALUES (?, ?, ?)", (key_of(subject), kind, identity)
        )


def own_name(name: str) -> str:
    """The name, or "" where it is only a place: "User 1", "assistant".

    >>> own_name("User 1"), own_name("Ann")
    ('', 'Ann')
    """
    return "" if _PLACE.fullmatch(name.strip()) else name


def person_of(speaker: Speaker) -> str | None:
    """The id of a speaker's person; made of the facts where the dataset has none."""
    if speaker.persona_id or not speaker.persona:
        return speaker.persona_id
    return content_id("p", list(speaker.persona))


def growth_key(fact_ids: Iterable[str]) -> str:
    """The name of a profile while it grows: the facts that it has so far, in order."""
    return "profile " + " ".join(map(str, fact_ids))


def _detail(drop: Drop) -> dict[str, Any]:
    try:
        found = json.loads(drop.detail or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def unpacked(packed: bytes) -> Conversation:
    """The conversation that `Filler` packed."""
    return msgspec.json.decode(zlib.decompress(packed), type=Conversation)
