"""Conversations that people rated: FED, USR, and rows with `turns` and `ratings`.

A quality's score is the mean of its numbers; each person's number stays in `ratings`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both, conversation, person, text, texts
from dramaturg.records import Conversation, Speaker

_FED_TAG = re.compile(r"^(User|System): ?(.*)$")
_FED = ("User", "System")
_USR = (
    "Understandable", "Natural", "Maintains Context", "Engaging", "Uses Knowledge", "Overall",
)  # fmt: skip
_YOURS = "your persona: "


def means(ratings: Mapping[str, Any]) -> dict[str, float]:
    """The mean of the numbers given for each quality; a quality without a number is left out."""
    found = {}
    for quality, given in ratings.items():
        many = given if isinstance(given, list) else [given]
        told = [n for n in many if isinstance(n, int | float) and not isinstance(n, bool)]
        if told:
            found[str(quality)] = sum(told) / len(told)
    return found


def _rated(
    people: list[Speaker],
    turns: Iterable[tuple[int, str]],
    ratings: Mapping[str, Any],
    row: Shape,
    draft: int = 0,
    **extra: Any,
) -> Conversation:
    kept = {k: v for k, v in extra.items() if v}
    if ratings:
        kept["ratings"] = dict(ratings)
    made = conversation(people, turns, id=row.get("id"), scores=means(ratings), extra=kept)
    if not draft:
        return made
    provenance = msgspec.structs.replace(made.provenance, draft=draft)
    return msgspec.structs.replace(made, provenance=provenance, id="")


def _decode_fed(row: Shape) -> Iterable[Conversation]:
    turns = _fed_turns(text(row["context"]))
    if row.get("response"):
        turns += _fed_turns(text(row["response"]))
    people = [person(name) for name in _FED]
    return [_rated(people, turns, row["annotations"], row, model=row.get("system"))]


def _fed_turns(told: str) -> list[tuple[int, str]]:
    turns: list[tuple[int, str]] = []
    for line in told.split("\n"):
        hit = _FED_TAG.match(line)
        if hit:
            turns.append((_FED.index(hit[1]), hit[2]))
        elif turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}")
        elif line.strip():
            raise ValueError(f"a line begins with 'User:' or 'System:', not with {line[:40]!r}")
    return turns


def _fed_rows(rows: Iterable[Conversation], losses: Losses) -> Iterator[dict[str, Any]]:
    for made in rows:
        lines = []
        changed = False
        for turn in made.turns:
            kept = turn.text
            if any(_FED_TAG.match(line) for line in kept.split("\n")[1:]):
                kept = " ".join(kept.split("\n"))
            changed |= kept != turn.text
            lines.append(f"{_FED[turn.speaker]}: {kept}")
        if changed:
            losses.lose("line breaks in turns that would read as another turn")
        extra = made.provenance.extra
        row: dict[str, Any] = {"id": outer_id(made), "context": "\n".join(lines)}
        row["annotations"] = _ratings(made)
        if isinstance(extra.get("model"), str):
            row["system"] = extra["model"]
        yield row


def _ratings(made: Conversation) -> dict[str, Any]:
    """The ratings by person; of a score that has none, the score as the one number given."""
    told = made.provenance.extra.get("ratings")
    ratings = told if isinstance(told, dict) else {}
    return {**ratings, **{k: [v] for k, v in made.scores.items() if k not in ratings}}


def _decode_usr(row: Shape) -> Iterable[Conversation]:
    before = [line for line in text(row["context"]).split("\n") if line.strip()]
    told = text(row.get("fact") or "")
    facts = [line.removeprefix(_YOURS) for line in told.split("\n") if line.startswith(_YOURS)]
    knowledge = "" if facts else told.strip()
    first = len(before) % 2  # whoever spoke before the response is not who gives it
    times: Counter[str] = Counter()
    for answer in row["responses"]:
        said = [*before, text(answer["response"]).rstrip("\n")]
        people = [person("User 1"), person("User 2", texts(facts))]
        ratings = {q: v for q, v in answer.items() if q not in ("response", "model")}
        turns = [((n + 1 - first) % 2, words) for n, words in enumerate(said)]
        draft = times[said[-1]]  # two models can give one reply: two drafts, not one twice
        times[said[-1]] += 1
        yield _rated(
            people, turns, ratings, row, draft,
            model=answer.get("model"), knowledge=knowledge,
        )  # fmt: skip


def _usr_rows(rows: Iterable[Conversation], losses: Losses) -> Iterator[dict[str, Any]]:
    for made in rows:
        order = [turn.speaker for turn in made.turns]
        if order[-1] != 1 or any(a == b for a, b in itertools.pairwise(order)):
            losses.leave_out("usr holds talks that take turns and end with the second speaker")
            continue
        said = [" ".join(turn.text.split("\n")) for turn in made.turns]
        if any(not words.strip() for words in said[:-1]):
            losses.leave_out("usr cannot hold an empty turn")
            continue
        if said != [turn.text for turn in made.turns]:
            losses.lose("line breaks in turns")
        partner, you = both(made.speakers)
        if partner.persona:
            losses.lose("the first speaker's persona")
        kept = [" ".join(fact.split()) for fact in you.persona]
        if tuple(texts(kept)) != you.persona:
            losses.lose("line breaks and outer spaces in facts")
        extra = made.provenance.extra
        answer = {"response": said[-1], "model": extra.get("model", ""), **_ratings(made)}
        knowledge = str(extra.get("knowledge") or "")
        fact = "\n".join(_YOURS + fact for fact in kept) or knowledge
        if fact != knowledge.strip() and knowledge:
            losses.lose("knowledge beside a persona, and its outer spaces")
        row = {"id": outer_id(made), "context": "\n".join(said[:-1]), "fact": fact}
        yield {**row, "responses": [answer]}


def _decode_turns(row: Shape) -> Iterable[Conversation]:
    """A row with `turns`: pairs of name and text, objects with them, or bare texts in turn."""
    names: dict[str, int] = {}
    turns: list[tuple[int, str]] = []
    told = [*row["turns"], *([row["response"]] if isinstance(row.get("response"), str) else [])]
    for n, item in enumerate(told):
        if isinstance(item, str):
            who, said = f"User {n % 2 + 1}", item
            if names and n == len(told) - 1 and isinstance(row.get("response"), str):
                who = next((x for x in names if names[x] == 1 - turns[-1][0]), who)
        elif isinstance(item, Mapping):
            who = str(item.get("speaker", item.get("role", item.get("name"))))
            said = text(item.get("text", item.get("utterance", item.get("content"))))
        else:
            who, said = str(item[0]), text(item[1])
        turns.append((names.setdefault(who, len(names)), said))
    ratings = row.get("ratings") or {}
    return [_rated([person(name) for name in names], turns, ratings, row, model=row.get("system"))]


def _write_fed(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_array(path, _fed_rows(rows, losses))


def _write_usr(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_array(path, _usr_rows(rows, losses))


FED = Format(
    name="fed",
    about="FED: a rated `context` with `annotations` by quality",
    matches=lambda row: "context" in row and "annotations" in row,
    decode=_decode_fed,
    reads=paths("id context response system annotations.*"),
    write=_write_fed,
    holds=frozenset({"ratings", "scores", "id", "model"}),
    speakers=2,
    partly="line breaks in turns that would read as another turn",
)
USR = Format(
    name="usr",
    about="USR: a `context`, and rated `responses` to it",
    matches=lambda row: "context" in row and isinstance(row.get("responses"), list),
    decode=_decode_usr,
    reads=paths("id context fact responses.*"),
    write=_write_usr,
    holds=frozenset({"ratings", "scores", "personas", "id", "model", "knowledge"}),
    speakers=2,
    partly="the first speaker's persona; knowledge beside one; line breaks; talks that do not take "
    "turns",
)
TURNS = Format(
    name="turns",
    about='other JSON: `{"turns": [["Ann", "Hi!"], ...]}`, `[{"speaker": "Ann", "text": "Hi!"}]`',
    matches=lambda row: isinstance(row.get("turns"), list),
    decode=_decode_turns,
    reads=paths("id turns response ratings.* system")
    | paths("speaker role name text utterance content content.type content.text", "turns"),
)
