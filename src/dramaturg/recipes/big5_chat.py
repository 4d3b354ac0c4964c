"""One-exchange dialogues at both ends of each Big Five trait, and the inventory that checks them.

Source: Li et al. 2024, "BIG5-CHAT: Shaping LLM Personalities Through Training on Human-Grounded
Data", arXiv:2410.16491.
Does: scenes of two named people -> a first line without any trait -> for each end of each trait an
answer written for a person of that kind -> answers that are too long, go round in circles, say
their character outright, or are not read as it by a judge who is not told are written again ->
rows for supervised tuning, preferences of opposite levels, and a back-test by an inventory whose
items stand in no prompt.
Differs: an endpoint gives no logits, so the character is asked for by description and must be
recognised before an answer is kept; the paper mixes in a trained expert while decoding and only
measures recognition. That decoding is `generate.decode.decode_mix`, for local models.
"""

from __future__ import annotations

import math
from pathlib import Path

from dramaturg import dataset, generate, loop, profile
from dramaturg.evaluate.inventory import Answer, administer, held_out, load_inventory
from dramaturg.models import ChatModel, capacity
from dramaturg.profile import Pole
from dramaturg.recipes.finish import finished
from dramaturg.recipes.in_character import InCharacter, Job, character
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.recipes.traits_made import (
    big5_chat_calls,
    inventory_figures,
    opposites,
    reply_figures,
    samples,
)
from dramaturg.store import notes


@recipe(
    tasks={"writer": ("line.open", "line.reply", "inventory.answer"), "critic": ("traits.rate",)},
    estimate=big5_chat_calls,
    ranges={"conversations": (1, 10**9), "words": (5, 500), "tries": (1, 20), "draws": (0, 100)},
    example="-n 100 --model openai:gpt-4.1-mini --out my-dataset",
)
async def big5_chat(
    writer: ChatModel,
    critic: ChatModel,
    *,
    scenes: Path | None = None,  # "Ada, Ben: Ada is late ..." a line; none = 24 that are shipped
    conversations: int = 100,  # answers; each scene gives two a trait
    traits: str = "openness,conscientiousness,extraversion,agreeableness,neuroticism",  # by comma
    words: int = 50,  # the most words of a line
    tries: int = 3,  # an answer is written so often at most
    inventory: str = "ipip-50",  # or ipip-neo-120, or one of the file
    inventory_file: Path | None = None,  # JSON with an inventory of your own, e.g. the BFI
    draws: int = 2,  # how often each item is asked of each character; 0 = no back-test
    seed: int = 13,
) -> Made:
    ends = profile.poles(traits)
    items, told = held_out(load_inventory(inventory, inventory_file), map(character, ends))
    known = dataset.load_scenes(scenes)
    for drop in known.drops:
        notes.note(drop)
    at_once = capacity(writer, critic)
    opened = await loop.each(
        known.scenes[: math.ceil(conversations / len(ends))],
        lambda scene: generate.open_scene(scene, writer, words=words, seed=seed),
        at_once=at_once, step="first lines", kind="scene",
    )  # fmt: skip
    lines = zip((known.scenes[index] for index in opened.indexes), opened.results, strict=True)
    jobs = [Job(scene, said, end) for scene, said in lines for end in ends][:conversations]
    answering = InCharacter(writer, critic, words, tries, seed, recipe="big5-chat")
    answered = await loop.each(jobs, answering, at_once=at_once, step="answers", kind="reply")
    for preference in opposites(answered.results):
        notes.note(preference)

    async def questioned(end: Pole | None) -> list[Answer]:
        who, subject = (character(end), end.name) if end else ("", "")
        return await administer(writer, items, who=who, subject=subject, draws=draws, seed=seed)

    tested = await loop.each(
        [None, *ends] if draws else [], questioned,
        at_once=max(1, at_once // len(items.items)), step="back-test", kind="subject",
    )  # fmt: skip
    answers = [answer for subject in tested.results for answer in subject]
    people = {who.id: who for index in answered.indexes for who in jobs[index].people}
    return finished(
        answered.results,
        people.values(),
        asked=conversations,
        seed=seed,
        tables={"samples": samples(answered.results, seed=seed), "answers": answers},
        figures=[
            *reply_figures(answered.results, answering.read_as, critic.ref),
            *inventory_figures(items, ends, answers, writer.ref),
        ],
        critics={"traits.rate 1": critic.ref},
        steps={"scenes": len(opened.results), "jobs": len(jobs), "items_held_out": len(told)},
        cut=loop.cut_of(opened, answered, tested),
    )
