"""Hints, never said aloud: users whose attributes show only in what they write, and what follows.

Source: Peng et al. 2025, "IP-Dialog: Evaluating Implicit Personalization in Dialogue Systems with
Synthetic Data", arXiv:2506.02449.
Does: users from a grid of twelve attributes under rules -> requests of ten kinds that name none of
them -> for each user and request the attributes that the best answer rests on, and that answer ->
for each of these attributes one round of chat that lets it be told but never states it (written,
judged, improved or written anew) -> a reader answers from the history: which attributes, which
answer; as a control with another user's history, and with the right attributes given.
Differs: a rule refuses a round that states an attribute aloud, before a judge is asked, and what is
said aloud in the end is measured; repeated requests go before anything is paid for them; a request
that names its user's attribute gets another user; ranks are compared item by item; words are
compared by METEOR without synonyms; values are scored over the types found, pooled.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dramaturg import generate, loop, persona
from dramaturg.models import ChatModel, Embedder, capacity
from dramaturg.recipes import hint_readings, hint_requests, hints
from dramaturg.recipes.finish import finished
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.records import derive_seed

NAME = "ip-dialog"
READER = tuple(f"request.answer.{layout}" for layout in generate.LAYOUTS)


@recipe(
    tasks={
        "writer": ("request.write", "request.gold", "round.implicit"),
        "critic": ("judge.reveals", "judge.clashes"),
        "reader": READER,
    },
    estimate=hints.ip_dialog_calls,
    ranges=hints.RANGES,
    example="-n 1000 --out hints",
)
async def ip_dialog(
    writer: ChatModel,
    critic: ChatModel,
    reader: ChatModel,
    embedder: Embedder,
    *,
    grid: Path | None = None,  # JSON: attributes, rules, weights; none = the twelve of the package
    tasks: Path | None = None,  # JSON: kinds of requests; none = the ten of the package
    conversations: int = 1_000,  # items: a user, a request, a history (paper: 1,000 for the test)
    tries: int = 4,  # for a round: written, improved, written anew, improved
    duplicate_at: float = 0.9,  # cosine above which a request counts as asked already
    layout: Literal["none", "direct", "filter", "types", "all", "task_related"] = "task_related",
    controls: bool = True,  # read also with another's history, and with the right attributes
    seed: int = 13,
) -> Made:
    world, kinds = persona.load_grid(grid), generate.load_request_kinds(tasks)

    async def write(cell: hint_requests.Cell) -> list[generate.Request]:
        own = derive_seed(seed, cell.kind.name, cell.domain, cell.number)
        return await generate.write_requests(
            writer, cell.kind, cell.domain, count=cell.count, seed=own
        )

    async def hint(asked: hint_requests.Asked) -> hints.HintItem:
        return await hints.hint_item(writer, critic, world, asked, tries=tries, seed=seed)

    cells = hint_requests.plan_cells(kinds, conversations)
    wrote = await loop.each(cells, write, at_once=capacity(writer), step="requests", kind="request")
    written = [request for some in wrote.results for request in some]
    requests = await hint_requests.without_repeats(written, embedder, duplicate_at)
    users = persona.from_grid(world, 2 * conversations, seed=seed)
    asked = hint_requests.pair_up(requests, users, world, conversations if wrote.cut is None else 0)
    made = await loop.each(asked, hint, at_once=capacity(writer, critic), step="histories")
    talks = [hints.as_conversation(item, NAME, writer.ref, seed) for item in made.results]
    items = hints.in_splits(made.results, talks, seed=seed)
    read = await hint_readings.read_items(
        reader, items if made.cut is None else [], world, kinds, layout,
        controls=controls, seed=seed,
    )  # fmt: skip
    judges = dict.fromkeys(("reveals prompt-1", "clashes prompt-1"), critic.ref)
    who = f"{reader.ref}, {layout}"
    return finished(
        talks, hints.cast_of(items, users), asked=conversations, seed=seed,
        tables={"items": items},
        figures=hint_readings.hint_figures(items, world, read, critic.ref, who),
        critics=judges,
        steps={"written": len(written), "requests": len(requests), "asked": len(asked)},
        cut=loop.cut_of(wrote, made, read),
    )  # fmt: skip
