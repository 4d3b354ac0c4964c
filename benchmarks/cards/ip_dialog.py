"""The card of ip-dialog on the published data: how implicit, how scored, how many users.

    python benchmarks/cards/ip_dialog.py DATA_DIR [--write]

DATA_DIR is a copy of the authors' repository, which has no licence file: it is read and nothing of
it is kept. What is not there is skipped with a reason.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec

from benchmarks.tables import columns, markdown, put
from dramaturg import evaluate, generate, persona, scorers
from dramaturg.errors import DramaturgError
from dramaturg.persona import Rule

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "ip-dialog.md"
TEST = "benchmark/filtered_data_test_1000.jsonl"
RAW = "evaluate_models/output/alpaca_hq_basic_1000"
TABLES = "evaluate_models/output_metrics/all_datasets_all_models_metrics.json"
MODELS = ("claude", "llama3-1", "qwen")
FORMS: dict[str, Any] = {
    "recommend": "text", "rank": "order", "filter": "letters", "predict": "yes or no",
    "preference_infer": "letters", "risk_detect": "list", "intention_infer": "list",
    "advice": "list", "decision": "yes or no", "convince": "text",
}  # fmt: skip
NAMES = {"income_level": "income"}
Rows = list[tuple[str, ...]]
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the tables on the recipe's page")
    given = parser.parse_args()
    table: Rows = [("what", "n", "card", "ours")]
    for check in (users, histories, constants, orders):
        table += check(given.data)
    print(columns(table))
    scores: Rows = [("kind", "model", "n", "released", "ours", "letters by place", "unread")]
    scores += list(answers(given.data))
    print("\n" + columns(scores))
    if given.write and len(table) > 1:
        put(PAGE, "checked", markdown(table))
        put(PAGE, "released scores", markdown(scores))


def users(_: Path) -> Rows:
    """The grid as it ships here, and with what the released loop does."""
    ours = persona.load_grid()
    studying = Rule(when={"age": ("young adult",)}, never={"profession": ("student",)})
    released = msgspec.structs.replace(ours, rules=(*ours.rules, studying))
    return [
        ("users that the rules allow", "-", "413,568 (a note)", f"{ours.count():,}"),
        ("the same, health drawn and not counted, no young adult studies: the released loop, run",
         "-", "115,776", f"{released.count() // 3:,}"),
    ]  # fmt: skip


def histories(folder: Path) -> Rows:
    """Rounds an item, and attribute values that the user says aloud, by three rules."""
    items = list(rows(folder / TEST))
    if not items:
        return []
    same = sum(len(i["history"]) == len(i["GT"]["related_attributes"]) for i in items)
    grid = persona.load_grid()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        said = [t["content"] for one in item["history"] for t in one if t["speaker"] == "User"]
        for name, value in item["GT"]["related_attributes"].items():
            plain = value.replace("_", " ").lower()
            counts["n"][name] += 1
            counts["part"][name] += plain in " ".join(said).lower()
            counts["word"][name] += bool(scorers.said_aloud([value], said))
            ours = shipped(grid, NAMES.get(name, name), value)
            counts["ours"][name] += bool(scorers.said_aloud(ours, said))
    values = sum(counts["n"].values())

    def told(rule: str, *names: str) -> str:
        of = names or tuple(counts["n"])
        return f"{sum(counts[rule][n] for n in of)} of {sum(counts['n'][n] for n in of)}"

    return [
        ("history as long as the related attributes", f"{len(items):,}", "1,000", f"{same:,}"),
        ("said aloud, the value as a part of any word", f"{values:,}", "232", told("part")),
        ("of these hobby, extraversion", "-", "55 of 383, 46 of 617",
         f"{told('part', 'hobby')}, {told('part', 'extraversion')}"),
        ("said aloud, the value as whole words", f"{values:,}", "-", told("word")),
        ("said aloud, our rule: a shared value needs its attribute's name", f"{values:,}", "-",
         told("ours")),
        ("of these hobby, extraversion", "-", "-",
         f"{told('ours', 'hobby')}, {told('ours', 'extraversion')}"),
    ]  # fmt: skip


def shipped(grid: persona.Grid, name: str, value: str) -> tuple[str, ...]:
    """The words of our grid for a value of theirs: "low_income" is the value low of income."""
    plain = value.replace("_", " ")
    if name == "income":
        plain = plain.split()[0]
    known = {v.replace("-", " "): v for v in grid.attributes[name]}
    return grid.words_for(name, known[plain.replace("-", " ")])


def constants(folder: Path) -> Rows:
    """What a constant yes scores."""
    answers = defaultdict(list)
    for item in rows(folder / TEST):
        answers[item["task"]].append(item["GT"]["answer"])
    return [
        (f"always yes, {task}", str(len(answers[task])), card,
         str(round(100 * answers[task].count("yes") / len(answers[task]))))
        for task, card in (("predict", "60"), ("decision", "71"))
        if answers[task]
    ]  # fmt: skip


def orders(_: Path) -> Rows:
    """Kendall's tau on the ranks of items, and position by position as released."""
    every = ["".join(one) for one in itertools.permutations("ABCD")]
    differ = sum(
        abs(evaluate.kendall_tau(a, b) - by_place(a, b)) > 1e-9
        for a, b in itertools.product(every, every)
    )
    one = f"{evaluate.kendall_tau('ACDB', 'BCDA'):+.2f}; {by_place('ACDB', 'BCDA'):+.2f}"
    return [
        ("tau of ACDB and BCDA by ranks; by letters", "1", "-0.67; +0.67", one),
        ("pairs of orders on which the two differ", "576", "296", str(differ)),
    ]


def by_place(right: str, found: str) -> float:
    """The released way: letters at the same place are compared as if they were ranks."""
    pairs = list(itertools.combinations(zip(right, found, strict=True), 2))
    return sum(1 if (a[0] < b[0]) == (a[1] < b[1]) else -1 for a, b in pairs) / len(pairs)


def answers(folder: Path) -> Iterator[tuple[str, ...]]:
    """The scores of the released raw outputs, told again from the raw outputs."""
    items = list(rows(folder / TEST))
    try:
        released = json.loads((folder / TABLES).read_text("utf-8"))["alpaca_hq_basic_1000"]
    except (OSError, ValueError, KeyError) as error:
        print(f"skipped: no released table ({error})")
        return
    for task, model in itertools.product(FORMS, MODELS):
        said = list(rows(folder / RAW / f"{model}.jsonl"))
        if len(said) != len(items):
            continue
        ours, theirs, unread = [], [], 0
        for item, raw in zip(items, said, strict=True):
            if item["task"] != task:
                continue
            right = item["GT"]["answer"]
            right = [right] if isinstance(right, str) else right
            found, analysis = read(raw["predict"], task, item["request"])
            unread += not found
            ours.append(
                evaluate.answer_score(
                    FORMS[task], right, found,
                    right_analysis=item["GT"]["analysis"], found_analysis=analysis,
                )
            )  # fmt: skip
            if task == "rank":
                fits = len(found) == len(right)
                theirs.append((by_place("".join(right), "".join(found)) + 1) / 2 if fits else 0)
        table = released.get(model, {}).get(task, {}).get("answer_acc")
        place = f"{sum(theirs) / len(theirs) * 100:.1f}" if theirs else "-"
        mean = 100 * sum(ours) / len(ours)
        yield (task, model, str(len(ours)), f"{table}", f"{mean:.1f}", place, str(unread))


def read(reply: str, task: str, request: str) -> tuple[tuple[str, ...], str]:
    """The answer and the analysis of a raw output in the form "- Analysis: [..] - Answer: [..]"."""
    answer = reply.rpartition("Answer")[2].lstrip("*: \n").strip()
    answer = re.sub(r"\]?,? such as .*$", "", answer, flags=re.DOTALL)
    answer = re.sub(r"^\[|\]?[\s*]*$", "", answer)
    analysis = reply.partition("Analysis")[2].rpartition("Answer")[0].strip("*:[] -\n")
    try:
        return generate.read_answer(answer, FORMS[task], request), analysis
    except DramaturgError:
        return (), analysis


def rows(path: Path) -> Iterator[Row]:
    """The rows of a JSON-lines file; none, with a reason, where it is not there."""
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        print(f"skipped: {path.name} ({error.strerror})", file=sys.stderr)


if __name__ == "__main__":
    main()
