"""The commands that make one dataset of another: what they print, their exit codes, their help."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from dramaturg.cli import main
from dramaturg.cli.main import COMMANDS
from dramaturg.dataset import load_conversations
from dramaturg.records import Conversation, Speaker, Turn, to_json

OURS = ("merge", "filter", "sample", "dedupe", "split", "shard", "redact", "card", "publish")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The command line in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["dramaturg", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = []
    for n in range(20):
        people = tuple(
            Speaker(name="U", persona=(f"I keep {a} {n} here.", f"I saw {n} {a} there."))
            for a in ("goats", "bees")
        )
        said = " ".join(f"w{n}x{k}" for k in range(20))
        turns = (Turn(speaker=0, text=f"My name is Ann. {said}"), Turn(speaker=1, text="Hi Ann!"))
        rows.append(to_json(Conversation(scene_id=f"s{n}", speakers=people, turns=turns)))
    Path("chats.jsonl").write_text("\n".join(rows) + "\n{broken\n")
    return tmp_path


@pytest.mark.parametrize("name", OURS)
def test_the_help_of_every_command_has_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(monkeypatch, name, "--help") == 0
    assert f"Example: dramaturg {name} " in capsys.readouterr().out
    assert name in COMMANDS


def test_a_dataset_goes_all_the_way(
    chats: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ok(*words: str, code: int = 0) -> str:
        assert run(monkeypatch, *words) == code, capsys.readouterr().err
        return capsys.readouterr().out

    assert "name: 'Ann'" in ok("redact", "chats.jsonl", "--show")
    told = ok("redact", "chats.jsonl", "clean")
    assert "20 of 20 conversations kept (train 20): clean" in told
    assert "left out: unreadable 1" in told
    assert "replaced: {'name': 40}" in told
    assert "20 of 20" in ok("dedupe", "clean", "once")
    made = json.loads(ok("filter", "once", "good", "'w3x' not in text", "--json"))
    assert (made["kept"], made["dropped"]) == (19, {"filter": 1})
    assert "NOT kept apart" not in ok("split", "good", "apart", "--by", "pair")
    assert "kept apart" in ok("split", "apart", "--check")
    assert "2 files" not in ok("shard", "apart", "pieces", "--shards", "2")
    assert len(list(Path("pieces", "data").glob("train-*"))) == 2
    assert "10 of 19" in ok("sample", "pieces", "some.jsonl", "-n", "10")
    assert "left out: repeat 10" in ok("merge", "apart", "some.jsonl", "all")
    assert "stays here: journal.sqlite" in ok(
        "publish", "hf:me/set", "all", "--license", "mit", "--dry-run"
    )
    assert "written: all" in ok("card", "all", "--license", "cc0-1.0", "--title", "Farm talk")
    assert 'license: "cc0-1.0"' in Path("all", "README.md").read_text()
    assert "# Farm talk" in Path("all", "README.md").read_text()
    assert "licence cc0-1.0" in ok("publish", "hf:me/set", "all", "--dry-run")
    told = json.loads(ok("publish", "hf:me/set", "all", "--license", "mit", "--dry-run", "--json"))
    assert told["license"] == "mit"
    assert "README.md" in told["files"]
    assert "NOT as published" in ok("split", "all", "--published", "synthetic-persona-chat", code=1)


def test_presidio_joins_the_rules_or_is_missed_in_words(
    chats: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("redact", "chats.jsonl", "clean", "--presidio")
    if importlib.util.find_spec("presidio_analyzer") is None:
        assert run(monkeypatch, *asked) == 2
        assert "dramaturg[redact]" in capsys.readouterr().err
        assert not Path("clean").exists()
        pytest.skip("presidio-analyzer is in the extra 'peers', not installed here")
    text = Path("chats.jsonl").read_text().replace("Hi Ann!", "Ann, mail ann@example.org")
    Path("chats.jsonl").write_text(text)
    assert run(monkeypatch, *asked) == 0
    assert "'email': 20" in capsys.readouterr().out
    assert "ann@example.org" not in Path("clean", "README.md").read_text()
    assert all("[EMAIL_1]" in made.turns[1].text for made in load_conversations("clean"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("filter", "chats.jsonl", "o", "turns >"), "is not a condition"),
        (("filter", "chats.jsonl", "o", "tuns > 1"), "did you mean 'turns'?"),
        (("filter", "chats.jsonl", "o", "scores.f > 1"), "it has no scores.f"),
        (("filter", "chat.jsonl", "o", "turns > 1"), "did you mean chats.jsonl?"),
        (("sample", "chats.jsonl", "o"), "give -n N or --share S"),
        (("merge", "chats.jsonl", "o"), "two sources or more"),
        (("dedupe", "chats.jsonl", "chats.jsonl", "--force"), "source itself"),
        (("dedupe", "empty.jsonl", "o"), "is empty"),
        (("shard", "chats.jsonl", "o"), "give --shards K or --rows N"),
        (("split", "chats.jsonl", "o", "--by", "luck"), "no way to split by 'luck'"),
        (("split", "chats.jsonl"), "Give DATA and OUT"),
        (("split", "chats.jsonl", "o", "--paraphrase-at", "0.9"), "give --by paraphrase too"),
        (("redact", "chats.jsonl", "o", "--kinds", "mail"), "no kind 'mail'"),
        (("publish", "chats.jsonl", "hf:a/b"), "no place to publish to"),
        (("card", "chats.jsonl"), "not a run folder"),
    ],
)
def test_a_mistake_is_answered_in_words_and_leaves_nothing_behind(
    chats: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    Path("empty.jsonl").touch()
    assert run(monkeypatch, *words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert sorted(p.name for p in chats.iterdir()) == ["chats.jsonl", "empty.jsonl"]


def test_an_interrupted_step_leaves_no_half_of_a_dataset(
    chats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dramaturg.dataset.produce.export", stop)
    assert run(monkeypatch, "dedupe", "chats.jsonl", "once") == 130
    assert [p.name for p in chats.iterdir()] == ["chats.jsonl"]
