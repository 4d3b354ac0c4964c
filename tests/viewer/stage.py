"""A small run and small datasets to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.records import (
    Comparison,
    Conversation,
    Drop,
    Evidence,
    Fact,
    Grounding,
    Persona,
    Provenance,
    Speaker,
    Turn,
    Verdict,
    to_json,
)
from dramaturg.store import RunFolder
from dramaturg.viewer import Guard, Source, Viewer

SEED = Fact(text="I have two dogs.", category="What pets do you have?")
MADE = Fact(
    text="I walk my dogs before dawn.",
    category="When do you get up?",
    parents=(SEED.id,),
    provider="test:writer",
    status="new",
)
SAIL = Fact(text="I sail at weekends.", category="What do you do for fun?")
VEGAN = Fact(text="I am vegan.", category="What do you eat?")
ANN = Persona(facts=(SEED, MADE), name="Ann")
BEN = Persona(facts=(SAIL, VEGAN), name="Ben")
CAT = Persona(facts=(Fact(text="I have three dogs and a boat."),), name="Cat")
ARGUMENTS: dict[str, Any] = {
    "recipe": "a-test",
    "models": {"writer": "test:writer"},
    "settings": {"conversations": 2, "rounds": 2, "seed": 13},
}
ATTACKS = {
    "script": "<script>document.title='broken'</script>",
    "attribute": "\"><img src=x onerror=\"document.title='broken'\">' onmouseover='x",
    "direction": "a \u202etxt.exe\u202c b",
    "template": "{{ 7 * 7 }}{% raw %}",
    "address": "javascript:alert(1)",
}


def talk(
    *texts: str,
    round: int = 1,
    draft: int = 0,
    scene: str = "s-1",
    people: tuple[Persona, ...] = (ANN, BEN),
    grounding: dict[int, tuple[Grounding, ...]] | None = None,
    **more: Any,
) -> Conversation:
    """A conversation whose speakers take turns."""
    marks = grounding or {}
    return Conversation(
        scene_id=scene,
        scene={"shared_categories": ["pets"]},
        speakers=tuple(
            Speaker(
                name=p.name,
                persona_id=p.id,
                persona=p.sentences,
                fact_ids=tuple(f.id for f in p.facts),
            )
            for p in people
        ),
        turns=tuple(
            Turn(speaker=i % len(people), text=text, grounding=marks.get(i, ()))
            for i, text in enumerate(texts)
        ),
        provenance=Provenance(
            recipe="a-test", round=round, draft=draft, seed=draft, calls=("k-1",) * (draft == 0)
        ),
        **more,
    )


KEPT = talk(
    "My two dogs woke me.",
    "I will sail on Saturday. My two dogs come along.",
    grounding={
        0: (Grounding(fact_id=SEED.id),),
        1: (Grounding(fact_id=SAIL.id), Grounding(fact_id=SEED.id, relation="partner")),
    },
    split="train",
    scores={"faithfulness": 0.9, "votes": 2.0},
)
LOST = talk("My two dogs slept.", "I will sail on Sunday.", draft=1)
DENIED = talk("Hello there.", "I love steak.", draft=2)
EARLIER = talk("Good morning.", "Ahoy.", round=0, draft=0, scene="s-1", scores={"votes": 1.0})
OTHER = talk(
    "Three dogs are enough.",
    "Quite.",
    scene="s-2",
    people=(CAT, BEN),
    split="test",
    scores={"faithfulness": 0.4, "votes": 1.0},
)
VERDICTS = (
    Verdict(subject=KEPT.id, scorer="faithfulness", value=0.9, passed=True),
    Verdict(subject=LOST.id, scorer="faithfulness", value=0.8, passed=True),
    Verdict(
        subject=DENIED.id,
        scorer="faithfulness",
        value=0.1,
        passed=False,
        reasons=("turn 1 contradicts 'I am vegan.'",),
        evidence=(Evidence(turn=1, fact_id=VEGAN.id, note="p(contradict) 0.90"),),
    ),
)
COMPARISON = Comparison(first=KEPT.id, second=LOST.id, scorer="depth", winner=KEPT.id)
DROP = Drop(
    kind="draft", reason="faithfulness: turn 1 contradicts 'I am vegan.'", subject=DENIED.id,
    round=1,
)  # fmt: skip
REFUSED = Drop(
    kind="profile_candidate",
    reason="contradiction: 'I am afraid of dogs.' contradicts 'I have two dogs.'",
    subject="f-0",
    detail=json.dumps(
        {"fact": "I am afraid of dogs.", "against": SEED.text, "score": 0.93, "by": "test:nli",
         "profile": [SEED.id]}
    ),
)  # fmt: skip


def put(folder: RunFolder, *records: msgspec.Struct) -> None:
    """Into the journal, as the runner does it."""
    for record in records:
        made = getattr(record, "provenance", record)
        identity: str = record.id  # type: ignore[attr-defined]
        kind = type(record).__name__.lower()
        folder.journal.put(kind, identity, to_json(record), getattr(made, "round", 0))


def make_run(path: Path, *further: msgspec.Struct, finished: bool = True) -> Path:
    """A run folder with one kept conversation, one that lost, one dropped, and another pair."""
    with RunFolder.open(path, ARGUMENTS, "0") as folder:
        journal = folder.journal
        journal.intend(
            "k-1",
            role="writer",
            model="test:writer",
            task="conversation.write",
            prompt_hash="h",
            request=json.dumps(
                {"messages": [{"role": "user", "content": "Write <two> turns."}], "seed": 7}
            ),
        )
        journal.finish("k-1", json.dumps({"text": "Ann: My two dogs woke me."}), tokens_in=5,
                       tokens_out=9, usd=0.25)  # fmt: skip
        journal.intend("k-2", role="writer", model="m", task="t", prompt_hash="", request="{}")
        journal.fail("k-2", "rate limit: 429 from the endpoint")
        put(folder, REFUSED, *VERDICTS, COMPARISON, DROP, KEPT, LOST, DENIED, OTHER, ANN, BEN, CAT)
        put(folder, *further)
        if finished:
            folder.finish()
    return path


@contextmanager
def opened(*paths: Path, cache: Path | None = None) -> Iterator[list[Source]]:
    """Sources whose index is whole."""
    where = cache or paths[0].parent / "cache"
    sources = [Source.open(str(path), cache=where) for path in paths]
    try:
        for source in sources:
            wait_for(lambda one=source: one.complete or one.error)
        yield sources
    finally:
        for source in sources:
            source.close()


def wait_for(ready: Any, seconds: float = 30.0) -> None:
    """Until it is so."""
    import time

    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise AssertionError("it took too long")
        time.sleep(0.01)


def app_of(*sources: Source) -> Any:
    """The application over sources."""
    return Viewer(sources).app(Guard())
