"""The card is read by the hub's own parser, croissant.json by mlcroissant: both to the records."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from dramaturg.dataset import export, write_card
from dramaturg.dataset.card_sections import cost, found_by_evaluate, licence_of
from dramaturg.records import Conversation, Fact, Persona, Provenance, Speaker, Turn
from dramaturg.store import RunFolder

PEOPLE = [
    Persona(facts=(Fact(text="I ski: daily."), Fact(text='"Quote" | pipe')), source="S",
            licence="CC-BY-4.0", language="de"),
    Persona(facts=(Fact(text="I row."),), source="S", licence="CC-BY-4.0"),
]  # fmt: skip


def a_folder(path: Path, **facts: object) -> Path:
    talks = []
    for n, split in enumerate(("train", "train", "test")):
        speakers = tuple(
            Speaker(name=f"User {k + 1}", persona_id=f"p-{n}{k}", persona=p.sentences)
            for k, p in enumerate(PEOPLE)
        )
        turns = tuple(Turn(speaker=k % 2, text=f"Hi {n} {k}\n…") for k in range(4))
        made = Provenance(recipe="r", models={"writer": "m:1"}, prompts={"write": "ab12"}, round=1)
        talks.append(Conversation(scene_id=f"s{n}", speakers=speakers, turns=turns, split=split,
                                  provenance=made))  # fmt: skip
    with RunFolder.open(path, {"recipe": "r"}, "1") as folder:
        export(folder, talks, PEOPLE)
        write_card(folder, facts)
    return path


def test_the_hub_s_parser_reads_the_front_matter(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    title = 'A "title": with # odd | things – ü'
    folder = a_folder(tmp_path / "r", license="cc-by-4.0", title=title, tags=["a: b"])
    card = hub.DatasetCard.load(folder / "README.md")
    assert card.data.pretty_name == title
    assert card.data.license == "cc-by-4.0"
    assert card.data.language == ["de", "en"]
    assert card.data.tags[-1] == "a: b"
    assert card.data.size_categories == ["n<1K"]
    configs = {c["config_name"]: c["data_files"] for c in card.data.to_dict()["configs"]}
    assert configs["default"] == [
        {"split": "train", "path": "data/train-*.parquet"},
        {"split": "test", "path": "data/test-*.parquet"},
    ]
    assert set(configs) == {"default", "personas"}
    again = hub.DatasetCardData(**card.data.to_dict())
    assert again.to_dict() == card.data.to_dict()


def test_mlcroissant_accepts_the_metadata_and_reads_the_records(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder = a_folder(tmp_path / "r", license="cc-by-4.0", cite_as="@misc{x}")
    with caplog.at_level(logging.WARNING):
        dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert dataset.metadata.issues.errors == set()
    assert "not standard" not in caplog.text
    rows = list(dataset.records("conversations"))
    assert len(rows) == 3
    first = next(r for r in rows if r["conversations/scene_id"] == b"s0")
    assert first["conversations/turns/text"] == [f"Hi 0 {k}\n…".encode() for k in range(4)]
    assert first["conversations/turns/speaker"] == [0, 1, 0, 1]
    assert first["conversations/speakers/persona"][1] == [b"I row."]
    people = [r["personas/facts/text"] for r in dataset.records("personas")]
    assert [b"I ski: daily.", b'"Quote" | pipe'] in people
    broken = json.loads((folder / "croissant.json").read_text())
    broken["recordSet"][0]["field"][0]["source"]["fileSet"]["@id"] = "gone"
    (folder / "croissant.json").write_text(json.dumps(broken))
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(str(folder / "croissant.json"))


def test_a_licence_that_was_stated_in_the_card_outlives_writing_it_again(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "r")
    assert licence_of(folder) == ""
    card = folder / "README.md"
    card.write_text(card.read_text().replace('license: "unknown"', "license: cc-by-4.0"))
    assert licence_of(a_folder(tmp_path / "r")) == "cc-by-4.0"
    assert json.loads((folder / "croissant.json").read_text())["license"] == "cc-by-4.0"


def test_models_and_prompts_come_from_the_conversations_where_no_call_is_kept(
    tmp_path: Path,
) -> None:
    text = (a_folder(tmp_path / "r") / "README.md").read_text()
    assert "| writer | m:1 |" in text
    assert "|  | write |  | ab12 |" in text


def test_the_card_tells_what_evaluate_found_inside_or_beside(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "r")
    assert found_by_evaluate(folder).startswith("Not measured yet")
    report = {
        "source": "somewhere/r",
        "against": "human",
        "notes": ["toxicity is saturated"],
        "figures": [
            {"name": "distinct_2", "value": 0.18, "low": 0.17, "high": 0.19, "unit": "share",
             "n": 500, "of": "utterances", "split": "all", "scorer": "variety 1"},
            {"name": "frechet", "value": None, "n": 0},
        ],
        "differences": [
            {"name": "distinct_2", "ours": 0.18, "theirs": 0.37, "value": -0.19, "low": -0.2,
             "high": -0.18, "n": 400, "clear": True},
            {"name": "turns", "ours": 1, "theirs": 1, "value": 0, "clear": False},
        ],
    }  # fmt: skip
    beside = tmp_path / "judged"
    beside.mkdir()
    (beside / "report.json").write_text(json.dumps(report))
    told = found_by_evaluate(folder)
    assert "- toxicity is saturated" in told
    assert "judged" not in told, "what lies beside is not published with it"
    assert "- distinct_2: 0.18 here, 0.37 in `human` (difference -0.19, -0.2 to -0.18" in told
    assert "| distinct_2 | 0.18 | 0.17 to 0.19 | share | 500 utterances | all | variety 1 |" in told
    assert "frechet" not in told
    assert "turns" not in told
    (folder / "evaluation").mkdir()
    (folder / "evaluation" / "report.json").write_text('{"metrics": {"words": {"value": 9}}}')
    assert "| words | 9 |" in found_by_evaluate(folder)


def test_cost_is_told_and_carbon_only_as_far_as_it_can_be() -> None:
    totals = {
        "writer/conversation.write": {"calls": 1200, "tokens_in": 5, "tokens_out": 6, "usd": 1.5},
        "nli/nli.judge": {"calls": 3, "tokens_in": 0, "tokens_out": 2_628_000},
    }
    told = cost({"totals": totals, "models": {"writer": "openai:x", "nli": "embedded"}})
    assert "| writer/conversation.write | 1,200 | 5 | 6 | 1.5000 |" in told
    assert "3,600 seconds of one core at 730 tokens a second, at 65 W, are 0.0650 kWh" in told
    assert "31.20 g" in told
    assert "carbon of 1,200 calls to models elsewhere is not known" in told
    assert "as stated by who ran it: 2 kg" in cost({"carbon": "2 kg", "totals": totals})
    assert cost({}) == "No model was called to make it, as far as this folder knows."


@pytest.mark.parametrize(
    "section",
    ["## Use, and misuse", "## Cost and carbon", "## Sources and licences", "## What was found"],
)
def test_no_section_is_missing(tmp_path: Path, section: str) -> None:
    text = (a_folder(tmp_path / "r") / "README.md").read_text()
    assert section in text
    assert "{{" not in text
