"""A run folder is made, resumed, refused, and read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import RunFolderError, UserError
from dramaturg.records import Conversation, Drop, Provenance, Speaker, Turn
from dramaturg.store import (
    LEFT_OUT,
    RunFolder,
    RunListener,
    differences,
    fingerprint,
    latest,
    listening,
    note,
)

SOURCES = str(Path(__file__).parents[2] / "src")
ARGUMENTS: dict[str, Any] = {
    "recipe": "synthetic-persona-chat",
    "seed": 13,
    "models": {"writer": "embedded"},
    "settings": {"rounds": 3, "personas": "people.txt"},
    "personas": {"path": "people.txt", "hash": "aa"},
}


def a_conversation(text: str = "Hi.") -> Conversation:
    speakers = (Speaker(name="User 1"), Speaker(name="User 2"))
    return Conversation(scene_id="s-1", speakers=speakers, turns=(Turn(speaker=0, text=text),))


def test_a_new_folder_is_made_with_its_parents_and_then_resumed(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with RunFolder.open(out, ARGUMENTS, "1") as folder:
        assert (folder.resumed, folder.state) == (False, "running")
        folder.journal.put("drop", "d-1", "{}")
    info = json.loads((out / "run.json").read_text())
    assert info["state"] == "stopped"
    assert info["totals"]["records"] == {"drop": 1}
    with RunFolder.open(out, ARGUMENTS, "1") as folder:
        assert (folder.resumed, folder.journal.count("drop")) == (True, 1)
        folder.finish()
    with RunFolder.read(out) as folder:
        assert (folder.state, folder.info["fingerprint"]) == ("finished", fingerprint_of(out))


def fingerprint_of(out: Path) -> str:
    return str(json.loads((out / "run.json").read_text())["fingerprint"])


def test_other_arguments_are_refused_and_each_is_named(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "r", ARGUMENTS, "1") as folder:
        folder.journal.put("conversation", "c-1", "{}")
    other = {**ARGUMENTS, "seed": 14, "settings": {"rounds": 2, "personas": "people.txt"}}
    with pytest.raises(RunFolderError) as told:
        RunFolder.open(tmp_path / "r", other, "2")
    assert told.value.why == (
        'data_version: "1" before, "2" now; seed: 13 before, 14 now; '
        "settings.rounds: 3 before, 2 now"
    )
    assert told.value.fix == (
        "give another --out to start a new run, or the same arguments to go on with it"
    )
    RunFolder.open(tmp_path / "r", ARGUMENTS, "1").close()  # the refusal held no lock


def test_what_cannot_change_a_row_does_not_count() -> None:
    moved: dict[str, Any] = {
        **ARGUMENTS,
        "out": "elsewhere",
        "concurrency": 64,
        "budget": {"max_tokens": 5},
        "api_key": "sk-1",
        "settings": {"rounds": 3, "personas": "moved.txt"},
        "personas": {"path": "moved.txt", "hash": "aa"},
    }
    assert fingerprint(moved) == fingerprint(ARGUMENTS)
    assert differences(ARGUMENTS, moved) == []
    changed = {**ARGUMENTS, "personas": {"path": "people.txt", "hash": "bb"}}
    assert fingerprint(changed) != fingerprint(ARGUMENTS)
    assert differences(ARGUMENTS, changed) == ['personas.hash: "aa" before, "bb" now']
    assert all(reason for reason in LEFT_OUT.values())
    long = {"text": "x" * 200 + "a"}, {"text": "x" * 200 + "b"}
    assert len(differences(*long)) == 1


def test_keys_are_never_written_down(tmp_path: Path) -> None:
    secret = {**ARGUMENTS, "api_key": "sk-111", "engine": {"hf_token": "sk-111", "retries": 2}}
    RunFolder.open(tmp_path / "r", secret, "1").close()
    for file in (tmp_path / "r").iterdir():
        assert b"sk-111" not in file.read_bytes(), file


def test_a_file_or_a_strangers_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunFolderError, match="is a file"):
        RunFolder.open(tmp_path / "file", ARGUMENTS, "1")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("x")
    with pytest.raises(RunFolderError, match="is not empty and is not a run folder") as told:
        RunFolder.open(mine, ARGUMENTS, "1")
    assert told.value.why == "it holds thesis.tex"
    assert [p.name for p in mine.iterdir()] == ["thesis.tex"]


def test_a_foreign_run_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"my": "file"}')
    with pytest.raises(RunFolderError, match=r"run\.json is not of a run of Dramaturg"):
        RunFolder.open(tmp_path, ARGUMENTS, "1")
    assert (tmp_path / "run.json").read_text() == '{"my": "file"}'


def test_a_run_whose_journal_is_gone_does_not_start_afresh(tmp_path: Path) -> None:
    RunFolder.open(tmp_path / "r", ARGUMENTS, "1").close()
    (tmp_path / "r" / "journal.sqlite").unlink()
    with pytest.raises(RunFolderError, match="journal is empty or gone"):
        RunFolder.open(tmp_path / "r", ARGUMENTS, "1")


def test_a_run_killed_before_its_run_json_is_resumed(tmp_path: Path) -> None:
    RunFolder.open(tmp_path / "r", ARGUMENTS, "1").close()
    (tmp_path / "r" / "run.json").unlink()
    with RunFolder.open(tmp_path / "r", ARGUMENTS, "1") as folder:
        assert folder.resumed


def test_the_second_process_is_told_who_holds_the_folder_until_it_dies(tmp_path: Path) -> None:
    out = tmp_path / "r"
    script = (
        f"import sys; sys.path.insert(0, {SOURCES!r})\n"
        "from dramaturg.store import RunFolder\n"
        f"folder = RunFolder.open({str(out)!r}, {ARGUMENTS!r}, '1')\n"
        "print('open', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(RunFolderError, match="is in use") as told:
        RunFolder.open(out, ARGUMENTS, "1")
    assert f"process {holder.pid} on " in told.value.why
    with RunFolder.read(out) as reader:
        assert reader.state == "running"
    holder.kill()
    holder.communicate()
    with RunFolder.read(out) as reader:
        assert reader.state == "stopped"
    with RunFolder.open(out, ARGUMENTS, "1") as folder:
        assert folder.resumed


def test_a_conversation_is_found_by_id_or_by_its_only_beginning(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "r", ARGUMENTS, "1") as folder, listening(RunListener(folder)):
        first, second = a_conversation("Hi."), a_conversation("Ho.")
        note(first)
        note(second)
        assert folder.find(first.id) == first
        assert folder.find(first.id[:8]) == first
        assert folder.find(second.id[2:9]) == second
        with pytest.raises(UserError, match="could be several") as told:
            folder.find("c-")
        assert first.id in told.value.fix
        with pytest.raises(UserError, match="no conversation 'zzz'"):
            folder.find("zzz")


def test_what_rooms_note_is_in_the_journal_by_kind_id_and_round(tmp_path: Path) -> None:
    made = a_conversation()
    made = Conversation(
        scene_id="s", speakers=made.speakers, turns=made.turns, provenance=Provenance(round=2)
    )
    with RunFolder.open(tmp_path / "r", ARGUMENTS, "1") as folder, listening(RunListener(folder)):
        note(Drop(kind="draft", reason="toxicity: turn 1"))
        note(made)
        note(made)
        assert folder.journal.kinds() == {"conversation": 1, "drop": 1}
        rows = folder.journal._fetch("SELECT kind, round FROM records ORDER BY seq", ())
        assert rows == [("drop", 0), ("conversation", 2)]


def test_latest_is_the_newest_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run folder"):
        latest(tmp_path)
    RunFolder.open(tmp_path / "runs" / "one", ARGUMENTS, "1").close()
    RunFolder.open(tmp_path / "two", ARGUMENTS, "1").close()
    assert latest(tmp_path) == tmp_path / "two"


def test_reading_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder") as told:
        RunFolder.read(tmp_path)
    assert told.value.why == "it has no run.json"


def test_a_report_with_costs_by_role_and_task_can_be_written(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "r", ARGUMENTS, "1") as folder:
        folder.journal.intend("k", role="w", model="m", task="t", prompt_hash="", request="")
        folder.journal.finish("k", "r", tokens_in=4)
        path = folder.write_json("report.json", {"totals": folder.journal.totals()})
    told = json.loads(path.read_text())["totals"]
    assert (list(told), told["w t"]["calls"], told["w t"]["tokens_in"]) == (["w t"], 1, 4)


def test_a_run_that_asked_nothing_and_kept_nothing_gives_its_folder_to_the_corrected_one(
    tmp_path: Path,
) -> None:
    with RunFolder.open(tmp_path / "run", {"recipe": "r", "traits": "opennes"}, "1") as folder:
        folder.journal.put("drop", "d-1", "{}")
    with RunFolder.open(tmp_path / "run", {"recipe": "r", "traits": "openness"}, "1") as folder:
        assert not folder.resumed
        folder.journal.put("conversation", "c-1", "{}")
    with pytest.raises(RunFolderError, match="other arguments"):
        RunFolder.open(tmp_path / "run", {"recipe": "r", "traits": "all"}, "1")
    with RunFolder.open(tmp_path / "run", {"recipe": "r", "traits": "openness"}, "1") as folder:
        assert folder.resumed
