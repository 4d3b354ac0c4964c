"""Small datasets for the tests of studies: two sides on the same people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dramaturg.records import Conversation, Fact, Persona, Scene, Speaker, Turn, to_json
from dramaturg.study import Plan, Study, plan_study, questions_for

PETS = ("dogs", "cats", "hens", "goats", "ponies", "parrots", "rabbits", "lizards")


def person(name: str, facts: Sequence[str]) -> Speaker:
    made = Persona(facts=tuple(Fact(text=fact) for fact in facts))
    return Speaker(
        name=name,
        persona_id=made.id,
        persona=made.sentences,
        fact_ids=tuple(fact.id for fact in made.facts),
    )


def talk(n: int, side: str, texts: Sequence[str] = ()) -> Conversation:
    """The `n`th conversation of a side; the same `n` is the same people on every side."""
    pet = PETS[n % len(PETS)]
    facts = [f"I have {n} {pet}.", f"I live in town {n}.", "I love jazz.", f"My car is number {n}.",
             f"I work {n} days a week.", f"I run {n} miles a day."]  # fmt: skip
    speakers = (person("User 1", facts), person("User 2", [f"I sail boat {n}.", "I bake bread."]))
    said = texts or (
        f"Hello from the {side} side, number {n}.",
        "Hi! Do you have any pets?",
        f"I have {n} {pet} at home and I like them a lot.",
        "How nice! I bake bread every single day.",
        "Sounds good to me.",
        "See you soon then.",
    )
    return Conversation(
        scene_id=Scene(cast=(f"{side}-{n}",)).id,
        speakers=speakers,
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(said)),
    )


def talks(count: int, side: str) -> list[Conversation]:
    return [talk(n, side) for n in range(count)]


def write(path: Path, rows: Sequence[Conversation]) -> Path:
    path.write_text("".join(to_json(row) + "\n" for row in rows), encoding="utf-8")
    return path


def plan(task: str, count: int = 8, *, of: int = 12, **settings: Any) -> Plan:
    against = (lambda: talks(of, "human")) if task in ("turing", "pairwise") else None
    return plan_study(
        questions_for(task), lambda: talks(of, "made"), against, count=count, **settings
    )


def study(folder: Path, task: str, count: int = 8, *, per_item: int = 2, **settings: Any) -> Study:
    arguments = {"seed": settings.get("seed", 13), "per_item": per_item, "data": "made",
                 "against": None, "task": task}  # fmt: skip
    return Study.make(folder, arguments, questions_for(task), plan(task, count, **settings))


def right(study: Study, item: str) -> dict[str, Any]:
    """The answer of somebody who knows the key."""
    task = study.questions["task"]
    one = study.items[item]
    check = one.key.get("check")
    names = [ask["name"] for ask in study.questions["ask"]]
    if task in ("turing", "pairwise"):
        side = check["side"] if check else "a" if one.key["a"] == "against" else "b"
        return {"choices": dict.fromkeys(names, side), "left": "a"}
    if task == "likert":
        return {"ratings": dict.fromkeys(names, 1 if check else 4)}
    if task == "flags":
        return {"flags": check["any_of"][:1] if check else []}
    if check:
        return {"marks": {str(check["turn"]): check["relation"]}}
    turns = one.shown["talk"]["turns"]
    word = one.shown["fact"].split()[-1].strip(".").lower()
    hits = {
        str(n): "entail"
        for n, (who, text) in enumerate(turns)
        if who == one.shown["speaker"] and word in text.lower()
    }
    return {"marks": hits if one.key["kind"] == "own" else {}}


def answer_all(study: Study, written: str, *, wrong: bool = False, most: int = 10_000) -> int:
    """Let somebody answer until nothing is left; returns how many they answered."""
    name = study.join(written)
    count = 0
    while count < most and (item := study.next_item(name)) is not None:
        given = right(study, item.id)
        if wrong and "choices" in given:
            given["choices"] = {q: "ba"[c == "b"] for q, c in given["choices"].items()}
        study.save(name, item.id, given, done=True, seconds=2.0)
        count += 1
    return count
