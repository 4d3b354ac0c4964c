"""Statistics of a dataset, by hand and against known counts of public corpora."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from dramaturg import evaluate
from dramaturg.evaluate import next_utterance_hits, opens_with, question_share, surface
from dramaturg.records import Conversation, Speaker, Turn


def a_talk(scene: str, first: str, second: str, *texts: str) -> Conversation:
    return Conversation(
        scene_id=scene,
        speakers=(Speaker(name="A", persona=(first,)), Speaker(name="B", persona=(second,))),
        turns=tuple(Turn(speaker=i % 2, text=t) for i, t in enumerate(texts)),
    )


def test_surface_by_hand() -> None:
    found = surface([a_talk("1", "", "", "I like to swim.", "Do you?", "I like to swim.")])
    assert found["utterances"] == 3
    assert found["different_utterances"] == pytest.approx(2 / 3)
    assert found["questions"] == pytest.approx(1 / 3)
    assert found["opens_with_i_like_to"] == pytest.approx(2 / 3)
    assert found["words"] == pytest.approx(10 / 3)
    assert surface([])["distinct_2"] == 0.0


def test_openings_and_questions_of_nothing_are_zero() -> None:
    assert question_share([]) == opens_with([], "I") == 0.0


def test_knowing_the_persona_of_the_next_speaker_finds_the_next_utterance() -> None:
    nouns = ["goats", "maps", "tubas", "knots", "lamps", "clogs", "moths", "yachts"]
    talks = [
        a_talk(f"{i}", "Nothing here.", f"My {noun}.", f"Hm {i}?", f"Well {noun}")
        for i, noun in enumerate(nouns)
    ]
    knowing = next_utterance_hits(talks, whose="self", candidates=6)
    assert knowing == 1.0
    assert next_utterance_hits(talks, whose="both", candidates=6) == 1.0
    assert next_utterance_hits(talks, whose="their", candidates=6) < 0.6
    assert next_utterance_hits(talks, whose="none", candidates=6) < 0.6
    assert next_utterance_hits([], whose="none") == 0.0


def test_the_figures_of_the_human_control_come_out(shared_data: Path) -> None:
    with gzip.open(shared_data / "personachat" / "valid.jsonl.gz", "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    talks = [
        Conversation(
            scene_id=row["id"],
            speakers=tuple(
                Speaker(name=f"User {i + 1}", persona=tuple(row[f"user_{i + 1}"])) for i in (0, 1)
            ),
            turns=tuple(
                Turn(speaker=int(who[-1]) - 1, text=text.lower()) for who, text in row["turns"]
            ),
        )
        for row in rows
        if row.get("spc_id")
    ]
    assert len(talks) == 964
    figures = surface(talks, at_tokens=120_000)
    assert figures["utterances"] == pytest.approx(15.6, abs=0.05)
    assert figures["distinct_2"] == pytest.approx(0.370, abs=0.001)
    assert figures["different_utterances"] == pytest.approx(0.977, abs=0.001)
    found = evaluate.shown(talks)
    assert found.owner == pytest.approx(0.351, abs=0.005)
    assert found.neither == pytest.approx(0.358, abs=0.005)
    hits = {w: next_utterance_hits(talks[:300], whose=w) for w in ("none", "self", "their")}
    assert hits["none"] == pytest.approx(0.224, abs=0.015)
    assert hits["self"] == pytest.approx(0.439, abs=0.015)
    assert hits["their"] < hits["none"]
