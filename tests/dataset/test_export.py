"""A run's records become parquet that `datasets` reads; the same records, the same bytes."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dramaturg.dataset import apart_by_persona, export, load_conversations, read_dataset, write_card
from dramaturg.errors import UserError
from dramaturg.records import (
    Conversation,
    Drop,
    Fact,
    Grounding,
    Persona,
    Preference,
    Provenance,
    Speaker,
    Turn,
)
from dramaturg.store import RunFolder, RunListener

SOURCES = str(Path(__file__).parents[2] / "src")


def a_conversation(n: int, split: str = "train", **scores: float) -> Conversation:
    speakers = tuple(
        Speaker(name=f"User {i}", persona_id=f"p-{n}-{i}", persona=(f"I am {n}.",),
                fact_ids=(f"f-{n}",))
        for i in (1, 2)
    )  # fmt: skip
    grounding = (Grounding(fact_id=f"f-{n}", start=0, end=2),)
    turns = (Turn(speaker=0, text=f"Hi {n}", grounding=grounding), Turn(speaker=1, text="Ho 👋"))
    return Conversation(
        scene_id="s-1",
        speakers=speakers,
        turns=turns,
        scene={"topic": "tea", "shared": ["pets"]},
        scores=scores,
        split=split,
        provenance=Provenance(recipe="r", round=2, draft=n, models={"writer": "m"}, calls=("k",)),
    )


def hashes(out: Path) -> dict[str, str]:
    files = sorted(out.rglob("*.parquet"))
    return {str(f.relative_to(out)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def kept() -> list[Conversation]:
    made = [a_conversation(n, coherence=n / 10) for n in range(10)]
    made += [a_conversation(n, "validation", toxicity=0.0) for n in range(10, 12)]
    return [*made, a_conversation(12, "test")]


def test_conversations_come_back_as_they_were_and_splits_have_one_schema(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "r", {}, "1") as folder:
        assert export(folder, kept()) == {"train": 10, "validation": 2, "test": 1}
    assert {c.id: c for c in read_dataset(tmp_path / "r")} == {c.id: c for c in kept()}
    assert [c.split for c in load_conversations(tmp_path / "r")] == (
        ["train"] * 10 + ["validation"] * 2 + ["test"]
    )
    schemas = [pq.read_schema(f) for f in sorted((tmp_path / "r" / "data").iterdir())]
    assert [f.name for f in sorted((tmp_path / "r" / "data").iterdir())] == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
        "validation-00000-of-00001.parquet",
    ]
    assert schemas[0] == schemas[1] == schemas[2]
    assert schemas[0].names == [
        "id", "split", "recipe", "round", "scene_id", "scene", "speakers", "turns", "scores",
        "provenance", "previous",
    ]  # fmt: skip
    assert [f.name for f in schemas[0].field("scores").type] == ["coherence", "toxicity"]


def test_drafts_without_a_split_and_conversations_not_given_are_not_exported(
    tmp_path: Path,
) -> None:
    with RunFolder.open(tmp_path / "r", {}, "1") as folder:
        listener = RunListener(folder)
        for n in range(5):
            listener.note(a_conversation(n, "" if n < 3 else "train"))
        assert export(folder) == {"train": 2}
        assert export(folder, [a_conversation(9, "test")]) == {"test": 1}
    assert [f.name for f in (tmp_path / "r" / "data").iterdir()] == ["test-00000-of-00001.parquet"]


def test_the_same_records_give_the_same_bytes_in_whatever_order_they_came(tmp_path: Path) -> None:
    shuffled = kept()
    random.Random(3).shuffle(shuffled)
    for name, given_ in (("a", kept()), ("b", shuffled)):
        with RunFolder.open(tmp_path / name, {}, "1") as folder:
            export(folder, given_)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    with RunFolder.open(tmp_path / "b", {}, "1") as folder:
        export(folder)  # again, from the journal alone
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")


def test_large_splits_are_cut_into_numbered_files_and_old_ones_go(tmp_path: Path) -> None:
    made = [a_conversation(n) for n in range(1_300)]
    with RunFolder.open(tmp_path / "r", {}, "1") as folder:
        export(folder, made, rows_per_file=512)
        names = sorted(f.name for f in (tmp_path / "r" / "data").iterdir())
        assert names == [f"train-{n:05d}-of-00003.parquet" for n in range(3)]
        assert [c.id for c in read_dataset(tmp_path / "r")] == sorted(c.id for c in made)
        (tmp_path / "r" / "data" / "mine.parquet").write_text("the user's own")
        export(folder, made)
    names = sorted(f.name for f in (tmp_path / "r" / "data").iterdir())
    assert names == ["mine.parquet", "train-00000-of-00001.parquet"]


def test_a_conversation_without_a_split_is_refused_when_given(tmp_path: Path) -> None:
    with (
        RunFolder.open(tmp_path / "r", {}, "1") as folder,
        pytest.raises(UserError, match="has no split"),
    ):
        export(folder, [a_conversation(1, "")])


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_kill_in_the_middle_leaves_whole_files_and_the_next_export_the_same_bytes(
    tmp_path: Path,
) -> None:
    made = [a_conversation(n, ("train", "test")[n % 2]) for n in range(1_500)]
    out = tmp_path / "r"
    with RunFolder.open(out, {}, "1") as folder:
        export(folder, made)
    wanted = hashes(out)
    script = f"""
        import sys
        sys.path.insert(0, {SOURCES!r})
        from dramaturg.dataset import export
        from dramaturg.store import RunFolder
        with RunFolder.open({str(out)!r}, {{}}, "1") as folder:
            print("open", flush=True)
            for n in range(99):
                export(folder, rows_per_file=(512, 50_000)[n % 2])
    """
    draw = random.Random(2)
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        time.sleep(draw.uniform(0.2, 1.2))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        for file in (out / "data").iterdir():
            assert pq.read_table(file).num_rows > 0
        with RunFolder.open(out, {}, "1") as folder:
            export(folder)
        assert hashes(out) == wanted


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
any_turn = st.builds(
    Turn,
    speaker=st.integers(0, 3),
    text=words,
    channels=st.dictionaries(words, words, max_size=2),
    grounding=st.lists(
        st.builds(Grounding, fact_id=words, relation=words, start=st.none() | st.integers(0, 9)),
        max_size=2,
    ).map(tuple),
    emotion=st.none() | words,
)
any_conversation = st.builds(
    Conversation,
    scene_id=words,
    speakers=st.lists(
        st.builds(
            Speaker,
            name=words,
            persona_id=st.none() | words,
            persona=st.lists(words, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    turns=st.lists(any_turn, max_size=4).map(tuple),
    scene=st.dictionaries(words, json_values, max_size=2),
    scores=st.dictionaries(st.sampled_from(["a", "b c", "é"]), st.floats(-9, 9), max_size=3),
    provenance=st.builds(
        Provenance,
        recipe=words,
        models=st.dictionaries(words, words, max_size=1),
        extra=st.dictionaries(words, json_values, max_size=2),
    ),
    split=st.sampled_from(["train", "test"]),
    previous=st.none() | words,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(any_conversation, min_size=1, max_size=4))
def test_any_conversation_comes_back_from_parquet_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, made: list[Conversation]
) -> None:
    out = tmp_path_factory.mktemp("run") / "r"
    with RunFolder.open(out, {}, "1") as folder:
        export(folder, made)
    assert {c.id: c for c in read_dataset(out)} == {c.id: c for c in made}


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_DATASETS_CACHE": str(tmp_path / "hf" / "datasets"),
    }.items():
        monkeypatch.setenv(name, value)
    return pytest.importorskip("datasets")


def test_the_datasets_library_loads_the_folder_as_it_is(tmp_path: Path, datasets: Any) -> None:
    people = [Persona(name=n, facts=(Fact(text=f"I am {n}."),)) for n in "AB"]
    given_ = kept()
    preference = Preference(chosen=given_[0].id, rejected="c-gone", criterion="votes")
    out = tmp_path / "my-dataset"
    with RunFolder.open(out, {"recipe": "r"}, "1") as folder:
        for record in (preference, Drop(kind="draft", reason="toxicity: turn 1", subject="c-gone")):
            RunListener(folder).note(record)
        export(folder, given_, people)
        write_card(folder, {"models": {"writer": "embedded"}})
        folder.finish()
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset(str(out), cache_dir=cache)
    assert {name: part.num_rows for name, part in loaded.items()} == {
        "train": 10,
        "validation": 2,
        "test": 1,
    }
    row = loaded["test"][0]
    assert row["turns"][1]["text"] == "Ho 👋"
    assert row["speakers"][0]["persona"] == ["I am 12."]
    assert row["scores"] == {"coherence": None, "toxicity": None}
    assert (row["recipe"], row["round"], row["split"]) == ("r", 2, "test")
    rest = {
        name: datasets.load_dataset(str(out), name, split="train", cache_dir=cache)
        for name in ("personas", "preferences", "dropped")
    }
    assert sorted(rest["personas"]["name"]) == ["A", "B"]
    assert rest["preferences"][0]["chosen_text"] == given_[0].as_text()
    assert rest["preferences"][0]["rejected_text"] is None
    assert list(rest["dropped"]["reason_class"]) == ["toxicity"]


def test_real_conversations_survive_the_whole_way(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "synthetic-persona-chat" / "Synthetic-Persona-Chat_valid.csv"
    made = list(load_conversations(source))[:300]
    splits = apart_by_persona(made)
    with RunFolder.open(tmp_path / "r", {}, "1") as folder:
        export(folder, splits.apply(made))
    assert {c.id: c for c in read_dataset(tmp_path / "r")} == {c.id: c for c in splits.apply(made)}
