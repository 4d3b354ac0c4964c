"""The published sample of CharacterChat beside our parts, once: what holds there, what does not.

    python benchmarks/cards/character_chat.py DATA_DIR

DATA_DIR is a copy of the repository `morecry/CharacterChat` (no licence is stated; nothing of it
belongs into this project). What is absent is skipped with a line that says so.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dramaturg import evaluate, generate, pairing, profile
from dramaturg.models.embedded_model import EmbeddedModel

MATCHES = "model/dataset/model_persona_score_dataset.json"
WORRY = "recent_worry_or_anxiety"
BASE = ("name", "gender", "age", "region", "job")


def rows(path: Path) -> Any:
    """A JSON file, or a file of JSON lines."""
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def ratings(folder: Path) -> Iterator[str]:
    """The ratings, and what can be learned from them about people who were left out."""
    given = [r["conversations"] for r in rows(folder / MATCHES)]
    values = [float(row["rating"]) for row in given]
    yield f"ratings: n {len(values)}, mean {np.mean(values):.3f}, variance {np.var(values):.4f}"
    counts = Counter(round(value, 2) for value in values)
    yield "  " + ", ".join(f"{value:g}: {n}" for value, n in sorted(counts.items()))
    seekers = [row["seeker_statement"] for row in given]
    model = EmbeddedModel()
    firsts = asyncio.run(model.embed(seekers))
    seconds = asyncio.run(model.embed([row["supporter_statement"] for row in given]))
    found = evaluate.against_baselines(
        pairing.learn_match, firsts, seconds, values, seekers, folds=len(set(seekers))
    )
    told = ", ".join(f"{name} {error:.4f}" for name, error in found.mse.items())
    yield f"matcher, each of {found.groups} seekers left out in turn, n {found.n}: error: {told}"
    order = list(range(len(values)))
    loose = evaluate.against_baselines(
        pairing.learn_match, firsts, seconds, values, order, folds=10
    )
    told = ", ".join(f"{name} {error:.4f}" for name, error in loose.mse.items())
    yield f"  rows left out at random, a seeker on both sides: {told}"


def rated_talks(folder: Path) -> Iterator[str]:
    """The three scores, and whether their mean is the rating that the matcher is given."""
    talks = rows(folder / "data/eval_dial_output.json")
    values = [float(r["conversations"]["rating"])
              for r in rows(folder / MATCHES)]  # fmt: skip
    scores = [
        [float(v) for k, v in talk["rating"].items() if isinstance(v, int | float)]
        for talk in talks
    ]
    same = sum(abs(np.mean(s) - v) < 1e-6 for s, v in zip(scores, values, strict=True))
    means = np.mean([s for s in scores if len(s) == 3], axis=0)
    yield (
        f"rated talks: {len(talks)}, three scores in {sum(len(s) == 3 for s in scores)}, their "
        f"mean is the rating in {same}; mood {means[0]:.2f}, "
        f"problem {means[1]:.2f}, active {means[2]:.2f}"
    )


def talks(folder: Path) -> Iterator[str]:
    """Lengths, the worry, the rule of what rests, and echoes."""
    given = rows(folder / "data/dial_output.json")
    lengths = Counter(len(talk["dial"]) for talk in given)
    told = ", ".join(f"{n} turns: {count}" for n, count in sorted(lengths.items()))
    yield f"talks: {len(given)}; {told}"
    worry = sum(talk["dial"][2]["choose_info"]["aspect"] == WORRY for talk in given)
    by_other = sum(
        turn["speaker"] == "supporter" and turn["choose_info"]["aspect"] == WORRY
        for talk in given for turn in talk["dial"]
    )  # fmt: skip
    told = f"{worry} of {len(given)} talks; used by a supporter: {by_other} times"
    yield f"the worry comes up in the seeker's second turn in {told}"
    names = _all_aspects(given)
    for name, shared in (("one bank for both", True), ("a bank for each", False)):
        broken = choices = 0
        for talk in given:
            banks: dict[str, generate.MemoryBank] = {}
            for turn in talk["dial"][3:]:  # the second turn's worry is not chosen
                aspect = turn["choose_info"]["aspect"]
                if not aspect or aspect == "additional_information":
                    continue
                who = "both" if shared else turn["speaker"]
                bank = banks.setdefault(who, generate.MemoryBank(dict.fromkeys(names, "")))
                choices += 1
                broken += aspect in bank.resting
                bank.use(aspect)
        yield f"what rests, {name}: {broken} of {choices} choices took a memory that should rest"
    ours = theirs = turns = 0
    for talk in given:
        for before, turn in zip(talk["dial"], talk["dial"][1:], strict=False):
            turns += 1
            ours += generate.without_echo(turn["utterance"], before["utterance"])[1]
            one, other = _first(before["utterance"]), _first(turn["utterance"])
            theirs += difflib.SequenceMatcher(None, one, other).quick_ratio() > 0.9
    yield f"echoes left in {turns} turns: {ours} by ours, {theirs} by the released comparison"


def profiles(folder: Path) -> Iterator[str]:
    """Fields that are retold: whole words against parts of words."""
    given = rows(folder / "data/profile_output.json")
    both = ours = theirs = fields = 0
    named = Counter(one["profile"].get("name", "") for one in given)
    for one in given:
        name = one["profile"].get("name", "")
        for key, value in one["profile"].items():
            if key in BASE:
                continue
            text = str(value)
            fields += 1
            loose = len(text.split(" ")) >= 20 or any(part in text for part in name.split(" "))
            strict = len(text.split()) >= 20 or profile.names(text, name)
            both += loose and strict
            ours += strict and not loose
            theirs += loose and not strict
    kinds = Counter(one["mbti"] for one in given)
    yield f"characters: {len(given)} ({', '.join(f'{k} {n}' for k, n in kinds.items())})"
    first = Counter(name.split(" ")[0] for name in named)
    common, times = first.most_common(1)[0]
    yield f"  {len(named)} different names; the commonest first name {common} {times} times"
    told = f"{both + ours} of {fields}; the released code takes {theirs} more and {ours} less"
    yield f"fields to retell: {told}"


def meetings(folder: Path) -> Iterator[str]:
    """Ten supporters a seeker, nobody twice."""
    given = rows(folder / "data/dial_list.json")
    own = sum(int(seeker) in others for seeker, others in given.items())
    twice = sum(len(set(others)) < len(others) for others in given.values())
    met = Counter(other for others in given.values() for other in others)
    sizes = sorted(set(map(len, given.values())))
    yield (
        f"meetings: {len(given)} seekers with {sizes} supporters, {own} with themselves, {twice} "
        f"with one twice; a supporter is met {min(met.values())} to {max(met.values())} times"
    )


def _all_aspects(given: Any) -> list[str]:
    return sorted({turn["choose_info"]["aspect"] for talk in given for turn in talk["dial"]})


def _first(text: str) -> str:
    for mark in ",.!?":
        text = text.replace(mark, mark + "#")
    return text.split("#")[0]


def main(folder: Path) -> int:
    """Print every figure; 2 where the folder is not there."""
    if not folder.is_dir():
        print(f"{folder} is no folder: give a copy of the repository morecry/CharacterChat")
        return 2
    for part in (ratings, rated_talks, talks, profiles, meetings):
        try:
            for line in part(folder):
                print(line)
        except FileNotFoundError as error:
            print(f"{part.__name__}: skipped, {error.filename} is not there")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path()))
