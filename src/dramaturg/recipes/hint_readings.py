"""What a reader makes of hints: the answers under each condition, and the figures of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from dramaturg import evaluate, generate
from dramaturg.generate import Layout, PersonalAnswer, Request, RequestKind
from dramaturg.loop import each
from dramaturg.models import ChatModel, capacity
from dramaturg.persona import Grid
from dramaturg.recipes.finish import figure
from dramaturg.recipes.hint_requests import spoken
from dramaturg.recipes.hints import HintItem


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's answers to all items, in order, under one condition; None where there was none."""

    condition: str
    answers: tuple[PersonalAnswer | None, ...]


class HintReadings(msgspec.Struct, frozen=True, kw_only=True):
    """All readings, and what cut them off."""

    readings: tuple[Reading, ...] = ()
    cut: Any = None


async def read_items(
    reader: ChatModel,
    items: Sequence[HintItem],
    grid: Grid,
    kinds: Sequence[RequestKind],
    layout: Layout | Literal["none"],
    *,
    controls: bool,
    seed: int,
) -> HintReadings:
    """What a reader answers from each item's history, and under the controls.

    Controls: with the history of the next item (another user's), where attributes can only be
    found by chance; and with the right attributes given, where nothing is lost in finding them.
    """
    if layout == "none" or not items:
        return HintReadings()
    by_name = {kind.name: kind for kind in kinds}
    places = {item.id: at for at, item in enumerate(items)}

    def request(item: HintItem) -> Request:
        return Request(kind=by_name[item.kind], domain=item.domain, text=item.request)

    async def own(item: HintItem) -> PersonalAnswer:
        return await generate.personal_answer(
            reader, request(item), item.history, grid.attributes,
            layout=layout, seed=seed, about=item.id,
        )  # fmt: skip

    async def swapped(item: HintItem) -> PersonalAnswer:
        other = items[(places[item.id] + 1) % len(items)]
        return await own(msgspec.structs.replace(item, history=other.history))

    async def given(item: HintItem) -> PersonalAnswer:
        right = {name: (value,) for name, value in item.related.items()}
        return await generate.personal_answer(
            reader, request(item), item.history, right, layout="gold", seed=seed, about=item.id
        )

    works = {"own history": own}
    if controls and len(items) > 1:
        works["another's history"] = swapped
    if controls:
        works["attributes given"] = given
    found: list[Reading] = []
    for name, work in works.items():
        done = await each(
            items, work, at_once=capacity(reader), step=f"read: {name}", kind="reading"
        )
        if done.cut is not None:
            return HintReadings(readings=tuple(found), cut=done.cut)
        by_place = dict(zip(done.indexes, done.results, strict=True))
        answers = tuple(by_place.get(at) for at in range(len(items)))
        found.append(Reading(condition=name, answers=answers))
    return HintReadings(readings=tuple(found))


def hint_figures(
    items: Sequence[HintItem],
    grid: Grid,
    read: HintReadings,
    critic: str,
    reader: str,
) -> list[dict[str, Any]]:
    """How implicit the histories are, what a constant answer gets, and how a reader does.

    Args:
        critic, reader: Who judged the rounds, and who answered, as figures name them.
    """
    if not items:
        return []
    values = sum(len(item.related) for item in items)
    aloud = sum(
        len(spoken(grid, item.related, [user for user, _ in item.history])) for item in items
    )
    tried = sum(sum(item.tries) for item in items)
    rows = [
        figure("rounds", values / len(items), n=len(items), unit="an item", scorer="count"),
        figure("said aloud", aloud / values, n=values, unit="share of the attributes",
               scorer="whole words"),
        figure("tries", tried / values, n=values, unit="a round that was kept", scorer=critic),
    ]  # fmt: skip
    for why, count in sorted(sum((Counter(i.refused) for i in items), Counter()).items()):
        rows.append(
            figure(f"tries refused, {why}", count / tried, n=tried, unit="share", scorer=critic)
        )
    yes = [item.answer == ("yes",) for item in items if item.form == "yes or no"]
    if yes:
        share = sum(yes) / len(yes)
        rows.append(
            figure("always yes", share, n=len(yes), unit="share right", scorer="a constant")
        )
    for one in read.readings:
        rows += _reading_figures(items, one, reader)
    return rows


def _reading_figures(items: Sequence[HintItem], one: Reading, scorer: str) -> list[dict[str, Any]]:
    """Attributes and answers under one condition; an item without an answer scores 0."""
    told = f"with {one.condition}"
    empty = PersonalAnswer(attributes={}, analysis="", answer=())
    answers = [answer or empty for answer in one.answers]
    rows = []
    if any(answer.attributes for answer in answers):
        found = evaluate.attribute_scores(
            [item.related for item in items], [answer.attributes for answer in answers]
        )
        right = found.value_given_type
        rows += [
            figure(f"attribute types, {told}", found.type_f1, n=found.n, unit="F1", scorer=scorer),
            figure(f"values of the types found, {told}", right.value or 0.0, n=right.n,
                   unit="share right", scorer=scorer),
        ]  # fmt: skip
    scores: dict[str, list[float]] = {}
    for item, answer in zip(items, answers, strict=True):
        scores.setdefault(item.kind, []).append(
            evaluate.answer_score(
                item.form, item.answer, answer.answer,
                right_analysis=item.analysis, found_analysis=answer.analysis,
            )
        )  # fmt: skip
    means = {kind: sum(some) / len(some) for kind, some in scores.items()}
    rows.append(
        figure(f"answers, {told}", sum(means.values()) / len(means), n=len(items),
               unit="mean over the kinds", scorer=scorer)
    )  # fmt: skip
    for kind, some in scores.items():
        rows.append(
            figure(f"{kind}, {told}", means[kind], n=len(some), unit="score", scorer=scorer)
        )
    lost = sum(answer is None for answer in one.answers)
    rows.append(figure(f"no answer, {told}", lost, n=len(items), unit="items", scorer=scorer))
    return rows
