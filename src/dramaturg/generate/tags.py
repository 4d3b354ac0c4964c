"""Who speaks: speaker tags in the many ways in which models write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dramaturg.models.json_reply import read_json

_OPEN = r"^(?P<open>[\s>*_#`\"“•–—-]*(?:\d{1,2}[.)]\s+)?[\s*_`\[]*)"
_CLOSE = r"\]?(?:\s*\([^)\n]{0,40}\))?[*_`\s]*"
_NUMBERED = re.compile(
    _OPEN
    + r"(?P<kind>user|person|speaker|participant|persona|human|p|u)[\s_#*]*(?P<who>[12ab])\b"
    + _CLOSE
    + r"(?::|：|[-–—](?=\s))(?:\*\*|__|[*_`](?=\s))?\s*(?P<text>.*)$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    _OPEN
    + r"(?P<name>[^\W\d_][\w'’.-]{0,20}(?: [^\W\d_][\w'’.-]{0,20})?)"
    + _CLOSE
    + r"(?::|：)(?:\*\*|__|[*_`](?=\s))?\s*(?P<text>.*)$"
)
_GIVES_NAME = re.compile(r"(?i:\bmy name is|\bmy name's|\bi am called)\s+([A-Z]\w+)")
_SAYS_NAME = re.compile(r"(?i:\bmy name is|\bmy name's|\bi'm|\bi am|\bcall me)\s+([A-Z]\w+)")
_TEXT_KEYS = ("text", "content", "utterance", "message", "line", "say")
_WHO_KEYS = ("speaker", "role", "user", "name", "from")


class Tags:
    """Knows who is meant by the tags of one reply.

    "User 1" and its like speak for themselves. Other tags count when they are a name that a
    profile or a turn gives ("My name is Larry."), or when the reply has no numbered tag and
    exactly two others that alternate: the first is then speaker 0, unless a name says otherwise.
    """

    def __init__(self, text: str, facts: tuple[Sequence[str], Sequence[str]]) -> None:
        lines = [line.strip() for line in text.split("\n")]
        self.names: dict[str, int] = {}
        for who, sentences in enumerate(facts):
            for sentence in sentences:
                for name in _GIVES_NAME.findall(sentence):
                    self.names.setdefault(name.lower(), who)
        numbered = [hit for line in lines if (hit := _NUMBERED.match(line))]
        if numbered:
            for hit in numbered:
                for name in _SAYS_NAME.findall(hit["text"]):
                    self.names.setdefault(name.lower(), _index(hit["who"]))
            return
        seen = [hit["name"].lower() for line in lines if (hit := _NAMED.match(line))]
        counts = Counter(seen)
        two = [name for name, _ in counts.most_common(2)] if len(counts) >= 2 else []
        others = sum(counts.values()) - sum(counts[name] for name in two)
        if two and others <= 0.2 * len(seen):
            two.sort(key=seen.index)
            if any(self.names.get(name) == 1 - i for i, name in enumerate(two)):
                two.reverse()
            self.names |= {name: i for i, name in enumerate(two)}

    def read(self, line: str, repairs: Counter[str]) -> tuple[int, str] | None:
        """(speaker, text) if the line opens a turn, else None."""
        hit = _NUMBERED.match(line)
        if hit:
            who, plain = _index(hit["who"]), hit["kind"].lower() == "user"
        else:
            hit = _NAMED.match(line)
            if not hit or hit["name"].lower() not in self.names:
                return None
            who, plain = self.names[hit["name"].lower()], False
        text = hit["text"].strip()
        if not plain:
            repairs["tag"] += 1
        if re.search(r"[*_`]", hit["open"]) or re.match(r"[^:：]*[*_`]+\s*[:：]", line):
            repairs["markup"] += 1
            text = text.rstrip("*_` ")
        elif re.match(r"[^:：]*[:：](?:\*\*|__|[*_`]\s)", line):
            repairs["markup"] += 1
        return who, text


def _index(who: str) -> int:
    return 0 if who.lower() in "1a" else 1


def from_json_turns(text: str, repairs: Counter[str]) -> str:
    """A JSON list of turns (or an object that holds one) as tagged lines; else the text itself.

    Raises:
        ReplyError: kind "malformed JSON".
    """
    start = text.strip()[:1]
    if start not in ("[", "{"):
        return text
    if start == "[" and text.strip()[1:].lstrip()[:1] not in ('"', "{", "[", "“"):
        return text  # a stage direction
    value, mended = read_json(text)
    rows = _rows(value)
    if rows is None:
        return text
    repairs["json"] += 1
    repairs.update(name for name in mended if name in ("comma", "quotes", "unclosed"))
    return "\n".join(" ".join(row.split()) for row in rows)


def _rows(value: Any) -> list[str] | None:
    if isinstance(value, dict):
        return next((r for v in value.values() if (r := _rows(v)) is not None), None)
    if not isinstance(value, list) or not value:
        return None
    rows = [_row(item) for item in value]
    return [row for row in rows if row is not None] if any(rows) else None


def _row(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if isinstance(item, list) and len(item) == 2:
        return f"{_who(item[0])}: {item[1]}"
    if isinstance(item, dict):
        who = next((item[key] for key in _WHO_KEYS if key in item), None)
        said = next((item[key] for key in _TEXT_KEYS if key in item), None)
        if who is not None and said is not None:
            return f"{_who(who)}: {said}"
        if len(item) == 1:
            return next(f"{_who(key)}: {said}" for key, said in item.items())
    return None


def _who(value: Any) -> str:
    return f"User {value}" if str(value) in ("1", "2") else str(value)
