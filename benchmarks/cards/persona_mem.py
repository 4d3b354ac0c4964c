"""The card of persona-mem on the published data: what its options give away, and who answers how.

    python benchmarks/cards/persona_mem.py DATA_DIR [--write]

DATA_DIR is a copy of the authors' repository, or of the part that is wanted: `questions*.csv`
anywhere below it (one table each), and predictions `pred*.csv` with the columns `answer` and `p`.
The data is read and nothing of it is kept. What is not there is skipped with a reason.
"""

from __future__ import annotations

import argparse
import ast
import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.tables import columns, markdown, put
from dramaturg import evaluate
from dramaturg.records import OptionQuestion

ROOT = Path(__file__).parents[2]

PAGE = ROOT / "docs" / "recipes" / "persona-mem.md"
Rows = list[tuple[str, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the tables on the recipe's page")
    given = parser.parse_args()
    csv.field_size_limit(1 << 30)
    table: Rows = [("file", "kind", "n", "longest option", "shortest", "words of the question")]
    for path in sorted(given.data.rglob("questions*.csv")):
        table += options(path)
    letters: Rows = [("file", "n", "right", "letters of the key", "p", "letters answered", "p")]
    for path in sorted(given.data.rglob("pred*.csv")):
        letters += list(answers(path))
    for rows, what in ((table, "questions*.csv"), (letters, "pred*.csv")):
        if len(rows) > 1:
            print(columns(rows) + "\n")
        else:
            print(f"skipped: no {what} below {given.data}")
    if given.write and len(table) > 1:
        put(PAGE, "checked", markdown(table))
    if given.write and len(letters) > 1:
        put(PAGE, "answers", markdown(letters))


def options(path: Path) -> Rows:
    """How often a reader that looks only at lengths, or at the question, is right, by kind."""
    by_kind: dict[str, list[OptionQuestion]] = defaultdict(list)
    for one in questions(path):
        by_kind["all"].append(one)
        by_kind[one.kind].append(one)
    found: Rows = []
    for kind, some in by_kind.items():
        readers = evaluate.check_options(some).readers
        shares = (f"{100 * (readers[name].value or 0):.0f}" for name in
                  ("longest option", "shortest option", "words of the question"))  # fmt: skip
        found.append((path.name, kind, str(len(some)), *shares))
    return found


def questions(path: Path) -> Iterator[OptionQuestion]:
    """The questions of a file whose options and key can be read."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            text = row.get("question") or row.get("user_question_or_message") or ""
            key = re.search(r"[a-d]", row.get("correct_answer") or "")
            try:
                shown = ast.literal_eval(row.get("all_options") or "[]")
            except (ValueError, SyntaxError):
                shown = []
            said = [re.sub(r"^\s*\([a-d]\)\s*", "", str(one)) for one in shown]
            if key and len(said) == 4:
                right = "abcd".index(key[0])
                kind = row.get("question_type") or ""
                yield OptionQuestion(text=text, options=tuple(said), right=right, kind=kind)


def answers(path: Path) -> Iterator[tuple[str, ...]]:
    """Accuracy, and how far the letters of key and answers are from equal."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(r.get("answer") or "", r.get("p") or "") for r in csv.DictReader(lines)]
    rows = [(key, said) for key, said in rows if key in set("abcd")]
    if rows:
        right = sum(key == said for key, said in rows) / len(rows)
        key, said = (counted([row[i] for row in rows]) for i in (0, 1))
        yield (path.stem, str(len(rows)), f"{100 * right:.1f}", *key, *said)


def counted(letters: Sequence[str]) -> tuple[str, str]:
    """How often each letter comes, and the chance of that where all are equally likely."""
    counts = Counter(letters)
    each = [counts[letter] for letter in "abcd"]
    return " ".join(map(str, each)), f"{evaluate.chi_square(each)[1]:.2g}"


if __name__ == "__main__":
    main()
