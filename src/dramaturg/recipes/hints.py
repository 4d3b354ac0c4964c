"""Items of hidden attributes: the gold answer, and a round of chat for each thing it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import dataset, generate, scorers
from dramaturg.errors import ReplyError
from dramaturg.generate import Round
from dramaturg.loop import Check, until_passes
from dramaturg.models import ChatModel
from dramaturg.persona import Grid
from dramaturg.recipes.hint_requests import Asked, plan_cells, spoken
from dramaturg.recipes.recipe import Step
from dramaturg.records import (
    Conversation,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)

ANY = 10**9
RANGES = {
    "conversations": (1, ANY),
    "tries": (1, ANY),
    "duplicate_at": (0, 1),
}


class HintItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the benchmark.

    Attributes:
        kind, form: Of the request, and how its answer is scored.
        attributes: All that is true of the user.
        related: What the answer rests on; for each there is one round of the history.
        told: Their names in the order of the rounds, most weighty first.
        history: Rounds of (user, assistant).
        tries: How often each round was written.
        refused: Why tries were refused, by class.
    """

    person: str
    kind: str
    form: str
    domain: str
    request: str
    attributes: dict[str, str]
    related: dict[str, str]
    told: tuple[str, ...]
    analysis: str
    answer: tuple[str, ...]
    history: tuple[Round, ...]
    tries: tuple[int, ...]
    refused: dict[str, int]
    split: str = ""
    id: str = ""


async def hint_round(
    writer: ChatModel,
    critic: ChatModel,
    grid: Grid,
    attributes: Mapping[str, str],
    related: Mapping[str, str],
    name: str,
    earlier: Sequence[Round],
    *,
    tries: int,
    seed: int,
) -> tuple[Round, int, Counter[str]]:
    """A round from which one attribute can be told, that states none and denies none.

    A try that does not do is improved once with what was wrong with it, then written anew, and so
    on in turn. A try that cannot be read, or not judged, is one that does not do.

    Returns:
        The round, how many tries it took, and why tries were refused, by class.

    Raises:
        ReplyError: If no try did; its kind is what was wrong with the last one.
    """
    last: list[Round | str] = []  # each try, or why it could not be read

    async def make(attempt: int, complaints: Sequence[str]) -> Round | str:
        before = last[-1] if last and attempt % 2 else None
        try:
            answer = await generate.implicit_round(
                writer, attributes, name, earlier=earlier,
                previous=before if isinstance(before, tuple) else None,
                complaints=complaints[-1:] if attempt % 2 else complaints,
                seed=derive_seed(seed, "round", name, attempt),
            )  # fmt: skip
            last.append(answer.value)
        except ReplyError as error:
            last.append(f"unreadable: {error.what}")
        return last[-1]

    async def silent(said: Round | str) -> Check:
        if isinstance(said, str):
            return Check(False, said)
        aloud = spoken(grid, related, said)
        return Check(not aloud, f"said aloud: it states {', '.join(aloud)}")

    async def judged(said: Round | str) -> Check:
        try:
            return await _judged(critic, grid, attributes, name, earlier, said, seed, len(last))
        except ReplyError as error:
            return Check(False, f"not judged: {error.what}")

    made = await until_passes(make, [silent, judged], tries=tries)
    refused = Counter(why.partition(":")[0] for why in made.complaints)
    if not isinstance(made.value, tuple):
        kind, _, what = made.complaints[-1].partition(": ")
        raise ReplyError(f"{name} after {made.tries} tries: {what}", kind=kind)
    return made.value, made.tries, refused


async def _judged(
    critic: ChatModel,
    grid: Grid,
    attributes: Mapping[str, str],
    name: str,
    earlier: Sequence[Round],
    said: Round | str,
    seed: int,
    number: int,
) -> Check:
    """Whether a round tells its attribute and, where it does, goes against none."""
    assert isinstance(said, tuple), "a try that could not be read is refused before"
    others = [v for v in grid.attributes[name] if v != attributes[name]]
    own = derive_seed(seed, "judge", name, number)
    told = await scorers.reveals(critic, [said], name, attributes[name], others, seed=own)
    if not told.yes:
        return Check(False, f"not told: {name} {attributes[name]} does not show; {told.why}")
    denied = await scorers.clashes(critic, [*earlier, said], attributes, seed=own)
    return Check(not denied.yes, f"clash: {denied.why}")


async def hint_item(
    writer: ChatModel, critic: ChatModel, grid: Grid, asked: Asked, *, tries: int, seed: int
) -> HintItem:
    """Gold first, then one round for each attribute that the answer rests on, in order.

    Raises:
        ReplyError: If an attribute could not be hinted at: an item has a round for every one.
    """
    own = derive_seed(seed, asked.id)
    gold = await generate.answer_for(
        writer, asked.attributes, asked.request, seed=own, about=asked.id
    )
    history: list[Round] = []
    spent: list[int] = []
    refused: Counter[str] = Counter()
    for name in gold.attributes:
        made, took, why = await hint_round(
            writer, critic, grid, asked.attributes, gold.attributes, name, history,
            tries=tries, seed=own,
        )  # fmt: skip
        history.append(made)
        spent.append(took)
        refused += why
    return HintItem(
        person=asked.user.id,
        kind=asked.request.kind.name,
        form=asked.request.kind.answer,
        domain=asked.request.domain,
        request=asked.request.text,
        attributes=asked.attributes,
        related=gold.attributes,
        told=tuple(gold.attributes),
        analysis=gold.analysis,
        answer=gold.answer,
        history=tuple(history),
        tries=tuple(spent),
        refused=dict(sorted(refused.items())),
        id=asked.id,
    )


def as_conversation(item: HintItem, recipe: str, writer: str, seed: int) -> Conversation:
    """The history of an item as a conversation; the scene holds the request and its gold.

    The user's attributes stand in the scene and not as facts of the speaker: users of a grid share
    most of their values, and are different people all the same.
    """
    said = [(who, text) for rounds in item.history for who, text in enumerate(rounds)]
    scene = {"task": item.kind, "domain": item.domain, "request": item.request}
    return Conversation(
        scene_id=item.id,
        scene={
            **scene,
            "attributes": item.attributes,
            "related": item.related,
            "told": list(item.told),
        },
        speakers=(Speaker(name="User", persona_id=item.person), Speaker(name="Assistant")),
        turns=tuple(Turn(speaker=who, text=text) for who, text in said),
        provenance=Provenance(recipe=recipe, models={"writer": writer}, seed=seed),
    )


def in_splits(
    items: Sequence[HintItem], talks: Sequence[Conversation], *, seed: int
) -> list[HintItem]:
    """The items, each in the split that its history as a conversation will be in.

    Args:
        talks: The histories as conversations, in the order of the items.
    """
    split = dataset.apart_by_persona(talks, seed=seed).by_id if talks else {}
    return [
        msgspec.structs.replace(item, split=split[talk.id])
        for item, talk in zip(items, talks, strict=True)
    ]


def cast_of(items: Sequence[HintItem], users: Sequence[Persona]) -> list[Persona]:
    """The users who ask something, in their order."""
    used = {item.person for item in items}
    return [user for user in users if user.id in used]


def ip_dialog_calls(s: Mapping[str, Any], _: int) -> list[Step]:
    """Three and a half attributes an item, each round written 1.3 times."""
    kinds = generate.load_request_kinds(s["tasks"])
    n = s["conversations"]
    rounds = round(3.5 * n)
    readings = 0 if s["layout"] == "none" else n * (3 if s["controls"] else 1)
    return [
        Step("requests", "writer", len(plan_cells(kinds, n)), 260, 160, "request.write"),
        Step("gold answers", "writer", n, 330, 130, "request.gold"),
        Step("rounds", "writer", round(1.3 * rounds), 420, 80, "round.implicit"),
        Step("told?", "critic", round(1.2 * rounds), 230, 30, "judge.reveals"),
        Step("clashes?", "critic", rounds, 400, 30, "judge.clashes"),
        Step("readings", "reader", readings, 700, 150, "request.answer"),
    ]
