"""What the recipe of hidden attributes is made of beside the rooms: plan, rounds, readings."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from dramaturg import dataset, evaluate, generate, persona, scorers
from dramaturg.errors import ReplyError
from dramaturg.generate import Layout, PersonalAnswer, Request, RequestKind, Round
from dramaturg.loop import Check, each, until_passes
from dramaturg.models import ChatModel, Embedder, capacity
from dramaturg.persona import Grid
from dramaturg.recipes.finish import figure
from dramaturg.recipes.recipe import Step
from dramaturg.records import (
    Conversation,
    Drop,
    Persona,
    Provenance,
    Speaker,
    Turn,
    content_id,
    derive_seed,
)
from dramaturg.store import notes

ANY = 10**9
SPARE = 1.25  # requests written for each that is wanted: some repeat, some give a user away
MOST_A_CALL = 10
RANGES = {
    "conversations": (1, ANY),
    "tries": (1, ANY),
    "duplicate_at": (0, 1),
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A user and the request that this user makes."""

    user: Persona
    request: Request

    @property
    def id(self) -> str:
        """Of both together."""
        return content_id("i", [self.user.id, self.request.text])

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes of the user."""
        return dict(self.user.views["attributes"])


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


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """So many requests of one kind in one field of life are to be written, in one call."""

    kind: RequestKind
    domain: str
    count: int
    number: int

    @property
    def id(self) -> str:
        """What a drop calls it."""
        return f"{self.kind.name}, {self.domain}"


def plan_cells(kinds: Sequence[RequestKind], count: int) -> list[Cell]:
    """The calls that write enough requests for `count` items, kinds and fields equally."""
    wanted = math.ceil(SPARE * count / len(kinds))
    cells: list[Cell] = []
    for kind in kinds:
        left = wanted
        for number, domain in enumerate(itertools.cycle(kind.domains)):
            if left <= 0:
                break
            rounds = math.ceil(wanted / len(kind.domains) / MOST_A_CALL)
            size = min(left, math.ceil(wanted / len(kind.domains) / rounds))
            cells.append(Cell(kind=kind, domain=domain, count=size, number=number))
            left -= size
    return cells


async def without_repeats(
    requests: Sequence[Request], embedder: Embedder, duplicate_at: float
) -> list[Request]:
    """Each request that no earlier one says already, by words or cosine; the others are noted."""
    if not requests:
        return []
    seen = persona.Seen(duplicate_at)
    texts = [request.text for request in requests]
    kept: list[Request] = []
    for request, (same, cosine) in zip(
        requests, seen.take(texts, await embedder.embed(texts)), strict=True
    ):
        if same:
            reason = f"duplicate: {same[:80]!r} says it (cosine {cosine:.2f})"
            notes.note(Drop(kind="request", reason=reason, subject=request.text))
        else:
            kept.append(request)
    return kept


def pair_up(
    requests: Sequence[Request], users: Sequence[Persona], grid: Grid, count: int
) -> list[Asked]:
    """A user for each request, kinds in turn, so that no request names what its user is.

    A request that says aloud an attribute of every user at hand is noted as dropped.
    """
    by_kind: dict[str, list[Request]] = {}
    for request in requests:
        by_kind.setdefault(request.kind.name, []).append(request)
    waiting = list(reversed(users))
    paired: list[Asked] = []
    for request in filter(None, itertools.chain(*itertools.zip_longest(*by_kind.values()))):
        if len(paired) == count or not waiting:
            break
        for place in range(len(waiting) - 1, max(-1, len(waiting) - 33), -1):
            if not spoken(grid, waiting[place].views["attributes"], [request.text]):
                paired.append(Asked(user=waiting.pop(place), request=request))
                break
        else:
            reason = "said aloud: it names an attribute of each user tried"
            notes.note(Drop(kind="request", reason=reason, subject=request.text))
    return paired


def spoken(grid: Grid, attributes: Mapping[str, str], texts: Sequence[str]) -> list[str]:
    """The attributes, of those given, that are stated in the texts, each with the words."""
    found = []
    for name, value in attributes.items():
        words = scorers.said_aloud(grid.words_for(name, value), texts)
        if words:
            found.append(f"{name} ({words[0]})")
    return found


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
    on in turn.

    Returns:
        The round, how many tries it took, and why tries were refused, by class.

    Raises:
        ReplyError: If no try did; its kind is what was wrong with the last one.
    """
    last: list[Round] = []

    async def make(attempt: int, complaints: Sequence[str]) -> Round:
        answer = await generate.implicit_round(
            writer, attributes, name, earlier=earlier,
            previous=last[-1] if attempt % 2 else None,
            complaints=complaints[-1:] if attempt % 2 else complaints,
            seed=derive_seed(seed, "round", name, attempt),
        )  # fmt: skip
        last.append(answer.value)
        return answer.value

    async def silent(said: Round) -> Check:
        aloud = spoken(grid, related, said)
        return Check(not aloud, f"said aloud: it states {', '.join(aloud)}")

    async def telling(said: Round) -> Check:
        others = [v for v in grid.attributes[name] if v != attributes[name]]
        own = derive_seed(seed, "reveals", name, len(last))
        found = await scorers.reveals(critic, [said], name, attributes[name], others, seed=own)
        return Check(found.yes, f"not told: {name} {attributes[name]} does not show; {found.why}")

    async def agreeing(said: Round) -> Check:
        own = derive_seed(seed, "clashes", name, len(last))
        found = await scorers.clashes(critic, [*earlier, said], attributes, seed=own)
        return Check(not found.yes, f"clash: {found.why}")

    made = await until_passes(make, [silent, telling, agreeing], tries=tries)
    refused = Counter(why.partition(":")[0] for why in made.complaints)
    if made.value is None:
        kind, _, what = made.complaints[-1].partition(": ")
        raise ReplyError(f"{name} after {made.tries} tries: {what}", kind=kind)
    return made.value, made.tries, refused


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
