"""The card says what is in the folder, and only what is true of it."""

from __future__ import annotations

import json
from pathlib import Path

from dramaturg.dataset import export, write_card
from dramaturg.records import Conversation, Fact, Persona, Speaker, Turn
from dramaturg.store import RunFolder


def a_conversation(n: int, split: str, persona: str) -> Conversation:
    speakers = (Speaker(name="User 1", persona_id=persona), Speaker(name="User 2"))
    turns = (Turn(speaker=0, text=f"Hi {n}"),)
    return Conversation(scene_id="s", speakers=speakers, turns=turns, split=split)


def card(out: Path, made: list[Conversation], **facts: object) -> str:
    with RunFolder.open(out, {"recipe": "my-recipe", "seed": 13}, "1") as folder:
        folder.journal.intend("k", role="w", model="m:1", task="t", prompt_hash="abc", request="")
        folder.journal.finish("k", "r")
        people = [Persona(facts=(Fact(text="I ski."),), source="SPC", licence="CC-BY-4.0")]
        export(folder, made, people)
        return write_card(folder, facts).read_text(encoding="utf-8")


def test_it_tells_counts_prompts_critics_sources_and_limits(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1"), a_conversation(2, "test", "p-2")]
    text = card(
        tmp_path / "r",
        made,
        models={"writer": "embedded", "nli": "m:1"},
        settings={"rounds": 3, "personas": "/home/me/secret.txt"},
        critics={"faithfulness": "an NLI model"},
        notes=["a split\nis small"],
        stopped="the budget | was spent",
        totals={("w", "t"): 1},
    )
    for line in (
        "2 conversations between two people each, made with Dramaturg by the recipe `my-recipe`.",
        "| train | 1 |",
        "| w | t | m:1 | abc |",
        "| writer | embedded |",
        "| rounds | 3 |",
        "- `faithfulness`: an NLI model",
        "- a split is small",
        "State of the run: stopped early (the budget | was spent). Seed: 13.",
        "- 1 persons (en): SPC; licence: CC-BY-4.0",
        'size_categories: ["n<1K"]',
        'language: ["en"]',
        '    path: "data/test-*.parquet"',
        "no person's id stands in two of them (checked)",
    ):
        assert line in text, line
    assert "The embedded model is small" in text
    assert "{{" not in text
    assert "/home/me" not in text
    assert "config_name: preferences" not in text
    croissant = json.loads((tmp_path / "r" / "croissant.json").read_text())
    assert [f["includes"] for f in croissant["distribution"]] == [
        "data/*.parquet",
        "personas/*.parquet",
    ]


def test_a_person_in_two_splits_is_told_and_not_denied(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1"), a_conversation(2, "test", "p-1")]
    text = card(tmp_path / "r", made)
    assert "**1 persons stand in more than one split**: do not test on them." in text
    assert "(checked)" not in text


def test_the_same_run_gives_the_same_card(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1")]
    assert card(tmp_path / "a", made) == card(tmp_path / "elsewhere", made)
