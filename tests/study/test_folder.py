"""The study's folder: who gets which item, what is kept, and what comes in and goes out."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from dramaturg.errors import RecordError, UserError
from dramaturg.study import Study, export, name_key, rows, sheet, take_in
from dramaturg.study.folder import CLAIM_S
from tests.study.made import answer_all, plan, right, study


def test_each_item_goes_to_as_many_as_asked_and_checks_to_all(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 8, per_item=2) as made:
        counts = [answer_all(made, name) for name in ("Ann", "Ben", "Cem")]
        seen = Counter(answer.item for answer in made.answers())
        for item in made.items.values():
            assert seen[item.id] == (3 if "check" in item.key else 2)
        assert counts == [9, 9, 1]


def test_an_item_before_one_annotator_is_not_given_to_too_many_others(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 1, per_item=1, checks=0, of=3) as made:
        ann, ben = made.join("Ann"), made.join("Ben")
        first = made.next_item(ann, now=1000.0)
        assert first is not None
        assert made.next_item(ben, now=1001.0) is None
        again = made.next_item(ben, now=1001.0 + CLAIM_S)
        assert again == first


def test_what_is_begun_comes_back_and_an_answer_can_be_changed(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 5) as made:
        ann = made.join("Ann")
        item = made.next_item(ann)
        assert item is not None
        made.save(ann, item.id, {"ratings": {"natural": 4}}, done=False)
        assert made.next_item(ann) == item
        whole = right(made, item.id)
        made.save(ann, item.id, whole, done=True)
        made.save(ann, item.id, {"ratings": {**whole["ratings"], "depth": 1}}, done=True)
        last = made.answer_of(ann, item.id)
        assert last is not None
        assert last.answer["ratings"]["depth"] == 1
        assert made.history(ann) == [item.id]
        assert made.clicks() == 3
        assert len(made.answers()) == 1
        following = made.next_item(ann)
        assert following is not None
        assert following != item


def test_a_name_is_the_same_whatever_its_case_and_spaces(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert") as made:
        assert made.join("Ann  Lee") == made.join(" ann lee ")
        assert list(made.annotators().values()) == ["Ann Lee"]
        assert made.join("Zoë") == made.join("Zoe\N{COMBINING DIAERESIS}")
    for bad in ("", "  ", "x" * 61, "a\x00b", "\u202eAnn"):
        with pytest.raises(RecordError):
            name_key(bad)


KILLED = """
import sys, time
from dramaturg.study import Study
with Study(sys.argv[1]) as made:
    name = made.join("Ann")
    while True:
        item = made.next_item(name)
        made.save(name, item.id, {"ratings": {"natural": 2}}, done=False)
        print("kept", made.clicks(), flush=True)
"""


def test_a_kill_loses_no_click_that_the_page_was_told_of(tmp_path: Path) -> None:
    study(tmp_path / "s", "likert").close()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    told = 0
    while told < 5:
        told = int(child.stdout.readline().split()[1])
    child.send_signal(signal.SIGKILL)
    child.wait()
    rest = child.stdout.read().split()
    told = max([told, *map(int, rest[1::2])])
    child.stdout.close()
    with Study(tmp_path / "s") as made:
        assert told <= made.clicks() <= told + 1
        assert made.answers()[0].answer == {"ratings": {"natural": 2}}


def test_another_study_or_another_thing_in_the_folder_is_refused(tmp_path: Path) -> None:
    made = study(tmp_path / "s", "likert")
    with pytest.raises(UserError, match="other arguments") as caught:
        made.refuse_another({**made.arguments, "seed": 14})
    assert "seed: 13 before, 14 now" in caught.value.why
    made.refuse_another(dict(made.arguments))
    made.close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        Study.make(tmp_path / "full", made.arguments, made.questions, plan("likert"))
    assert [f.name for f in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "study.sqlite").write_bytes(b"not a database at all, really not")
    with pytest.raises(UserError, match="cannot be used"):
        Study(tmp_path / "foreign")
    with pytest.raises(UserError, match="is not a study"):
        Study(tmp_path / "missing")


def test_a_restart_keeps_the_token_of_the_address_and_nothing_shows_it(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 2) as made:
        token = made.token()
        answer_all(made, "Ann")
        assert token not in json.dumps([sheet(made), made.arguments, list(rows(made))])
    with Study(tmp_path / "s") as made:
        assert made.token() == token
        assert len(token) >= 20


def answers_file(made: Study, path: Path, written: str = "Dee", **more: object) -> Path:
    held = sheet(made)
    answers = [
        {"item": item["id"], "answer": right(made, item["id"]), "done": True, "seconds": 3,
         "at": 1_700_000_000 + n}
        for n, item in enumerate(held["items"])
    ]  # fmt: skip
    file = {"format": 1, "study": made.id, "annotator": written, "answers": answers, **more}
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


def test_a_file_is_taken_in_once_however_often_it_is_given(tmp_path: Path) -> None:
    with study(tmp_path / "s", "turing") as made:
        file = answers_file(made, tmp_path / "a.json")
        assert take_in(made, file).answers == len(made.items)
        assert take_in(made, file).answers == len(made.items)
        assert made.clicks() == len(made.items)
        assert len(made.answers()) == len(made.items)


def test_an_older_file_does_not_undo_a_newer_one(tmp_path: Path) -> None:
    with study(tmp_path / "s", "flags", 1, checks=0) as made:
        item = next(iter(made.items))
        for at, flags in ((200, ["toxic"]), (100, [])):
            answer = {
                "item": item,
                "answer": {"flags": flags},
                "done": True,
                "seconds": 1,
                "at": at,
            }
            take_in(made, answers_file(made, tmp_path / "a.json", answers=[answer]))
        assert made.answers()[0].answer == {"flags": ["toxic"]}


def test_a_clock_that_is_ahead_does_not_make_an_answer_the_last_for_ever(tmp_path: Path) -> None:
    with study(tmp_path / "s", "flags", 1, checks=0) as made:
        item = next(iter(made.items))
        about = {"item": item, "done": True, "seconds": 1.04, "at": 9e10}
        answer = {**about, "answer": {"flags": ["toxic"]}}
        file = answers_file(made, tmp_path / "a.json", answers=[answer])
        take_in(made, file)
        assert made.answers()[0].answer == {"flags": ["toxic"]}
        made.save("dee", item, {"flags": []}, done=True)
        assert made.answers()[0].answer == {"flags": []}
        take_in(made, file)  # the same file is no newer than it was
        assert made.answers()[0].answer == {"flags": []}
        assert made.clicks() == 2


def test_a_turn_that_no_number_can_hold_is_one_bad_answer(tmp_path: Path) -> None:
    with study(tmp_path / "s", "faithfulness", 2, checks=0) as made:
        file = answers_file(made, tmp_path / "a.json")
        read = json.loads(file.read_text())
        read["answers"][0]["answer"] = {"marks": {"9" * 5_000: "entail"}}
        file.write_text(json.dumps(read))
        found = take_in(made, file)
        assert (len(found.drops), found.answers) == (1, len(made.items) - 1)


def test_a_bad_answer_is_told_with_its_number_and_the_rest_is_taken(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 3, checks=0) as made:
        good = answers_file(made, tmp_path / "a.json")
        read = json.loads(good.read_text())
        read["answers"][1]["answer"] = {"ratings": {"natural": 9}}
        read["answers"].append("nonsense")
        read["answers"].append(
            {"item": "i99999", "answer": {}, "done": True, "seconds": 1, "at": 1}
        )
        read["answers"].append({"item": "i00001", "answer": {}, "done": True, "at": 1})
        good.write_text(json.dumps(read))
        found = take_in(made, good)
        assert found.answers == 2
        assert [drop.reason.split(": ", 1)[1] for drop in found.drops] == [
            "number 2 of a.json: natural must be one of 1, 2, 3, 4, 5, not 9",
            "number 4 of a.json: it has no item",
            "number 5 of a.json: there is no item 'i99999'",
            "number 6 of a.json: it has no seconds",
        ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not the file that the annotation page saves"),
        ("[]", "not the file that the annotation page saves"),
        ('{"annotator": 3, "answers": []}', "not the file that the annotation page saves"),
        ('{"annotator": "A", "answers": [], "study": "s-1"}', "of another study"),
    ],
)
def test_a_file_that_is_no_answers_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with study(tmp_path / "s", "likert", 2) as made:
        with pytest.raises(UserError, match=said):
            take_in(made, tmp_path / "a.json")
        with pytest.raises(UserError, match="cannot be read"):
            take_in(made, tmp_path / "b.json")
        assert made.annotators() == {}


def test_the_sheet_of_a_page_holds_no_key(tmp_path: Path) -> None:
    with study(tmp_path / "s", "turing") as made:
        held = json.dumps(sheet(made))
        for word in (
            "against",
            "check",
            "same_people",
            "planted",
            *(c.id for c in made.conversations()),
        ):
            assert word not in held


def test_rows_name_the_dataset_that_was_taken_for_human(tmp_path: Path) -> None:
    with study(tmp_path / "s", "turing") as made:
        answer_all(made, "Ann")
        found = list(rows(made))
        assert {row["value"] for row in found if not row["check"]} == {"against"}
        assert {row["passed"] for row in found if row["check"]} == {True}


def test_an_export_holds_every_answer_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    with study(tmp_path / "s", "likert", 3, checks=0) as made:
        answer_all(made, "=1+1")
        assert export(made, tmp_path / "a.csv") == 15
        assert export(made, tmp_path / "a.jsonl") == 15
        with pytest.raises(UserError, match="names no form"):
            export(made, tmp_path / "a.xlsx")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert {row["annotator"] for row in read} == {"'=1+1"}
    assert {row["value"] for row in read} == {"4"}
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["value"] == 4
