"""`dramaturg annotate` as its user meets it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest import mock

import pytest

from dramaturg.cli.main import main
from dramaturg.runner.judging import critique_file
from dramaturg.study import Study, questions_for
from tests.study.made import right, talk, talks, write

ROOT = Path(__file__).parents[2]


def annotate(*words: str | Path, code: int = 0) -> str:
    """The command in this process; what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["dramaturg", "annotate", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert ended.value.code == code, err.getvalue()
    return out.getvalue() + err.getvalue()


def test_a_study_goes_from_a_file_to_a_report(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours.jsonl", talks(6, "made"))
    theirs = write(tmp_path / "humans.jsonl", talks(6, "human"))
    out = tmp_path / "s"
    making: list[str | Path] = [
        ours,
        "--task",
        "turing",
        "--against",
        theirs,
        "--out",
        out,
        "-n",
        "5",
    ]
    told = annotate(*making, "--html", tmp_path / "p.html")
    assert "6 items, 1 of them attention checks" in told
    assert "in 5 of 5 pairs the same people talk" in told
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    held = json.loads(re.findall(r'id="setup">(.*?)</script>', page, re.DOTALL)[0])
    with Study(out) as study:
        answers = [
            {"item": i["id"], "answer": right(study, i["id"]), "done": True, "seconds": 2, "at": n}
            for n, i in enumerate(held["items"])
        ]
    back = {"study": held["study"], "annotator": "Ann \x1b[31m", "answers": answers}
    (tmp_path / "bad.json").write_text(json.dumps(back))
    assert "name cannot be used" in annotate(out, "--import", tmp_path / "bad.json", code=2)
    back["annotator"] = "Ann"
    (tmp_path / "a.json").write_text(json.dumps(back))
    assert "6 answers of Ann" in annotate(out, "--import", tmp_path / "a.json")
    told = annotate("--report", out)
    assert "lose 100.0 % [56.6, 100.0] (5 of 5)" in told
    assert re.search(r"Ann +5 +1 of 1 ", told)
    report = json.loads(annotate("--report", out, "--json", "--export", tmp_path / "a.csv"))
    assert report["exported"] == 6
    assert report["figures"]["human"]["outcome"]["lose"]["n"] == 5
    assert (tmp_path / "a.csv").read_text().count("\n") == 7
    told = annotate(*making, "--seed", "14", code=2)
    assert "seed: 13 before, 14 now" in told


def test_critique_s_verdicts_stand_beside_people(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours.jsonl", talks(4, "made"))
    out = tmp_path / "s"
    annotate(ours, "--task", "flags", "--out", out, "--html", tmp_path / "p.html", "--checks", "0")
    with Study(out) as study:
        ann = study.join("Ann")
        while item := study.next_item(ann):
            study.save(ann, item.id, {"flags": []}, done=True)
    asyncio.run(critique_file(str(ours), out=str(tmp_path / "v")))
    report = json.loads(annotate("--report", out, "--critics", tmp_path / "v", "--json"))
    rows = {row["critic"]["scorer"]: row for row in report["critics"]}
    assert rows["toxicity"]["question"] == "toxic"
    assert rows["toxicity"]["agree"]["same"]["n"] == 4
    assert rows["faithfulness"]["question"] == "contradicts_fact"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "judge what?"),
        (["nowhere"], "there is no nowhere"),
        (["nowhere", "--task", "likert"], "there is no file nowhere"),
        (["ours.jsonl", "--task", "lickert"], "did you mean likert?"),
        (["ours.jsonl", "--task", "turing"], "name the other with --against"),
        (["ours.jsonl", "--task", "likert", "--drafts"], "looks at one dataset"),
        (["ours.jsonl", "--task", "pairwise", "--drafts"], "is not a run folder"),
        (["ours.jsonl", "--task", "likert", "--quality", "x"], "there is no scale 'x'"),
        (["ours.jsonl", "--task", "likert", "--questions", "none.toml"], "cannot be read"),
        (["empty.jsonl", "--task", "likert"], "is empty"),
        (["silent.jsonl", "--task", "likert"], "no item can be made"),
        (["ours.jsonl", "--import", "x.json"], "is not a study"),
        (["--report", "ours.jsonl"], "is not a study"),
        (["ours.jsonl", "--checks", "1"], "--checks"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    write(tmp_path / "ours.jsonl", talks(3, "made"))
    write(tmp_path / "silent.jsonl", [talk(1, "made", [" ", ""])])
    (tmp_path / "empty.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    assert said in annotate(*words, code=2)
    assert sorted(f.name for f in tmp_path.iterdir()) == [
        "empty.jsonl",
        "ours.jsonl",
        "silent.jsonl",
    ]


def test_ctrl_c_stops_the_server_in_a_sentence(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours.jsonl", talks(3, "made"))
    words = ["annotate", str(ours), "--task", "likert", "--out", str(tmp_path / "s"), "--port", "0"]
    tokens = set()
    for _ in range(2):
        serving = subprocess.Popen(
            [sys.executable, "-m", "dramaturg", *words, "--host", "0.0.0.0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert serving.stdout is not None
        serving.stdout.readline()
        tokens.update(re.findall(r"/\?token=([\w-]{16,})", serving.stdout.readline()))
        serving.send_signal(signal.SIGINT)
        _, errors = serving.communicate(timeout=20)
        assert serving.returncode == 130
        assert "Traceback" not in errors
    assert len(tokens) == 1  # the link that annotators were given still works


def test_the_own_questions_of_the_docs_work_as_they_stand(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "people-as-judges.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert tomllib.loads(code)["scales"]["funny"]["compare"] == "Is funnier"
    (tmp_path / "mine.toml").write_text(code)
    asked = questions_for("likert", own=tmp_path / "mine.toml")["ask"]
    assert asked[-1]["label"] == "Funny"
    (asked,) = questions_for("pairwise", ["funny"], tmp_path / "mine.toml")["ask"]
    assert asked == {"name": "funny", "label": "Is funnier"}
    flags = questions_for("flags", own=tmp_path / "mine.toml")["ask"]
    assert flags[-1] == {"name": "too_polite", "label": "Too polite", "critic": "politeness"}
