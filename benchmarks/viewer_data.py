"""A run folder of any size with made-up conversations, for measuring the viewer.

    python benchmarks/viewer_data.py OUT 100000

Words are drawn at random with a fixed seed: it measures size and speed, and means nothing. Every
conversation has ten turns, two people of five facts, two verdicts and marks on its turns; every
second pair has a draft that lost, every fourth one that a critic dropped.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dramaturg.dataset.parquet import conversation_schema, conversation_table, write_rows
from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Fact,
    Grounding,
    Persona,
    Preference,
    Provenance,
    Speaker,
    Turn,
    Verdict,
    from_json,
    to_json,
)
from dramaturg.store import RunFolder

_HEADS = "mar sel tor vin lan fer gal dor pel ros bren kal mun tir hal wes nor jun pol cas"
_TAILS = "a en is or um el ia on ard ick et ow ane ing ly est ump ock in ash"
WORDS = [head + tail for head in _HEADS.split() for tail in _TAILS.split()]
WORDS += ["dog", "garden", "music", "the"]
_TOPICS = ["pets", "food", "work", "family", "music", "sport", "home", "travel", "books", "weather"]


def make_run(out: Path, count: int, *, seed: int = 13) -> None:
    """Write a finished run with `count` kept conversations."""
    draw = random.Random(seed)
    arguments = {
        "recipe": "synthetic-persona-chat",
        "models": {"writer": "made-up", "critic": "made-up"},
        "settings": {"conversations": count, "rounds": 1, "drafts": 2, "seed": seed},
    }
    with RunFolder.open(out, arguments, "benchmark") as folder:
        people = [_person(draw, i) for i in range(max(10, count // 2))]
        for person in people:
            folder.journal.put("persona", person.id, to_json(person))
        for number in range(count):
            pair = draw.sample(people, 2)
            _pair(folder, draw, number, pair)
        folder.finish()


def make_dataset(run: Path, out: Path) -> None:
    """Write the kept conversations of such a run as a dataset that is no run.

    Args:
        out: A .jsonl or .parquet file; it is there whole or not at all.
    """
    part = out.with_name(f"part-{out.name}")
    with RunFolder.read(run) as folder:
        bodies = folder.journal.records("conversation")
        kept = (one for body in bodies if (one := from_json(body, Conversation)).split)
        if out.suffix == ".jsonl":
            with part.open("w", encoding="utf-8") as file:
                file.writelines(to_json(one) + "\n" for one in kept)
        else:
            scorers = ("faithfulness", "votes")
            batches = iter(lambda: list(itertools.islice(kept, 5_000)), [])
            tables = (conversation_table(batch, scorers) for batch in batches)
            write_rows(part, tables, conversation_schema(scorers))
    part.rename(out)


def _person(draw: random.Random, number: int) -> Persona:
    facts = tuple(
        Fact(
            text=f"I {_text(draw, 6)}.",
            category=f"What about your {draw.choice(_TOPICS)}?",
            status="new" if place == 4 else "seed",
        )
        for place in range(5)
    )
    return Persona(facts=facts, name=f"Person {number}")


def _pair(folder: RunFolder, draw: random.Random, number: int, people: Sequence[Persona]) -> None:
    drafts = [_draft(draw, number, people, 0)]
    drafts += [_draft(draw, number, people, 1)] if number % 2 == 0 else []
    dropped = _draft(draw, number, people, 2) if number % 4 == 1 else None
    put = folder.journal.put
    for talk in [*drafts, *([dropped] if dropped else [])]:
        faithful = talk is not dropped
        for scorer in ("faithfulness", "toxicity"):
            value = draw.random() * 0.5 + (0.5 if faithful and scorer == "faithfulness" else 0)
            passed = faithful or scorer == "toxicity"
            verdict = Verdict(subject=talk.id, scorer=scorer, value=round(value, 6), passed=passed)
            put("verdict", verdict.id, to_json(verdict), 1)
    best = drafts[0]
    if len(drafts) > 1:
        for scorer in ("depth", "likable"):
            comparison = Comparison(
                first=best.id, second=drafts[1].id, scorer=scorer, winner=best.id
            )
            put("comparison", comparison.id, to_json(comparison), 1)
        preference = Preference(chosen=best.id, rejected=drafts[1].id, criterion="votes")
        put("preference", preference.id, to_json(preference), 1)
    if dropped:
        drop = Drop(kind="draft", reason="faithfulness: turn 0", subject=dropped.id, round=1)
        put("drop", drop.id, to_json(drop), 1)
    split = draw.choices(("train", "validation", "test"), (8, 1, 1))[0]
    scores = {"faithfulness": draw.random(), "votes": float(draw.randrange(6))}
    kept = _with(best, split, scores)
    for talk in [kept, *drafts[1:], *([dropped] if dropped else [])]:
        put("conversation", talk.id, to_json(talk), 1)


def _draft(draw: random.Random, number: int, people: Sequence[Persona], place: int) -> Conversation:
    turns = tuple(
        Turn(
            speaker=i % 2,
            text=f"{_text(draw, 14).capitalize()}.",
            grounding=(Grounding(fact_id=people[i % 2].facts[i // 2].id),) if i % 3 == 0 else (),
        )
        for i in range(10)
    )
    speakers = tuple(
        Speaker(
            name=f"User {i + 1}",
            persona_id=person.id,
            persona=person.sentences,
            fact_ids=tuple(fact.id for fact in person.facts),
        )
        for i, person in enumerate(people)
    )
    made = Provenance(recipe="synthetic-persona-chat", round=1, draft=place, seed=number)
    return Conversation(
        scene_id=f"s-{number:016x}", speakers=speakers, turns=turns, provenance=made
    )


def _with(talk: Conversation, split: str, scores: dict[str, float]) -> Conversation:
    return msgspec.structs.replace(talk, split=split, scores=scores)


def _text(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(WORDS, k=words))


if __name__ == "__main__":
    make_run(Path(sys.argv[1]), int(sys.argv[2]))
