"""Check staged scenes on CoSER's published files: `python benchmarks/cards/coser.py DATA_DIR`.

DATA_DIR is a checkout of the GitHub repository Neph0s/CoSER (no licence file: nothing of it is
copied here). What is not there is skipped, and said so.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dramaturg import evaluate, generate, persona, scorers
from dramaturg.dataset.terms import terms
from dramaturg.prompts.channels import read_script, write_script
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers.rouge import rouge_l_of

_DIMENSIONS = {
    "Storyline Consistency": "storyline_consistency",
    "Anthropomorphism": "anthropomorphism",
    "Character Fidelity": "character_fidelity",
    "Storyline Quality": "storyline_quality",
}


def main(folder: Path) -> None:
    for name, check in (
        ("exp/evaluation/test_set_gpt-4o.json", judged_scenes),
        ("data/test/test_set.json", test_set),
        ("data/final/Othello.json", work),
        ("data/final/King Lear.json", work),
        ("data/src/books_example.jsonl", books),
        ("exp/simulation", simulations),
    ):
        path = folder / name
        if not path.exists():
            print(f"skipped: {name} is not in {folder}")
            continue
        for line in check(path):
            print(line)


def judged_scenes(path: Path) -> Iterator[str]:
    """The scores of the released verdicts, from their flaws and turns."""
    right = total = without_forgiving = all_turns = 0
    rouge: list[tuple[float, float]] = []
    bleu: list[tuple[float, float]] = []
    for case in _json(path)["cases"].values():
        talk = _conversation(case["simulation"])
        for theirs in _DIMENSIONS:
            told = case["critique"][theirs]
            severities = [scorers.severity_of(flaw.get("severity")) for flaw in told["flaws"]]
            total += 1
            right += scorers.flaw_score(severities, scorers.actor_turns(talk)) == told["score"]
            all_turns += scorers.flaw_score(severities, len(talk.turns)) == told["score"]
            without_forgiving += scorers.flaw_score(severities, 0) == told["score"]
        rouge.append((case["critique"]["rouge_l"], 0.0))
        bleu.append((case["critique"]["bleu"], 0.0))
    yield f"flaw scores recomputed exactly: {right} of {total}"
    yield f"  with turns of the environment counted: {all_turns}"
    yield f"  with nothing forgiven: {without_forgiving}"
    mean = sum(b for b, _ in bleu) / len(bleu), sum(r for r, _ in rouge) / len(rouge)
    yield f"  theirs: BLEU {mean[0]:.4f}, ROUGE-L {mean[1]:.4f} (n {len(bleu)})"


def test_set(path: Path) -> Iterator[str]:
    rows = _json(path)
    read = persona.read_scenes(path)
    lines = [u for row in rows for u in row["dialogues"]]
    books = len({row["book"] for row in rows})
    yield f"test set: {len(read.scenes)} of {len(rows)} scenes read, {books} books"
    yield f"  {len(lines) / len(rows):.1f} turns a scene (card: 12.9), {len(read.people)} people"
    spoken = [u["message"] for u in lines if u["character"] != scorers.ENVIRONMENT]
    scripts = [read_script(text) for text in spoken]
    again = [read_script(write_script(one.turn(0))) for one in scripts]
    same = sum(a.speech == b.speech and a.actions == b.actions and a.thoughts == b.thoughts
               for a, b in zip(scripts, again, strict=True))  # fmt: skip
    thinking, acting = sum(bool(s.thoughts) for s in scripts), sum(bool(s.actions) for s in scripts)
    yield f"  lines of characters: {len(spoken)}, with thoughts {thinking}, with actions {acting}"
    mended = sum(bool(s.repairs) for s in scripts)
    yield f"  written and read again the same: {same} of {len(spoken)}; mended: {mended}"
    samples = [row for scene in read.scenes for row in generate.role_samples(scene, seed=13)]
    leaks = sum(_leaks(scene, rows_) for scene, rows_ in _by_scene(read, samples))
    yield f"  training samples: {len(samples)}; with a thought of somebody else: {leaks}"


def work(path: Path) -> Iterator[str]:
    read = persona.read_scenes(path)
    lived = sum(len(p.views.get("history", ())) for p in read.people)
    yield f"{path.stem}: {len(read.scenes)} scenes, {len(read.people)} people with {lived} memories"


def books(path: Path) -> Iterator[str]:
    """Pieces of the four books in the public domain."""
    for line in path.read_text(encoding="utf-8").splitlines():
        book = json.loads(line)
        pieces = persona.cut_book(book["content"])
        sizes = [len(piece) // 4 for piece in pieces]
        whole = "".join(pieces) == book["content"]
        yield (
            f"{book['title']}: {len(pieces)} pieces of {min(sizes):,} to {max(sizes):,} tokens "
            f"(half to twice of 8,192: 4,096 to 16,384), joined the book: {whole}"
        )


def simulations(path: Path) -> Iterator[str]:
    for file in sorted(path.glob("*.json")):
        rows = _json(file)
        if not isinstance(rows, list):
            continue
        twice = turns = thoughts = several = 0
        overlap = []
        for row in rows:
            said = [m for m in row["simulation"] if m["role"] != "NSP"]
            turns += len(said)
            twice += sum(a["role"] == b["role"] for a, b in itertools.pairwise(said))
            for one in said:
                thoughts += bool(re.search(r"\[", one["content"]))
                several += bool(re.search(r"\[[^\]]*\n[^\]]*\]", one["content"]))
            talk = _conversation(said)
            original = "\n".join(
                f"{u['character']}: {_heard(u['message'])}"
                for u in row["circumstance"]["dialogues"]
            )
            played = "\n".join(write_script(t, hide=["thought"]) for t in talk.turns)
            a, b = terms(played), terms(original)
            overlap.append((evaluate.bleu(a, b), rouge_l_of(a, b)))
        bleu, rouge = (sum(x) / len(overlap) for x in zip(*overlap, strict=True))
        yield (
            f"{file.stem}: {len(rows)} scenes, {turns} turns, {twice} with the same speaker twice, "
            f"{thoughts} with thoughts, {several} of them over several lines; "
            f"BLEU {bleu:.4f}, ROUGE-L {rouge:.4f}"
        )


def _heard(text: str) -> str:
    return write_script(read_script(text).turn(0), hide=["thought"])


def _leaks(scene: Any, rows: list[generate.RoleSample]) -> int:
    """Samples that hold a thought of another role."""
    names = [*(p.name for p in scene.people), scorers.ENVIRONMENT]
    thoughts: dict[str, list[str]] = {name: [] for name in names}
    for turn in generate.original_turns(scene):
        told = turn.channels.get("thought", "").split("\n")
        thoughts[names[turn.speaker]] += [one for one in told if len(one.split()) > 3]
    found = 0
    for row in rows:
        text = "\n".join(m.content for m in row.messages)
        found += any(one in text for name in names if name != row.role for one in thoughts[name])
    return found


def _by_scene(read: Any, samples: list[generate.RoleSample]) -> Iterator[tuple[Any, list[Any]]]:
    for scene in read.scenes:
        yield scene, [row for row in samples if row.scene == scene.id]


def _conversation(said: list[dict[str, str]]) -> Conversation:
    names = list(dict.fromkeys(m["role"] for m in said))
    turns: tuple[Turn, ...] = tuple(
        read_script(m["content"]).turn(names.index(m["role"])) for m in said
    )
    return Conversation(
        scene_id="s-check", speakers=tuple(Speaker(name=name) for name in names), turns=turns
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/cards/coser.py DATA_DIR")
    main(Path(sys.argv[1]))
