"""`dramaturg personas`: help with an example, JSON, exit codes, files as a user has them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.people_made import write
from dramaturg.cli import main

LONG = "A retired nurse who restores old wooden boats and teaches chess to children"
STEPS = ("dedupe", "cluster", "pair", "sample", "stats")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dramaturg", "personas", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "people.jsonl"
    write(path, 300)
    return str(path)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_help_with_an_example(
    step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, step, "--help") == 0
    told = capsys.readouterr().out
    assert f"Example: dramaturg personas {step}" in told
    assert "--json" in told


@pytest.mark.parametrize("step", STEPS)
def test_every_step_prints_its_result_as_json(
    step: str, source: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = [] if step == "stats" else [str(tmp_path / "out.jsonl")]
    size = ["-n", "20"] if step == "sample" else []
    assert run(monkeypatch, step, source, *out, *size, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    if step == "stats":
        assert told["rows"]["people"] == 300
    else:
        assert told["step"] == step
        assert told["kept"] == len((tmp_path / "out.jsonl").read_text().splitlines()) > 0
        if told["left_out"]:
            assert Path(told["left_out"]).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dedup", "a", "b"], "dedupe"),
        (["dedupe", "peeple.jsonl", "out.jsonl"], "people.jsonl"),
        (["dedupe", "empty.txt", "out.jsonl"], "is empty"),
        (["dedupe", "people.jsonl", "out.xlsx"], "no format"),
        (["dedupe", "people.jsonl", "nowhere/out.jsonl"], "no folder"),
        (["dedupe", "picture.png", "out.jsonl"], "a picture"),
        (["dedupe", "people.jsonl", "out.jsonl", "--near", "0.5"], "0.8"),
        (
            ["dedupe", "people.jsonl", "out.jsonl", "--by", "meaning", "--embedder", "scripted:x"],
            "x",
        ),
        (["pair", "people.jsonl", "out.txt"], "a pair has no place"),
        (["pair", "people.jsonl", "out.jsonl", "--splits", "train"], "NAME=SHARE"),
        (["sample", "people.jsonl", "out.jsonl"], "size or a target"),
        (["sample", "people.jsonl", "out.jsonl", "--to", "gone.json"], "no file"),
        (["stats", "people.jsonl", "--to", "empty.txt"], "empty"),
    ],
)
def test_a_mistake_gets_a_sentence_and_exit_code_2(
    words: list[str], said: str, source: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_line_of_ten_megabytes_and_other_scripts_are_rows_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        LONG,
        "word " * 2_000_000,
        "我喜欢喝茶和读书",
        "我喜欢喝茶和读书！",
        "ข้ารักแมว",
        LONG.upper(),
    ]
    (tmp_path / "a.txt").write_text("\r\n".join(lines), encoding="utf-8-sig")
    assert run(monkeypatch, "dedupe", str(tmp_path / "a.txt"), str(tmp_path / "b.txt")) == 0
    assert "too long 1" in capsys.readouterr().out
    assert (tmp_path / "b.txt").read_text().splitlines() == [lines[0], lines[2], lines[4]]


def test_ctrl_c_leaves_nothing_behind_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "people.jsonl", 60_000)
    before = sorted(path.name for path in tmp_path.iterdir())
    words = ["personas", "pair", "people.jsonl", "out.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "dramaturg", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as running:
        while not (tmp_path / "out.jsonl.part").exists():
            assert running.poll() is None
            time.sleep(0.02)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "OUT is as it was" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == before
