"""Turn conversations into training sequences: token ids with a loss weight for each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import FACT_TOKENS, Control, Ids
from dramaturg.train.embedded.selffacts import as_fact, roughened, statements
from dramaturg.train.embedded.sources import Source
from dramaturg.train.embedded.tasks import Tasks

Encode = Callable[[str], Ids]
Example = tuple[Ids, list[float]]

SELF_SHARE = 0.40  # of the turns with a statement, how many get it as their slot
LISTED_SHARE = 0.15  # and how many have it in the profile only
SLOTS = 4  # self facts of one speaker in one conversation
SLOT_WEIGHT = 0.5  # of the loss on the words inside a slot
OPEN_SHARE = 0.10  # of the conversations, without the token that tells how grounded they are
BLIND_SHARE = 0.08  # of the conversations, without profiles and slots: guidance compares with them


def conversation(source: Source, encode: Encode, rng: random.Random) -> Example:
    """One conversation with slots, drawn anew at each call; at most the context long."""
    slots: dict[int, str] = {}
    listed: tuple[list[str], list[str]] = ([], [])
    taken = [0, 0]
    for number, (who, text) in enumerate(source.turns):
        if number in source.grounded:
            fact = source.grounded[number]
            listed[who].append(fact)
            if rng.random() < 0.9:
                slots[number] = fact
            continue
        chance = rng.random()
        if chance < SELF_SHARE + LISTED_SHARE and taken[who] < SLOTS:
            said = statements(text)
            fact = as_fact(rng.choice(said), rng) if said else ""
            if fact and fact not in listed[who]:
                taken[who] += 1
                listed[who].append(fact)
                if chance < SELF_SHARE:
                    slots[number] = fact
    close = rng.random() < 0.5
    if rng.random() < BLIND_SHARE:
        return lay_out(source, [[], []], {}, encode, close=close)
    facts = [_profile(source.facts[who], listed[who], rng) for who in (0, 1)]
    told = (len(listed[0]) + len(listed[1])) / len(source.turns)
    grounding = None if rng.random() < OPEN_SHARE else told
    return lay_out(source, facts, slots, encode, close=close, grounding=grounding)


def as_it_is(source: Source, encode: Encode, *, slots: bool) -> Example:
    """The conversation with its own profiles, for measuring; slots where a fact is truly said."""
    chosen = source.grounded if slots else {}
    return lay_out(source, list(source.facts), chosen, encode, close=False)


def lay_out(
    source: Source,
    facts: list[list[str]],
    slots: dict[int, str],
    encode: Encode,
    *,
    close: bool,
    grounding: float | None = None,
) -> Example:
    """Ids and loss weights of a conversation; cut at a turn when longer than the context."""
    coded = [[encode(fact)[:FACT_TOKENS] for fact in side] for side in facts]
    ids = formats.header(
        coded[0], coded[1], style=source.style, turns=len(source.turns), grounding=grounding
    )
    weights = [0.0] * len(ids)
    for number, (who, text) in enumerate(source.turns):
        turn: Ids = []
        turn_weights: list[float] = []
        if close and number >= max(2, len(source.turns) - formats.CLOSING_TURNS):
            turn.append(Control.CLOSE)
            turn_weights.append(0.0)
        turn.append(formats.speaker(who))
        turn_weights.append(1.0)
        if number in slots:
            slot = encode(slots[number])[:FACT_TOKENS]
            turn += [Control.FACT, *slot]
            turn_weights += [1.0] + [SLOT_WEIGHT] * len(slot)
        words = encode(text)
        turn += [Control.SAY, *words]
        turn_weights += [1.0] * (len(words) + 1)
        if len(ids) + len(turn) >= formats.Sizes.context:
            return ids, weights
        ids += turn
        weights += turn_weights
    return [*ids, int(Control.EOS)], [*weights, 1.0]


def epoch(sources: list[Source], tasks: Tasks, encode: Encode, seed: str) -> Iterator[Example]:
    """Every example of one epoch, in source order."""
    rng = random.Random(seed)
    for source in sources:
        for _ in range(int(source.weight + rng.random())):
            yield conversation(source, encode, rng)
    for prompt, reply in tasks.draw(encode, rng):
        yield [*prompt, *reply, int(Control.EOS)], [0.0] * len(prompt) + [1.0] * (len(reply) + 1)


def _profile(own: list[str], listed: list[str], rng: random.Random) -> list[str]:
    """The facts that are told, with others of the profile, shuffled."""
    facts = list(listed)
    rest = [fact for fact in own if fact not in listed]
    rng.shuffle(rest)
    size = max(len(facts), rng.choice((3, 4, 5, 5, 6)))
    facts += [roughened(fact, rng) for fact in rest[: size - len(facts)]]
    rng.shuffle(facts)
    return facts
