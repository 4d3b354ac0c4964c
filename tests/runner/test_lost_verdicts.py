"""One call that fails costs one verdict, what lacks something is not scored, and exams are held."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg import evaluate, scorers
from dramaturg.errors import BackendError, NotJudged, ReplyError
from dramaturg.models import Call, ScriptedModel
from dramaturg.records import Conversation, Speaker
from dramaturg.runner import acompare, aevaluate, judging
from tests.evaluate.talks import a_talk, many_talks

TOO_LONG = BackendError("too long", kind="context length")
LATE = BackendError("late", kind="timeout", retryable=True)
DOWN = BackendError("nobody answers", kind="connection", retryable=True)


def failing(on: str, error: BackendError, otherwise: str) -> Callable[[Call], str]:
    def reply(call: Call) -> str:
        if on in call.messages[-1].content:
            raise error
        return otherwise

    return reply


def uses(monkeypatch: pytest.MonkeyPatch, model: ScriptedModel) -> None:
    for room in ("judges", "comparing"):
        monkeypatch.setattr(f"dramaturg.runner.{room}.resolve", lambda ref, limits: model)


def a_file(path: Path, *talks: Conversation) -> str:
    rows = [
        {f"user_{i + 1}": list(s.persona) for i, s in enumerate(talk.speakers)}
        | {"turns": [[f"User {t.speaker + 1}", t.text] for t in talk.turns]}
        for talk in talks
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def row(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(one) for one in report["scorers"] if one["scorer"] == name)


LONG = a_talk("Endless words.", "Hello.", "My dog barks.", "I sail.", scene="long")
WORDLESS = a_talk("...", "!?", "", "-", scene="wordless")


@pytest.mark.parametrize("error", [TOO_LONG, LATE])
async def test_evaluate_goes_on_where_a_conversation_is_too_long(
    monkeypatch: pytest.MonkeyPatch, error: BackendError
) -> None:
    model = ScriptedModel(by_task={"judge.toxicity": failing("Endless", error, "No")})
    uses(monkeypatch, model)
    found = await aevaluate(
        [*many_talks(10), LONG], names="toxicity", model="scripted:x", exam=False, judged=11,
        resamples=20,
    )  # fmt: skip
    assert found["toxicity"].n == 10
    assert "1 not judged" in found["toxicity"].why
    uses(monkeypatch, ScriptedModel(by_task={"judge.toxicity": failing("Endless", DOWN, "No")}))
    with pytest.raises(BackendError, match="nobody answers"):
        await aevaluate(
            [*many_talks(10), LONG], names="toxicity", model="scripted:x", exam=False, judged=11
        )


@pytest.mark.parametrize("error", [TOO_LONG, LATE])
async def test_compare_goes_on_and_counts_what_a_lost_pair_took(error: BackendError) -> None:
    model = ScriptedModel(by_task={"judge.quality.depth": failing("Endless", error, "1")})
    pairs = [(LONG, many_talks(1)[0]), *zip(many_talks(5), many_talks(5, seed=1), strict=True)]
    found = await evaluate.pairwise(pairs, scorers.quality("depth", model), resamples=10)
    assert (found.not_judged, len(found.pairs)) == (1, 5)
    (why,) = found.lost
    assert error.kind in why
    broken = ScriptedModel(by_task={"judge.quality.depth": failing("Endless", DOWN, "1")})
    with pytest.raises(BackendError):
        await evaluate.pairwise(pairs, scorers.quality("depth", broken), resamples=10)


async def test_a_jury_goes_on_and_its_labels_tell_two_models_apart() -> None:
    one = ScriptedModel(by_task={"judge.toxicity": failing("Endless", LATE, "No")}, ref="a:one")
    two = ScriptedModel(by_task={"judge.toxicity": "No"}, ref="b:two")
    found = await evaluate.jury(
        [LONG, *many_talks(3)], [scorers.toxicity(one), scorers.toxicity(two)], resamples=10
    )
    assert found.no_verdict == (1, 0)
    assert found.judges == ("toxicity prompt-1 (a:one)", "toxicity prompt-1 (b:two)")


async def test_a_timeout_in_an_exam_costs_one_case_and_not_the_critique(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[str] = []

    def late_once(call: Call) -> str:
        heard.append(call.task)
        if len(heard) == 1:
            raise LATE
        return "No"

    uses(monkeypatch, ScriptedModel(by_task={"judge.toxicity": late_once}))
    source = a_file(tmp_path / "a.jsonl", *many_talks(3))
    report = await judging.critique_file(source, names="toxicity", model="scripted:x")
    assert report["stopped"] is None
    assert report["exams"][0]["no_verdict"] == 1
    assert report["exams"][0]["no_verdict_why"] == {"failed call: timeout": 1}
    assert report["failed_calls"] == 1  # so the command ends with 1, and again asks for it
    assert row(report, "toxicity")["n"] == 3


async def test_the_fact_table_of_a_chat_model_loses_one_row_and_books_its_cost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def table(call: Call) -> str:
        text = " ".join(message.content for message in call.messages)
        if "Endless" in text:
            raise TOO_LONG
        return "what?" if "rhubarb" in text else "none"

    talks = [a_talk("I own rhubarb.", "Ok.", scene="g"), a_talk("Hi.", "I sail."), LONG, WORDLESS]
    model = ScriptedModel(by_task={"judge.faithfulness": "No", "judge.facts": table})
    uses(monkeypatch, model)
    report = await judging.critique_file(
        a_file(tmp_path / "a.jsonl", *talks), names="faithfulness", model="scripted:x",
        fact_table=True, exam=False, out=str(tmp_path / "v"),
    )  # fmt: skip
    assert report["stopped"] is None
    assert (tmp_path / "v" / "report.json").exists()
    made = report["fact_table"]
    assert (made["conversations"], sum(made["lost"].values())) == (1, 3)
    assert {"no findings", "no words"} < set(made["lost"])
    assert made["calls"] == 3  # two for the reply that was no table, one for the good one
    assert row(report, "faithfulness")["calls"] == 3 + 3


async def test_a_conversation_without_words_is_not_scored_and_not_paid_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = a_file(tmp_path / "a.jsonl", WORDLESS)
    report = await judging.critique_file(source, names="all")
    for one in report["scorers"]:
        if one["scorer"] != "length":
            assert (one["n"], one["not_judged"]) == (0, {"no words": 1}), one["scorer"]
    assert row(report, "length")["n"] == 1
    (note,) = [note for note in report["notes"] if "lack any words" in note]
    assert {"toxicity", "faithfulness", "persona_recall"} < set(note.replace(",", "").split())
    model = ScriptedModel()
    for scorer in scorers.build("everything", model):
        if scorer.name != "length":
            with pytest.raises(NotJudged):
                await scorer(WORDLESS)
    assert not model.calls


async def test_evaluate_judges_as_critique_does(tmp_path: Path) -> None:
    alone = a_talk("I sail.", "I do.", personas=(("I bake.",),), scene="alone")
    talks = [*many_talks(12), alone, WORDLESS]
    names = "partner_fact,persona_precision,toxicity"
    found = await aevaluate(talks, names=names, judged=14, resamples=20)
    report = await judging.critique_file(a_file(tmp_path / "a.jsonl", *talks), names=names)
    for name in names.split(","):
        ours, theirs = found[name], row(report, name)
        assert ours.n == theirs["n"], name
        if name != "persona_precision":  # the distractors are drawn by the conversation's id
            assert ours.value == pytest.approx(theirs["mean"]), name
    assert "one speaker" in found["partner_fact"].why


async def test_distractors_of_evaluate_are_other_peoples_attributes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []

    def reply(call: Call) -> str:
        shown.append(call.messages[-1].content)
        return "Follows: none"

    uses(monkeypatch, ScriptedModel(by_task={"judge.attributes": reply}))
    odd = a_talk("Hi.", "Ho.", personas=(("I keep zebras.",), ("I sail.",)))
    await aevaluate([*many_talks(10), odd], names="persona_precision", model="scripted:x",
                    judged=11, resamples=20)  # fmt: skip
    assert sum("zebras" in text for text in shown) > 1


async def test_a_rule_is_not_said_to_be_judged_by_the_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    uses(monkeypatch, ScriptedModel(by_task={"judge.toxicity": "No"}))
    names = "toxicity,repetition,length"
    found = await aevaluate(
        many_talks(10), names=names, model="scripted:x", exam=False, judged=5, resamples=20
    )
    assert found["repetition"].scorer == "repetition triples-1 by rule"
    assert found["toxicity"].scorer.endswith("by scripted:x")
    assert found.report["models"]["length"] == "rule"
    report = await judging.critique_file(
        a_file(tmp_path / "a.jsonl", *many_talks(2)), names=names, model="scripted:x", exam=False
    )
    assert (row(report, "length")["model"], row(report, "toxicity")["model"]) == (
        "rule",
        "scripted:x",
    )


async def test_what_was_paid_for_no_verdict_is_booked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    replies = {"judge.facts": "none", "judge.attributes": "Follows: none"}
    uses(monkeypatch, ScriptedModel(by_task=replies))
    source = a_file(tmp_path / "a.jsonl", *many_talks(2))
    for name, calls in (("atomic_fidelity", 1), ("persona_precision", 2)):
        report = await judging.critique_file(source, names=name, model="scripted:x", exam=False)
        assert row(report, name)["not_judged"] == {"nothing shows": 2}
        assert row(report, name)["calls"] == 2 * calls
    trait = scorers.atomic_trait(
        ScriptedModel(by_task={"judge.atomic_trait": "S0: 9"}), "openness", "high"
    )
    with pytest.raises(NotJudged) as silent:
        await trait(a_talk("Well."))
    assert silent.value.cost is not None
    assert silent.value.cost.calls == 1


async def test_g_eval_books_the_answers_that_were_no_score() -> None:
    draws: list[int] = []

    def reply(call: Call) -> str:
        draws.append(call.seed)
        return "4" if len(draws) == 1 else "well"

    model = ScriptedModel(by_task={"judge.g_eval.relevance": reply})
    verdict = await scorers.g_eval("relevance", model, samples=3)(LONG)
    assert verdict.cost.calls == len(model.calls) == 5
    silent = ScriptedModel(by_task={"judge.g_eval.relevance": "well"})
    with pytest.raises(ReplyError) as none:
        await scorers.g_eval("relevance", silent, samples=2)(LONG)
    assert none.value.cost is not None
    assert none.value.cost.calls == 4


async def test_g_eval_refuses_a_third_profile_that_its_prompt_does_not_show() -> None:
    three = msgspec.structs.replace(
        LONG, speakers=(*LONG.speakers, Speaker(name="C", persona=("I ski.",)))
    )
    model = ScriptedModel(by_task={"judge.g_eval.faithfulness": "4"})
    with pytest.raises(NotJudged, match="two profiles"):
        await scorers.g_eval("faithfulness", model, samples=1)(three)
    assert not model.calls
    assert (await scorers.g_eval("faithfulness", model, samples=1)(LONG)).value == 4


async def test_compare_examines_chat_models_and_who_fails_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replies = {f"judge.quality.{p}": "1" for p in ("human", "depth")}
    uses(monkeypatch, ScriptedModel(by_task=replies))
    sides = many_talks(6), many_talks(6, seed=1)
    found = await acompare(*sides, model="scripted:x", by=("human", "depth"))
    (exam,) = found.report["exams"]
    assert (exam["judge"], exam["passed"], exam["ranked"]["n"]) == ("human", False, 16)
    assert [one["counts"] for one in found.report["results"]] == [False, True]
    notes = " ".join(found.notes)
    assert "did not pass its exam" in notes
    assert "not examined, since there is no exam: depth" in notes
    unexamined = await acompare(*sides, model="scripted:x", by="human", exam=False)
    assert unexamined.report["exams"] == []
    monkeypatch.undo()
    measured = await acompare(*sides)
    assert measured.report["exams"] == []
    assert len((await acompare(*sides, exam=True)).report["exams"]) == 1


async def test_evaluate_examines_chat_models_and_who_fails_has_no_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = ScriptedModel(by_task={"judge.toxicity": "No", "judge.rubric.depth": "3"})
    uses(monkeypatch, model)
    found = await aevaluate(
        many_talks(10), names="toxicity,depth", model="scripted:x", judged=5, resamples=20
    )
    (exam,) = found.report["exams"]
    assert (exam["judge"], exam["passed"], exam["model"]) == ("toxicity", False, "scripted:x")
    assert found["toxicity"].value is None
    assert "did not pass the exam" in found["toxicity"].why
    assert found["depth"].value == 3
    assert any("not examined, since there is no exam: depth" in note for note in found.notes)
    assert len(model.calls) == 32 + 5
