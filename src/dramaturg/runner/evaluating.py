"""A whole dataset measured, alone or beside a reference."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import dataset, evaluate, persona, scorers
from dramaturg.errors import ReplyError, UserError
from dramaturg.evaluate import Difference, Figure, Measure, Side
from dramaturg.models.base import Embedder, NLIModel, ToxicityModel
from dramaturg.models.blas import use_one_thread
from dramaturg.models.resolve import resolve
from dramaturg.records import Conversation, Drop, Verdict
from dramaturg.store import is_run_folder, write_atomically

Source = str | Path | Iterable[Conversation]

EMBEDDED, JUDGED, MAPPED = 1_000, 200, 500  # conversations: vectors, judges, the map
CATEGORIES_AT = 0.2  # cosine at which clustering stops; suits the embedded vectors
_OURS = {"report.json", "report.html"}


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
    model: str = "embedded",
    sample: int = evaluate.SAMPLE,
    judged: int = JUDGED,
    resamples: int = evaluate.RESAMPLES,
    seed: int = 13,
) -> Evaluation:
    """Measure a dataset: length, manner, persona, variety, coherence, copying, leakage.

    Args:
        data: A run folder, any file that `load_conversations` reads, or conversations.
        against: A reference to stand beside: figures of both, and their differences, on pairs
            of the same people where both have them.
        out: Folder for report.json and report.html; None = no files.
        split: Only this split of both; None = everything.
        model: Who embeds sentences and judges faithfulness and toxicity.
        sample: Conversations kept whole for the measures that need them so.
        judged: Of these, how many the judges see.
        resamples: How often conversations are drawn again for an interval.

    Raises:
        UserError: If a file is missing or holds no conversation of the split.
    """
    folder = _folder(out)
    clock = _Clock()
    judge = resolve(model)
    use_one_thread()  # products of a few rows; the same bytes however many cores are free
    try:
        sides, drops = [], []
        for source in [data] if against is None else [data, against]:
            lost: list[Drop] = []
            with clock("reading and counting"):
                side = _read(source, lost, sample=sample, seed=seed, split=split)
            sides.append(side)
            drops.append(lost)
        for side in sides:
            with clock("vectors and categories"):
                await _embed(side, judge)
        named = [_name(data), *([_name(against)] if against is not None else [])]
        equal = evaluate.Equal.of(sides)
        measured = [_measures(side, equal, seed, clock) for side in sides]
        with clock("topics"):
            spreads = evaluate.topic_spread(sides, seed)
        for found, spread in zip(measured, spreads, strict=False):
            found.append(spread)
        with clock("judges"):
            judgements = [await _judge(side, judge, judged) for side in sides]
        for found, (more, _) in zip(measured, judgements, strict=True):
            found += more
    finally:
        if hasattr(judge, "aclose"):
            await judge.aclose()
    if against is not None:
        with clock("beside the reference"):
            more, _ = evaluate.beside(sides[0], sides[1], equal, seed)
        measured[0] += more
    measured = [evaluate.ordered(found) for found in measured]
    with clock("intervals"):
        figures = [evaluate.figures(found, resamples=resamples, seed=seed) for found in measured]
        differences = _differences(measured, resamples, seed) if against is not None else []
    notes = [
        note
        for side, name, lost in zip(sides, named, drops, strict=True)
        for note in _notes(side, name if len(sides) > 1 else "", lost)
    ]
    scored = [
        evaluate.scores(side, verdicts)
        for side, (_, verdicts) in zip(sides, judgements, strict=True)
    ]
    for side, name, (values, ranges) in zip(sides, named, scored, strict=True):
        long = [float(len(talk.flat)) for talk in side.talks]
        found_odd = evaluate.health(values, ranges, long)
        notes += [f"{name}: {odd}" if len(sides) > 1 else odd for odd in found_odd]
    report = {
        "source": named[0],
        "against": named[1] if len(named) > 1 else None,
        "conversations": [len(side.own) for side in sides],
        "split": split or "all",
        "splits": [_splits(side) for side in sides],
        "seed": seed,
        "model": model,
        "figures": msgspec.to_builtins(figures[0]),
        "reference": msgspec.to_builtins(figures[1]) if len(figures) > 1 else [],
        "differences": msgspec.to_builtins(differences),
        "notes": notes,
        "broken_row_count": [len(lost) for lost in drops],
        "broken_rows": [drop.reason for lost in drops for drop in lost[:50]],
        "worst": evaluate.cases(sides[0], judgements[0][1], worst=True),
        "best": evaluate.cases(sides[0], judgements[0][1], worst=False),
    }
    if folder is not None:
        with clock("report"):
            _write(folder, report, sides, [values for values, _ in scored], _rounds(data))
    return Evaluation(
        source=named[0],
        against=named[1] if len(named) > 1 else None,
        figures=figures[0],
        reference=figures[1] if len(figures) > 1 else [],
        differences=differences,
        notes=notes,
        broken=report["broken_rows"],
        seconds=clock.seconds,
        report=report,
        path=folder,
    )


class _Clock:
    """Seconds by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def _read(source: Source, lost: list[Drop], *, sample: int, seed: int, split: str | None) -> Side:
    rows = (
        dataset.load_conversations(source, lost.append)
        if isinstance(source, str | Path)
        else source
    )
    own = evaluate.collect(rows, sample=sample, seed=seed, splits=[split] if split else ())
    if not len(own):
        raise UserError(
            f"there is no conversation in {_name(source)}"
            + (f" of split {split}" if split else ""),
            why=lost[0].reason if lost else "",
            fix="leave --split away" if split else "give a file with conversations",
        )
    return Side(own, split or "all")


def _name(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else "conversations"


async def _embed(side: Side, judge: Any) -> None:
    """Vectors of the sample's first conversations, by the model or else by the embedded one."""
    embedder = judge if isinstance(judge, Embedder) else resolve("embedded")
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


async def _judge(side: Side, judge: Any, most: int) -> tuple[list[Measure], list[Verdict]]:
    """Faithfulness and toxicity of the sample's first conversations."""
    import numpy as np

    experts = []
    if isinstance(judge, NLIModel) or not isinstance(judge, ToxicityModel):
        experts.append(scorers.faithfulness(judge))
    experts.append(scorers.toxicity(judge))
    talks = list(islice(side.conversations, most))
    found: list[Measure] = []
    verdicts: list[Verdict] = []
    for expert in experts:
        wanted = [
            (i, talk)
            for i, talk in enumerate(talks)
            if expert.name != "faithfulness" or any(s.persona for s in talk.speakers)
        ]
        answers = await asyncio.gather(*(_verdict(expert, talk) for _, talk in wanted))
        good = [(i, v) for (i, _), v in zip(wanted, answers, strict=True) if v is not None]
        verdicts += [verdict for _, verdict in good]
        why = "" if wanted else "no conversation has personas"
        lacking = len(wanted) - len(good)
        values = np.array([verdict.value for _, verdict in good])
        failed = np.array([float(verdict.passed is False) for _, verdict in good])
        for name, column, unit in (
            (expert.name, values, f"score, {expert.low:g} to {expert.high:g}"),
            (f"{expert.name}_failed", failed, "share"),
        ):
            found.append(
                Measure(
                    name=name,
                    group="scores",
                    unit=unit,
                    of="conversations",
                    count=len(good),
                    scorer=f"{expert.name} {expert.version} by {getattr(judge, 'ref', '')}",
                    statistic=evaluate.Ratio(column, np.ones(len(good))) if len(good) else None,
                    keys=[side.keys[i] for i, _ in good],
                    split=side.split,
                    sample=f"{len(talks):,} of {len(side.own):,} conversations, seed "
                    f"{side.own.seed}"
                    if len(talks) < len(side.own)
                    else "",
                    why=why or (f"{lacking} gave no verdict" if lacking else ""),
                )
            )
    return found, verdicts


async def _verdict(expert: scorers.Scorer, talk: Conversation) -> Verdict | None:
    try:
        return await expert(talk)
    except ReplyError:
        return None


def _differences(
    measured: Sequence[Sequence[Measure]], resamples: int, seed: int
) -> list[Difference]:
    theirs = {measure.name: measure for measure in measured[1]}
    return [
        evaluate.difference(ours, theirs[ours.name], resamples=resamples, seed=seed)
        for ours in measured[0]
        if ours.name in theirs
    ]


def _splits(side: Side) -> dict[str, int]:
    counts = Counter(side.own.splits)
    return {side.own.split_names[i] or "unmarked": n for i, n in sorted(counts.items())}


def _notes(side: Side, name: str, lost: Sequence[Drop]) -> list[str]:
    """What a reader must know of a dataset before the figures."""
    own = side.own
    n = len(own)
    found = []
    if lost:
        found.append(f"{len(lost)} lines could not be read and are left out: {lost[0].reason}")
    if own.without_personas:
        found.append(
            f"{own.without_personas:,} of {n:,} conversations have no persona: faithfulness, "
            "what shows of a persona, copying and profile extraction are of the others"
        )
    alone = own.speakers.get(1, 0)
    if alone:
        found.append(f"in {alone:,} of {n:,} conversations only one speaker says anything")
    many = sum(count for people, count in own.speakers.items() if people > 2)
    if many:
        found.append(f"{many:,} of {n:,} conversations have more than two speakers")
    if own.longest > 500:
        found.append(f"the longest conversation has {own.longest:,} turns")
    english = own.table.ratio("english")
    foreign = int(english.under.sum() - english.over.sum())
    if foreign:
        found.append(
            f"{foreign:,} of {int(english.under.sum()):,} conversations do not read as English: "
            "words, persona words and the embedded judges know English only"
        )
    empty = own.table.ratio("empty_turns")
    if empty.over.sum():
        found.append(f"{int(empty.over.sum()):,} of {int(empty.under.sum()):,} turns are empty")
    return [f"{name}: {note}" if name else note for note in found]


def _rounds(source: Source) -> list[dict[str, Any]]:
    """The rounds of a run folder's own report; [] for anything else."""
    if not isinstance(source, str | Path):
        return []
    path = Path(source)
    if not (path.is_dir() and is_run_folder(path) and (path / "report.json").is_file()):
        return []
    try:
        rounds = json.loads((path / "report.json").read_text(encoding="utf-8")).get("rounds", [])
    except (ValueError, OSError):
        return []
    return [row for row in rounds if isinstance(row, dict)]


def _folder(out: str | Path | None) -> Path | None:
    """The folder to write to, made if need be; refused where it holds other things."""
    if out is None:
        return None
    folder = Path(out)
    if is_run_folder(folder):
        raise UserError(
            f"{folder} is a run folder, and has a report of its own", fix="give another --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = {entry.name for entry in folder.iterdir()} - _OURS
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written", why=str(error), fix="give another --out"
        ) from error
    if strangers:
        raise UserError(
            f"{folder} holds other things, e.g. {min(strangers)}", fix="give another --out"
        )
    return folder


def _write(
    folder: Path,
    report: dict[str, Any],
    sides: Sequence[Side],
    scored: Sequence[dict[str, list[float]]],
    rounds: Sequence[dict[str, Any]],
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
        rounds=rounds,
    )
    write_atomically(folder / "report.html", page.encode("utf-8", "replace"))
