"""Questions outside a profile out of a file, and what is made of them as conversations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from dramaturg import dataset, evaluate, generate, scorers
from dramaturg.models import ChatModel, Embedder, NLIModel
from dramaturg.records import (
    Conversation,
    Drop,
    Evidence,
    ExtendedProfile,
    Fact,
    Grounding,
    OutOfProfile,
    Persona,
    Provenance,
    Scene,
    Speaker,
    Turn,
    content_id,
    derive_seed,
)
from dramaturg.store import notes


async def read_questions(
    turns: Path | None,
    pool: Path | None,
    embedder: Embedder,
    most: int,
    uses_at: float,
    seed: int,
) -> tuple[list[OutOfProfile], list[Fact]]:
    """At most so many questions, and the facts to choose from.

    Ready items come before those that are made of conversations.

    Raises:
        UserError: If a file cannot be used.
    """
    given = dataset.load_turns(turns) if turns else dataset.Turns([], generate.starter_pool())

    async def attribute(replies: Sequence[str], facts: Sequence[Sequence[str]]) -> list[int | None]:
        found = await scorers.attribute(replies, facts, embedder=embedder, threshold=uses_at)
        return [one.only for one in found]

    made = await evaluate.out_of_profile(
        given.conversations, attribute, most=max(0, most - len(given.items)), seed=seed
    )
    items = [*given.items[:most], *made]
    if len(items) < most:
        reason = f"too few: {len(items)} questions of {most}: other turns use no fact, or several"
        notes.note(Drop(kind="question", reason=reason, subject=turns.name if turns else "starter"))
    if pool is not None:
        loaded = dataset.load_personas(pool, one_will_do=True)
        for drop in loaded.drops:
            notes.note(drop)
        return items, loaded.facts
    said = [text for item in given.items for text in item.whole]
    said += [text for talk in given.conversations for s in talk.speakers for text in s.persona]
    return items, [Fact(text=text) for text in dict.fromkeys(said)]


def as_conversations(
    rows: Sequence[ExtendedProfile], writer: ChatModel, nli: NLIModel, *, seed: int
) -> tuple[list[Conversation], list[Persona], list[ExtendedProfile]]:
    """For each question a conversation with the extended reply, whose it is, and the row again."""
    both = [_as_conversation(row, writer, nli, seed=seed) for row in rows]
    named = [
        msgspec.structs.replace(row, conversation=talk.id)
        for row, (talk, _) in zip(rows, both, strict=True)
    ]
    return [talk for talk, _ in both], [person for _, person in both], named


def whole_profiles(rows: Sequence[ExtendedProfile]) -> dict[str, str]:
    """Conversation id -> the profile before a fact was taken out, in whatever order.

    Two questions to one person leave two profiles that lack a fact each: by these alone nobody
    sees that the person is the same.
    """
    return {row.conversation: content_id("p", sorted(row.item.whole)) for row in rows}


def _as_conversation(
    row: ExtendedProfile, writer: ChatModel, nli: NLIModel, *, seed: int
) -> tuple[Conversation, Persona]:
    """The question with the extended reply, and the person with the fact that was found."""
    item = row.item
    new = Fact(
        text=row.found[0],
        category=item.query,
        provider=f"retrieved, checked by {nli.ref}",
        evidence=(Evidence(document=item.source or None),),
        status="new",
    )
    person = Persona(facts=(*(Fact(text=text) for text in item.held), new), source=item.source)
    shows = (Grounding(fact_id=new.id),) if "extended" in row.uses else ()
    scene = Scene(cast=("", person.id), fields={"item": item.id})
    talk = Conversation(
        scene_id=scene.id,
        scene=dict(scene.fields),
        speakers=(
            Speaker(name="User 1"),
            Speaker(
                name="User 2",
                persona_id=person.id,
                persona=person.sentences,
                fact_ids=tuple(fact.id for fact in person.facts),
            ),
        ),
        turns=(
            Turn(speaker=0, text=item.query),
            Turn(speaker=1, text=row.extended, grounding=shows),
        ),
        provenance=Provenance(
            recipe="persona-extend",
            models={"writer": writer.ref, "nli": nli.ref},
            seed=derive_seed(seed, "extend", item.id),
            extra={"deleted": item.deleted, "added": new.text, "true_reply": item.reply},
        ),
    )
    return talk, person
