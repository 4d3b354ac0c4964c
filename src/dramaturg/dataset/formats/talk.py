"""From what a file says to a conversation: the steps that all readers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.dataset.facts import clean
from dramaturg.dataset.formats.aspects import OUR_ID, derived_ids
from dramaturg.records import Conversation, Provenance, Scene, Speaker, Turn

Said = tuple[int, str]


def person(name: str, facts: Iterable[str] = ()) -> Speaker:
    """A speaker with the persona that these sentences give, and the ids that follow."""
    persona = tuple(facts)
    id, fact_ids = derived_ids(persona)
    return Speaker(name=name, persona_id=id, persona=persona, fact_ids=fact_ids)


def conversation(
    speakers: Sequence[Speaker],
    turns: Iterable[Said | Turn],
    *,
    id: Any = None,
    scene: Mapping[str, Any] | None = None,
    scores: Mapping[str, float] | None = None,
    split: str = "",
    previous: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Conversation:
    """A conversation that was read from a file.

    Args:
        id: The id that the file gives, if any; one of ours is kept as it is.

    Raises:
        ValueError: If nothing is said, or by somebody who is not there.
    """
    fields = dict(scene or {})
    kept = dict(extra or {})
    own = isinstance(id, str) and OUR_ID.fullmatch(id) is not None
    if id is not None and not own:
        kept = {"id": clean(str(id)), **kept}
    made = Conversation(
        id=id if own else "",
        scene_id=Scene(cast=tuple(s.persona_id or s.name for s in speakers), fields=fields).id,
        scene=fields,
        speakers=tuple(speakers),
        turns=tuple(t if isinstance(t, Turn) else Turn(speaker=t[0], text=t[1]) for t in turns),
        scores=dict(scores or {}),
        split=split,
        previous=previous,
        provenance=Provenance(extra=kept),
    )
    return checked(made)


def checked(made: Conversation) -> Conversation:
    """The conversation, if somebody says something and everybody who speaks is there.

    Raises:
        ValueError: If not.
    """
    if not made.turns:
        raise ValueError("it has no turns")
    for n, turn in enumerate(made.turns):
        if not 0 <= turn.speaker < len(made.speakers):
            raise ValueError(f"turn {n} is said by speaker {turn.speaker}, who is not there")
    return made


def both(speakers: Sequence[Speaker]) -> tuple[Speaker, Speaker]:
    """Two speakers, a nameless one in the place of one who is lacking."""
    told = [*speakers, *(Speaker(name=f"User {n + 1}") for n in range(len(speakers), 2))]
    return told[0], told[1]


def texts(value: Any) -> list[str]:
    """A persona as a list of sentences, from a list or from lines.

    Raises:
        ValueError: If it is neither.
    """
    if value is None:
        return []
    told = value.split("\n") if isinstance(value, str) else value
    if not isinstance(told, list | tuple) or not all(isinstance(item, str) for item in told):
        raise ValueError(f"a persona is a list of texts, not {value!r}"[:120])
    return [text for item in told if (text := clean(item))]


def text(value: Any) -> str:
    """An utterance; parts, as chat interfaces write them, are joined.

    Raises:
        ValueError: If it is no text.
    """
    if isinstance(value, list):
        value = "\n".join(p["text"] for p in value if isinstance(p, dict) and "text" in p)
    if not isinstance(value, str):
        raise ValueError(f"an utterance is a text, not {value!r}"[:120])
    return str(whole(value))


def whole(value: Any) -> Any:
    """Lone surrogates, which JSON can hold and UTF-8 cannot, as U+FFFD."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(k): whole(v) for k, v in value.items()}
    return value


def rest_of(made: Conversation) -> dict[str, Any]:
    """Everything but the words: ids, scene, scores, marks of turns, provenance."""
    told: dict[str, Any] = msgspec.to_builtins(made)
    told["speakers"] = [{k: v for k, v in s.items() if k != "persona"} for s in told["speakers"]]
    told["turns"] = [
        {k: v for k, v in t.items() if k not in ("speaker", "text")} for t in told["turns"]
    ]
    for many in ("speakers", "turns"):
        if not any(told[many]):
            del told[many]
    return told


def with_rest(made: Conversation, rest: Any) -> Conversation:
    """The conversation with what `rest_of` took down; turns and speakers only where they match.

    Raises:
        ValueError: If it is nothing that `rest_of` gives.
    """
    if not isinstance(rest, dict):
        raise ValueError(f"'dramaturg' is an object, not {rest!r}"[:120])
    told: dict[str, Any] = msgspec.to_builtins(made)
    for many in ("speakers", "turns"):
        own, given = told[many], rest.get(many) or [{}] * len(told[many])
        if len(given) == len(own):
            told[many] = [{**extra, **item} for item, extra in zip(own, given, strict=True)]
    if rest.get("speakers"):
        for item, extra in zip(told["speakers"], rest["speakers"], strict=False):
            for key in ("name", "persona_id", "fact_ids"):
                item.pop(key, None)
                if key in extra:
                    item[key] = extra[key]
    kept = {k: v for k, v in rest.items() if k not in ("speakers", "turns")}
    told = {k: v for k, v in told.items() if k in ("speakers", "turns")} | kept
    told.setdefault("scene_id", made.scene_id)
    return checked(msgspec.convert(whole(told), Conversation))
