"""What the embedded model is measured on: held-out conversations, and those it writes itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dramaturg.models.draft_judge import draft_judge
from dramaturg.models.embedded import writer
from dramaturg.models.embedded.conversation import DRAFTS
from dramaturg.models.embedded.writer import WrittenConversation
from dramaturg.models.embedded_model import GROUNDING
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.train.embedded.sources import Source

PAIRS = Path(__file__).parent / "labels" / "pairs.jsonl"
TURNS = 16  # asked of a conversation that is measured
TOLD_TURNS, TOLD_SEED = 12, 2026  # of the conversations over made-up people

Facts = tuple[Sequence[str], Sequence[str]]


DEFAULT: dict[str, Any] = {"turns": TURNS, "grounding": GROUNDING, "drafts": DRAFTS}


@dataclass(frozen=True)
class Set:
    """Conversations that are measured together.

    Attributes:
        name: How it is called in a table.
        talks: The conversations.
        made: The same as the writer gave them, with slots; empty for a corpus.
        seconds: Wall time of the writing; 0 for a corpus.
        busy: Processor time of the writing.
    """

    name: str
    talks: list[Conversation]
    made: tuple[WrittenConversation, ...] = ()
    seconds: float = 0.0
    busy: float = 0.0

    @cached_property
    def texts(self) -> list[str]:
        """All turns in order."""
        return [turn.text for talk in self.talks for turn in talk.turns]


def record(name: str, facts: Facts, turns: Sequence[tuple[int, str]]) -> Conversation:
    """A conversation as a record; `turns` are (0 or 1, text)."""
    return Conversation(
        scene_id=name,
        speakers=tuple(
            Speaker(name=f"Person {number}", persona=tuple(side))
            for number, side in enumerate(facts, start=1)
        ),
        turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
    )


def corpus(name: str, sources: Sequence[Source]) -> Set:
    """A held-out corpus, as it is."""
    return Set(
        name,
        [record(f"{name}-{n}", one.facts, one.turns) for n, one in enumerate(sources)],
    )


def made_up_pairs(path: Path = PAIRS) -> list[Facts]:
    """Fifty pairs of people written for this, in none of the corpora."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["user_1"], row["user_2"]) for row in rows]


def write(name: str, pairs: Sequence[Facts], *, seed: str = "", **settings: Any) -> Set:
    """One conversation for each pair, first try, none left out.

    Args:
        seed: Put before the pair's number.
        settings: Of `write_conversation`; where nothing is said, 16 turns and what `dramaturg run`
            writes with: its grounding, and the experts as judges of drafts.
    """
    began, cpu = time.perf_counter(), time.process_time()
    made = asyncio.run(_write(pairs, seed, DEFAULT | settings))
    seconds, busy = time.perf_counter() - began, time.process_time() - cpu
    talks = [
        record(f"{name}-{n}", facts, [(turn.speaker, turn.text) for turn in one.turns])
        for n, (facts, one) in enumerate(zip(pairs, made, strict=True))
    ]
    return Set(name, talks, tuple(made), seconds, busy)


async def _write(
    pairs: Sequence[Facts], seed: str, settings: dict[str, Any]
) -> list[WrittenConversation]:
    return await asyncio.gather(
        *(
            writer.write_conversation(
                *facts,
                seed=f"{seed}{number}" if seed else number,
                judge=draft_judge() if settings["drafts"] > 1 else None,
                **settings,
            )
            for number, facts in enumerate(pairs)
        )
    )


def told(count: int) -> Set:
    """The conversations over made-up people: those printed on the page, and those labelled."""
    pairs = made_up_pairs()[:count]
    return write("made-up people", pairs, seed=f"{TOLD_SEED}/", turns=TOLD_TURNS)
