"""What the network of the inference expert learns from: written pairs first, made ones beside.

persona-nli is never among them: it states no licence. One whole topic is held out; in the others
so is each fact whose hash falls into the tenth bucket, with all its pairs.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dramaturg.models.experts.clauses import parse
from dramaturg.models.experts.negate import negate
from dramaturg.models.experts.nli import related
from dramaturg.train.experts.changed import other_value
from dramaturg.train.experts.data import Turns, bucket, personachat, spc
from dramaturg.train.experts.groups import drawn
from dramaturg.train.experts.inference import (
    Pair,
    breaking_pairs,
    hand_pairs,
    reworded,
    stance_pairs,
)

FOLDER = Path(__file__).parent / "pairs"
HELD_OUT = frozenset({"everyday"})  # topics of which nothing is trained on
UNTOUCHED = 2000  # conversations at the end of SPC train on which the threshold is chosen
Target = Literal["entail", "contradict", "neutral", "not contradict"]


@dataclass(frozen=True)
class Example:
    """One pair to learn from; "not contradict" leaves open which of the other two it is."""

    utterance: str
    fact: str
    label: str
    source: str


def written(held_out: bool, folder: Path = FOLDER) -> list[Example]:
    """The pairs written for this project, of the facts held out or of the others."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            out = path.stem in HELD_OUT or bucket(row["fact"], 10) == 0
            if out == held_out:
                found.append(Example(row["utterance"], row["fact"], row["label"], path.stem))
    return found


def epoch(data: Path, seed: int, share: float = 1.0) -> list[Example]:
    """All written pairs, once more than half of them in another dress, and a draw of made ones.

    Args:
        data: The folder of the data sets.
        seed: Of the draw; another for each epoch.
        share: Of the made pairs, to make a small run smaller.
    """
    rng = random.Random(seed)
    talks = spc(data, "train")[:-UNTOUCHED]
    human = personachat(data, "train-sample")
    own = written(held_out=False)
    own += [_example(pair) for pair in hand_pairs(held_out=False)]
    chatter = _chatter(talks, rng)
    held = {one.fact for one in written(held_out=True)}
    found = [_dressed(one, chatter, rng) for one in own]

    def some(n: int) -> int:
        return max(1, round(n * share))

    grouped = [Example(*three, "groups") for three in drawn(rng, some(2400), held)]
    found += [_dressed(one, chatter, rng) for one in grouped]
    found += _unrelated(own, rng, some(500))
    found += [_example(p) for p in rng.sample(breaking_pairs(data), some(500))]
    found += [_example(p) for p in stance_pairs(data, rng, some(300))]
    facts = sorted({f for one, other, _ in talks for f in (*one, *other)})
    found += _made(facts, chatter, rng, some(2000))
    found += _spoken(talks, rng, some(2500)) + _spoken(human, rng, some(800))
    rng.shuffle(found)
    return [_register(one, rng) for one in found]


def _example(pair: Pair) -> Example:
    return Example(pair.premise, pair.hypothesis, pair.label, pair.source)


def _chatter(talks: Sequence[tuple[list[str], list[str], Turns]], rng: random.Random) -> list[str]:
    """Short turns that claim nothing about the speaker: greetings, praise, questions."""
    found = []
    for _, _, turns in rng.sample(talks, 600):
        _, text = rng.choice(turns)
        if len(text) < 70 and not re.search(r"\b(?:i|i'm|my|me|we|our|too|same)\b", text.lower()):
            found.append(text)
    return found


def _dressed(one: Example, chatter: Sequence[str], rng: random.Random) -> Example:
    """The utterance with a sentence of chatter before or after it, four times in ten."""
    draw = rng.random()
    text = one.utterance
    if draw < 0.25:
        text = f"{rng.choice(chatter)} {text}"
    elif draw < 0.4:
        text = f"{text} {rng.choice(chatter)}"
    return Example(text, one.fact, one.label, one.source)


def _register(one: Example, rng: random.Random) -> Example:
    """Both texts in lower case with parted punctuation, as in Persona-Chat, one time in three."""
    if rng.random() >= 0.35:
        return one
    apostrophes = rng.random() < 0.5
    return Example(
        parted(one.utterance, apostrophes), parted(one.fact, apostrophes), one.label, one.source
    )


def parted(text: str, apostrophes: bool) -> str:
    """The text in lower case, a blank before each sign; without apostrophes "i'm" is "i m".

    >>> parted("I'm here, Bob.", apostrophes=False)
    'i m here , bob .'
    """
    text = re.sub(r"([.,!?;:])", r" \1", text.lower())
    if not apostrophes:
        text = text.replace("n't", " not").replace("'", " ")
    return " ".join(text.split())


def _unrelated(own: Sequence[Example], rng: random.Random, n: int) -> list[Example]:
    """What is said under one topic against a fact of another, where the two share no word."""
    found: list[Example] = []
    while len(found) < n:
        one, other = rng.sample(own, 2)
        if one.source != other.source and not related(parse(one.utterance), parse(other.fact)):
            found.append(Example(one.utterance, other.fact, "neutral", "unrelated"))
    return found


_WEAKER = (
    "I used to love {}, but these days it bores me.",
    "{} is not something I like any more.",
    "To be honest I don't enjoy {} at all.",
    "I've gone off {} completely.",
    "{}? I only do that because I have to.",
    "I'm not much of a fan of {}.",
    "I never saw the appeal of {}.",
    "I would pay money to get out of {}.",
    "{} has become such a bore to me.",
    "I can hardly bear {} these days.",
)


def _made(
    facts: Sequence[str], chatter: Sequence[str], rng: random.Random, n: int
) -> list[Example]:
    """Denied, changed, weakened and reworded facts, with chatter around them half of the time."""
    found = []
    for fact in rng.sample(facts, min(n, len(facts))):
        kind = rng.choice(("denied", "denied", "changed", "weaker", "reworded", "same person"))
        label = "contradict"
        text: str | None
        if kind == "denied":
            text = negate(fact)
        elif kind == "changed":
            text = other_value(fact, rng)
        elif kind == "weaker":
            liked = re.match(r"I (?:really )?(?:love|like|enjoy) ([\w ]+?) ?\.?$", fact)
            text = rng.choice(_WEAKER).format(liked[1]) if liked else negate(fact)
            if text and liked and liked[1].startswith("to "):
                text = rng.choice(_WEAKER_TO).format(liked[1][3:])
        elif kind == "reworded":
            text, label = reworded(fact), "entail"
        else:
            other = rng.choice(facts)
            calm = not related(parse(other), parse(fact))
            text, label = (other if calm else None), "neutral"
        if not text:
            continue
        if rng.random() < 0.5:
            text = f"{rng.choice(chatter)} {text}"
        found.append(Example(text, fact, label, f"made: {kind}"))
    return found


_WEAKER_TO = (
    "I used to {}, but I never do it any more, it bores me.",
    "I don't like to {} at all.",
    "I have no wish to {} ever again.",
    "I only {} because I have to, I don't enjoy it.",
)


def _spoken(
    talks: Sequence[tuple[list[str], list[str], Turns]], rng: random.Random, n: int
) -> list[Example]:
    """Turns against the speaker's own facts that share a topic: hardly ever a contradiction."""
    found: list[Example] = []
    while len(found) < n:
        one, other, turns = rng.choice(talks)
        who, text = rng.choice(turns)
        facts = (one, other)[who]
        close = [fact for fact in facts if related(parse(text), parse(fact))]
        if close:
            found.append(Example(text, rng.choice(close), "not contradict", "spoken"))
        elif facts and rng.random() < 0.1:
            found.append(Example(text, rng.choice(facts), "not contradict", "spoken"))
    return found
