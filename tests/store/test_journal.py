"""The journal keeps what was acknowledged, once, and says when it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import RunFolderError, UserError
from dramaturg.records import Cost
from dramaturg.store import Journal

SOURCES = str(Path(__file__).parents[2] / "src")


def intend(journal: Journal, key: str, **changes: str) -> None:
    told = {"role": "writer", "model": "m", "task": "t", "prompt_hash": "h", "request": "{}"}
    journal.intend(key, **{**told, **changes})


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


def test_a_call_is_found_before_and_after_it_is_committed(journal: Journal) -> None:
    assert journal.find("k") is None
    intend(journal, "k")
    queued = journal.find("k")
    assert queued is not None
    assert (queued["state"], queued["role"], queued["reply"]) == ("intent", "writer", None)
    journal.finish("k", '{"text":"hi"}', tokens_in=3, tokens_out=1, usd=0.5, seconds=2.0)
    done = journal.find("k")
    assert done is not None
    assert (done["state"], done["reply"], done["request"]) == ("done", '{"text":"hi"}', "{}")
    journal.flush()
    committed = journal.find("k")
    assert committed == {**done, "seq": 1}


def test_the_first_reply_to_a_call_stays(journal: Journal) -> None:
    intend(journal, "k")
    journal.finish("k", "first", tokens_in=1)
    journal.finish("k", "second", tokens_in=9)
    journal.fail("k", "too late")
    intend(journal, "k")
    journal.flush()
    found = journal.find("k")
    assert found is not None
    assert (found["state"], found["reply"], found["error"]) == ("done", "first", None)
    assert journal.totals() == {("writer", "t"): Cost(calls=1, tokens_in=1)}


def test_a_failed_call_can_be_made_again(journal: Journal) -> None:
    intend(journal, "k")
    journal.fail("k", "timeout")
    failed = journal.find("k")
    assert failed is not None
    assert (failed["state"], failed["error"]) == ("failed", "timeout")
    intend(journal, "k")
    journal.finish("k", "ok")
    journal.flush()
    again = journal.find("k")
    assert again is not None
    assert (again["state"], again["reply"], again["error"]) == ("done", "ok", None)


def test_totals_are_by_role_and_task_and_count_finished_calls_only(journal: Journal) -> None:
    for n in range(4):
        intend(journal, f"w{n}", task="write")
        intend(journal, f"c{n}", role="critic", task="judge")
    for n in range(3):
        journal.finish(f"w{n}", "r", tokens_in=10, tokens_out=2, usd=0.25, seconds=1.5)
    journal.finish("c0", "r", tokens_in=7)
    journal.fail("c1", "no")
    assert journal.totals() == {
        ("critic", "judge"): Cost(calls=1, tokens_in=7),
        ("writer", "write"): Cost(calls=3, tokens_in=30, tokens_out=6, usd=0.75, seconds=4.5),
    }
    assert [c["key"] for c in journal.calls_for(["c0", "nobody", "w2"])] == ["c0", "w2"]
    assert [c["key"] for c in journal.calls()][:3] == ["w0", "c0", "w1"]
    assert ("critic", "judge", "m", "h") in journal.prompts()


def test_a_record_put_twice_is_one_record_and_the_last_body_counts(journal: Journal) -> None:
    for n in range(1_203):  # more than two pages
        journal.put("drop", f"d-{1_202 - n:04d}", f'{{"n":{n}}}', round=n % 3)
    journal.put("drop", "d-1202", '{"n":"new"}')
    assert journal.count("drop") == 1_203
    bodies = list(journal.records("drop"))
    assert (len(bodies), bodies[0], bodies[-1]) == (1_203, '{"n":"new"}', '{"n":1202}')
    by_id = list(journal.records_by_id("drop"))
    assert (len(by_id), by_id[0], by_id[-1]) == (1_203, '{"n":1202}', '{"n":"new"}')
    assert journal.kinds() == {"drop": 1_203}
    assert journal.ids_starting("drop", "d-000", 3) == ["d-0000", "d-0001", "d-0002"]


def test_a_lone_surrogate_does_not_break_the_journal(journal: Journal) -> None:
    intend(journal, "k", request="a\ud800b")
    journal.put("fact", "f-1", '"😀\udc00"')
    assert list(journal.records("fact")) == ['"😀\ufffd"']
    found = journal.find("k")
    assert found is not None
    assert found["request"] == "a\ufffdb"


def test_a_reader_sees_what_another_connection_committed(journal: Journal) -> None:
    journal.put("fact", "f-1", "1")
    journal.flush()
    with Journal(journal.path, read_only=True) as reader:
        assert list(reader.records("fact")) == ["1"]
        with pytest.raises(RunFolderError, match="reading only"):
            reader.put("fact", "f-2", "2")


def test_another_programs_sqlite_file_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE songs(title TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(RunFolderError, match="belongs to another program") as told:
        Journal(path)
    assert told.value.fix == "give another --out"
    assert path.read_bytes() == before


def test_a_file_of_garbage_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"these are my holiday notes\n" * 100)
    with pytest.raises(RunFolderError, match="is not a journal of a run"):
        Journal(path)
    assert path.read_bytes() == b"these are my holiday notes\n" * 100


def test_a_damaged_journal_is_told_and_not_read_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        for n in range(500):
            journal.put("drop", f"d-{n}", "x" * 500)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)

    def read_all() -> None:
        with Journal(path) as damaged:
            list(damaged.records("drop"))

    with pytest.raises(RunFolderError, match="damaged") as told:
        read_all()
    assert "restore the file from a copy" in told.value.fix


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(RunFolderError, match="newer version"):
        Journal(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_full_disk_is_told_by_the_next_call_and_committed_rows_stay(tmp_path: Path) -> None:
    script = f"""
        import resource, sys
        sys.path.insert(0, {SOURCES!r})
        from dramaturg.store import Journal
        from dramaturg.errors import UserError
        journal = Journal({str(tmp_path / "journal.sqlite")!r})
        journal.put("drop", "first", "kept"); journal.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        n = 0
        try:
            for n in range(2_000):
                journal.put("drop", str(n), "x" * 1_000)
            journal.flush()
        except UserError as error:
            print("told:", error.what, "|", error.fix)
            try:
                journal.find("k")
            except UserError:
                print("told again")
            journal.close()
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60
    )
    assert "cannot be read or written" in ran.stdout, ran.stderr
    assert "told again" in ran.stdout
    assert "disk has room" in ran.stdout
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.record("drop", "first") == "kept"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kill_9_loses_no_acknowledged_call_and_doubles_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    script = f"""
        import sys
        sys.path.insert(0, {SOURCES!r})
        from dramaturg.store import Journal
        journal = Journal({str(path)!r})
        start = int(sys.argv[1])
        for n in range(start, 10**9):
            key = f"k{{n}}"
            journal.intend(key, role="w", model="m", task="t", prompt_hash="h", request="r" * 900)
            journal.finish(key, str(n), tokens_in=1)
            journal.put("drop", key, str(n))
            if n % 7 == 0:
                journal.flush()
                print(n, flush=True)
    """
    draw = random.Random(5)
    acknowledged = 0
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        assert first, "the writer did not start"
        time.sleep(draw.uniform(0, 0.25))
        writer.send_signal(signal.SIGKILL)
        said = [first, *writer.stdout.read().splitlines()]
        writer.wait()
        whole = [int(line) for line in said if line.strip().isdigit()]
        acknowledged = max([acknowledged, *whole[:-1]])  # the last line may be cut
        with Journal(path) as journal:
            for n in range(acknowledged + 1):
                found = journal.find(f"k{n}")
                assert found is not None, n
                assert (found["state"], found["reply"]) == ("done", str(n))
            bodies = list(journal.records("drop"))
            assert len(bodies) == len(set(bodies)) == journal.count("drop")
            assert {str(n) for n in range(acknowledged + 1)} <= set(bodies)
            keys = [call["key"] for call in journal.calls()]
            assert len(keys) == len(set(keys))
    assert acknowledged > 50


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read or written"):
        Journal(tmp_path / "nowhere" / "journal.sqlite")


def test_a_reader_goes_through_the_records_of_all_kinds_from_where_it_was(
    journal: Journal,
) -> None:
    journal.put("verdict", "v-1", "{}")
    journal.put("drop", "d-1", '{"a":1}')
    journal.put("verdict", "v-1", '{"b":2}')
    journal.flush()
    assert journal.last_record() == 2
    assert journal.records_after(0, 10) == [
        (1, "verdict", "v-1", '{"b":2}'),
        (2, "drop", "d-1", '{"a":1}'),
    ]
    assert journal.records_after(0, 1) == journal.records_after(0, 10)[:1]
    assert journal.records_after(2, 10) == []


def test_calls_are_told_by_state_and_failures_by_what_was_said(journal: Journal) -> None:
    assert journal.states() == []
    for key in ("a", "b", "c"):
        intend(journal, key)
    journal.fail("b", "429 too many")
    journal.fail("c", "429 too many")
    journal.flush()
    told = [(role, task, state, count) for role, task, state, count, _ in journal.states()]
    assert told == [("writer", "t", "failed", 2), ("writer", "t", "intent", 1)]
    assert all(abs(at - time.time()) < 60 for *_, at in journal.states())
    assert journal.failures() == [("t", "429 too many", 2)]


def test_what_a_loop_left_behind_is_written_without_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:

        async def begin() -> None:
            journal.put("drop", "a", "1")

        asyncio.run(begin())  # ends before the batch is handed over
        journal.put("drop", "b", "2")
        deadline = time.monotonic() + 5
        found: list[tuple[str]] = []
        while len(found) < 2 and time.monotonic() < deadline:
            reader = sqlite3.connect(tmp_path / "journal.sqlite")
            found = reader.execute("SELECT id FROM records ORDER BY id").fetchall()
            reader.close()
            time.sleep(0.01)
        assert found == [("a",), ("b",)]


def test_what_was_committed_is_in_the_file_itself_soon_after(tmp_path: Path) -> None:
    """The log alone may be lost in a power cut; the file has been waited for."""
    with Journal(tmp_path / "journal.sqlite") as journal:
        for name in ("a", "b"):
            journal.put("drop", name, "1")
            journal.flush()
            deadline = time.monotonic() + 8
            found: list[tuple[str]] = []
            while (name,) not in found and time.monotonic() < deadline:
                uri = f"{(tmp_path / 'journal.sqlite').as_uri()}?immutable=1"  # reads no log
                reader = sqlite3.connect(uri, uri=True)
                with contextlib.suppress(sqlite3.Error):  # read while it was written
                    found = reader.execute("SELECT id FROM records").fetchall()
                reader.close()
                time.sleep(0.05)
            assert (name,) in found
