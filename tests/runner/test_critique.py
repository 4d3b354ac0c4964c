"""`critique` as its user meets it: scorers by name, bad input, exams, and calls that are kept."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dramaturg import scorers
from dramaturg.errors import UserError
from dramaturg.runner import judging
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, running, says

STEAK = "I am a vegan."


def a_row(*texts: str, one: Any = (STEAK,), two: Any = ("I grill.",)) -> str:
    turns = [[f"User {i % 2 + 1}", text] for i, text in enumerate(texts)]
    return json.dumps({"user_1": list(one), "user_2": list(two), "turns": turns})


def a_file(folder: Path, *rows: str) -> str:
    path = folder / "talks.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def row(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in report["scorers"] if one["scorer"] == name]
    return dict(found)


GOOD = a_row("Hello there.", "Hi, do you grill?", "I never eat meat.", "I grill fish.")
BAD = a_row("Hello.", "Hi.", "I am not a vegan.", "I grill.")


async def test_scorers_are_chosen_by_name_and_each_row_says_what_it_is(tmp_path: Path) -> None:
    source = a_file(tmp_path, GOOD, BAD)
    report = await judging.critique_file(source, names="all", out=str(tmp_path / "v"))
    assert [one["scorer"] for one in report["scorers"]] == list(scorers.GROUPS["all"])
    faithful = row(report, "faithfulness")
    assert (faithful["n"], faithful["failed"], faithful["failed_share"]) == (2, 1, 0.5)
    assert faithful["failed_interval"][0] < 0.5 < faithful["failed_interval"][1]
    assert sum(faithful["histogram"]) == 2
    assert faithful["low_end"][0]["value"] < faithful["low_end"][1]["value"]
    assert report["worst"][0]["turns"] == {2: "I am not a vegan."}
    assert row(report, "length")["range"] == [0, None]
    assert all(one["seconds_per_1000"] is not None for one in report["scorers"])
    lines = (tmp_path / "v" / "verdicts.jsonl").read_text().splitlines()
    assert len(lines) == sum(one["n"] for one in report["scorers"])
    assert json.loads((tmp_path / "v" / "report.json").read_text())["conversations"] == 2


async def test_what_is_bad_follows_from_which_end_is_good(tmp_path: Path) -> None:
    harm = a_row("Hi there.", "You fucking piece of shit.", "I never eat meat.", "Ok.")
    report = await judging.critique_file(a_file(tmp_path, GOOD, BAD, harm))
    worst = {case["scorer"]: case for case in report["worst"]}
    assert worst["toxicity"]["value"] == worst["toxicity"]["badness"] > 0.6
    assert worst["faithfulness"]["badness"] == pytest.approx(1 - worst["faithfulness"]["value"])
    assert [case["badness"] for case in report["worst"]] == sorted(
        (case["badness"] for case in report["worst"]), reverse=True
    )


async def test_the_worst_also_holds_the_lowest_of_those_who_do_not_decide(tmp_path: Path) -> None:
    rows = [BAD, *(a_row(f"Yes {n}.", "ok", "ok", "ok") for n in range(5)), GOOD]
    report = await judging.critique_file(
        a_file(tmp_path, *rows), names="faithfulness,depth,repetition,length"
    )
    told = [(case["scorer"], case["failed"]) for case in report["worst"]]
    assert told[0] == ("faithfulness", True)
    assert told.count(("depth", False)) == told.count(("repetition", False)) == 3
    assert all(name != "length" for name, _ in told)
    depth = [case for case in report["worst"] if case["scorer"] == "depth"]
    assert all(case["reasons"] for case in depth)
    assert max(case["value"] for case in depth) < row(report, "depth")["mean"]


async def test_the_fact_table_can_be_queried(tmp_path: Path) -> None:
    source = a_file(tmp_path, GOOD, BAD, a_row("Hi.", "Yo.", one=[], two=[]))
    await judging.critique_file(source, out=str(tmp_path / "v"), fact_table=True)
    table = pq.read_table(tmp_path / "v" / "facts.parquet")
    assert table.num_rows == 2 * 4 * 2
    rows = [r for r in table.to_pylist() if r["label"] == "contradict" and r["whose"] == "own"]
    assert [(r["turn"], r["fact"]) for r in rows] == [(2, STEAK)]
    with pytest.raises(UserError, match="is a file"):
        await judging.critique_file(source, fact_table=True)


async def test_a_broken_line_is_named_and_the_rest_judged(tmp_path: Path) -> None:
    rows = [
        GOOD,
        '{"turns": 3}',
        "not json",
        BAD,
        '{"user_1": [], "user_2": [], "turns": []}',
        GOOD,
    ]
    report = await judging.critique_file(a_file(tmp_path, *rows))
    assert report["conversations"] == 3
    assert report["broken_row_count"] == 3
    assert [re.search(r"line (\d+)", why)[1] for why in report["broken_rows"]] == ["2", "3", "5"]  # type: ignore[index]
    assert row(report, "faithfulness")["failed"] == 1


async def test_without_personas_it_is_said_what_can_be_judged_and_what_not(tmp_path: Path) -> None:
    chat = json.dumps({"messages": [
        {"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello, how are you?"},
        {"role": "user", "content": "Fine."}, {"role": "assistant", "content": "Good to hear."},
    ]})  # fmt: skip
    report = await judging.critique_file(a_file(tmp_path, chat, GOOD), names="persona,toxicity")
    assert row(report, "toxicity")["n"] == 2
    assert row(report, "faithfulness")["n"] == 1
    assert row(report, "faithfulness")["not_judged"] == {"no persona": 1}
    (note,) = [n for n in report["notes"] if "personas" in n]
    assert note.startswith("1 of 2 conversations lack personas: faithfulness, partner_fact")
    assert "toxicity" not in note


async def test_odd_files_are_judged_in_what_they_have(tmp_path: Path) -> None:
    alone = json.dumps(
        {"turns": [{"speaker": "Ann", "text": t} for t in ("Hi.", "Me.", "I.", "Ok.")]}
    )
    long = a_row(*(f"Turn number {n} about dogs." for n in range(5_000)))
    mixed = a_row(
        "我是素食者。", "Ich grille gern!", "Я не ем мясо.", "أنا أشوي", one=["我是素食者。"]
    )
    empty = a_row("", "  ", "Hello there you.", "")
    report = await judging.critique_file(
        a_file(tmp_path, alone, long, mixed, empty), names="default,who_speaks"
    )
    assert report["conversations"] == 4
    assert row(report, "balance")["n"] == 2
    assert row(report, "balance")["not_judged"] == {"one speaker": 2}
    assert row(report, "length")["n"] == 4
    assert row(report, "length")["highest"] == 25_000
    notes = " ".join(report["notes"])
    assert "1 of 4 conversations lack a second speaker: " in notes
    assert "1 of 4 conversations lack some turns' words" in notes


async def test_a_typo_or_a_judge_who_cannot_costs_nothing(tmp_path: Path) -> None:
    source = a_file(tmp_path, GOOD)
    for bad, said in (
        ({"names": "faithfullness"}, "there is no scorer"),
        ({"names": "g_eval"}, "cannot judge g_eval_relevance"),
        ({"model": "toxicty=embedded"}, "there is no role"),
        ({"model": "scripted:nowhere.json"}, "cannot read the script"),
        ({"human": "nowhere.jsonl"}, "there is no file"),
    ):
        with pytest.raises(UserError, match=said):
            await judging.critique_file(source, out=str(tmp_path / "v"), **bad)  # type: ignore[arg-type]
        assert not (tmp_path / "v").exists()


async def test_naturalness_can_be_measured_against_a_file_of_people(tmp_path: Path) -> None:
    people = tmp_path / "people.jsonl"
    people.write_text(
        "\n".join(
            a_row(*(f"{'word ' * (1 + (n * i) % 7)}number {n + i}." for i in range(6)))
            for n in range(40)
        )
    )
    source = a_file(tmp_path, *people.read_text().splitlines()[3:9])
    ours = await judging.critique_file(source, names="naturalness", human=str(people))
    shipped = await judging.critique_file(source, names="naturalness")
    assert row(ours, "naturalness")["mean"] > 0.2
    assert row(shipped, "naturalness")["mean"] < 0.05


# With a chat model


def judge(seen: Seen) -> Act:
    """Finds contradictions by one word, and harm never."""
    text = seen.body["messages"][-1]["content"]
    talk = text.rpartition("<conversation>")[2]
    denied = " not " in talk or "n't" in talk or "never" in talk
    return Act(says("Yes\nWhy: it is denied." if denied and "<profile" in text else "No\nWhy: no."))


async def test_a_judge_who_fails_the_exam_is_heard_and_not_counted(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"judge.faithfulness": "No\nWhy: fine.", "judge.toxicity": "No"}))
    source = a_file(tmp_path, BAD)
    names, model = "faithfulness,length", f"scripted:{script}"
    report = await judging.critique_file(source, names=names, model=model, out=str(tmp_path / "v"))
    (exam,) = report["exams"]
    assert (exam["judge"], exam["passed"], exam["caught"]["hits"]) == ("faithfulness", False, 0)
    failed = row(report, "faithfulness")
    assert (failed["n"], failed["counts"], failed["mean"], failed["failed"]) == (
        1,
        False,
        None,
        None,
    )
    assert row(report, "length")["counts"]
    assert "did not pass its exam" in " ".join(report["notes"])
    assert '"faithfulness"' in (tmp_path / "v" / "verdicts.jsonl").read_text()
    unexamined = await judging.critique_file(source, names=names, model=model, exam=False)
    assert row(unexamined, "faithfulness")["mean"] == 1


async def critique(stub: StubEndpoint, *words: str) -> tuple[int, dict[str, Any], str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dramaturg", "critique", "--json", "--quiet"),
        *("--model", f"openai:m@{stub.url}", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OPENAI_API_KEY": "sk-test-secret"},
    )
    told, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, json.loads(told or b"{}"), errors.decode()


async def test_a_finished_call_is_never_paid_again(tmp_path: Path) -> None:
    rows = [a_row(f"Hello {n}.", "Hi.", "I am not a vegan." if n % 2 else "Ok.") for n in range(12)]
    source, out = a_file(tmp_path, *rows), str(tmp_path / "v")
    words = [source, "--scorers", "faithfulness,toxicity", "--no-exam", "--out", out]
    async with running(StubEndpoint(always=judge)) as stub:
        code, stopped, told = await critique(stub, *words, "--max-calls", "10")
        assert code == 1
        assert "10" in told
        first = len(stub.seen)
        assert first == 10
        code, report, _ = await critique(stub, *words)
        assert code == 0
        assert len(stub.seen) == 24
        assert report["calls"][report["critic"]] == {
            "made": 14, "replayed": 10, "shared": 0, "failed": 0
        }  # fmt: skip
        before = (tmp_path / "v" / "verdicts.jsonl").read_bytes()
        code, _, _ = await critique(stub, *words)
        assert len(stub.seen) == 24
        assert (tmp_path / "v" / "verdicts.jsonl").read_bytes() == before
    assert stopped["stopped"]
    assert row(report, "faithfulness")["failed"] == 6
    everything = b"".join(p.read_bytes() for p in (tmp_path / "v").iterdir())
    assert b"sk-test-secret" not in everything


async def test_failed_calls_cost_single_verdicts_and_are_asked_for_again(tmp_path: Path) -> None:
    rows = [a_row(f"Hello {n}.", "Hi.") for n in range(6)]
    source, out = a_file(tmp_path, *rows), str(tmp_path / "v")
    faults = True

    def reply(seen: Seen) -> Act:
        text = json.dumps(seen.body)
        if "Hello 3" in text and faults:
            return Act(says("maybe, maybe not"))
        if "Hello 4" in text and faults:
            return Act(
                {"error": {"message": "maximum context length", "code": "context_length_exceeded"}},
                400,
            )
        return judge(seen)

    async with running(StubEndpoint(always=reply)) as stub:
        words = [source, "--scorers", "toxicity", "--no-exam", "--out", out]
        _, report, _ = await critique(stub, *words)
        found = row(report, "toxicity")
        assert found["n"] == 4
        assert found["not_judged"]["no verdict"] == 1
        assert found["not_judged_count"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
async def test_ctrl_c_keeps_what_was_paid_and_says_how_to_go_on(tmp_path: Path) -> None:
    rows = [a_row(f"Hello {n}.", "Hi.") for n in range(40)]
    source, out = a_file(tmp_path, *rows), str(tmp_path / "v")

    enough = asyncio.Event()

    def slow(seen: Seen) -> Act:
        act = judge(seen)
        if len(stub.seen) >= 8:
            enough.set()
        return Act(act.body, delay_s=0.1)

    async with running(StubEndpoint(always=slow)) as stub:
        words = [source, "--scorers", "toxicity", "--no-exam", "--out", out, "--in-flight", "4"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dramaturg", "critique", *words),
            *("--model", f"openai:m@{stub.url}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "OPENAI_API_KEY": "sk-test-secret"},
        )
        await enough.wait()
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130
        assert b"same command" in errors
        assert b"Traceback" not in errors
        paid = len(stub.seen)
        assert paid < 40
        code, _, _ = await critique(stub, *words)
        assert code == 0
        assert len(stub.seen) == 40


async def test_many_conversations_take_no_more_memory_than_few(tmp_path: Path) -> None:
    import tracemalloc

    def lines(count: int) -> str:
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as file:
            for n in range(count):
                file.write(a_row(*(f"Turn {i} of {n}." for i in range(8))) + "\n")
        return str(path)

    peaks = []
    for count in (50, 500):
        source = lines(count)
        tracemalloc.start()
        await judging.critique_file(source, names="shape")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5 + 200_000


@pytest.mark.parametrize("bad", [b'{"user_1": "\xff\xfe"}', b"\x00\x01", b"caf\xe9"])
async def test_a_line_that_is_no_utf_8_is_named_and_the_rest_judged(
    tmp_path: Path, bad: bytes
) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_bytes(GOOD.encode() + b"\n" + bad + b"\n" + BAD.encode() + b"\n")
    report = await judging.critique_file(str(file))
    assert report["conversations"] == 2
    assert report["broken_row_count"] == 1
    assert "line 2" in report["broken_rows"][0]
