"""The tables of the embedded model's page, each a part that can be run alone."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks import embedded_labels as labels
from benchmarks.embedded_counts import (
    Contradictions,
    contradictions,
    different,
    distinct,
    head,
    self_repetition,
    size,
)
from benchmarks.embedded_memory import RUN, WHOLE, Copied, TrainingText, leaks
from benchmarks.embedded_ranking import Ranks, by_bm25, by_likelihood, by_words, trials
from benchmarks.embedded_text import TOLD_SEED, TOLD_TURNS, TURNS, Facts, Set, corpus, told, write
from dramaturg.errors import UserError
from dramaturg.models.embedded.network import WIDTH
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.scorers import shown, tokens
from dramaturg.scorers.faithfulness import sentences
from dramaturg.train.embedded.cleaning import NAMES
from dramaturg.train.embedded.measure import Meter, perplexities, slot_effect
from dramaturg.train.embedded.sources import Source, held_out_sources, training_sources

Rows: TypeAlias = list[list[str]]
Tables: TypeAlias = list[tuple[str, Rows | str]]

CIRCULAR = "not decided: the same expert chose the drafts (see the labels by hand)"
FREE: dict[str, Any] = {"pull": 0.0, "drafts": 1, "echo": 0.0, "brief": 0.0}
SPC, CHAT = "spc-valid", "personachat-valid"
CALLED = {SPC: "SPC valid", CHAT: "Persona-Chat valid"}
STYLES = {SPC: "made", CHAT: "human"}
NEEDED = (
    "synthetic-persona-chat/train.jsonl.gz",
    "synthetic-persona-chat/new.jsonl.gz",
    "synthetic-persona-chat/valid.jsonl.gz",
    "personachat/train-sample.jsonl.gz",
    "personachat/valid.jsonl.gz",
)
ENOUGH_TALKS, ENOUGH_WORDS = 200, 50_000  # below, no target is called met or missed
LENGTHS = (6, 10, 16, 20, 28, 36)
GROUNDINGS = (0.0, 0.25, 0.5, 0.75, 1.0)


def check_corpora(data: Path) -> None:
    """Raises UserError where a corpus is missing."""
    missing = [name for name in NEEDED if not (data / name).is_file()]
    if missing:
        raise UserError(
            f"the corpora are not in {data}",
            why=f"there is no {', '.join(missing)}",
            fix="name their folder with --data DIR",
        )


class Bench:
    """What the parts share: corpora, conversations written once, and figures for the targets."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.found: dict[str, float] = {}
        self.contradicted: dict[str, Contradictions] = {}

    @cached_property
    def sources(self) -> dict[str, list[Source]]:
        """The held-out corpora."""
        return held_out_sources(self.given.data)

    @cached_property
    def meter(self) -> Meter:
        """The weights, to measure likelihood with."""
        return Meter()

    @cached_property
    def nli(self) -> EmbeddedModel:
        """The shipped inference expert."""
        return EmbeddedModel()

    def first(self, split: str, count: int) -> Set:
        """The first conversations of a corpus."""
        some = self.sources[split][:count]
        return corpus(f"{CALLED[split]}, first {len(some)}", some)

    def pairs(self, count: int) -> list[Facts]:
        """Profile pairs of the first conversations of SPC valid."""
        return [one.facts for one in self.sources[SPC][:count]]

    @cached_property
    def default(self) -> Set:
        """Written with the default settings."""
        pairs = self.pairs(self.given.written)
        return write(f"written, default, {len(pairs)} pairs", pairs)

    @cached_property
    def free(self) -> Set:
        """Without pull and second drafts; the slot still is spelled."""
        pairs = self.pairs(self.given.n)
        return write(f"written, free: no pull, one draft, {len(pairs)} pairs", pairs, **FREE)

    @cached_property
    def slotless(self) -> Set:
        """Without slots: the profile at the top is all that the model has."""
        pairs = self.pairs(self.given.n)
        return write(f"written, no slots (grounding 0), {len(pairs)} pairs", pairs, grounding=0.0)

    @cached_property
    def human(self) -> Set:
        """In the style of Persona-Chat."""
        pairs = self.pairs(self.given.n)
        return write(f'written, style "human", {len(pairs)} pairs', pairs, style="human")

    @cached_property
    def told(self) -> Set:
        """Over made-up people, for the page."""
        return told(self.given.told)

    @property
    def written(self) -> list[Set]:
        """All that was written for the pairs of SPC valid."""
        return [self.default, self.free, self.slotless, self.human]

    @cached_property
    def references(self) -> list[Set]:
        """As many conversations of either corpus as were written with the default settings."""
        return [self.first(split, self.given.written) for split in (SPC, CHAT)]

    @cached_property
    def training(self) -> TrainingText:
        """The turns of everything that was trained on."""
        return TrainingText(
            text for one in training_sources(self.given.data) for _, text in one.turns
        )


def perplexity(bench: Bench) -> Tables:
    """Of the words of turns, with the right profiles, others and none; and of grounded turns."""
    table = [["split", "conversations", "tokens", "words", "a token: right profiles",
              "another pair's", "none", "a word: right profiles", "another pair's",
              "none"]]  # fmt: skip
    slots = [["split", "turns", "tokens", "own fact", "no slot", "another fact"]]
    for split, sources in bench.sources.items():
        some = sources[: bench.given.n]
        one = perplexities(bench.meter, some)
        each = ("right", "wrong", "none")
        table.append(
            [CALLED[split], f"{len(some)}", f"{one['tokens']:,.0f}", f"{one['words']:,.0f}",
             *(_short(one[f"a token, {who}"]) for who in each),
             *(_short(one[f"a word, {who}"]) for who in each)]
        )  # fmt: skip
        bench.found[f"word perplexity {split}"] = one["a word, right"]
        two = slot_effect(bench.meter, some)
        slots.append(
            [CALLED[split], f"{two['turns']:,.0f}", f"{two['tokens']:,.0f}",
             *(_short(two[who]) for who in ("own fact", "no slot", "another fact"))]
        )  # fmt: skip
    return [
        ("Perplexity of the words of turns, profiles at the top, no slots", table),
        (
            "Turns that say a fact of their speaker: perplexity of a token with that fact in the "
            "slot, without a slot, and with another fact of the same person",
            slots,
        ),
    ]


def persona(bench: Bench) -> Tables:
    """Who shows the facts."""
    table = [["conversations", "facts", "shown by owner", "by the partner only", "by neither",
              "slots filled", "of which said"]]  # fmt: skip
    every = [
        *bench.written,
        *bench.references,
        *(corpus(f"{CALLED[s]}, all {len(some)}", some) for s, some in bench.sources.items()),
    ]
    for one in every:
        found = shown(one.talks)
        said = [
            turn.said or 0.0 for made in one.made for turn in made.turns if turn.fact is not None
        ]
        table.append(
            [one.name, f"{found.attributes:,}", f"{found.owner:.1%}", f"{found.partner_only:.1%}",
             f"{found.neither:.1%}", f"{len(said):,}" if one.made else "-",
             f"{np.mean([s >= 0.6 for s in said]):.1%}" if said else "-"]
        )  # fmt: skip
    bench.found["shown by owner"] = shown(bench.default.talks).owner
    bench.found["SPC shown by owner"] = shown(bench.references[0].talks).owner
    title = (
        'A fact is shown by who says 60 % of its content words in turns with "I" or "my", '
        "hidden below 30 %; what lies between is in no column"
    )
    return [(title, table)]


def variety(bench: Bench) -> Tables:
    """distinct-n, different turns, repetition, size."""
    spc, chat = bench.references
    large = [bench.default, spc, corpus(f"{CALLED[CHAT]}, all", bench.sources[CHAT])]
    at = min(size(one.talks) for one in large)
    first = [["conversations", "words in all", "distinct-1", "distinct-2", "distinct-3"]]
    for one in large:
        first.append(
            [one.name, f"{size(one.talks):,}", *(f"{d:.3f}" for d in distinct(one.talks, at))]
        )
    bench.found |= {
        "distinct-2": distinct(bench.default.talks, at)[1],
        "SPC distinct-2": distinct(spc.talks, at)[1],
        "distinct at": at,
    }
    small = [bench.default, *bench.written[1:], spc, chat]
    cut = min(size(one.talks) for one in small)
    turns = min(len(one.texts) for one in small)
    second = [["conversations", "distinct-1", "distinct-2", "distinct-3", "different turns"]]
    third = [["conversations", "turns a conversation", "words a turn", "runs of 4 words said again",
              f"the same, first {TURNS} turns"]]  # fmt: skip
    for one in small:
        second.append(
            [one.name, *(f"{d:.3f}" for d in distinct(one.talks, cut)),
             f"{different(one.talks, turns):.1%}"]
        )  # fmt: skip
        third.append(
            [one.name, f"{len(one.texts) / len(one.talks):.1f}",
             f"{size(one.talks) / len(one.texts):.1f}", f"{self_repetition(one.talks):.1%}",
             f"{self_repetition(head(one.talks, TURNS)):.1%}"]
        )  # fmt: skip
    return [
        (f"distinct-n, every row cut to the same {at:,} words", first),
        (
            f"All settings, every row cut to the same {cut:,} words for distinct-n and to the same "
            f"{turns:,} turns for different turns",
            second,
        ),
        ("Size, and the share of runs of four words that came before in their conversation", third),
    ]


def contradiction(bench: Bench) -> Tables:
    """What the shipped inference expert calls a contradiction."""
    table = [["conversations, first 16 turns", "n", "against own facts: conversations", "pairs",
              "against own earlier turns: conversations", "pairs"]]  # fmt: skip
    for one in (*bench.written[:3], *bench.references):
        some = one.talks[: bench.given.judged]
        c = asyncio.run(contradictions(head(some, TURNS), bench.nli))
        bench.contradicted[one.name] = c
        table.append(
            [one.name, f"{c.talks}", f"{_part(c.flagged, c.talks)}",
             f"{_part(c.wrong, c.pairs, 2)}", f"{_part(c.self_flagged, c.talks)}",
             f"{_part(c.self_wrong, c.self_pairs, 2)}"]
        )  # fmt: skip
    made, spc = (bench.contradicted[one.name] for one in (bench.default, bench.references[0]))
    bench.found |= {
        "contradicts facts": made.flagged / max(1, made.talks),
        "SPC contradicts facts": spc.flagged / max(1, spc.talks),
        "contradicts itself": made.self_flagged / max(1, made.talks),
        "SPC contradicts itself": spc.self_flagged / max(1, spc.talks),
    }
    title = (
        "Flagged by the shipped inference expert (its own errors: experts.md). A pair is a "
        "claiming turn with a fact of its speaker, or with an earlier claiming turn of the same "
        "speaker"
    )
    return [(title, table)]


def ranking(bench: Bench) -> Tables:
    """The next utterance among twenty."""
    table = [["split", "predictions", "ranker", "hits@1", "MRR"]]
    for split in (SPC, CHAT):
        talks = bench.first(split, bench.given.n).talks
        some = trials(talks, bench.given.each)
        rows: dict[str, Ranks] = {}
        for persona_too, name in ((False, "no persona"), (True, "persona")):
            rows[f"IR (idf overlap), last turn, {name}"] = by_words(
                talks, some, persona=persona_too
            )
            rows[f"BM25, last turn, {name}"] = by_bm25(some, persona=persona_too)
            found = by_likelihood(bench.meter, some, style=STYLES[split], persona=persona_too)
            rows |= {f"likelihood, {how}, {name}": ranks for how, ranks in found.items()}
        for name, ranks in rows.items():
            table.append(
                [
                    CALLED[split],
                    f"{len(ranks.places)}",
                    name,
                    f"{ranks.hits:.3f}",
                    f"{ranks.mrr:.3f}",
                ]
            )
    title = (
        "True next utterance among twenty, the others random utterances of the split; chance is "
        "0.050 and 0.180. Likelihood has the whole history; *a token* is the mean, *gain* the sum "
        "less that of the same words without history and profiles. IR and BM25 have the last turn; "
        "*persona* is the speaker's own for them and both people's for likelihood"
    )
    return [(title, table)]


def memory(bench: Bench) -> Tables:
    """Copies of the training text, names, addresses."""
    training = bench.training
    table = [["text", "runs of 8 words", "found in training", f"turns of {WHOLE} words or more",
              "are training turns", "longest copied run"]]  # fmt: skip
    longest: tuple[int, str] = (0, "")
    for one in (*bench.written, *bench.references):
        found: Copied = training.copied(one.texts)
        table.append(
            [one.name, f"{found.runs:,}", f"{found.copied / max(1, found.runs):.2%}",
             f"{found.turns:,}", f"{found.whole / max(1, found.turns):.2%}",
             f"{found.longest} words"]
        )  # fmt: skip
        if one is bench.default:
            longest = (found.longest, found.longest_text)
            bench.found["copied"] = found.copied / max(1, found.runs)
        elif one.name == bench.references[0].name:
            bench.found["SPC copied"] = found.copied / max(1, found.runs)
    talks = [talk for one in (*bench.written, bench.told) for talk in one.talks]
    turns = sum(len(talk.turns) for talk in talks)
    seen = leaks(talks, NAMES, training.vocabulary)
    pieces = {kind: seen.patterns.get(kind, []) for kind in ("email", "phone", "url")}
    pieces |= {kind: some for kind, some in seen.patterns.items() if kind not in pieces}
    named = sum(seen.names.values())
    private = len(pieces["email"]) + len(pieces["phone"])
    bench.found["private"] = private
    kinds = [["looks like", f"found in {turns:,} written turns", "examples"]]
    kinds += [[kind, f"{len(some)}", ", ".join(sorted(set(some))[:5]) or "-"]
              for kind, some in pieces.items()]  # fmt: skip
    kinds.append(
        ["a name in neither profile and not filled in by the cleaning",
         f"{named:,} ({len(seen.names):,} different)",
         ", ".join(f"{name} {count}" for name, count in seen.names.most_common(12)) or "-"]
    )  # fmt: skip
    kinds.append(
        ["of these, in no training turn", f"{len(seen.unknown):,} different",
         ", ".join(seen.unknown[:8]) or "-"]
    )  # fmt: skip
    quoted = (
        f"Copied runs of {RUN} words, inside a turn, in lower case, against the {training.words:,} "
        f'words of training turns. The longest of the default settings: "{longest[1]}"'
    )
    return [
        (quoted, table),
        ('Personal data. A "name" is any word with a capital inside a sentence: places, brands and '
         "months too; every one that training text has is public fiction or crowd work", kinds),
    ]  # fmt: skip


def control(bench: Bench) -> Tables:
    """How well length, grounding and style are obeyed."""
    pairs = bench.pairs(bench.given.control)
    lengths = [["turns asked", "n", "turns got, mean", "least", "most", "asked to asked + 2"]]
    for asked in LENGTHS:
        got = [len(one.turns) for one in write(f"{asked}", pairs, turns=asked).talks]
        within = sum(asked <= turns <= asked + 2 for turns in got)
        lengths.append(
            [f"{asked}", f"{len(got)}", f"{np.mean(got):.1f}", f"{min(got)}", f"{max(got)}",
             f"{within / len(got):.0%}"]
        )  # fmt: skip
    grounds = [["grounding", "n", "turns with a slot", "facts", "shown by owner", "by neither"]]
    for grounding in GROUNDINGS:
        one = write(f"{grounding}", pairs, grounding=grounding)
        slots = [turn.fact is not None for made in one.made for turn in made.turns]
        found = shown(one.talks)
        grounds.append(
            [f"{grounding:g}", f"{len(pairs)}", f"{np.mean(slots):.1%}", f"{found.attributes}",
             f"{found.owner:.1%}", f"{found.neither:.1%}"]
        )  # fmt: skip
    styles = [["conversations", "turns", "words a turn", "turns with a question",
               'open with "I like to"', "sentences a turn"]]  # fmt: skip
    for one in (bench.default, bench.human, *bench.references):
        styles.append([one.name, f"{len(one.texts):,}", *_manner(one.texts)])
    return [
        ("Length", lengths),
        (f"Grounding, {TURNS} turns", grounds),
        ('Style: "made" (the default) and "human" beside the corpora that they stand for', styles),
    ]


def _manner(texts: Sequence[str]) -> list[str]:
    n = len(texts)
    return [
        f"{sum(len(text.split()) for text in texts) / n:.1f}",
        f"{sum('?' in text for text in texts) / n:.1%}",
        f"{sum(tokens(text)[:3] == ['i', 'like', 'to'] for text in texts) / n:.1%}",
        f"{sum(len(sentences(text)) for text in texts) / n:.2f}",
    ]


_LOAD = """
import json, re, time
from pathlib import Path
def peak():  # of this process alone: what getrusage says may be the parent's
    if not Path("/proc/self/status").exists():
        return float("nan")
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
began = time.perf_counter()
from dramaturg.models.embedded import writer
imported = time.perf_counter()
writer.loaded()
loaded = time.perf_counter()
import asyncio
before = peak()
asyncio.run(writer.write_conversation(["I bake."], ["I sail."], turns=6, seed=1))
print(json.dumps([imported - began, loaded - imported, before, peak()]))
"""


def speed(bench: Bench) -> Tables:
    """Tokens a second of writing and of the network alone; loading; memory."""
    default = bench.default
    sampled = sum(made.tokens_out for made in default.made)
    kept = sum(len(bench.meter.bpe.encode(text)) + 2 for text in default.texts)
    steps, width = 60, WIDTH
    began, cpu = time.perf_counter(), time.process_time()
    for step in range(steps):
        bench.meter.network.decode(
            dict.fromkeys(range(width), 300 + step), dict.fromkeys(range(width), 200 + step)
        )
    seconds, busy = time.perf_counter() - began, time.process_time() - cpu
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    imported, loaded, before, after = json.loads(done.stdout)
    rows = [
        ["what", "figure", "of"],
        ["tokens sampled a second, wall", f"{sampled / default.seconds:,.0f}",
         f"{sampled:,} tokens, {len(default.talks)} conversations, thrown-away drafts counted"],
        ["tokens sampled a second of processor time", f"{sampled / default.busy:,.0f}", "the same"],
        ["tokens kept a second, wall", f"{kept / default.seconds:,.0f}", f"{kept:,} tokens"],
        ["conversations a minute, wall", f"{60 * len(default.talks) / default.seconds:.0f}",
         f"{TURNS} turns"],
        ["network alone, tokens a second, wall", f"{steps * width / seconds:,.0f}",
         f"{steps} steps of {width} rows after 200 tokens"],
        ["network alone, tokens a second of processor time", f"{steps * width / busy:,.0f}",
         "the same"],
        ["import of the writer", f"{imported:.2f} s", "a fresh process"],
        ["loading the weights", f"{loaded:.2f} s", "the same"],
        ["memory after loading", f"{before:,.0f} MiB", "peak of the whole process"],
        ["memory after a conversation", f"{after:,.0f} MiB", "the same"],
    ]  # fmt: skip
    return [(f"One thread, {platform.machine()}, as the machine was", rows)]


def by_hand(bench: Bench) -> Tables:
    """The hand labels, if there are any."""
    path: Path = bench.given.labels
    if not path.is_file():
        return [("Read and labelled by hand", "Nobody has labelled conversations of these weights "
                 "yet: `python benchmarks/embedded.py --to-label FILE`.")]  # fmt: skip
    rows = labels.load(path)
    agreed = asyncio.run(labels.agreement(rows, bench.nli))
    found: Tables = list(labels.tables(rows, agreed))
    marks = sorted({row.weights for row in rows})
    if marks != [labels.weights_mark()]:
        told_as = f"{', '.join(marks)}; the package has {labels.weights_mark()}."
        found.insert(0, ("**These labels are of other weights**", told_as))
    return found


def samples(bench: Bench) -> Tables:
    """Conversations as they fell."""
    lines = []
    for number, (talk, made) in enumerate(
        zip(bench.told.talks, bench.told.made, strict=True), start=1
    ):
        people = [speaker.persona for speaker in talk.speakers]
        lines.append(f"### {number}\n")
        lines += [
            f"Person {n}: {_escaped(' '.join(side))}  " for n, side in enumerate(people, start=1)
        ]
        lines.append("")
        for turn in made.turns:
            fact = "" if turn.fact is None else f" *[fact: {people[turn.speaker][turn.fact]}]*"
            lines.append(f"{turn.speaker + 1}\\. {_escaped(turn.text)}{fact}  ")
        lines.append("")
    title = (
        f"Made-up people, {TOLD_TURNS} turns, seed {TOLD_SEED}, default settings, first try, "
        "nothing left out. The fact in the slot of a turn stands behind it."
    )
    return [(title, "\n".join(lines).rstrip())]


def _escaped(text: str) -> str:
    for mark in ("\\", "*", "_", "<", "`", "[", "|"):
        text = text.replace(mark, "\\" + mark)
    return text


def targets(bench: Bench) -> Tables:
    """What was aimed at and what came out; nothing where a part was left out."""
    f = bench.found
    needed = {f"word perplexity {SPC}", "shown by owner", "distinct-2", "contradicts facts",
              "private", "copied", "SPC copied"}  # fmt: skip
    if not needed <= set(f):
        print("(targets: left as they are, since not every part was run)", file=sys.stderr)
        return []
    ppl = f[f"word perplexity {SPC}"]
    many = len(bench.default.talks) >= ENOUGH_TALKS
    rows = [
        ["what", "target", "measured", ""],
        ["perplexity of a word, SPC valid", "at most 8", f"{ppl:.2f}", _met(ppl <= 8)],
        ["facts shown by their owner", "at least 35 %",
         f"{f['shown by owner']:.1%} (SPC valid, same pairs, {f['SPC shown by owner']:.1%})",
         _met(f["shown by owner"] >= 0.35, many)],
        ["conversations that contradict a fact, by the expert", "no more than SPC",
         f"{f['contradicts facts']:.1%} (SPC {f['SPC contradicts facts']:.1%})",
         CIRCULAR],
        ["conversations that contradict themselves, by the expert", "no more than SPC",
         f"{f['contradicts itself']:.1%} (SPC {f['SPC contradicts itself']:.1%})",
         CIRCULAR],
        [f"distinct-2 at {f['distinct at']:,.0f} words", "at least 0.22",
         f"{f['distinct-2']:.3f} (SPC valid {f['SPC distinct-2']:.3f})",
         _met(f["distinct-2"] >= 0.22, f["distinct at"] >= ENOUGH_WORDS)],
        ["runs of 8 words found in training text", "no more than SPC valid",
         f"{f['copied']:.2%} (SPC valid {f['SPC copied']:.2%})",
         _met(f["copied"] <= f["SPC copied"])],
        ["e-mail addresses and phone numbers written", "none", f"{f['private']:.0f}",
         _met(f["private"] == 0)],
    ]  # fmt: skip
    return [(f"Weights {labels.weights_mark()}; each figure with its n below", rows)]


def _met(holds: bool, enough: bool = True) -> str:
    if not enough:
        return "too few to tell"
    return "met" if holds else "**missed**"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 20 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _part(part: int, whole: int, places: int = 1) -> str:
    return f"{part / max(1, whole):.{places}%} ({part:,} of {whole:,})"


PARTS: dict[str, Callable[[Bench], Tables]] = {
    "perplexity": perplexity,
    "ranking": ranking,
    "persona": persona,
    "variety": variety,
    "contradiction": contradiction,
    "memory": memory,
    "control": control,
    "speed": speed,
    "by_hand": by_hand,
    "samples": samples,
    "targets": targets,
}
