"""`dramaturg profile`: a text becomes a profile, and a note changes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dramaturg.cli import main

SCRIPT = {
    "profile.extract": json.dumps({"facts": [
        {"person": "Ada", "key": "job", "value": "baker", "evidence": "bakes bread"},
        {"person": "Bo", "key": "job", "value": "cook", "evidence": "Bo cooks"},
    ]}),
    "profile.update": json.dumps({"facts": [
        {"op": "replace", "person": "Ada", "key": "job", "value": "ferry pilot", "old": "baker",
         "evidence": "steers the ferry"},
        {"op": "add", "person": "Ada", "key": "pets", "value": "a cat", "evidence": "cat"},
    ]}),
}  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dramaturg", "profile", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "script.json").write_text(json.dumps(SCRIPT), encoding="utf-8")
    (tmp_path / "ada_abel.txt").write_text("Ada bakes bread. Bo cooks.", encoding="utf-8")
    (tmp_path / "note.txt").write_text("Now she steers the ferry. Her cat too.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_text_becomes_a_profile_and_a_note_a_diff(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "extract", "ada_abel.txt", "--model", "scripted:script.json",
               "--out", "ada.json") == 0  # fmt: skip
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "not used: other person: job = 'cook' of Ada Abel: said of 'Bo'\n"
    known = json.loads((folder / "ada.json").read_text(encoding="utf-8"))
    assert known["name"] == "Ada Abel"
    assert known["attributes"][0]["evidence"][0]["text"] == "bakes bread"
    assert run(monkeypatch, "update", "ada.json", "note.txt", "--when", "2025-03", "--diff",
               "--model", "scripted:script.json", "--out", "new.json") == 0  # fmt: skip
    assert capsys.readouterr().out == (
        '~ occupation: baker -> ferry pilot   "steers the ferry"\n+ pets: a cat   "cat"\n'
    )
    new = json.loads((folder / "new.json").read_text(encoding="utf-8"))
    assert new["past"][0]["valid_to"] == "2025-03"
    assert run(monkeypatch, "update", "new.json", "note.txt", "--diff", "--model",
               "scripted:script.json") == 0  # fmt: skip
    assert capsys.readouterr().out.startswith("= occupation: ferry pilot")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["extract", "ada_able.txt"], "did you mean"),
        (["extract", "ada_abel.txt"], "embedded cannot do 'profile.extract'"),
        (["extract", "empty.txt"], "is empty"),
        (["update", "note.txt", "note.txt"], "holds no profile"),
        (["extract", "two.jsonl"], "tells of 2 people"),
        (["extract", "ada_abel.txt", "--model", "scripted:gone.json"], "cannot read the script"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: list[str], said: str,
) -> None:  # fmt: skip
    (folder / "empty.txt").write_text("", encoding="utf-8")
    rows = [json.dumps({"name": name, "text": "x"}) for name in ("Ada", "Bo")]
    (folder / "two.jsonl").write_text("\n".join(rows), encoding="utf-8")
    assert run(monkeypatch, *words) == 2
    told = capsys.readouterr().err
    assert said in told, told
    assert "Traceback" not in told
