"""Converting: what is lost or broken is told in one line, and a failure leaves no trace."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dramaturg.cli import main
from dramaturg.dataset import convert, load_conversations
from dramaturg.dataset import formats as all_formats
from dramaturg.dataset.formats.passed import Passed
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Preference, to_json
from dramaturg.store import RunFolder
from tests.dataset.formats.examples import said

CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
SPC = {"user_1": ["I bake."], "user_2": ["I ski."], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]}


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dramaturg", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_command_says_what_was_lost_and_what_was_dropped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    three = {
        "scene_id": "s",
        "speakers": [{"name": "Ann"}, {"name": "Bo"}, {"name": "Cy"}],
        "turns": [{"speaker": 2, "text": "Hm"}],
    }
    scored = {
        "scene_id": "s",
        "speakers": [{"name": "Ann"}, {"name": "Bo"}],
        "turns": [{"speaker": 1, "text": "Hi"}],
        "scores": {"coherence": 0.5},
    }
    source = lines(tmp_path / "a.jsonl", SPC, scored, three, '{"cut', {"colour": 1})
    out = tmp_path / "b.csv"
    assert run(monkeypatch, "convert", str(source), str(out), "--to", "spc") == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"2 conversations, mixed to spc: {out}",
        "lost: spc has no place for speakers' names (1), scores (1); "
        "1 not written: spc holds 2 speakers",
        "dropped: line 4: not JSON: Unterminated string starting at: line 1 column 2 (char 1)",
        "dropped: line 5: it needs turns, messages, or user_1, user_2 and turns, and has 'colour'",
    ]
    assert run(monkeypatch, "convert", str(source), str(tmp_path / "c.jsonl"), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["written"], report["dropped_count"], report["lost"]) == (3, 2, {})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["b.jsonl"], "Give SRC and DST"),
        (["no.jsonl", "b.jsonl"], "did you mean"),
        (["a.jsonl", "b.weird"], "the name b.weird does not say a format"),
        (["a.jsonl", "b.jsonl", "--to", "sharegtp"], "did you mean sharegpt?"),
        (["a.jsonl", "b.jsonl", "--to", "pippa"], "the format pippa can only be read"),
        (["a.jsonl", "a.jsonl"], "is the source itself"),
        (["a.jsonl", "full.jsonl"], "exists already"),
        (["a.jsonl", "b.jsonl", "--train-on", "1"], "the format jsonl has no option 'train_on'"),
        (["a.jsonl", "b.jsonl", "--to", "openai", "--train-on", "x"], "give the speaker's number"),
        (["a.jsonl", "b.jsonl", "--from", "parquet"], "a.jsonl is no parquet\n  why: it looks lik"),
        (["a.jsonl", "b.jsonl", "--from", "convai2"], "it looks like spc-jsonl"),
        (["empty.jsonl", "b.jsonl"], "empty.jsonl is empty"),
        (["plain.txt", "b.jsonl"], "is plain text, and a conversation has speakers"),
        (["a.jsonl", "p.jsonl", "--to", "trl-preference"], "no preference speaks of it"),
    ],
)
def test_a_mistake_gets_one_clear_sentence_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    said: str,
) -> None:
    lines(tmp_path / "a.jsonl", SPC)
    lines(tmp_path / "full.jsonl", CHAT)
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "plain.txt").write_text("Hello\nthere\n")
    before = sorted(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "convert", *words) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_row_of_another_format_is_told_with_its_line_and_what_it_looks_like(
    tmp_path: Path,
) -> None:
    source = lines(tmp_path / "a.jsonl", CHAT, SPC, {"conversations": [{"from": "human"}]}, [1])
    made = convert(source, tmp_path / "b.jsonl", from_format="messages")
    assert made.written == 1
    assert [drop.reason for drop in made.dropped] == [
        "unreadable: line 2: it lacks 'messages'; it looks like spc-jsonl",
        "unreadable: line 3: it lacks 'messages'; it looks like sharegpt",
        "unreadable: line 4: it is not an object",
    ]
    mixed = convert(source, tmp_path / "c.jsonl")
    assert (mixed.written, mixed.dropped_count) == (3, 1)  # each by its own shape


def test_a_file_that_was_cut_off_gives_what_was_whole(tmp_path: Path) -> None:
    text = json.dumps([SPC, SPC], indent=1)
    (tmp_path / "a.json").write_text(text[:-30])
    made = convert(tmp_path / "a.json", tmp_path / "b.jsonl")
    assert made.written == 1
    assert "line 20: the file ends inside a value: it was cut off" in made.dropped[0].reason
    packed = gzip.compress(b"\n".join([json.dumps(CHAT).encode()] * 5000))
    (tmp_path / "c.jsonl.gz").write_bytes(packed[:-20])
    with pytest.raises(UserError, match="cannot be read to its end"):
        convert(tmp_path / "c.jsonl.gz", tmp_path / "d.jsonl")
    assert not (tmp_path / "d.jsonl").exists()


def test_an_interrupted_conversion_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", *[SPC] * 2500)
    target = lines(tmp_path / "b.jsonl", CHAT)
    before = target.read_bytes()

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, target, force=True, progress=stop)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_no_cell_of_a_csv_acts_as_a_formula(tmp_path: Path) -> None:
    nasty = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "fine"]
    row = {**SPC, "user_1": nasty[:1], "turns": [["User 1", text] for text in nasty]}
    source = lines(tmp_path / "a.jsonl", row)
    for name in ("csv", "spc"):
        out = tmp_path / f"{name}.csv"
        convert(source, out, to_format=name)
        with out.open(newline="", encoding="utf-8") as file:
            cells = [cell for cells in csv.reader(file) for cell in cells]
        assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell] == []
        (back,) = load_conversations(out)
        assert [text for _, text in said(back)] == [
            text.strip() if name == "spc" else text for text in nasty
        ]
        assert back.speakers[0].persona == (nasty[0],)


def test_gzip_is_read_and_written_by_name(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", SPC)
    convert(source, tmp_path / "b.jsonl.gz", to_format="sharegpt")
    assert gzip.decompress((tmp_path / "b.jsonl.gz").read_bytes()).startswith(b'{"id":')
    (back,) = load_conversations(tmp_path / "b.jsonl.gz")
    assert said(back) == [(0, "Hi"), (1, "Ho")]


def test_a_dataset_becomes_a_run_folder_that_shows_and_loads(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", {**SPC, "split": "test"}, SPC | {"id": "x"}, SPC)
    made = convert(source, tmp_path / "run")
    assert (made.target, made.written) == ("run", 1)
    assert made.left_out == {"a conversation with the same id is there already": 2}
    with RunFolder.read(tmp_path / "run") as folder:
        assert folder.state == "finished"
        assert folder.find("c-").turns[0].text == "Hi"
        assert folder.journal.count("persona") == 2
    again = convert(tmp_path / "run", tmp_path / "again.jsonl")
    assert again.lost_line == f"left in {tmp_path / 'run'}: 2 rows of its table of persons"


def test_preferences_of_a_run_become_chosen_and_rejected_with_reason_and_margin(
    tmp_path: Path,
) -> None:
    (good,) = load_conversations(lines(tmp_path / "a.jsonl", SPC))
    (bad,) = load_conversations(
        lines(tmp_path / "b.jsonl", {**SPC, "turns": [["User 1", "Hi"], ["User 2", "No."]]})
    )
    why = Preference(chosen=good.id, rejected=bad.id, criterion="votes", reason="kind", weight=3)
    arguments = {"recipe": "synthetic-persona-chat", "settings": {}}
    with RunFolder.open(tmp_path / "run", arguments, "1") as folder:
        for made in (good, bad):
            folder.journal.put("conversation", made.id, to_json(made))
        folder.journal.put("preference", why.id, to_json(why))
        folder.journal.flush()
    out = tmp_path / "dpo.jsonl"
    told = convert(tmp_path / "run", out, to_format="trl-preference")
    assert told.written == 2
    row = json.loads(out.read_text())
    assert [m["role"] for m in row["prompt"]] == ["system", "user"]
    assert "- I ski." in row["prompt"][0]["content"]
    assert row["chosen"] == [{"role": "assistant", "content": "Ho"}]
    assert row["rejected"] == [{"role": "assistant", "content": "No."}]
    assert (row["reason"], row["margin"], row["criterion"]) == ("kind", 3.0, "votes")
    kept = convert(out, tmp_path / "kept.jsonl")
    assert kept.written == 2
    convert(tmp_path / "kept.jsonl", tmp_path / "dpo2.jsonl", to_format="trl-preference")
    assert json.loads((tmp_path / "dpo2.jsonl").read_text())["chosen"] == row["chosen"]
    with pytest.raises(UserError, match="holds no preference"):
        convert(convert_to_run(tmp_path), tmp_path / "x.jsonl", to_format="trl-preference")


def convert_to_run(place: Path) -> Path:
    convert(place / "a.jsonl", place / "plain-run")
    return place / "plain-run"


def test_options_for_training_choose_who_is_trained_and_what_is_shown(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", SPC)
    told = convert(source, tmp_path / "o.jsonl", to_format="openai", train_on=1, persona="none")
    assert json.loads((tmp_path / "o.jsonl").read_text()) == {
        "messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Ho"}]
    }
    assert told.lost == {"personas": 1}
    many: list[dict[str, Any]] = [
        {**SPC, "user_2": [fact]}
        for fact in ("I paint barometers.", "My spoons sing.", "I own lanterns.", "I ride.")
    ]
    lines(tmp_path / "many.jsonl", *many)
    convert(tmp_path / "many.jsonl", tmp_path / "d.jsonl", to_format="sharegpt", distractors=2)
    rows = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert {row["system"].count("\n- ") for row in rows} == {3}
    assert [fact["user_2"][0] in row["system"] for fact, row in zip(many, rows, strict=True)] == [
        True
    ] * 4


@pytest.mark.parametrize("target", ["jsonl", "sharegpt", "csv"])
def test_memory_does_not_grow_with_the_data(tmp_path: Path, target: str) -> None:
    long = {**SPC, "turns": [["User 1", "word " * 600], ["User 2", "Ho"]]}
    (row,) = load_conversations(lines(tmp_path / "one.jsonl", long))
    convert(tmp_path / "one.jsonl", tmp_path / "first", to_format=target)  # loads what it needs
    source = lines(tmp_path / "many.jsonl", *[to_json(row)] * 4_000)
    assert source.stat().st_size > 12_000_000
    tracemalloc.start()
    try:
        convert(source, tmp_path / "out", to_format=target)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_ten_megabytes_in_one_line_are_read(tmp_path: Path) -> None:
    long = {**SPC, "turns": [["User 1", "x" * 10_000_000], ["User 2", "👋"]]}
    source = lines(tmp_path / "a.jsonl", long, SPC)
    convert(source, tmp_path / "b.json", to_format="sharegpt")
    first, _ = load_conversations(tmp_path / "b.json")
    assert (len(first.turns[0].text), first.turns[1].text) == (10_000_000, "👋")


def test_convert_is_on_the_front_door_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, dramaturg as dg; dg.convert; "
        "print({'torch', 'datasets', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_synthetic_persona_chat_goes_round_byte_for_byte(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "synthetic-persona-chat" / "Synthetic-Persona-Chat_valid.csv"
    convert(source, tmp_path / "a.jsonl")
    convert(tmp_path / "a.jsonl", tmp_path / "b.csv", to_format="spc")
    assert (tmp_path / "b.csv").read_bytes() == source.read_bytes()


def test_human_persona_chat_goes_round_through_its_own_forms(
    shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "personachat" / "valid.jsonl.gz"
    before = list(load_conversations(source))
    convert(source, tmp_path / "a.txt")
    convert(tmp_path / "a.txt", tmp_path / "b.json", to_format="personachat-json")
    told = convert(tmp_path / "b.json", tmp_path / "c", to_format="convokit")
    assert (len(before), told.written, told.lost_line) == (1_000, 1_000, "")
    for one, other in zip(before, load_conversations(tmp_path / "c"), strict=True):
        assert said(other) == said(one)
        assert [s.persona for s in other.speakers] == [s.persona for s in one.speakers]


def rows_of(path: Path) -> Iterator[Conversation]:
    for _, made in all_formats.read(path):
        if isinstance(made, Passed):
            continue
        assert isinstance(made, Conversation)
        yield made


def test_rated_conversations_keep_every_rating(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "fed" / "dialogs.jsonl.gz"
    told = convert(source, tmp_path / "fed.json", to_format="fed")
    assert (told.written, told.lost_line) == (125, "")
    for one, other in zip(rows_of(source), rows_of(tmp_path / "fed.json"), strict=True):
        assert other.scores == one.scores
        assert other.provenance.extra == one.provenance.extra
        assert said(other) == said(one)


def test_a_preference_of_which_the_run_kept_only_an_id_is_told(tmp_path: Path) -> None:
    (good,) = load_conversations(lines(tmp_path / "a.jsonl", SPC))
    arguments = {"recipe": "synthetic-persona-chat", "settings": {}}
    with RunFolder.open(tmp_path / "run", arguments, "1") as folder:
        folder.journal.put("conversation", good.id, to_json(good))
        why = Preference(chosen=good.id, rejected="c-gone", criterion="votes")
        folder.journal.put("preference", why.id, to_json(why))
        folder.journal.flush()
    with pytest.raises(UserError, match="holds no conversation that trl-preference") as told:
        convert(tmp_path / "run", tmp_path / "x.jsonl", to_format="trl-preference")
    assert told.value.why == "1 not written: the run kept only the id of one side of the preference"


def test_what_could_not_be_read_stands_in_the_run_folder_and_five_reasons_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = lines(tmp_path / "a.jsonl", SPC, *[{f"colour{n}": 1} for n in range(7)])
    assert run(monkeypatch, "convert", str(source), str(tmp_path / "run")) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line[:16] for line in told[1:]] == [f"dropped: line {n}:" for n in range(2, 7)]
    assert told[-1].endswith("'colour4' (and 2 more)")
    rows = pq.read_table(tmp_path / "run" / "dropped").to_pylist()
    assert len(rows) == 7
    assert all(row["reason"].startswith("unreadable: line ") for row in rows)


@pytest.mark.parametrize("name", ["b.tsv", "b.tsv.gz"])
def test_a_table_with_tabs_is_written_by_its_name(tmp_path: Path, name: str) -> None:
    row = {**SPC, "turns": [["User 1", "a, b\tc"], ["User 2", '\t=1 "x"\ny']]}
    source = lines(tmp_path / "a.jsonl", row)
    convert(source, tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    raw = gzip.decompress(raw) if name.endswith("gz") else raw
    assert raw.startswith(b"conversation\tsplit\tturn\t")
    (back,) = load_conversations(tmp_path / name)
    assert said(back) == [(0, "a, b\tc"), (1, '\t=1 "x"\ny')]
