"""Sentence by sentence: is the speaker in character, steadily, and again in the next talk?

Source: "Spotting Out-of-Character Behavior: Atomic-Level Evaluation of Persona Fidelity in
Open-Ended Generation" (2025). Three figures over the scores of atomic sentences, 1 to 5 between
the poles of a trait: accuracy (right level), internal consistency (steady within a reply) and
retest consistency (repeatable over runs).
Differs: beside traits, facts: an inference model says of each sentence whether it entails or
contradicts a fact of its speaker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import combinations
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import NotJudged, RecordError, ReplyError, UserError
from dramaturg.models import ChatModel, NLIModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation, Cost, Evidence, Verdict
from dramaturg.scorers.asked import need_personas, need_words
from dramaturg.scorers.base import MEASURED, PROMPTED, Scorer, timeless
from dramaturg.scorers.facts import fact_table
from dramaturg.scorers.faithfulness import by_sentence, sentences
from dramaturg.scorers.yes_no import needs

Level: TypeAlias = Literal["low", "neutral", "high"]
LEVELS: tuple[Level, ...] = ("low", "neutral", "high")
SILENT, REFUSED = 9, 99  # not scores: they enter no figure
_THIRDS = {"low": (1.0, 7 / 3), "neutral": (7 / 3, 11 / 3), "high": (11 / 3, 5.000001)}
_LINE = re.compile(r"(?im)^\W*S\s*(\d+)\s*[:=|-]\s*([1-59])\b")


def scored(scores: Sequence[float]) -> list[float]:
    """The scores that count: 1 to 5; 9 (says nothing of it) and 99 (refused) do not.

    Raises:
        RecordError: For any other number.
    """
    for value in scores:
        if not (1 <= value <= 5 or value in (SILENT, REFUSED)):
            raise RecordError(f"{value:g} is no atomic score", why="they are 1 to 5, 9 or 99")
    return [float(value) for value in scores if value not in (SILENT, REFUSED)]


def in_level(scores: Sequence[float], level: Level) -> float | None:
    """The share of scored sentences in the level's third of the scale; None where none is scored.

    Thirds: low [1, 2.333), neutral [2.333, 3.667), high [3.667, 5].

    >>> in_level([5, 4, 3, 9], "high")
    0.6666666666666666
    """
    low, high = _THIRDS[level]
    kept = scored(scores)
    return sum(low <= value < high for value in kept) / len(kept) if kept else None


def steadiness(scores: Sequence[float]) -> float | None:
    """1 minus half the population standard deviation: 1 all sentences alike, 0 poles in turns.

    None with fewer than two scored sentences.

    >>> steadiness([1, 5, 1, 5])
    0.0
    """
    import numpy as np

    kept = scored(scores)
    return 1 - float(np.std(kept)) / 2 if len(kept) > 1 else None


def repeatability(runs: Sequence[Sequence[float]]) -> float | None:
    """How alike the scores of several runs are: 1 the same, -1 opposite poles; order is nothing.

    Mean over pairs of runs of 2 (1 - W / 4) - 1, W the Wasserstein distance of their scores.
    None with fewer than two runs that have a scored sentence.

    >>> repeatability([[1, 1], [5, 5]])
    -1.0
    """
    kept = [found for run in runs if (found := scored(run))]
    pairs = [2 * (1 - wasserstein(a, b) / 4) - 1 for a, b in combinations(kept, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def wasserstein(a: Sequence[float], b: Sequence[float]) -> float:
    """The first Wasserstein distance of two lists of numbers, each point of equal weight."""
    import numpy as np

    xs, ys = np.sort(np.asarray(a, dtype=float)), np.sort(np.asarray(b, dtype=float))
    both = np.sort(np.concatenate([xs, ys]))
    steps = np.diff(both)
    below_a = np.searchsorted(xs, both[:-1], side="right") / len(xs)
    below_b = np.searchsorted(ys, both[:-1], side="right") / len(ys)
    return float(np.sum(np.abs(below_a - below_b) * steps))


def atomic_fidelity(judge: NLIModel | ChatModel, *, threshold: float = 0.5) -> Scorer:
    """Of the sentences that say something of their speaker's facts, the share in character.

    The verdict points at each sentence that is out of character. In [0, 1], higher is better; not
    judged where no sentence touches a fact.
    """
    return _Facts(judge, threshold)


def atomic_trait(
    judge: ChatModel, trait: str, level: Level, *, speaker: int | None = None
) -> Scorer:
    """Of a speaker's sentences that show something of a trait, the share on the given level.

    Args:
        trait: One of the Big Five by name; its poles stand in `data/traits.json`.
        level: What the persona is said to be.
        speaker: Whose sentences, None = everybody's.

    Raises:
        UserError: If there is no such trait or level, or the judge cannot do it.
    """
    return _Trait(judge, trait, level, speaker)


class _Facts:
    name, low, high = "atomic_fidelity", 0.0, 1.0

    def __init__(self, judge: NLIModel | ChatModel, threshold: float) -> None:
        self.judge, self.threshold = judge, threshold
        measured = isinstance(judge, NLIModel)
        self.version = "nli-1" if measured else "prompt-1"
        self.cost_rank = MEASURED if measured else PROMPTED
        if not isinstance(judge, NLIModel):
            needs(judge, "judge.facts")

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_personas(conversation)
        atoms, source = by_sentence(conversation)
        if not atoms.turns:
            raise NotJudged("nobody claims anything", kind="no words")
        table = await fact_table(atoms, self.judge, threshold=self.threshold, seed=seed)
        best: dict[int, tuple[float, str, str, str | None]] = {}
        for row in table.where(whose="own"):
            if row.label == "silent":
                continue
            p = max(row.p_entail, row.p_contradict)
            if row.turn not in best or p > best[row.turn][0]:
                best[row.turn] = (p, row.label, row.fact, row.fact_id)
        if not best:
            raise NotJudged(
                "no sentence touches a fact of its speaker", kind="nothing shows", cost=table.cost
            )
        wrong = [(atom, *rest) for atom, rest in sorted(best.items()) if rest[1] == "contradict"]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - len(wrong) / len(best), 6),
            reasons=(
                f"{len(best)} of {len(atoms.turns)} sentences touch a fact",
                *(
                    f"turn {source[atom]}, {atoms.turns[atom].text!r} contradicts {fact!r}"
                    for atom, _, _, fact, _ in wrong
                ),
            ),
            evidence=tuple(
                Evidence(turn=source[atom], fact_id=known, note=atoms.turns[atom].text)
                for atom, _, _, _, known in wrong
            ),
            model=self.judge.ref,
            cost=table.cost,
        )


class TraitInput(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences to place between the two poles of a trait."""

    trait: str
    low_pole: str
    high_pole: str
    sentences: tuple[str, ...]


class _Trait:
    version, cost_rank, low, high = "prompt-1", PROMPTED, 0.0, 1.0

    def __init__(self, judge: ChatModel, trait: str, level: Level, speaker: int | None) -> None:
        poles = trait_poles()
        if trait not in poles:
            raise UserError(f"there is no trait {trait!r}", fix=f"use one of {', '.join(poles)}")
        if level not in LEVELS:
            raise UserError(f"there is no level {level!r}", fix=f"use one of {', '.join(LEVELS)}")
        self.name = f"atomic_{trait}_{level}"
        self.judge, self.trait, self.level, self.speaker = judge, trait, level, speaker
        self.poles = poles[trait]
        needs(judge, _TASK.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        places = [
            (index, sentence)
            for index, turn in enumerate(conversation.turns)
            if self.speaker in (None, turn.speaker)
            for sentence in sentences(turn.text)
        ]
        inputs = TraitInput(
            trait=self.trait,
            low_pole=self.poles[0],
            high_pole=self.poles[1],
            sentences=tuple(sentence for _, sentence in places),
        )
        if not places:
            raise NotJudged("this speaker says nothing", kind="no words")
        answer = await ask(self.judge, _TASK, inputs, seed=seed, about=conversation.id)
        scores = answer.value
        share = in_level(scores, self.level)
        if share is None:
            raise NotJudged(
                "no sentence shows anything of the trait",
                kind="nothing shows",
                cost=timeless(answer.cost),
            )
        steady = steadiness(scores)
        out = [
            (index, sentence, score)
            for (index, sentence), score in zip(places, scores, strict=True)
            if score not in (SILENT, REFUSED) and in_level([score], self.level) == 0
        ]
        told = "not defined" if steady is None else f"{steady:.2f}"
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(share, 6),
            reasons=(
                f"{len(scored(scores))} of {len(scores)} sentences scored, steadiness {told}",
                *(f"turn {index}: {sentence!r} is at {score:g}" for index, sentence, score in out),
            ),
            evidence=tuple(Evidence(turn=index, note=sentence) for index, sentence, _ in out),
            model=self.judge.ref,
            cost=timeless(answer.cost) if answer.cost else Cost(),
        )


@cache
def trait_poles() -> Mapping[str, tuple[str, str]]:
    """Low and high pole of each of the Big Five; neuroticism runs towards stability."""
    text = resources.files("dramaturg.scorers").joinpath("data", "traits.json").read_text("utf-8")
    return {name: (low, high) for name, (low, high) in json.loads(text).items()}


def parse_atoms(reply: str, inputs: TraitInput) -> tuple[float, ...]:
    """One score a sentence, from the lines "S0: 4".

    Raises:
        ReplyError: kind "scores missing" unless each sentence has exactly one.
    """
    found = {int(hit[1]): float(hit[2]) for hit in _LINE.finditer(reply)}
    if set(found) != set(range(len(inputs.sentences))):
        raise ReplyError(
            f"the reply scores {len(found)} of {len(inputs.sentences)} sentences",
            kind="scores missing",
        )
    return tuple(found[n] for n in range(len(inputs.sentences)))


_TASK: Task[TraitInput, tuple[float, ...]] = Task(
    name="judge.atomic_trait",
    prompt=load("dramaturg.scorers", "atomic_trait"),
    fill=lambda given: {
        "trait": given.trait,
        "low_pole": given.low_pole,
        "high_pole": given.high_pole,
        "sentences": "\n".join(f"S{n}: {quote(text)}" for n, text in enumerate(given.sentences)),
    },
    parse=parse_atoms,
    sampling=Sampling(temperature=0.0, top_k=None, max_tokens=1_500),
)
