"""`run`, `show`, `critique` and `doctor` as their user meets them, on the embedded default."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dramaturg import dataset
from dramaturg.records import Turn, to_json

FACTS = Path(__file__).parent / "facts.txt"
SMALL = ["-n", "3", "--rounds", "1", "--drafts", "2", "--new-facts", "4", "--query-steps", "2"]


def dramaturg(*words: str, code: int = 0) -> str:
    """The command line in a process of its own; what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "dramaturg", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout or ran.stderr


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "small"
    words = ["--personas", str(FACTS), "--out", str(out), *SMALL]
    dramaturg("run", "synthetic-persona-chat", *words)
    return out


def test_the_embedded_default_makes_conversations_with_no_key(run_folder: Path) -> None:
    kept = list(dataset.read_dataset(run_folder))
    assert len(kept) == 3
    for talk in kept:
        assert {turn.speaker for turn in talk.turns} == {0, 1}
        assert talk.provenance.models == {"writer": "embedded"}
        assert talk.scores["faithfulness"] > 0.3
    assert (run_folder / "README.md").read_text().startswith("---\n")


def test_same_seed_same_bytes_in_another_folder(run_folder: Path) -> None:
    other = run_folder.parent / "again"
    words = ["--personas", str(FACTS), "--out", str(other), *SMALL]
    dramaturg("run", "synthetic-persona-chat", *words)
    for file in run_folder.rglob("*.parquet"):
        assert (other / file.relative_to(run_folder)).read_bytes() == file.read_bytes()


def test_lines_and_pairs_that_are_not_used_are_told_and_kept_with_their_reason(
    tmp_path: Path,
) -> None:
    people = [{"user_1": [f"I keep {n} hens.", "I bake bread."], "user_2": ["I sail.", "I sing."]}
              for n in (3, 4, 5)]  # fmt: skip
    file = tmp_path / "pairs.jsonl"
    lines = [json.dumps(row) for row in people] + ["not json"]
    file.write_text("\n".join(lines), encoding="utf-8")
    words = ["--personas", str(file), "--out", str(tmp_path / "out"), *SMALL, "-n", "2"]
    told = dramaturg("run", "synthetic-persona-chat", *words)
    assert "1 of 3 pairs are left out" in told
    dropped = pq.read_table(tmp_path / "out" / "dropped").to_pylist()
    reasons = [row["reason"] for row in dropped]
    assert any(reason.startswith("beyond -n") for reason in reasons)
    assert any("4" in reason and "JSON" in reason for reason in reasons)


def test_facts_in_another_script_are_refused_by_a_model_that_cannot_write_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "people.txt"
    file.write_text(
        "我有两只狗。\n我是护士。\n我喜欢登山。\nI bake.\n我住在北京。\n", encoding="utf-8"
    )
    words = ["--personas", str(file), "--out", str(tmp_path / "out"), *SMALL]
    told = dramaturg("run", "synthetic-persona-chat", *words, code=2)
    assert "4 of 5 facts are not in Latin script" in told


def test_other_people_in_the_same_file_are_another_run(tmp_path: Path) -> None:
    file = tmp_path / "people.txt"
    file.write_text(FACTS.read_text(encoding="utf-8"), encoding="utf-8")
    words = ["--personas", str(file), "--out", str(tmp_path / "out"), *SMALL, "--max-calls", "3"]
    dramaturg("run", "synthetic-persona-chat", *words, code=1)
    file.write_text(file.read_text(encoding="utf-8") + "I keep bees.\n", encoding="utf-8")
    assert "personas" in dramaturg("run", "synthetic-persona-chat", *words, code=2)


def test_critique_leaves_a_run_s_own_report_alone(run_folder: Path) -> None:
    before = (run_folder / "report.json").read_bytes()
    told = dramaturg("critique", str(run_folder), "--out", str(run_folder), code=2)
    assert "run folder" in told
    assert (run_folder / "report.json").read_bytes() == before


def test_show_prints_turns_verdicts_and_lineage(run_folder: Path) -> None:
    told = dramaturg("show", "1", "--run", str(run_folder), "--prompts")
    for word in ("faithfulness", "toxicity", "Lineage:", "conversation.write", "[reply]"):
        assert word in told
    as_json = json.loads(dramaturg("show", "1", "--run", str(run_folder), "--json"))
    assert as_json["kept"] is True
    assert len(as_json["people"]) == 2


def test_the_same_command_says_it_is_done_and_other_arguments_are_refused(run_folder: Path) -> None:
    words = ["run", "synthetic-persona-chat", "--personas", str(FACTS), "--out", str(run_folder)]
    before = {p: p.read_bytes() for p in run_folder.rglob("*.parquet")}
    dramaturg(*words, *SMALL)
    assert {p: p.read_bytes() for p in run_folder.rglob("*.parquet")} == before
    told = dramaturg(*words, *SMALL, "--seed", "14", code=2)
    assert "other arguments" in told
    assert "seed" in told


def test_critique_finds_a_planted_contradiction_and_points_at_its_turn(
    run_folder: Path, tmp_path: Path
) -> None:
    import msgspec

    talk = next(iter(dataset.read_dataset(run_folder)))
    denied = Turn(speaker=0, text="I do not keep three hens behind my house.")
    speaker = msgspec.structs.replace(
        talk.speakers[0], persona=("I keep three hens behind my house.",), fact_ids=()
    )
    bad = msgspec.structs.replace(
        talk, id="", speakers=(speaker, talk.speakers[1]), turns=(denied, *talk.turns[1:])
    )
    file = tmp_path / "talks.jsonl"
    file.write_text(f"{to_json(bad)}\nnot json\n{to_json(talk)}\n", encoding="utf-8")
    report = json.loads(dramaturg("critique", str(file), "--json", "--out", str(tmp_path / "v")))
    assert report["conversations"] == 2
    assert report["broken_row_count"] == 1
    assert "2" in report["broken_rows"][0]
    worst = report["worst"][0]
    assert worst["conversation"] == bad.id
    assert "0" in worst["turns"]
    verdicts = (tmp_path / "v" / "verdicts.jsonl").read_text().splitlines()
    assert len(verdicts) == 2 * len(report["scorers"])


def test_doctor_says_what_the_embedded_model_can_do() -> None:
    found = json.loads(dramaturg("doctor", "--json"))
    (model,) = found["models"]
    assert model["ok"]
    assert "judges entailment" in model["can"]
    assert model["said"].startswith(("I", "My"))
    told = dramaturg("doctor", "--model", "openai:m@http://127.0.0.1:9/v1", code=1)
    assert "127.0.0.1:9" in told
