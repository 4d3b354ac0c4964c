"""Check threads and graders on SynthPAI's files: `python benchmarks/cards/synthpai.py DATA_DIR`.

DATA_DIR is a checkout of the GitHub repository eth-sri/SynthPAI (MIT; nothing of it is copied
here). What is not there is skipped, and said so.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dramaturg import evaluate, generate, persona, scorers
from dramaturg.evaluate import AttributeGuess

_VERDICTS = {  # file under data/thread/eval -> top-1, top-3 and n of the card
    "gpt-4/gpt4_evaluated.jsonl": ("GPT-4", 0.780, 0.914, 700),
    "Claude-3-Opus/claude-3-opus_evaluated.jsonl": ("Claude-3-Opus", 0.769, 0.912, 671),
    "Llama-3-8b/llama3-8b-chathf_evaluated.jsonl": ("Llama-3-8B", 0.616, 0.856, 633),
    "gpt-3.5/gpt3.5_evaluated.jsonl": ("GPT-3.5", 0.585, 0.821, 697),
    "gpt-4/anonymized/gpt4_anon_evaluated.jsonl": ("GPT-4, anonymised", 0.651, 0.837, 699),
}
_RULED = ("age", "sex", "income_level", "relationship_status")


def main(folder: Path) -> None:
    for name, check in (
        ("data/thread/eval", verdicts),
        ("data/thread/eval", rules),
        ("data/thread/generated_threads/json_threads", threads),
        ("data/profiles/user_bot_gen_online_profiles_300.json", profiles),
        ("data/thread/comments_eval_revised.jsonl", control),
    ):
        path = folder / name
        if not path.exists():
            print(f"skipped: {name} is not in {folder}")
            continue
        for line in check(path):
            print(line)


def verdicts(folder: Path) -> Iterator[str]:
    """Top-1 and top-3 out of the released verdicts: over the answered items, as in the card."""
    yield "model | top-1, top-3 over answered (card) | over all items, no answer a miss"
    for name, (model, first, among, n) in _VERDICTS.items():
        if not (folder / name).exists():
            yield f"skipped: {name}"
            continue
        hits = evaluate.attribute_hits(list(graded(folder / name)))
        ours = (
            hits.share(hits.first, answered_only=True),
            hits.share(hits.among, answered_only=True),
        )
        same = tuple(round(one, 3) for one in ours) == (first, among) and hits.answered == n
        yield (
            f"{model} | {ours[0]:.3f}, {ours[1]:.3f}, n {hits.answered} "
            f"({first:.3f}, {among:.3f}, n {n}: {'the same' if same else 'DIFFERENT'}) | "
            f"{hits.share(hits.first):.3f}, {hits.share(hits.among):.3f}, n {hits.items}"
        )


def rules(folder: Path) -> Iterator[str]:
    """Our rules against the released verdicts, guess by guess."""
    path = folder / "gpt-4/gpt4_evaluated.jsonl"
    if not path.exists():
        return
    agree: Counter[str] = Counter()
    total: Counter[str] = Counter()
    shown: Counter[tuple[str, str, str, float, float]] = Counter()
    for row in graded(path):
        if row.attribute not in _RULED:
            continue
        for guess, theirs in zip(row.guesses, row.grades, strict=False):
            ours = scorers.grade_by_rule(row.attribute, row.truth, guess)
            total[row.attribute] += 1
            agree[row.attribute] += ours == theirs
            if ours != theirs:
                shown[(row.attribute, row.truth, guess, theirs, float(ours or 0))] += 1
    for attribute in _RULED:
        if total[attribute]:
            same = f"{agree[attribute]} of {total[attribute]}"
            yield f"rule on {attribute}: as the released verdict {same}"
    for (attribute, truth, guess, theirs, ours), n in shown.most_common(14):
        yield f"  {attribute} {truth!r}, guess {guess!r}: theirs {theirs:g}, ours {ours:g} ({n})"


def threads(folder: Path) -> Iterator[str]:
    """What holds in the released threads of the rules on where a reply may go."""
    posts = own = twice = deep = wide = 0
    depth: Counter[int] = Counter()
    files = sorted(folder.rglob("*.json"))
    for file in files:
        thread: list[generate.Post] = []
        authors: dict[str, int] = {}
        _walk(json.loads(file.read_text(encoding="utf-8")), None, thread, authors)
        posts += len(thread)
        pairs = Counter((post.author, post.parent) for post in thread if post.parent is not None)
        twice += sum(n - 1 for n in pairs.values())
        for at, post in enumerate(thread):
            length = len(generate.path_to_root(thread, at))
            depth[length] += 1
            wide += at != 0 and generate.replies(thread, at) > 3
            if post.parent is not None:
                own += thread[post.parent].author == post.author
                deep += length - 1 > 5
    yield (
        f"{len(files)} threads, {posts} comments: to an own comment {own}, twice to one {twice}, "
        f"to one deeper than 5 {deep}; comments with more than 3 replies {wide}"
    )
    yield f"  depth: {dict(sorted(depth.items()))}"


def profiles(path: Path) -> Iterator[str]:
    people = persona.read_profiles(path)
    known = Counter(name for person in people for name in persona.attributes_of(person))
    names = len({person.name for person in people})
    yield f"{len(people)} profiles read, {names} names: {dict(known)}"


def control(path: Path) -> Iterator[str]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    said = {row["username"]: [c["text"] for c in row["comments"]] for row in rows}
    given = evaluate.shuffled_comments(said, seed=13)
    labels = sum(
        bool(told["estimate"]) and told["certainty"] >= 1
        for row in rows
        for name, told in row["reviews"]["human_evaluated"].items()
        if isinstance(told, dict) and name != "education_category"
    )
    own = sum(text in said[who] for who, texts in given.items() for text in texts)
    comments = sum(map(len, said.values()))
    yield f"{len(said)} authors, {comments} comments, {labels} labels"
    yield f"  control: {own} comments are still with their author"


def graded(path: Path) -> Iterator[AttributeGuess]:
    """The rows of a released file of verdicts."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for model, by_reviewer in row["evaluations"].items():
            for reviewer, by_attribute in by_reviewer.items():
                labels = row["reviews"][reviewer]
                for attribute, values in by_attribute.items():
                    said = row["predictions"][model].get(attribute, {}).get("guess", [])
                    yield AttributeGuess(
                        author=row["username"],
                        attribute=attribute,
                        truth=str(labels[attribute]["estimate"]),
                        guesses=tuple(map(str, said if isinstance(said, list) else [said])),
                        grades=tuple(float(value) for value in values),
                        certainty=int(labels[attribute]["certainty"]),
                    )


def _walk(
    node: dict[str, Any], parent: int | None, thread: list[generate.Post], authors: dict[str, int]
) -> None:
    author = authors.setdefault(str(node["author"]), len(authors))
    thread.append(generate.Post(author=author, parent=parent))
    here = len(thread) - 1
    for child in node["children"]:
        _walk(child, here, thread, authors)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/cards/synthpai.py DATA_DIR")
    main(Path(sys.argv[1]))
