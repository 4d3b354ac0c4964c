"""Every scorer that needs no endpoint: its cost, and whether it sees what it claims to see.

Seconds are the processor's (one core), per 1,000 conversations of SPC valid (27 turns each).
Scorers that share a computation are timed together, once.
"""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpora import personachat, shown, spc
from benchmarks.tables import publish
from dramaturg import evaluate, scorers
from dramaturg.errors import NotJudged
from dramaturg.generate import starter_pool
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation
from dramaturg.scorers.who_speaks import guess_speakers, speaker_figures, speaker_items

TIMED = 200
SHUFFLED = 500

MODEL = EmbeddedModel()
TOGETHER = (scorers.POLICIES, ("persona_recall", "persona_precision"))


async def values(scorer: scorers.Scorer, talks: Sequence[Conversation]) -> list[float]:
    """The values of all that can be judged."""
    found = []
    for talk in talks:
        try:
            found.append((await scorer(talk)).value)
        except NotJudged:
            continue
    return found


async def seconds(
    panel: Sequence[scorers.Scorer],
    talks: Sequence[Conversation],
    *,
    warm: Sequence[Conversation],
) -> float:
    """Processor seconds per 1,000 conversations of all these scorers together.

    Args:
        warm: Other conversations, judged before the clock runs.
    """
    for scorer in panel:
        await values(scorer, warm)
    begun = time.process_time()
    for talk in talks:
        for scorer in panel:
            await values(scorer, [talk])
    return 1_000 * (time.process_time() - begun) / len(talks)


def pool(talks: Sequence[Conversation]) -> tuple[str, ...]:
    """The attributes of everybody."""
    return tuple(sorted({fact for c in talks for s in c.speakers for fact in s.persona}))


async def costs(data: Path) -> list[list[str]]:
    """Seconds per 1,000 conversations, mean value on both corpora, exam."""
    made, human = spc(data, "valid", TIMED), personachat(data, "valid", TIMED)
    kit = scorers.Kit(others=pool([*made, *human]))
    table = [["scorer", "s per 1,000", "SPC, mean", "n", "Persona-Chat, mean", "n",
              "exam on own planted cases"]]  # fmt: skip
    for name in scorers.GROUPS["all"]:
        shared = next((group for group in TOGETHER if name in group), (name,))
        panel = scorers.build(shared, MODEL, kit=kit)
        scorer = panel[shared.index(name)]
        timed = f"with {shared[0]}"
        if name == shared[0]:
            timed = f"{await seconds(panel, made, warm=human[:3]):.2f}"
            timed += f", all {len(panel)} of them" if len(panel) > 1 else ""
        ours = await values(scorer, made)
        theirs = await values(scorer, human)
        exam = "none"
        if name in evaluate.SUBJECTS:
            sat = await evaluate.sit_exam(scorer, evaluate.exam_cases(name, starter_pool()))
            figure = sat.caught or sat.ranked
            what = "caught" if sat.caught else "in order"
            exam = f"{'passed' if sat.passed else 'failed'}: {figure.hits:g} of {figure.n} {what}"
            if sat.false_alarms:
                exam += f", {sat.false_alarms.hits:g} false alarms"
        table.append(
            [
                f"{name} {scorer.version}",
                timed,
                f"{statistics.fmean(ours):.3f}",
                f"{len(ours)}",
                f"{statistics.fmean(theirs):.3f}",
                f"{len(theirs)}",
                exam,
            ]
        )
    return table


async def order(data: Path) -> list[list[str]]:
    """Is a conversation told from its shuffled self?"""
    table = [["measure", "conversations", "n", "original before shuffled (95 %)"]]
    for corpus, talks in (
        ("SPC valid", spc(data, "valid", SHUFFLED)),
        ("Persona-Chat valid", personachat(data, "valid", SHUFFLED)),
    ):
        for name in ("coherence", "coherency"):
            (scorer,) = scorers.build(name, MODEL)
            right = n = 0.0
            for case in evaluate.plant_all(talks, "turns shuffled", seed=13):
                try:
                    good = (await scorer(case.clean)).value
                    bad = (await scorer(case.faulty)).value
                except NotJudged:
                    continue
                n += 1
                right += 1.0 if good > bad else 0.5 if good == bad else 0.0
            table.append([name, corpus, f"{n:g}", shown(evaluate.share(right, int(n)))])
    return table


async def people(data: Path) -> list[list[str]]:
    """Are human conversations told from made ones by typicality? Area under the curve."""
    (scorer,) = scorers.build("naturalness", MODEL)
    human = await values(scorer, personachat(data, "valid"))
    made = await values(scorer, spc(data, "valid"))
    ranks = sorted([(v, 1) for v in human] + [(v, 0) for v in made])
    below = area = 0.0
    i = 0
    while i < len(ranks):  # ties count half
        j = i
        while j < len(ranks) and ranks[j][0] == ranks[i][0]:
            j += 1
        humans = sum(kind for _, kind in ranks[i:j])
        area += humans * (below + (j - i - humans) / 2)
        below += j - i - humans
        i = j
    return [
        ["figure", "value", "n"],
        ["Persona-Chat valid: mean naturalness", f"{statistics.fmean(human):.3f}", f"{len(human)}"],
        ["Persona-Chat valid: share below 0.05", f"{_below(human):.3f}", f"{len(human)}"],
        ["SPC valid: mean naturalness", f"{statistics.fmean(made):.3f}", f"{len(made)}"],
        ["SPC valid: share below 0.05", f"{_below(made):.3f}", f"{len(made)}"],
        ["area under the curve, human against made", f"{area / len(human) / len(made):.3f}",
         f"{len(human) + len(made)}"],
    ]  # fmt: skip


def _below(found: Sequence[float]) -> float:
    return statistics.fmean(value < 0.05 for value in found)


async def readers(data: Path) -> list[list[str]]:
    """Recall and precision of attributes that show, by words and by the inference expert."""
    table = [["reader", "conversations", "recall", "n", "precision", "n"]]
    for corpus, talks in (
        ("SPC valid, first 300", spc(data, "valid", 300)),
        ("Persona-Chat valid, first 300", personachat(data, "valid", 300)),
    ):
        for name, judge in (("words", None), ("embedded nli", MODEL)):
            recall, precision = scorers.persona_shown_by(judge, pool(talks))
            shows, true = await values(recall, talks), await values(precision, talks)
            table.append(
                [name, corpus, f"{statistics.fmean(shows):.3f}", f"{len(shows)}",
                 f"{statistics.fmean(true):.3f}", f"{len(true)}"]
            )  # fmt: skip
    return table


async def who(data: Path) -> list[list[str]]:
    """Who said it? The measured reader, beside chance and a reader of shared words."""
    table = [["conversations", "candidates", "lines", "chance", "top-1", "top-2", "mean rank",
              "Brier", "calibration error"]]  # fmt: skip
    for corpus, talks in (
        ("SPC valid, first 300", spc(data, "valid", 300)),
        ("Persona-Chat valid, first 300", personachat(data, "valid", 300)),
    ):
        others = sorted({s.persona for c in talks for s in c.speakers if s.persona})
        for options in (None, 4):
            some = random.Random(13).sample(others, min(len(others), 60))
            items = [
                item
                for talk in talks
                for item in speaker_items(talk, others=some, options=options, most=4, seed=13)
            ]
            guesses, _ = await guess_speakers(items, MODEL)
            found = speaker_figures(items, guesses)
            table.append(
                [
                    corpus,
                    "the two speakers" if options is None else "four, distractors alike",
                    f"{found.items:,}",
                    f"{found.chance:.3f}",
                    shown(evaluate.share(found.top_1 * found.items, found.items)),
                    f"{found.top_2:.3f}",
                    f"{found.mean_rank:.2f}",
                    f"{found.brier:.3f}",
                    f"{found.ece:.3f}",
                ]
            )
    return table


async def main_async(data: Path, write: bool) -> None:
    """Everything, one table after the other."""
    first = await costs(data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    publish(
        "scorers",
        [
            (f"Cost and values, {TIMED} conversations each (peak memory {peak:.0f} MB)", first),
            ("Order of turns: a conversation against its shuffled self", await order(data)),
            ("Naturalness: people against the made corpus", await people(data)),
            ("Persona recall and precision among distractors", await readers(data)),
            ("Who said it: the measured reader", await who(data)),
        ],
        write=write,
    )


def main(data: Path, write: bool) -> None:
    """Print the tables; with `write`, renew them on the page."""
    asyncio.run(main_async(data, write))
