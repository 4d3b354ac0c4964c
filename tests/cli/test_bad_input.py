"""Bad input gets one clear sentence, no traceback, and exit code 2."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dramaturg.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The command line in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["dramaturg", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def facts(path: Path, content: bytes) -> str:
    file = path / "people.txt"
    file.write_bytes(content)
    return str(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n# only a comment\n", "no"),
        (b"I have two dogs.\n", "only one usable fact"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "text"),
        (b"\xff\xfe\x00\xd8\x00\x00", "text"),
    ],
    ids=["empty", "comments only", "one fact", "a picture", "half characters"],
)
def test_a_file_that_holds_no_facts_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: bytes,
    said: str,
) -> None:
    file = facts(tmp_path, content)
    out = tmp_path / "out"
    code = run(monkeypatch, "run", "synthetic-persona-chat", "--personas", file, "--out", str(out))
    told = capsys.readouterr().err
    assert code == 2, told
    assert told.startswith("error: ")
    assert said in told
    assert not out.exists()


def test_a_missing_file_gets_the_nearest_existing_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    facts(tmp_path, b"I bake.\nI swim.\n")
    missing = str(tmp_path / "poeple.txt")
    assert run(monkeypatch, "run", "synthetic-persona-chat", "--personas", missing) == 2
    assert "people.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "Did you mean 'run'"),
        (["run", "synthetic-persona-chta"], "did you mean 'synthetic-persona-chat'"),
        (["run", "synthetic-persona-chat", "--round", "2"], "did you mean --rounds"),
        (["run", "synthetic-persona-chat", "--rounds", "two"], "a whole number"),
        (["run", "synthetic-persona-chat", "--pair-by", "luck"], "categories or similarity"),
        (["run", "synthetic-persona-chat", "-n", "0"], "0"),
        (["run", "synthetic-persona-chat", "--model", "writr=embedded"], "--model writer=embedded"),
        (["run", "synthetic-persona-chat", "stray"], "stray"),
        (["recipes", "nothing-like-it"], "there is no recipe"),
        (["critique", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["show", "1", "--run", "no-such-folder"], "not a run folder"),
    ],
)
def test_a_typo_is_met_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    assert run(monkeypatch, *words) == 2
    assert said in capsys.readouterr().err


def test_a_folder_with_other_things_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert run(monkeypatch, "run", "synthetic-persona-chat", "--out", str(tmp_path)) == 2
    assert "thesis.tex" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_recipes_shows_every_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "recipes", "synthetic-persona-chat") == 0
    told = capsys.readouterr().out
    for word in ("arXiv:2312.10007", "--cluster-at", "--partner-expert", "embedder"):
        assert word in told


def test_an_estimate_makes_no_call_and_no_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["run", "synthetic-persona-chat", "--out", str(out), "--estimate", "-n", "50"]
    model = "openai:some-model@http://127.0.0.1:9/v1"  # nobody listens there
    assert run(monkeypatch, *words, "--model", model) == 0
    told = capsys.readouterr().out
    assert "600" in told  # 50 pairs x 4 drafts x 3 rounds
    assert not out.exists()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-used")
    assert run(monkeypatch, *words, "--model", "openai:no-such-model") == 0
    assert "price unknown" in capsys.readouterr().out
    assert run(monkeypatch, *words, "--model", "openai:gpt-4.1-mini") == 0
    assert "$" in capsys.readouterr().out


def test_an_estimate_for_ready_pairs_counts_no_people_to_make(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    row = b'{"user_1": ["I bake.", "I sing."], "user_2": ["I sail.", "I swim."]}\n'
    words = ["run", "synthetic-persona-chat", "--personas", facts(tmp_path, row), "--estimate"]
    words += ["--model", "openai:m@http://127.0.0.1:9/v1", "--json"]
    assert run(monkeypatch, *words) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    calls = {step["step"]: step["calls"] for step in steps}
    assert calls["new facts"] == calls["negations"] == calls["check profiles"] == 0
    assert calls["drafts"] == 1 * 4 * 3
