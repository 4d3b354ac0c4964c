"""Ask a model every item of an inventory, each in a call of its own, as often as wanted.

Items asked together answer each other, so each stands alone; options are shown in another order
at each draw and read back.

Source: the repeated administration follows Li et al. 2024, arXiv:2410.16491.
Differs: one item a call and shuffled options, where the paper asks all items of a questionnaire at
once with numbers in a fixed order.
"""

from __future__ import annotations

import string
from collections.abc import Mapping

import msgspec

from dramaturg.errors import BackendError, ReplyError
from dramaturg.evaluate.inventory.items import Inventory, Item
from dramaturg.evaluate.inventory.order import option_order
from dramaturg.evaluate.inventory.reply import Read, State, read_answer
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Drop, content_id, derive_seed
from dramaturg.scorers import costs_one_item, lost_call, together
from dramaturg.store import notes

_LETTERS = string.ascii_uppercase


class ItemInput(msgspec.Struct, frozen=True, kw_only=True):
    """One item for one subject.

    Attributes:
        who: What the model is told it is, "" for the model as it comes.
        options: As shown.
    """

    who: str
    statement: str
    options: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a subject said to an item in one draw.

    Attributes:
        subject: Whom the model played; "" for the model as it comes.
        item, scale: The item's id and scale.
        order: Positions of the options as they were shown.
        state: A `State`: "answered", or why there is no value.
        value: The option's value as printed, before a reversed item is turned round.
    """

    subject: str
    inventory: str
    item: str
    scale: str
    draw: int
    order: tuple[int, ...]
    state: str
    value: int | None = None
    why: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.subject, self.inventory, self.item, self.draw]
            msgspec.structs.force_setattr(self, "id", content_id("a", content))


def item_task() -> Task[ItemInput, Read]:
    """The task "inventory.answer": what cannot be read, or opens with a refusal, is asked again."""

    def fill(inputs: ItemInput) -> Mapping[str, str]:
        lines = [f"{_LETTERS[i]}. {words}" for i, words in enumerate(inputs.options)]
        who = f"You are this person:\n<you>\n{quote(inputs.who)}\n</you>" if inputs.who else ""
        return {"who": who, "statement": quote(inputs.statement), "options": "\n".join(lines)}

    def parse(reply: str, inputs: ItemInput) -> Read:
        read = read_answer(reply, inputs.options)
        if read.state == "unparsed":
            raise ReplyError(f"the reply cannot be read: {read.why}", kind="unparsed")
        return read

    return Task(
        name="inventory.answer",
        prompt=load("dramaturg.evaluate.inventory", "item"),
        fill=fill,
        parse=parse,
        sampling=Sampling(temperature=1.0, top_k=None, max_tokens=32),
        cut="fine",
    )


async def administer(
    model: ChatModel,
    inventory: Inventory,
    *,
    who: str = "",
    subject: str = "",
    draws: int = 1,
    seed: int,
) -> list[Answer]:
    """The answers of one subject, draw by draw in the order of the items.

    An answer whose call got no reply is in state "lost", and noted as a Drop of kind "answer": a
    run that has one is not finished, and asks for it again.

    Args:
        who: Whom to play, in the second person; "" asks the model as it comes.
        draws: How often every item is asked; an even number balances the places of the options.

    Raises:
        BackendError: If the model cannot be used at all.
    """
    task = item_task()
    work = (
        _one(model, task, inventory, item, who, subject, draw, seed)
        for draw in range(draws)
        for item in inventory.items
    )
    answers = await together(work)
    for one in answers:
        if one.state == "lost":
            notes.note(Drop(kind="answer", reason=one.why, subject=one.id))
    return answers


async def _one(
    model: ChatModel,
    task: Task[ItemInput, Read],
    inventory: Inventory,
    item: Item,
    who: str,
    subject: str,
    draw: int,
    seed: int,
) -> Answer:
    order = option_order(len(inventory.options), item.id, draw, seed=seed)
    inputs = ItemInput(
        who=who,
        statement=inventory.statement(item),
        options=tuple(inventory.options[position] for position in order),
    )
    own_seed = derive_seed(seed, "inventory", subject, item.id, draw)
    try:
        answer = await ask(model, task, inputs, seed=own_seed, about=subject or inventory.name)
        read = answer.value
    except ReplyError as error:
        state: State = "refused" if error.kind == "refusal" else "unparsed"
        read = Read(state=state, why=f"{error.kind}: {error.what}")
    except BackendError as error:
        if not costs_one_item(error):
            raise
        read = Read(state="lost", why=lost_call(error))
    return Answer(
        subject=subject,
        inventory=inventory.name,
        item=item.id,
        scale=item.scale,
        draw=draw,
        order=order,
        state=read.state,
        value=None if read.place is None else inventory.lowest + order[read.place],
        why=read.why,
    )
