"""A whole dataset measured, alone or beside a reference."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import dataset, evaluate, persona, scorers
from dramaturg.errors import UserError
from dramaturg.evaluate import Difference, Figure, Measure, Side
from dramaturg.models import Embedder
from dramaturg.models.blas import use_one_thread
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.resolve import Limits, resolve
from dramaturg.records import Conversation, Drop
from dramaturg.runner.evaluation_notes import notes, rounds, splits
from dramaturg.runner.examined import Examined
from dramaturg.runner.judged import judge
from dramaturg.runner.judges import Judges, attributes, needs_others
from dramaturg.runner.out_folder import held
from dramaturg.store import write_atomically

Source = str | Path | Iterable[Conversation]

EMBEDDED, JUDGED, MAPPED = 1_000, 200, 500  # conversations: vectors, judges, the map
CATEGORIES_AT = 0.2  # cosine at which clustering stops; suits the embedded vectors
_LOST_SHOWN = 50
SCORERS = ("faithfulness", "toxicity", "coherence", "naturalness")


class Evaluation(msgspec.Struct, kw_only=True):
    """What is known of a dataset.

    Attributes:
        source, against: Where the conversations came from.
        figures: Each with n, unit, split, scorer and interval.
        reference: The same of the reference; empty without one.
        differences: Ours less the reference's, for every figure that both have.
        notes: What to bear in mind, and what could not be measured.
        broken: Lines that could not be read, in words, the first 50.
        seconds: How long each part took; in no file, since it differs from run to run.
        report: What report.json holds.
        path: The folder that was written, or None.
    """

    source: str
    against: str | None
    figures: list[Figure]
    reference: list[Figure]
    differences: list[Difference]
    notes: list[str]
    broken: list[str]
    seconds: dict[str, float]
    report: dict[str, Any]
    path: Path | None = None

    def __getitem__(self, name: str) -> Figure:
        """The figure of that name. Raises KeyError if there is none."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)


def evaluate_dataset(data: Source, **arguments: Any) -> Evaluation:
    """Measure a dataset, and wait for it; see `aevaluate`. In Python it is `dg.evaluate(...)`."""
    return asyncio.run(aevaluate(data, **arguments))


async def aevaluate(
    data: Source,
    *,
    against: Source | None = None,
    out: str | Path | None = None,
    split: str | None = None,
    names: str | Sequence[str] = SCORERS,
    model: str | Sequence[str] = (),
    embedder: str = "embedded",
    sample: int = evaluate.SAMPLE,
    judged: int = JUDGED,
    exam: bool | None = None,
    resamples: int = evaluate.RESAMPLES,
    seed: int = 13,
    budget: Budget | None = None,
    gate: Gate | None = None,
    limits: Limits = Limits(),  # noqa: B008  (it is immutable)
    say: Callable[[str], None] | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Measure a dataset: length, manner, persona, variety, coherence, copying, leakage.

    Args:
        data: A run folder, any file that `load_conversations` reads, or conversations.
        against: A reference to stand beside: figures of both, and their differences, on pairs
            of the same people where both have them.
        out: Folder for report.json and report.html, and the calls of chat models: the same
            command again makes no finished call twice. None = no files.
        split: Only this split of both; None = everything.
        names: Scorers of one conversation to run on the sample, see `scorers.expand_names`.
        model: Their judge, or several ("toxicity=embedded"); the embedded experts by default.
        embedder: Who turns sentences into vectors.
        sample: Conversations kept whole for the measures that need them so.
        judged: Of these, how many the scorers see.
        exam: Examine the judges first; who fails is not asked, and has no figure. None = chat
            models only.
        resamples: How often conversations are drawn again for an interval.
        say: Is told what is being done, part by part.
        timer: What `seconds` are read from; `time.process_time` counts the processor's.

    Raises:
        UserError: If a file is missing or holds no conversation of the split.
        BackendError: If a call fails for good; what was answered is in `out`.
    """
    chosen = scorers.expand_names(names)
    judges = Judges(
        [model] if isinstance(model, str) else list(model),
        chosen,
        budget=budget or Budget(),
        gate=gate or Gate(),
        limits=limits,
    )
    vectors = _embedder(embedder, limits)
    use_one_thread()  # products of a few rows; the same bytes however many cores are free
    clock = _Clock(say, timer)
    sources = [data] if against is None else [data, against]
    named = [_name(source) for source in sources]
    with held(out, {"report.html"}, calls=judges.any_prompted()) as (folder, journal):
        judges.record(journal)
        sides, drops, exams = [], [], Examined()
        try:
            panel = judges.build(chosen, scorers.Kit())
            refs = judges.names(panel)
            for source in sources:
                lost = _Lost()
                with clock("reading and counting"):
                    side = _read(source, lost, sample=sample, seed=seed, split=split)
                sides.append(side)
                drops.append(lost)
            for side in sides:
                with clock("vectors and categories"):
                    await _embed(side, vectors)
            with clock("exams"):
                failed = [one.name for one in panel if not await _counts(one, judges, exams, exam)]
            verdicts = []
            judgements = []
            for side in sides:
                with clock("scorers"):
                    panel = judges.build(chosen, _kit(chosen, side))
                    found, said = await judge(side, panel, judged, refs, seed, failed)
                judgements.append(found)
                verdicts.append(said)
        finally:
            await judges.close()
            if hasattr(vectors, "aclose"):
                await vectors.aclose()
        equal = evaluate.Equal.of(sides)
        measured = [
            _measures(side, equal, seed, clock) + found
            for side, found in zip(sides, judgements, strict=True)
        ]
        with clock("topics"):
            spreads = evaluate.topic_spread(sides, seed)
        for found, spread in zip(measured, spreads, strict=False):
            found.append(spread)
        if against is not None:
            with clock("beside the reference"):
                measured[0] += evaluate.beside(sides[0], sides[1], equal, seed)[0]
        measured = [evaluate.ordered(found) for found in measured]
        with clock("intervals"):
            figures = [evaluate.figures(m, resamples=resamples, seed=seed) for m in measured]
            apart = _differences(measured, resamples, seed) if against is not None else []
        scored = [evaluate.scores(side, said) for side, said in zip(sides, verdicts, strict=True)]
        told = []
        for side, name, lost, (values, ranges) in zip(sides, named, drops, scored, strict=True):
            long = [float(len(talk.flat)) for talk in side.talks]
            odds = [score for score in values if score.startswith("yes_probability")]
            mine = notes(side, lost.first, lost.count)
            mine += evaluate.health(values, ranges, long, chances=odds)
            told += [f"{name}: {note}" if len(sides) > 1 else note for note in mine]
        told += exams.notes("it is not asked about the conversations, and has no figure")
        told += judges.notes()
        report = {
            "source": named[0],
            "against": named[1] if len(named) > 1 else None,
            "conversations": [len(side.own) for side in sides],
            "split": split or "all",
            "splits": [splits(side) for side in sides],
            "seed": seed,
            "exams": [msgspec.to_builtins(one) for one in exams.results],
            "models": refs | {"embedder": embedder},
            "figures": msgspec.to_builtins(figures[0]),
            "reference": msgspec.to_builtins(figures[1]) if len(figures) > 1 else [],
            "differences": msgspec.to_builtins(apart),
            "notes": told,
            "rounds": rounds(data, sides[0]),
            "broken_row_count": [lost.count for lost in drops],
            "broken_rows": [drop.reason for lost in drops for drop in lost.first],
            "worst": evaluate.cases(sides[0], verdicts[0], worst=True),
            "best": evaluate.cases(sides[0], verdicts[0], worst=False),
        }
        if folder is not None:
            with clock("report"):
                _write(folder, report, sides, [values for values, _ in scored])
    return Evaluation(
        source=named[0],
        against=report["against"],
        figures=figures[0],
        reference=figures[1] if len(figures) > 1 else [],
        differences=apart,
        notes=told,
        broken=report["broken_rows"],
        seconds=clock.seconds,
        report=report,
        path=folder,
    )


async def _counts(
    scorer: scorers.Scorer, judges: Judges, exams: Examined, wanted: bool | None
) -> bool:
    """Whether this scorer's verdicts count: its judge passed the exam, or sat none."""
    ref, asked = judges.names([scorer])[scorer.name], judges.is_prompted(scorer.name)
    return await exams.scorer(scorer, ref, asked=asked, wanted=wanted)


def _kit(names: Sequence[str], side: Side) -> scorers.Kit:
    """Distractors are attributes of other people of the same side."""
    return scorers.Kit(others=attributes(side.conversations) if needs_others(names) else ())


class _Clock:
    """Seconds by part."""

    def __init__(self, say: Callable[[str], None] | None, timer: Callable[[], float]) -> None:
        self.seconds: dict[str, float] = {}
        self._timer = timer
        self._say = say or (lambda _: None)

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self._say(name)
        begun = self._timer()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + self._timer() - begun


class _Lost:
    """Lines that could not be read: the first ones, and how many."""

    def __init__(self) -> None:
        self.first: list[Drop] = []
        self.count = 0

    def __call__(self, drop: Drop) -> None:
        self.count += 1
        if len(self.first) < _LOST_SHOWN:
            self.first.append(drop)


def _read(source: Source, lost: _Lost, *, sample: int, seed: int, split: str | None) -> Side:
    rows = dataset.load_conversations(source, lost) if isinstance(source, str | Path) else source
    own = evaluate.collect(rows, sample=sample, seed=seed, splits=[split] if split else ())
    if not len(own):
        raise UserError(
            f"there is no conversation{f' of split {split}' if split else ''} in {_name(source)}",
            why=lost.first[0].reason if lost.first else "",
            fix="leave --split away" if split else "give a file with conversations",
        )
    return Side(own, split or "all")


def _name(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else "conversations"


def _embedder(ref: str, limits: Limits) -> Embedder:
    model = resolve(ref, limits)
    if not isinstance(model, Embedder):
        raise UserError(f"{ref} makes no sentence vectors", fix="leave --embedder away")
    return model


async def _embed(side: Side, embedder: Embedder) -> None:
    """Vectors of the sample's first conversations, and the categories of facts."""
    side.vectors = await evaluate.vectors_of(
        side.conversations[:EMBEDDED], embedder.embed, embedder.ref
    )
    facts = side.own.people.sample()
    if facts:
        vectors = await embedder.embed(facts)
        found = persona.cluster(vectors, threshold=CATEGORIES_AT)
        side.categories = evaluate.categories(
            side, found.labels, found.distance_between(), f"{embedder.ref} at {CATEGORIES_AT}"
        )


def _measures(side: Side, equal: evaluate.Equal, seed: int, clock: _Clock) -> list[Measure]:
    found: list[Measure] = []
    for name, make in evaluate.SETS.items():
        with clock(name):
            found += make(side, equal, seed)
    return found + side.categories


def _differences(
    measured: Sequence[Sequence[Measure]], resamples: int, seed: int
) -> list[Difference]:
    theirs = {measure.name: measure for measure in measured[1]}
    return [
        evaluate.difference(ours, theirs[ours.name], resamples=resamples, seed=seed)
        for ours in measured[0]
        if ours.name in theirs
    ]


def _write(
    folder: Path,
    report: dict[str, Any],
    sides: Sequence[Side],
    scored: Sequence[dict[str, list[float]]],
) -> None:
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / "report.json", text.encode("utf-8", "replace"))
    columns = [evaluate.columns(side) for side in sides]
    drawn: dict[str, list[list[float]]] = {
        evaluate.title(name): [list(part[name]) for part in columns] for name in columns[0]
    }
    for name in sorted({name for values in scored for name in values}):
        drawn[name] = [[v for v in values.get(name, ()) if v == v] for values in scored]
    page = dataset.evaluation_page(
        report,
        titles=evaluate.TITLES,
        groups=evaluate.GROUPS,
        distributions=drawn,
        points=evaluate.maps(sides, MAPPED),
        rounds=report["rounds"],
    )
    write_atomically(folder / "report.html", page.encode("utf-8", "replace"))
