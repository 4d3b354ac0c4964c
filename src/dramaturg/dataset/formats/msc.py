"""Multi-Session Chat: a session, and the sessions before it in `previous_dialogs`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.formats import containers
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.passed import paths
from dramaturg.dataset.formats.talk import both, conversation, person, rest_of, text, with_rest
from dramaturg.records import Conversation

_OF_SESSION = "personas dialog dialog.id dialog.text time_num time_unit time_back dramaturg.*"
_TIMES = ("time_num", "time_unit", "time_back")


def _decode(row: Shape) -> Iterable[Conversation]:
    sessions = [*(row.get("previous_dialogs") or ()), row]
    given = row.get("personas") or row.get("init_personas") or [[], []]
    made: list[Conversation] = []
    for number, session in enumerate(sessions, 1):
        one = _session(session, given, number if len(sessions) > 1 else 0)
        if made and not session.get("dramaturg"):
            one = msgspec.structs.replace(one, previous=made[-1].id)
        made.append(one)
    return made


def _session(session: Shape, given: Any, number: int) -> Conversation:
    personas = session.get("personas") or given
    turns, names = [], ["User 1", "User 2"]
    for n, item in enumerate(session["dialog"]):
        who = _index(item.get("id"), n)
        turns.append((who, text(item["text"])))
    scene: dict[str, Any] = {"session": number} if number else {}
    scene |= {key: session[key] for key in _TIMES if session.get(key) not in (None, "")}
    people = [person(name, map(text, told)) for name, told in zip(names, personas, strict=True)]
    made = conversation(people, turns, scene=scene)
    rest = session.get("dramaturg")
    return with_rest(made, json.loads(rest) if isinstance(rest, str) else rest) if rest else made


def _index(who: Any, n: int) -> int:
    digits = "".join(c for c in str(who or "") if c.isdigit())
    return (int(digits) - 1) % 2 if digits and isinstance(who, str) else n % 2


def _rows(rows: Iterable[Conversation]) -> Iterator[dict[str, Any]]:
    chain: list[Conversation] = []
    for made in rows:
        if chain and made.previous != chain[-1].id:
            yield _row(chain)
            chain = []
        chain.append(made)
    if chain:
        yield _row(chain)


def _row(chain: list[Conversation]) -> dict[str, Any]:
    *before, last = map(_as_session, chain)
    return {**last, "previous_dialogs": before, "metadata": {"session_id": len(chain)}}


def _as_session(made: Conversation) -> dict[str, Any]:
    times = {key: made.scene[key] for key in _TIMES if key in made.scene}
    return {
        "personas": [speaker.persona for speaker in both(made.speakers)],
        "dialog": [{"text": t.text, "id": f"Speaker {t.speaker + 1}"} for t in made.turns],
        **times,
        "dramaturg": msgspec.json.encode(rest_of(made)).decode("utf-8"),
    }


def _write(rows: Iterable[Conversation], path: Path, losses: Losses) -> None:
    containers.write_json(path, _rows(rows))


MSC = Format(
    name="msc",
    about="Multi-Session Chat: `personas`, `dialog`, `previous_dialogs`",
    matches=lambda row: isinstance(row.get("dialog"), list),
    decode=_decode,
    reads=paths("init_personas metadata.session_id")
    | paths(_OF_SESSION)
    | paths(_OF_SESSION, "previous_dialogs"),
    write=_write,
    speakers=2,
)
