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
from dramaturg.dataset.formats.base import Format, Losses, Shape
from dramaturg.dataset.formats.messages import decode_messages
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Preference, from_json
from dramaturg.store import RunFolder

_WHY = ("criterion", "reason", "margin")


def preferred(path: Path) -> Iterator[Conversation]:
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
            row = _row(chosen, made, shape, pool)
            if row is None:
                losses.leave_out("a side of the pair has nothing to train on")
            else:
                yield row
            chosen = None
            continue
        if chosen is not None or not mark:
            losses.leave_out("no preference speaks of it")
        chosen = made if mark.get("side") == "chosen" else None
    if chosen is not None:
        losses.leave_out("no preference speaks of it")


def _row(
    chosen: Conversation, rejected: Conversation, shape: examples.Shape, pool: Any
) -> dict[str, Any] | None:
    told = [next(iter(examples.chats(made, shape, pool)), None) for made in (chosen, rejected)]
    if told[0] is None or told[1] is None:
        return None
    good, bad = (examples.as_messages(example)["messages"] for example in told if example)
    if good[0]["role"] == bad[0]["role"] == "system":
        bad[0] = good[0]  # one prompt: distractors are drawn for each draft
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
        "chosen_id": chosen.id,
        "rejected_id": rejected.id,
        "split": chosen.split,
        "personas": training.sides(chosen, told[0].speaker),
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
    write=_write,
    of_run=preferred,
    holds=frozenset({"personas", "split", "preference"}),
    partly="conversations of which no preference speaks are not written",
    options=training.OPTIONS - {"window"},
)
