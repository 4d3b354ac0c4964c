"""What a reader makes of questions about lives: replies under each condition, and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg import evaluate, generate, profile
from dramaturg.evaluate import HistoryTurn
from dramaturg.loop import Done, each
from dramaturg.models import ChatModel, capacity
from dramaturg.recipes.finish import figure
from dramaturg.recipes.lives import Life
from dramaturg.records import OptionQuestion


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """Replies of a reader to all questions, in order, by what it was shown; None = no reply."""

    replies: dict[str, tuple[str | None, ...]]
    cut: Any = None


async def readings(
    reader: ChatModel,
    questions: Sequence[OptionQuestion],
    lives: Done[Life],
    read: str,
    *,
    seed: int,
) -> Readings:
    """What a reader answers without the histories, and with them up to each question.

    Args:
        read: "nothing", "without" (the histories) or "both". Nothing is read where the work was
            cut off before.
    """
    histories = {life.history.id: life.history for life in lives.results}

    async def blind(question: OptionQuestion) -> str | None:
        return await _reply(reader, question, (), seed)

    async def seeing(question: OptionQuestion) -> str | None:
        return await _reply(reader, question, histories[question.history].turns, seed)

    replies: dict[str, tuple[str | None, ...]] = {}
    works = {"without the history": blind, "with the history": seeing}
    for name, work in list(works.items())[: {"nothing": 0, "without": 1, "both": 2}[read]]:
        if lives.cut is None and questions:
            done = await each(
                questions, work, at_once=capacity(reader), step=f"read {name}", kind="reading"
            )
            if done.cut is not None:
                return Readings(replies=replies, cut=done.cut)
            found = dict(zip(done.indexes, done.results, strict=True))
            replies[name] = tuple(found.get(i) for i in range(len(questions)))
    return Readings(replies=replies)


async def _reply(
    reader: ChatModel, question: OptionQuestion, turns: Sequence[HistoryTurn], seed: int
) -> str | None:
    shown = [(turn.role, turn.text) for turn in turns[: question.ends]]
    return await generate.choose_option(reader, question, shown, seed=seed)


def counts(lives: Sequence[Life]) -> dict[str, Any]:
    """What was told, in numbers."""
    events = [event for life in lives for event in life.events]
    return {
        "lives": len(lives),
        "events": len(events),
        "changes": profile.count_changes(events),
        "sessions": sum(len(life.sessions) for life in lives),
        "tokens of the histories": sum(life.history.tokens for life in lives),
    }


def option_figures(
    lives: Sequence[Life],
    questions: Sequence[OptionQuestion],
    readings: Readings,
    reader: str,
) -> list[dict[str, Any]]:
    """What the options give away, and how a reader does without and with the histories.

    Args:
        reader: Reference of the model that read.
    """
    if not questions:
        return []
    texts = {life.history.id: [turn.text for turn in life.history.turns] for life in lives}
    found = evaluate.check_options(questions, texts)
    later = [event for life in lives for event in life.events if event.period != "past"]
    turned = profile.count_changes(later) / len(later) if later else 0.0
    rows = [
        figure("changes", turned, n=len(later), unit="share of a period's events", scorer="count"),
        figure("chance", found.chance, n=found.n, unit="share right", scorer="guessing"),
    ]
    if found.p is not None:
        told = "chi-square, every letter right equally often"
        rows.append(figure("letters", found.p, n=found.n, unit="p", scorer=told))
    for name, share in found.readers.items():
        rows.append(
            figure(name, share.value or 0.0, n=share.n, unit="share right", scorer="a rule")
        )
    for condition, replies in readings.replies.items():
        scores = evaluate.score_options(questions, replies)
        parts = {"": scores.right, **{f", {k}": v for k, v in scores.by_kind.items()}}
        parts |= {f", {k} sessions ago": v for k, v in scores.by_distance.items()}
        for name, share in parts.items():
            rows.append(
                figure(
                    f"{condition}{name}", share.value or 0.0, n=share.n, unit="share right",
                    scorer=reader,
                )
            )  # fmt: skip
        lost = found.n - scores.states.get("chosen", 0)
        rows.append(
            figure(f"{condition}, no option read", lost, n=found.n, unit="replies", scorer=reader)
        )
    return rows
