"""TRL's preference dataset: a prompt, the conversation that was chosen, the one that was rejected.

Made from a run's drafts and verdicts. In a stream of conversations a pair is two in a row that
carry the same `preference` in their provenance, the chosen one first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset import examples
from dramaturg.dataset.formats import containers, training, trl
from dramaturg.dataset.formats.aspects import outer_id
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.messages import OF_MESSAGE, OF_ROW, decode_messages
from dramaturg.dataset.formats.passed import paths
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Preference, from_json
from dramaturg.store import RunFolder

_WHY = ("criterion", "reason", "margin")


def preferred(path: Path, losses: Losses) -> Iterator[Conversation]:
    """The conversations of a run's preferences, in pairs: chosen, rejected.

    Raises:
        UserError: If the run has none.
    """
    with RunFolder.read(path) as folder:
        if not folder.journal.count("preference"):
            raise UserError(
                f"{path} holds no preference",
                why="a preference needs several drafts of one pair, or a panel that compared them",
                fix="run with --drafts 2 or more",
            )
        for body in folder.journal.records_by_id("preference"):
            told = from_json(body, Preference)
            sides = [folder.journal.record("conversation", i) for i in (told.chosen, told.rejected)]
            if sides[0] is None or sides[1] is None:
                losses.leave_out("the run kept only the id of one side of the preference")
                losses.refused += 1
                continue
            why = {"criterion": told.criterion, "reason": told.reason, "margin": told.weight}
            for side, found in zip(("chosen", "rejected"), sides, strict=True):
                made = from_json(found or "", Conversation)
                yield _marked(made, {"pair": told.id, "side": side, **why})


def _marked(made: Conversation, mark: dict[str, Any]) -> Conversation:
    extra = {**made.provenance.extra, "preference": mark}
    provenance = msgspec.structs.replace(made.provenance, extra=extra)
    return msgspec.structs.replace(made, provenance=provenance)


def _mark(made: Conversation) -> dict[str, Any]:
    told = made.provenance.extra.get("preference")
    return told if isinstance(told, dict) else {}


def _rows(
    rows: Iterable[Conversation], losses: Losses, shape: examples.Shape, pool: Any
) -> Iterator[dict[str, Any]]:
    chosen: Conversation | None = None
    for made in rows:
        mark = _mark(made)
        same = chosen is not None and mark.get("pair") == _mark(chosen).get("pair")
        if chosen is not None and same and mark.get("side") == "rejected":
            why = ""
            if _told_of(chosen, shape) != _told_of(made, shape):
                why = "the sides of the pair have different personas"
            elif (row := _row(chosen, made, shape, pool)) is None:
                why = "a side of the pair has nothing to train on"
            else:
                yield row
            for _ in (chosen, made) if why else ():
                losses.leave_out(why)
            chosen = None
            continue
        if chosen is not None or not mark:
            losses.leave_out("no preference speaks of it")
        chosen = made if mark.get("side") == "chosen" else None
    if chosen is not None:
        losses.leave_out("no preference speaks of it")


def _told_of(made: Conversation, shape: examples.Shape) -> tuple[str, ...]:
    """The trained speaker's facts, as far as they are shown."""
    index = int(shape.train_on) - 1
    if shape.persona == "none" or index >= len(made.speakers):
        return ()
    return made.speakers[index].persona


def _row(
    chosen: Conversation, rejected: Conversation, shape: examples.Shape, pool: Any
) -> dict[str, Any] | None:
    best = next(examples.chats(chosen, shape, pool), None)
    if best is None:
        return None
    worst = next(examples.chats(rejected, shape, pool, given=best), None)  # one prompt for both
    if worst is None:
        return None
    good, bad = (examples.as_messages(example)["messages"] for example in (best, worst))
    same = 0
    while same < min(len(good), len(bad)) - 1 and good[same] == bad[same]:
        same += 1
    mark = _mark(chosen)
    return {
        "prompt": good[:same] or [{"role": "system", "content": ""}],
        "chosen": good[same:],
        "rejected": bad[same:],
        **{key: mark.get(key) for key in _WHY},
        "id": mark.get("pair"),
        "chosen_id": outer_id(chosen),
        "rejected_id": outer_id(rejected),
        "split": chosen.split,
        "personas": training.sides(chosen, best.speaker),
    }


def _write(rows: Iterable[Conversation], path: Path, losses: Losses, **options: Any) -> None:
    shape, pool = training.shape_of(options)
    if shape.train_on == "both":
        raise UserError("a preference trains one speaker", fix="give --train-on 1 or 2")
    containers.write_json(path, _rows(rows, losses, shape, pool))


def _decode(row: Shape) -> Iterable[Conversation]:
    prompt = trl.side(row["prompt"], "user") if "prompt" in row else []
    for name in ("chosen", "rejected"):
        told = [*prompt, *trl.side(row[name], "assistant")]
        given = {**row, "id": row.get(f"{name}_id")}
        made = trl.with_personas(decode_messages(told, given), given)
        mark = {"pair": str(row.get("id") or ""), "side": name}
        mark |= {key: row[key] for key in _WHY if row.get(key) is not None}
        yield _marked(made, mark)


PREFERENCE = Format(
    name="trl-preference",
    about="TRL preference: `prompt`, `chosen`, `rejected`, with `reason` and `margin`",
    matches=lambda row: "chosen" in row and "rejected" in row,
    decode=_decode,
    reads=(OF_ROW - {"system"})
    | paths("personas chosen_id rejected_id criterion reason margin")
    | frozenset().union(*(paths(OF_MESSAGE, side) for side in ("prompt", "chosen", "rejected"))),
    write=_write,
    of_run=preferred,
    holds=frozenset({"personas", "id", "split", "preference"}),
    partly="conversations of which no preference speaks are not written",
    options=training.OPTIONS - {"window"},
)
