"""`evaluate` and `compare` over files as people have them, good and bad."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dramaturg as dg
from dramaturg.cli import main
from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.records import Conversation, Provenance
from dramaturg.runner import Evaluation, acompare, compare, evaluate_dataset
from tests.evaluate.talks import a_talk, many_talks


def rows(talks: Sequence[Conversation]) -> Iterator[str]:
    for talk in talks:
        people = {f"user_{i + 1}": list(s.persona) for i, s in enumerate(talk.speakers)}
        turns = [[f"User {t.speaker + 1}", t.text] for t in talk.turns]
        yield json.dumps({"id": talk.scene_id, **people, "turns": turns})


def a_file(path: Path, talks: Sequence[Conversation], *more: str) -> str:
    path.write_text("\n".join([*rows(talks), *more]) + "\n", encoding="utf-8")
    return str(path)


def quick(data: Any, **arguments: Any) -> Evaluation:
    return evaluate_dataset(data, **{"judged": 4, "resamples": 50} | arguments)


def test_every_figure_says_n_unit_split_and_scorer_and_has_an_interval_or_a_reason() -> None:
    found = quick(many_talks(30))
    for figure in found.figures:
        assert figure.unit, figure
        assert figure.of, figure
        assert figure.split == "all"
        assert figure.scorer, figure
        if figure.value is None:
            assert figure.why, figure
        else:
            assert figure.n > 0, figure
        assert figure.low is not None or figure.why, figure
    assert found["turns"].value == 6
    assert found["turns"].n == 30
    assert found["questions"].value == pytest.approx(2 / 6)
    assert found["empty_turns"].value == 0
    low, high = found["distinct_2"].low, found["distinct_2"].high
    assert low is not None
    assert high is not None
    assert low < (found["distinct_2"].value or 0) < high
    with pytest.raises(KeyError):
        found["no such figure"]


def test_the_same_data_and_seed_give_the_same_report_to_the_byte(tmp_path: Path) -> None:
    file = a_file(tmp_path / "a.jsonl", many_talks(25))
    one = quick(file, out=tmp_path / "one")
    two = quick(file, out=tmp_path / "two")
    for name in ("report.json", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert one.report == two.report
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == [
        ".lock", "report.html", "report.json",
    ]  # fmt: skip


def test_beside_a_reference_differences_are_paired_by_people_and_equal_in_length() -> None:
    longer = [
        a_talk(*(turn.text for turn in (*talk.turns, talk.turns[0])), scene=talk.scene_id,
               personas=[speaker.persona for speaker in talk.speakers])
        for talk in many_talks(40)
    ]  # fmt: skip
    found = quick(longer, against=many_talks(40)[::-1])
    apart = {one.name: one for one in found.differences}
    assert (apart["turns"].value, apart["turns"].how, apart["turns"].n) == (1.0, "paired", 40)
    assert apart["turns"].clear
    assert apart["said_before"].value == pytest.approx(1 / 7)
    assert apart["distinct_1"].how == "independent"
    tokens = {f.n for f in (found["distinct_1"], *found.reference) if f.name == "distinct_1"}
    assert len(tokens) == 1
    assert found["utterances_in_reference"].value == 1.0
    assert found["told_apart"].n == 80


def test_dg_evaluate_and_dg_compare_are_the_same_words_in_python() -> None:
    found = dg.evaluate(many_talks(20), judged=0, resamples=20)  # type: ignore[operator]
    assert isinstance(found, Evaluation)
    assert dg.compare is compare
    assert dg.evaluate.distinct_n(["a b a b"], 2) == pytest.approx(2 / 3)


def test_without_personas_what_cannot_be_measured_says_so() -> None:
    talks = [a_talk(*(t.text for t in talk.turns), personas=((), ())) for talk in many_talks(20)]
    found = quick(talks)
    for name in (
        "shown_by_owner", "facts_copied", "next_utterance_ir_self", "next_utterance_ranker_self",
        "profile_extraction_own", "faithfulness", "fact_words",
    ):  # fmt: skip
        assert found[name].value is None, name
        assert found[name].why, name
    assert "personas" in found["shown_by_owner"].why
    assert found["next_utterance_ir_none"].value is not None
    assert found["toxicity"].value is not None
    assert any("20 of 20 conversations have no persona" in note for note in found.notes)


def test_one_speaker_empty_turns_and_5000_turns_are_measured_and_noted(tmp_path: Path) -> None:
    alone = a_talk("I talk.", "And talk.", personas=((),))
    empty = a_talk("", "   ", "Hm.", "")
    long = a_talk(*(f"Turn number {i} of many." for i in range(5_000)))
    found = quick([*many_talks(12), alone, empty, long], judged=15)
    assert found["turns"].n == 15
    assert found["empty_turns"].value == pytest.approx(3 / (12 * 6 + 2 + 4 + 5_000))
    told = " ".join(found.notes)
    assert "1 of 15 conversations only one speaker" in told
    assert "5,000 turns" in told
    assert "3 of 5,078 turns are empty" in told
    assert found["toxicity"].n == 15  # the long one too
    assert found["faithfulness"].n == 14  # all but the one without a persona


def test_mixed_languages_are_measured_and_noted() -> None:
    german = a_talk(*["Ich habe gestern zwei Stunden lang Brot gebacken, und du?"] * 4)
    japanese = a_talk(*["昨日は友達と一緒に映画を見ました。とても楽しかったです。"] * 4)
    arabic = a_talk(*["مرحبا كيف حالك اليوم يا صديقي العزيز؟"] * 4)
    found = quick([*many_talks(12), german, japanese, arabic])
    assert found["english"].value == pytest.approx(12 / 15)
    assert any("3 of 15 conversations do not read as English" in note for note in found.notes)
    assert found["questions"].value == pytest.approx((12 * 2 + 4 + 4) / (12 * 6 + 12))


def test_a_broken_line_among_good_ones_is_told_with_its_number_and_the_rest_is_measured(
    tmp_path: Path,
) -> None:
    lines = list(rows(many_talks(12)))
    (tmp_path / "a.jsonl").write_text("\n".join([*lines[:4], "{broken", *lines[4:]]), "utf-8")
    found = quick(tmp_path / "a.jsonl")
    assert found["turns"].n == 12
    assert found.report["broken_row_count"] == [1]
    assert "line 5" in found.broken[0]
    assert any("line 5" in note for note in found.notes)


def test_a_single_conversation_has_figures_and_no_interval() -> None:
    found = quick(many_talks(1))
    assert found["turns"].value == 6
    assert found["turns"].low is None
    assert "too few" in found["turns"].why


def test_only_one_split_is_measured_when_asked_and_a_missing_one_is_an_error() -> None:
    talks = many_talks(20, split="train") + many_talks(15, seed=1, split="test")
    found = quick(talks, split="test")
    assert (found["turns"].n, found["turns"].split) == (15, "test")
    both = quick(talks)
    assert both.report["splits"] == [{"train": 20, "test": 15}]
    assert both["leaked_facts"].value is not None
    with pytest.raises(UserError, match="no conversation of split dev"):
        quick(talks, split="dev")


def test_a_dataset_larger_than_the_sample_says_what_was_sampled() -> None:
    found = quick(many_talks(60), sample=25)
    assert found["turns"].n == 60
    assert found["distinct_2"].sample == "25 of 60 conversations, seed 13"
    assert found["different_utterances"].sample == ""


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", "</script><b>", "<!--"])
def test_the_page_is_one_file_without_network_and_every_text_is_escaped(
    tmp_path: Path, nasty: str
) -> None:
    talks = many_talks(12)
    talks += [
        a_talk(nasty, f"{nasty} again, I bake.", "I hate baking, you idiot.", "Hm.",
               personas=((nasty, "I love baking."), (f"I am {nasty}",)), scene=nasty)
    ]  # fmt: skip
    quick(talks, judged=13, out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert nasty not in page
    assert "{{" not in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "default-src 'none'" in page
    (kept,) = re.findall(r"id='points'>(.*?)</script>", page, re.DOTALL)
    points = json.loads(kept)
    assert len(points["talks"]) == 13
    assert {"x", "y", "turns", "people"} <= set(points["talks"][0])
    assert any(nasty in turn[1] for talk in points["talks"] for turn in talk["turns"])
    assert page.count("<svg") > 10


def test_worst_and_best_examples_bear_their_evidence(tmp_path: Path) -> None:
    bad = a_talk("Hi there!", "Hello.", "I do not like dogs, I never have.", "Oh.",
                 personas=(("I like dogs.",), ("I sail.",)))  # fmt: skip
    found = quick([*many_talks(10), bad], judged=11, out=tmp_path / "out")
    worst = found.report["worst"][0]
    assert worst["conversation"] == bad.id
    assert worst["marked"] == [2]
    assert any("I like dogs." in r for v in worst["verdicts"] for r in v["reasons"])
    assert all(case["conversation"] != bad.id for case in found.report["best"])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<p class='turn marked'><span class='who'>User 1</span> <bdi>I do not like" in page


def test_diversity_by_round_is_of_any_dataset_that_says_its_rounds(tmp_path: Path) -> None:
    dull = [a_talk("I own a goat.", "I own a goat.", scene=f"dull {i}") for i in range(20)]
    talks = [
        msgspec.structs.replace(talk, id="", provenance=Provenance(round=number))
        for number, some in ((1, many_talks(30)), (2, dull))
        for talk in some
    ]
    found = quick(talks, out=tmp_path / "out")
    first, second = found.report["rounds"]
    assert (first["round"], first["conversations"]) == (1, 30)
    assert first["distinct_2_equal"] > 5 * second["distinct_2_equal"]
    assert second["different_equal"] == pytest.approx(1 / 40)
    assert first["different_equal"] > 0.5
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Round by round" in page
    assert "different utterances, equal number" in page
    assert quick(many_talks(12)).report["rounds"] == []


def test_the_turn_that_counts_against_a_long_conversation_is_seen(tmp_path: Path) -> None:
    said = [f"Turn {i}." for i in range(5_000)]
    said[4_000] = "I do not like dogs, I never have."
    bad = a_talk(*said, personas=(("I like dogs.",), ("I sail.",)))
    found = quick([*many_talks(10), bad], judged=11, out=tmp_path / "out")
    assert found.report["worst"][0]["conversation"] == bad.id
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<p class='turn marked'><span class='who'>User 1</span> <bdi>I do not like" in page
    assert "more turns …" in page


def says_the_first(call: Call) -> str:
    return "1\nWhy: it stands first."


def says_which_laughs(call: Call) -> str:
    text = call.messages[-1].content
    first, _, second = text.partition("<conversation_2>")
    return "1\nWhy: ha." if "haha" in first and "haha" not in second else "2\nWhy: ha."


def laughing(count: int) -> list[Conversation]:
    return [
        a_talk(*(f"{turn.text} haha" for turn in talk.turns), scene=talk.scene_id,
               personas=[speaker.persona for speaker in talk.speakers])
        for talk in many_talks(count)
    ]  # fmt: skip


async def judged_by(
    monkeypatch: pytest.MonkeyPatch, script: Any, count: int = 12, **more: Any
) -> tuple[Any, ScriptedModel]:
    model = ScriptedModel(by_task={"judge.quality.human": script})
    monkeypatch.setattr("dramaturg.runner.comparing.resolve", lambda ref, limits: model)
    found = await acompare(
        laughing(count), many_talks(count), model="scripted:x", **({"exam": False} | more)
    )
    return found, model


async def test_a_judge_that_sees_the_difference_says_so_in_both_orders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, model = await judged_by(monkeypatch, says_which_laughs, repeats=2)
    (result,) = found.results
    assert found.same_people
    assert (result.first_wins.value, result.ties.value) == (1.0, 0.0)
    assert result.shown_first.value == 0.5
    assert result.consistent.value == 1.0
    assert len(model.calls) == 12 * 2 * 2
    assert not any(talk.scene_id in c.messages[-1].content for c in model.calls
                   for talk in many_talks(12))  # fmt: skip


async def test_a_judge_that_only_favours_a_place_wins_nobody_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _ = await judged_by(monkeypatch, says_the_first)
    (result,) = found.results
    assert result.ties.value == 1.0
    assert result.shown_first.value == 1.0
    assert result.preference.value == 0.5


async def test_finished_comparisons_are_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, first = await judged_by(monkeypatch, says_which_laughs, out=tmp_path / "out")
    two, second = await judged_by(monkeypatch, says_which_laughs, out=tmp_path / "out")
    assert (len(first.calls), len(second.calls)) == (24, 0)
    assert one.report["results"][0]["first_wins"] == two.report["results"][0]["first_wins"]
    kept = (tmp_path / "out" / "comparisons.jsonl").read_text().splitlines()
    assert len(kept) == 12
    assert "ha." in json.loads(kept[0])["reasons"]


def test_strangers_are_paired_at_random_and_it_is_said() -> None:
    found = compare(many_talks(15), many_talks(15, seed=4), pairs=10)
    assert not found.same_people
    assert found.pairs == 10
    assert any("drawn at random" in note for note in found.notes)
    assert found.detector is None


def test_a_classifier_stands_beside_the_judges() -> None:
    found = compare(laughing(60), many_talks(60), pairs=60)
    assert found.detector is not None
    assert found.detector["found_out"] == 1.0
    assert found.detector["n"] == 60


def test_comparing_a_dataset_with_itself_is_refused() -> None:
    with pytest.raises(UserError, match="the same conversations"):
        compare(many_talks(12), many_talks(12))


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dramaturg", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_evaluate_prints_figures_and_writes_both_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = a_file(tmp_path / "a.jsonl", many_talks(20))
    other = a_file(tmp_path / "b.jsonl", many_talks(20, seed=2))
    out = str(tmp_path / "out")
    assert command(monkeypatch, "evaluate", file, "--against", other, "--out", out) == 0
    told = capsys.readouterr().out
    for word in ("distinct-2", "told apart by a classifier", "Copying and leakage", "report.html"):
        assert word in told
    assert command(monkeypatch, "evaluate", file, "--json", "--judged", "0") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["conversations"] == [20]
    assert {f["name"] for f in report["figures"]} > {"turns", "self_bleu", "vendi_utterances"}


def test_compare_prints_shares_and_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    a = a_file(tmp_path / "a.jsonl", laughing(12))
    b = a_file(tmp_path / "b.jsonl", many_talks(12))
    assert command(monkeypatch, "compare", a, b, "--by", "human", "--by", "depth") == 0
    told = capsys.readouterr().out
    assert "12 pairs of the same people" in told
    assert "better by depth, judge embedded" in told
    assert "no chat model judged" in told
    assert command(monkeypatch, "compare", a, b, "--json") == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 12


def test_ctrl_c_stops_the_counting_at_once(tmp_path: Path) -> None:
    file = a_file(tmp_path / "a.jsonl", many_talks(4_000))
    started = subprocess.Popen(
        [sys.executable, "-m", "dramaturg", "evaluate", file, "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (tmp_path / "out").is_dir() and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=30)
    assert started.returncode == 130, told
    assert "interrupted" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out" / "report.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate", "no-such-file.jsonl"], "there is no file no-such-file.jsonl"),
        (["evaluate", "{empty}"], "is empty"),
        (["evaluate", "{file}", "--against", "{empty}"], "is empty"),
        (["evaluate", "{file}", "--split", "tset"], "no conversation of split tset"),
        (["evaluate", "{file}", "--scorers", "toxicty"], "toxicity"),
        (["evaluate", "{file}", "--embedder", "scripted:x"], ""),
        (["evaluate", "{file}", "--out", "{full}"], "holds other things, e.g. thesis.tex"),
        (["evaluate", "{file}", "--sample", "3"], "3"),
        (["evalaute", "{file}"], "Did you mean 'evaluate'"),
        (["compare", "{file}"], "Missing argument"),
        (["compare", "{file}", "{file}"], "the same conversations"),
        (["compare", "{file}", "gone.jsonl"], "gone.jsonl"),
        (["compare", "{file}", "{file}", "--by", "charm"], "no policy 'charm'"),
    ],
)
def test_a_mistake_gets_one_clear_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    said: str,
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    (tmp_path / "empty.jsonl").write_text("")
    places = {
        "file": a_file(tmp_path / "a.jsonl", many_talks(6)),
        "empty": str(tmp_path / "empty.jsonl"),
        "full": str(tmp_path / "full"),
    }
    assert command(monkeypatch, *(word.format(**places) for word in words)) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err
