"""Merge, filter, sample, dedupe, shard: what is kept, what is dropped and why, and the lineage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from dramaturg.dataset import convert, export, load_conversations, rework, write_card
from dramaturg.errors import UserError
from dramaturg.records import (
    Conversation,
    Fact,
    Persona,
    Preference,
    Provenance,
    Speaker,
    Turn,
    to_json,
)
from dramaturg.store import RunFolder


def person(n: int) -> Persona:
    facts = tuple(Fact(text=f"I keep animal number {n} and {k}.") for k in range(3))
    return Persona(facts=facts, source="farm book", licence="CC0-1.0")


def talk(n: int, *, split: str = "train", score: float | None = None, text: str = "") -> Any:
    speakers = []
    for who in (person(2 * n), person(2 * n + 1)):
        speakers.append(
            Speaker(name="User", persona_id=who.id, persona=who.sentences,
                    fact_ids=tuple(f.id for f in who.facts))
        )  # fmt: skip
    words = " ".join(f"w{n}x{k}" for k in range(30))
    return Conversation(
        scene_id=f"s-{n}",
        speakers=tuple(speakers),
        turns=(Turn(speaker=0, text=text or words), Turn(speaker=1, text=f"Yes {n}")),
        scores={} if score is None else {"faithfulness": score},
        split=split,
        provenance=Provenance(recipe="r", models={"writer": "m:1"}, prompts={"t": "abc"}),
    )


def a_run(path: Path, talks: list[Any], license: str = "cc0-1.0") -> Path:
    with RunFolder.open(path, {"recipe": "r", "models": {"writer": "m:1"}, "seed": 1}, "1") as run:
        rejected = talk(900, split="")
        run.journal.put("conversation", rejected.id, to_json(rejected))
        liked = Preference(chosen=talks[0].id, rejected=rejected.id, criterion="votes")
        run.journal.put("preference", liked.id, to_json(liked))
        ids = {s.persona_id for t in talks for s in t.speakers}
        everybody = [p for p in map(person, range(200)) if p.id in ids]
        export(run, talks, everybody)
        write_card(run, {"license": license, "critics": {"faithfulness": "rules"}})
        run.finish()
    return path


def lines(path: Path, talks: list[Any]) -> Path:
    path.write_text("".join(to_json(t) + "\n" for t in talks), encoding="utf-8")
    return path


def ids(path: Path) -> set[str]:
    return {c.id for c in load_conversations(path)}


def test_merging_keeps_each_conversation_once_with_its_people_and_its_past(tmp_path: Path) -> None:
    one = a_run(tmp_path / "one", [talk(n) for n in range(4)])
    two = lines(tmp_path / "chats_valid.csv.jsonl", [talk(3), talk(7, split="")])
    made = rework.merge([one, two], tmp_path / "all")
    assert (made.read, made.kept, made.dropped) == (6, 5, {"repeat": 1})
    assert made.splits == {"train": 4, "validation": 1}
    kept = {c.id: c for c in load_conversations(tmp_path / "all")}
    assert kept.keys() == {talk(n).id for n in range(4)} | {talk(7, split="").id}
    assert kept[talk(1).id].provenance.extra["lineage"] == [
        {"step": "merge", "sources": ["one", "chats_valid.csv.jsonl"]}
    ]
    lineage = json.loads((tmp_path / "all" / "lineage.json").read_text())
    first, second = lineage["sources"]
    assert (first["name"], first["conversations"], first["recipe"]) == ("one", 4, "r")
    assert first["license"] == "cc0-1.0"
    assert (second["name"], second["conversations"]) == ("chats_valid.csv.jsonl", 2)
    people = pq.read_table(tmp_path / "all" / "personas").to_pylist()
    assert sum(p["source"] == "farm book" for p in people) == 8
    (liked,) = pq.read_table(tmp_path / "all" / "preferences").to_pylist()
    assert liked["rejected_text"].startswith("User: w900x0")
    assert str(tmp_path) not in (tmp_path / "all" / "README.md").read_text()


def test_of_a_person_in_two_sources_the_one_with_source_and_licence_stays(tmp_path: Path) -> None:
    stated = a_run(tmp_path / "stated", [talk(1)])
    rework.sample(lines(tmp_path / "a.jsonl", [talk(1), talk(2)]), tmp_path / "bare", 2)
    for n, sources in enumerate(([stated, tmp_path / "bare"], [tmp_path / "bare", stated])):
        rework.merge(sources, tmp_path / f"all{n}")
        people = pq.read_table(tmp_path / f"all{n}" / "personas").to_pylist()
        assert sorted(p["licence"] for p in people) == ["", "", "CC0-1.0", "CC0-1.0"]


def test_a_filter_drops_with_the_reason_and_what_cannot_be_asked_is_not_kept(
    tmp_path: Path,
) -> None:
    talks = [talk(1, score=0.9), talk(2, score=0.2), talk(3)]
    run = a_run(tmp_path / "run", talks)
    made = rework.keep_where(run, tmp_path / "good", "scores.faithfulness >= 0.5")
    assert made.kept == 1
    assert made.dropped == {"filter": 1, "cannot be asked": 1}
    assert ids(tmp_path / "good") == {talks[0].id}
    dropped = pq.read_table(tmp_path / "good" / "dropped").to_pylist()
    assert {(d["subject"], d["reason"]) for d in dropped} == {
        (talks[1].id, "filter: not scores.faithfulness >= 0.5"),
        (talks[2].id, "cannot be asked: it has no scores.faithfulness"),
    }


def test_a_lineage_holds_the_lineage_of_its_source(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", [talk(n) for n in range(9)])
    rework.sample(run, tmp_path / "some", 5)
    rework.keep_where(tmp_path / "some", tmp_path / "few.jsonl", "turns == 2")
    lineage = json.loads((tmp_path / "few.jsonl.lineage.json").read_text())
    before = lineage["sources"][0]["made_by"]
    assert (lineage["step"], before["step"], before["arguments"]) == (
        "filter", "sample", {"n": 5, "seed": 13},
    )  # fmt: skip
    assert before["sources"][0]["recipe"] == "r"
    row = next(load_conversations(tmp_path / "few.jsonl"))
    assert [step["step"] for step in row.provenance.extra["lineage"]] == ["sample", "filter"]
    card = (tmp_path / "some" / "README.md").read_text()
    assert "sample" in card


def test_a_sample_is_the_same_in_any_order_and_of_the_size_asked(tmp_path: Path) -> None:
    talks = [talk(n, split="train" if n % 4 else "test") for n in range(80)]
    rework.sample(lines(tmp_path / "a.jsonl", talks), tmp_path / "s1", 20)
    rework.sample(lines(tmp_path / "b.jsonl", talks[::-1]), tmp_path / "s2", 20)
    assert ids(tmp_path / "s1") == ids(tmp_path / "s2")
    assert len(ids(tmp_path / "s1")) == 20
    rework.sample(tmp_path / "a.jsonl", tmp_path / "s3", 20, seed=5)
    assert ids(tmp_path / "s3") != ids(tmp_path / "s1")
    each = rework.sample(tmp_path / "a.jsonl", tmp_path / "s4", 6, each_split=True)
    assert each.splits == {"train": 6, "test": 6}
    share = rework.sample(tmp_path / "a.jsonl", tmp_path / "s5", share=0.25)
    assert share.splits == {"train": 15, "test": 5}
    short = rework.sample(tmp_path / "a.jsonl", tmp_path / "s6", 100)
    assert short.notes == ["there are only 80 conversations, not 100"]
    assert share.dropped == {"not drawn": 60}


def test_of_near_duplicates_the_first_stays_and_the_others_name_it(tmp_path: Path) -> None:
    said = " ".join(f"word{k}" for k in range(60))
    talks = [talk(1, text=said), talk(2), talk(3, text=said + " more"), talk(1, text=said.upper())]
    made = rework.dedupe(lines(tmp_path / "a.jsonl", talks), tmp_path / "once")
    assert made.dropped == {"near-duplicate": 2}
    assert ids(tmp_path / "once") == {talks[0].id, talks[1].id}
    reasons = [d["reason"] for d in pq.read_table(tmp_path / "once" / "dropped").to_pylist()]
    assert all(reason.startswith(f"near-duplicate: of {talks[0].id}, ") for reason in reasons)


def test_the_end_of_a_chain_stays_and_what_goes_names_what_it_was_measured_against(
    tmp_path: Path,
) -> None:
    said = [f"w{k}" for k in range(72)]
    talks = [talk(n, text=" ".join(said[4 * n : 4 * n + 60])) for n in range(3)]
    rework.dedupe(lines(tmp_path / "a.jsonl", talks), tmp_path / "once")
    assert ids(tmp_path / "once") == {talks[0].id, talks[2].id}
    (drop,) = pq.read_table(tmp_path / "once" / "dropped").to_pylist()
    assert drop["subject"] == talks[1].id
    assert drop["reason"].startswith(f"near-duplicate: of {talks[0].id}, 0.8")


def test_shards_hold_what_they_were_asked_to(tmp_path: Path) -> None:
    talks = [talk(n, split="train" if n < 90 else "test") for n in range(100)]
    file = lines(tmp_path / "a.jsonl", talks)
    rework.shard(file, tmp_path / "k", shards=4)
    sizes = {f.name: pq.read_metadata(f).num_rows for f in (tmp_path / "k" / "data").iterdir()}
    assert sizes == {
        "train-00000-of-00004.parquet": 23, "train-00001-of-00004.parquet": 23,
        "train-00002-of-00004.parquet": 23, "train-00003-of-00004.parquet": 21,
        "test-00000-of-00001.parquet": 10,
    }  # fmt: skip
    rework.shard(file, tmp_path / "r", rows_per_shard=60)
    assert {f.name for f in (tmp_path / "r" / "data").iterdir()} == {
        "train-00000-of-00002.parquet", "train-00001-of-00002.parquet",
        "test-00000-of-00001.parquet",
    }  # fmt: skip
    assert ids(tmp_path / "k") == ids(tmp_path / "r") == {t.id for t in talks}


def test_a_target_that_is_there_is_refused_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [talk(1), talk(2)])
    rework.sample(file, tmp_path / "out", 1)
    with pytest.raises(UserError, match="exists already"):
        rework.sample(file, tmp_path / "out", 2)
    with pytest.raises(UserError, match="source itself"):
        rework.dedupe(file, file, force=True)
    with pytest.raises(UserError, match="no conversation is left"):
        rework.keep_where(file, tmp_path / "none", "turns > 99")
    with pytest.raises(UserError, match="no file"):
        rework.merge([file, tmp_path / "b.jsonl"], tmp_path / "none")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "out"]
    assert rework.sample(file, tmp_path / "out", 2, force=True).kept == 2


def test_a_line_that_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [talk(1), talk(2)])
    file.write_text(file.read_text() + "{broken\n")
    made = rework.sample(file, tmp_path / "out", 2)
    assert made.kept == 2
    (drop,) = pq.read_table(tmp_path / "out" / "dropped").to_pylist()
    assert drop["reason"].startswith("unreadable: line 3")
    lineage = json.loads((tmp_path / "out" / "lineage.json").read_text())
    assert lineage["sources"][0]["unreadable"] == 1


def test_of_one_id_the_first_is_kept_and_the_others_are_told(tmp_path: Path) -> None:
    rows = [talk(1, score=0.9), talk(2), talk(1, score=0.1), talk(1)]
    source = lines(tmp_path / "a.jsonl", rows)
    made = rework.keep_where(source, tmp_path / "out", "turns == 2")
    assert (made.read, made.kept, made.dropped) == (4, 2, {"repeat": 2})
    kept = {c.id: c for c in load_conversations(tmp_path / "out")}
    assert kept[rows[0].id].scores == {"faithfulness": 0.9}
    dropped = pq.read_table(tmp_path / "out" / "dropped").to_pylist()
    assert {d["reason"] for d in dropped} == {
        "repeat: row 3 has the id of one before it", "repeat: row 4 has the id of one before it",
    }  # fmt: skip
    report = json.loads((tmp_path / "out" / "lineage.json").read_text())
    assert (report["kept"], report["dropped"]) == (2, {"repeat": 2})
    told = convert(source, tmp_path / "run")
    assert told.left_out == {"a conversation with the same id is there already": 2}
    first = next(c for c in load_conversations(tmp_path / "run") if c.id == rows[0].id)
    assert first.scores == {"faithfulness": 0.9}


def test_two_models_that_give_one_reply_are_two_conversations(tmp_path: Path) -> None:
    replies = [{"response": "good .", "model": m, "Natural": [n]} for m, n in (("A", 1), ("B", 3))]
    row = {"context": "hi\nhello", "fact": "", "responses": replies}
    (tmp_path / "usr.json").write_text(json.dumps([row]))
    made = rework.shard(tmp_path / "usr.json", tmp_path / "out", shards=1)
    assert (made.kept, made.dropped) == (2, {})
    kept = {c.provenance.extra["model"]: c.scores for c in load_conversations(tmp_path / "out")}
    assert kept == {"A": {"Natural": 1.0}, "B": {"Natural": 3.0}}


def test_a_score_beside_ratings_is_kept_in_fed_and_usr(tmp_path: Path) -> None:
    made = talk(1, score=0.5, text="Hi")
    extra = {"ratings": {"Natural": [1, 3]}}
    provenance = Provenance(extra=extra)
    made = msgspec.structs.replace(made, provenance=provenance, scores={"Natural": 2.0, "odd": 0.5})
    source = lines(tmp_path / "a.jsonl", [made])
    for name in ("fed", "usr"):
        told = convert(source, tmp_path / f"{name}.json", to_format=name)
        assert "scores" not in told.lost
        (back,) = load_conversations(tmp_path / f"{name}.json")
        assert back.scores == {"Natural": 2.0, "odd": 0.5}
