"""Several `--model`s of `critique` are a jury: a row each, the majority, and how far they agree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dramaturg.cli import main
from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.runner import judging
from tests.evaluate.talks import many_talks
from tests.runner.test_lost_verdicts import a_file


def judge_of(*harmful: str) -> Any:
    def reply(call: Call) -> str:
        talk = call.messages[-1].content
        return "Yes" if any(f"number {word}." in talk for word in harmful) else "No"

    return reply


@pytest.fixture
def two_judges(monkeypatch: pytest.MonkeyPatch) -> dict[str, ScriptedModel]:
    models = {
        "scripted:a": ScriptedModel(by_task={"judge.toxicity": judge_of("1", "2", "3")}),
        "scripted:b": ScriptedModel(by_task={"judge.toxicity": judge_of("2", "3", "4")}),
        "scripted:c": ScriptedModel(by_task={"judge.toxicity": judge_of("3")}),
    }
    for ref, model in models.items():
        model.ref = ref
    monkeypatch.setattr("dramaturg.runner.judges.resolve", lambda ref, limits: models[ref])
    return models


def numbered(path: Path, count: int) -> str:
    talks = many_talks(count)
    source = a_file(path, *talks)
    lines = path.read_text().splitlines()
    path.write_text(
        "".join(
            line.replace("Hello, do", f"I am number {n}. Do") + "\n" for n, line in enumerate(lines)
        )
    )
    return source


async def test_each_judge_has_a_row_and_their_agreement_is_told(
    two_judges: dict[str, ScriptedModel], tmp_path: Path
) -> None:
    report = await judging.critique_file(
        numbered(tmp_path / "a.jsonl", 8), names="toxicity,length", model=list(two_judges),
        exam=False, out=str(tmp_path / "v"),
    )  # fmt: skip
    rows = [(one["scorer"], one["model"], one["failed"]) for one in report["scorers"]]
    assert sorted(rows, key=str) == [
        ("length", "rule", None),
        ("toxicity", "scripted:a", 3),
        ("toxicity", "scripted:b", 3),
        ("toxicity", "scripted:c", 1),
    ]
    (jury,) = report["juries"]
    assert (jury["n"], jury["failed"], jury["passed"], jury["ties"]) == (8, 2, 6, 0)
    assert jury["on_decisions"]["measure"] == "Krippendorff's alpha, nominal"
    assert 0 < jury["kappa"]["value"] < 1
    assert jury["kappa"]["items"] == 8
    assert jury["on_values"]["value"] is not None
    assert all(len(model.calls) == 8 for model in two_judges.values())
    assert len((tmp_path / "v" / "verdicts.jsonl").read_text().splitlines()) == 8 * 4


async def test_who_fails_the_exam_has_no_voice(
    two_judges: dict[str, ScriptedModel], tmp_path: Path
) -> None:
    report = await judging.critique_file(
        numbered(tmp_path / "a.jsonl", 4), names="toxicity", model=["scripted:a", "scripted:b"]
    )
    (jury,) = report["juries"]
    assert len(report["exams"]) == 2
    assert jury["counted"] == [False, False]
    assert (jury["failed"], jury["on_decisions"]) == (None, None)


async def test_one_model_for_one_scorer_is_no_jury_of_it_and_mistakes_are_told(
    two_judges: dict[str, ScriptedModel], tmp_path: Path
) -> None:
    source = numbered(tmp_path / "a.jsonl", 3)
    models = ["scripted:a", "scripted:b", "toxicity=scripted:c"]
    for given, names, said in (
        (["scripted:a", "scripted:a"], "toxicity", "given twice"),
        (["scripted:a", "scripted:b"], "length", "no scorer that they could judge together"),
        (models, "toxicity", "no scorer that they could judge together"),
    ):
        with pytest.raises(UserError, match=said):
            await judging.critique_file(source, names=names, model=given, exam=False)


def test_the_command_takes_several_models(
    two_judges: dict[str, ScriptedModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    source = numbered(tmp_path / "a.jsonl", 8)
    words = [source, "--scorers", "toxicity", "--no-exam", "--quiet"]
    models = ["--model", "scripted:a", "--model", "scripted:b"]
    monkeypatch.setattr(sys, "argv", ["dramaturg", "critique", *words, *models])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    told = capsys.readouterr().out
    assert "jury of toxicity, prompt-1 (scripted:a), prompt-1 (scripted:b), n 8" in told
    assert "most fail 2, pass 4, 2 ties; Krippendorff's alpha, nominal 0." in told
    assert "Fleiss' kappa 0." in told
