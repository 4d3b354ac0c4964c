"""The index says what became of each conversation, follows a run, and can be thrown away."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from dramaturg.errors import UserError
from dramaturg.records import to_json
from dramaturg.store import RunFolder
from dramaturg.viewer import Source, one
from dramaturg.viewer.search import Bound, Query, search
from tests.viewer.stage import (
    ARGUMENTS,
    DENIED,
    DROP,
    EARLIER,
    KEPT,
    LOST,
    OTHER,
    VERDICTS,
    make_run,
    opened,
    put,
    talk,
    wait_for,
)


def statuses(source: Source) -> dict[str, str]:
    with source.asked() as db:
        return {row.id: row.status for row in search(db, Query(status="all")).rows}


def test_each_draft_of_a_run_has_become_something(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", EARLIER)
    (run / "data").mkdir()
    (run / "data" / "train-00000-of-00001.parquet").touch()  # the run has said what it keeps
    with opened(run) as (source,):
        assert statuses(source) == {
            KEPT.id: "kept",
            LOST.id: "lost",
            DENIED.id: "dropped",
            OTHER.id: "kept",
            EARLIER.id: "earlier",
        }


def test_what_is_dropped_has_its_reason_whatever_was_noted_first(tmp_path: Path) -> None:
    for name, records in (("a", (DROP, DENIED)), ("b", (DENIED, DROP))):
        with RunFolder.open(tmp_path / name, ARGUMENTS, "0") as folder:
            put(folder, *records)
        with opened(tmp_path / name) as (source,), source.asked() as db:
            (row,) = search(db, Query(status="dropped")).rows
            assert row.why == DROP.reason


def test_verdicts_count_whatever_was_noted_first(tmp_path: Path) -> None:
    for name, records in (("a", (*VERDICTS, DENIED)), ("b", (DENIED, *VERDICTS))):
        with RunFolder.open(tmp_path / name, ARGUMENTS, "0") as folder:
            put(folder, *records)
        with opened(tmp_path / name) as (source,), source.asked() as db:
            (row,) = search(db, Query(status="all")).rows
            assert row.scores == (("faithfulness", 0.1, False),)


def test_a_run_is_followed_while_it_is_written_and_after_it_ends(tmp_path: Path) -> None:
    folder = RunFolder.open(tmp_path / "run", ARGUMENTS, "0")
    first = talk("One.", "Two.", scores={"votes": 1.0})
    with folder:
        put(folder, first)
        folder.journal.flush()
        with opened(tmp_path / "run") as (source,):
            assert source.state == "running"
            assert statuses(source) == {first.id: "kept"}
            later = talk("Three.", "Four.", round=2, scores={"votes": 2.0})
            put(folder, later)
            wait_for(lambda: later.id in statuses(source))
            assert statuses(source) == {first.id: "earlier", later.id: "kept"}
            ended = KEPT
            put(folder, ended)
            folder.finish()
            folder.close()
            wait_for(lambda: source.settled)
            assert statuses(source)[ended.id] == "kept"


def test_a_resumed_run_that_begins_to_note_anew_is_read_anew(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        put(folder, LOST, DENIED, DROP)
        folder.journal.flush()
        with opened(tmp_path / "run") as (source,):
            assert statuses(source)[DENIED.id] == "dropped"
            folder.journal.forget("drop")
            folder.journal.flush()
            wait_for(lambda: statuses(source)[DENIED.id] == "lost")


def test_a_second_look_finds_the_index_and_a_changed_run_another(tmp_path: Path) -> None:
    run, cache = make_run(tmp_path / "run"), tmp_path / "cache"
    with opened(run, cache=cache):
        pass
    (kept,) = cache.glob("*.sqlite")
    before = kept.stat().st_ino
    with opened(run, cache=cache) as (source,):
        assert len(statuses(source)) == 4
    (again,) = cache.glob("*.sqlite")
    assert again.stat().st_ino == before
    with RunFolder.open(run, ARGUMENTS, "0") as folder:
        put(folder, EARLIER)
        folder.finish()
    with opened(run, cache=cache) as (source,):
        assert EARLIER.id in statuses(source)
    assert len(list(cache.glob("*.sqlite"))) == 1


def test_an_index_of_a_viewer_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    run, cache = make_run(tmp_path / "run"), tmp_path / "cache"
    with opened(run, cache=cache):
        pass
    (kept,) = cache.glob("*.sqlite")
    left = cache / f"{kept.name.split('-')[0]}-0000-{2**22 + 12345}-0.sqlite"
    left.write_bytes(kept.read_bytes())
    kept.unlink()
    with opened(run, cache=cache):
        assert not left.exists()


def test_a_damaged_index_is_made_again(tmp_path: Path) -> None:
    run, cache = make_run(tmp_path / "run"), tmp_path / "cache"
    with opened(run, cache=cache):
        pass
    (kept,) = cache.glob("*.sqlite")
    kept.write_bytes(b"SQLite format 3\x00 and no more")
    with opened(run, cache=cache) as (source,):
        assert len(statuses(source)) == 4


def test_a_broken_record_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ARGUMENTS, "0") as folder:
        folder.journal.put("conversation", "c-1", '{"turns": 3}')
        put(folder, KEPT)
    with opened(tmp_path / "run") as (source,), source.asked() as db:
        assert list(statuses(source)) == [KEPT.id]
        ((kind, reason),) = db.execute("SELECT kind, reason FROM gone").fetchall()
        assert (kind, reason.partition(":")[0]) == ("conversation", "unreadable")


def test_nothing_in_a_run_is_changed_by_looking(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    before = {f.name: f.read_bytes() for f in run.iterdir() if not f.name.endswith("-shm")}
    with opened(run) as (source,):
        statuses(source)
    after = {f.name: f.read_bytes() for f in run.iterdir() if not f.name.endswith("-shm")}
    assert {name: after[name] for name in before} == before


def test_a_dataset_that_is_no_run_is_indexed_with_its_bad_lines(tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    spc = {
        "user_1": ["I bake."],
        "user_2": ["I sail."],
        "turns": [["User 1", "Hi!"], ["User 2", "Ahoy!"]],
    }
    lines = [to_json(KEPT), "{broken", json.dumps(spc)]
    file.write_text("\n".join(lines), encoding="utf-8")
    with opened(file) as (source,), source.asked() as db:
        assert source.is_run is False
        found = search(db, Query())
        assert found.count == 2
        assert source.talk(db, KEPT.id) == KEPT
        ((reason,),) = db.execute("SELECT reason FROM gone").fetchall()
        assert reason.startswith("unreadable: line 2")
        people = dict(db.execute("SELECT name, used FROM person").fetchall())
        assert people == {"Ann": 1, "Ben": 1, "": 1}  # "User 1" and "User 2" are no names


@pytest.mark.parametrize("content", ["", "no conversation\n", '{"a": 1}\n'])
def test_what_cannot_be_read_is_refused_at_once(tmp_path: Path, content: str) -> None:
    file = tmp_path / "chats.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as error:
        Source.open(str(file), cache=tmp_path / "cache")
    assert error.value.fix
    with pytest.raises(UserError, match="there is no file"):
        Source.open(str(tmp_path / "chat.jsonl"), cache=tmp_path / "cache")


def test_an_index_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (tmp_path / "file").touch()
    source = Source.open(str(run), cache=tmp_path / "file" / "cache")
    try:
        assert source.error is not None
        assert "cannot be written" in source.error.what
        with pytest.raises(UserError, match="cannot be shown"), source.asked():
            pass
    finally:
        source.close()


def test_verdicts_of_a_file_stand_beside_a_dataset(tmp_path: Path) -> None:
    file, verdicts = tmp_path / "chats.jsonl", tmp_path / "verdicts"
    plain = talk("Hello there.", "I love steak.")
    file.write_text(to_json(plain), encoding="utf-8")
    said = msgspec.structs.replace(VERDICTS[2], subject=plain.id, id="v-9")
    verdicts.mkdir()
    (verdicts / "verdicts.jsonl").write_text(f"{to_json(said)}\n{{broken\n", encoding="utf-8")
    source = Source.open(str(file), cache=tmp_path / "cache", verdicts=str(verdicts))
    try:
        wait_for(lambda: source.complete)
        with source.asked() as db:
            (row,) = search(db, Query(scores={"faithfulness": Bound(verdict="failed")})).rows
            d = one.detail(source, db, row.id)
            assert d.turns[1].remarks[0].text == "turn 1 contradicts 'I am vegan.'"
            assert d.turns[1].marks == [("f1-1", "denies", "I am vegan.")]
            ((reason,),) = db.execute("SELECT reason FROM gone").fetchall()
            assert reason.startswith("unreadable: line 2 of verdicts.jsonl")
    finally:
        source.close()
    with pytest.raises(UserError, match="no verdicts in"):
        Source.open(str(file), cache=tmp_path / "cache", verdicts=str(tmp_path))
