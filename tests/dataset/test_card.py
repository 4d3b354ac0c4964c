"""The card says what is in the folder, and only what is true of it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from dramaturg.dataset import convert, export, rework, write_card
from dramaturg.dataset.resplit import resplit
from dramaturg.records import Conversation, Fact, Persona, Provenance, Speaker, Turn, to_json
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


PARLAI = """\
1 your persona: I ski.
2 partner's persona: I row.
3 Hi\tHo there
4 And you?\tFine
"""
CLAIMS = (
    '"synthetic"',
    "no real people talked",
    "what its critics said",
    "that it is synthetic",
    "Every person was given",
    "does so by chance",
    "models that wrote them",
    "report.json",
    "apart_by_persona",
)


def test_what_was_only_read_is_not_called_synthetic(tmp_path: Path) -> None:
    (tmp_path / "personachat.txt").write_text(PARLAI)
    convert(tmp_path / "personachat.txt", tmp_path / "read")
    rework.keep_where(tmp_path / "read", tmp_path / "kept", "turns > 1")
    resplit(tmp_path / "kept", tmp_path / "apart", "pair")
    for name in ("read", "kept", "apart"):
        text = (tmp_path / name / "README.md").read_text()
        assert not [claim for claim in CLAIMS if claim in text], name
        assert "No recipe of Dramaturg made them" in text
        assert "terms of their source:" in text
        about = json.loads((tmp_path / name / "croissant.json").read_text())
        assert about["keywords"] == ["persona", "dialogue"]
        assert "Synthetic" not in about["description"]
    assert (
        "1 conversations between two speakers each, brought into this form"
        in (tmp_path / "read" / "README.md").read_text()
    )


def test_what_a_recipe_made_stays_synthetic_through_every_step(tmp_path: Path) -> None:
    made = Provenance(recipe="my-recipe", models={"writer": "m:1"})
    rows = [msgspec.structs.replace(a_conversation(n, "train", f"p-{n}"), provenance=made)
            for n in range(4)]  # fmt: skip
    card(tmp_path / "run", rows)
    rework.sample(tmp_path / "run", tmp_path / "some", 2)
    convert(tmp_path / "some", tmp_path / "bare.jsonl")
    convert(tmp_path / "bare.jsonl", tmp_path / "copy")
    for name in ("run", "some", "copy"):
        text = (tmp_path / name / "README.md").read_text()
        assert 'tags: ["synthetic"' in text, name
        assert "no real people talked" in text
    assert "by the recipe `my-recipe`" in (tmp_path / "copy" / "README.md").read_text()
    rework.keep_where(tmp_path / "run", tmp_path / "flat.csv", "turns > 0")
    rework.sample(tmp_path / "flat.csv", tmp_path / "again", 2)
    assert 'tags: ["synthetic"' in (tmp_path / "again" / "README.md").read_text()


def test_a_mixture_is_told_by_its_parts(tmp_path: Path) -> None:
    made = msgspec.structs.replace(
        a_conversation(1, "train", "p-1"), provenance=Provenance(recipe="my-recipe")
    )
    (tmp_path / "a.jsonl").write_text(to_json(made) + "\n")
    (tmp_path / "b.jsonl").write_text(to_json(a_conversation(2, "train", "p-2")) + "\n")
    rework.merge([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], tmp_path / "all")
    text = (tmp_path / "all" / "README.md").read_text()
    assert "1 of 2 were made by a recipe and are synthetic" in text
    assert '"synthetic"' not in text
    assert "no real people talked" not in text


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("persona", "no two splits share a person: `dataset.apart_by_persona`"),
        ("pair", "no two splits share a pair of people"),
        ("paraphrase", "no two splits share a fact"),
        ("file", "what the name of the source's file says"),
        ("synthetic-persona-chat", "those that `synthetic-persona-chat` was published with"),
    ],
)
def test_the_card_says_by_what_the_splits_were_made(tmp_path: Path, by: str, said: str) -> None:
    rows = [a_conversation(n, "", f"p-{n}") for n in range(12)]
    file = tmp_path / "my_test.jsonl"
    file.write_text("".join(to_json(row) + "\n" for row in rows))
    resplit(file, tmp_path / "apart", by)
    rework.sample(tmp_path / "apart", tmp_path / "some", 11)
    for name in ("apart", "some"):
        text = (tmp_path / name / "README.md").read_text()
        assert said in text, name
        assert ("apart_by_persona" in text) == (by == "persona")
    rework.shard(file, tmp_path / "undivided", shards=1)
    assert "nothing here divided them" in (tmp_path / "undivided" / "README.md").read_text()


def test_the_card_names_no_file_that_is_not_published(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1")]
    text = card(tmp_path / "r", made)
    for name in ("run.json", "journal.sqlite", "report.json", "dropped/"):
        assert name not in text
    assert "`report.json` gives the figures of every round" in card(
        tmp_path / "s", made, rounds=[1]
    )


def test_a_person_in_two_splits_is_told_and_not_denied(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1"), a_conversation(2, "test", "p-1")]
    text = card(tmp_path / "r", made)
    assert "**1 persons stand in more than one split**: do not test on them." in text
    assert "(checked)" not in text


def test_the_same_run_gives_the_same_card(tmp_path: Path) -> None:
    made = [a_conversation(1, "train", "p-1")]
    assert card(tmp_path / "a", made) == card(tmp_path / "elsewhere", made)
