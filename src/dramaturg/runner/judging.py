"""The critics over conversations that exist already, as many as there are, in flat memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from dramaturg import dataset, scorers
from dramaturg.errors import (
    BackendError,
    DramaturgError,
    Interrupted,
    NotJudged,
    RecordError,
    ReplyError,
    UserError,
)
from dramaturg.evaluate import SUBJECTS, ExamResult, exam_cases, sit_exam
from dramaturg.generate import starter_pool
from dramaturg.models import cheap_nli
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.resolve import Limits
from dramaturg.records import Conversation, Drop, Verdict
from dramaturg.runner.judges import Judges
from dramaturg.runner.perform import Show
from dramaturg.runner.tally import Tally, Worst
from dramaturg.runner.verdict_folder import VerdictFolder
from dramaturg.scorers import DEFAULT, FactTable, Scorer, costs_one_item, lost_call, need

_POOL = 1_000  # conversations whose attributes serve as other people's
_DROPS_SHOWN = 50


@dataclass(frozen=True)
class Found:
    """What was found of one conversation; `lost` is by scorer why there is no verdict."""

    conversation: Conversation
    verdicts: list[Verdict]
    lost: list[tuple[str, str]]
    table: FactTable | None


async def critique_file(
    source: str,
    *,
    names: str | Sequence[str] = scorers.DEFAULT,
    model: str | Sequence[str] = (),
    out: str | None = None,
    limit: int | None = None,
    human: str | None = None,
    fact_table: bool = False,
    exam: bool | None = None,
    samples: int | None = None,
    seed: int = 13,
    budget: Budget | None = None,
    gate: Gate | None = None,
    limits: Limits = Limits(),  # noqa: B008  (it is immutable)
    show: Show | None = None,
) -> dict[str, Any]:
    """Judge every conversation of a file by scorers of these names.

    Args:
        source: A run folder or a file in any readable format.
        names: Scorers and groups, see `scorers.expand_names`.
        model: The judge, or several: "openai:m" for all, "toxicity=embedded" for one,
            "persona_recall=rule" for the form without a model; by default the embedded experts.
        out: Folder for verdicts.jsonl (one verdict a line), facts.parquet, report.json and the
            calls of chat models: the same command again makes no finished call twice. None = no
            files.
        human: Human conversations that naturalness is measured against; None = the shipped
            reference.
        fact_table: Also write facts.parquet, a row for each turn and fact; needs `out`.
        exam: Examine the judges first, and let only those who pass count; None = chat models only.
        samples: Answers that G-Eval draws for each conversation.

    Returns:
        A row by scorer (n, range, mean, failed, histogram, cost, seconds), exams, broken rows
        with their lines, notes on what could not be judged and why, and the worst conversations
        with their evidence. "stopped" says why it ended early, None at the end of the file.

    Raises:
        UserError: If the file is missing or holds no conversation, or a judge or scorer is unknown.
    """
    chosen = scorers.expand_names(names)
    given = [model] if isinstance(model, str) else list(model)
    budget, gate = budget or Budget(), gate or Gate()
    judges = Judges(given, chosen, budget=budget, gate=gate, limits=limits)
    if fact_table and out is None:
        raise UserError("the fact table is a file", fix="give --out FOLDER")
    drops = _Drops()
    at_once = False
    with contextlib.ExitStack() as stack:
        kit = _kit(source, chosen, human, samples)
        folder: VerdictFolder | None = None
        judges.build(chosen, kit)  # a judge that cannot do it is told before a folder is made
        if out is not None:
            folder = stack.enter_context(VerdictFolder(out, fact_table=fact_table))
        judges.record(folder.journal if folder else None)
        panel = judges.build(chosen, kit)
        session = _Session(
            source, panel, judges, seed, fact_table, show, gate, limits.max_in_flight
        )
        try:
            await session.examine(exam)
            rows = islice(dataset.load_conversations(source, drops.add), limit)
            async for found in session.judge(rows):
                session.count(found, folder)
        except (Interrupted, BackendError) as error:
            session.error = error
        except asyncio.CancelledError:
            session.error = Interrupted("stopped at once by the user")
            at_once = True
        finally:
            await judges.close(at_once=at_once)
        if not session.seen and session.error is None:
            raise UserError(
                f"there is no conversation in {source}",
                why=drops.shown[0] if drops.shown else "the file holds no row",
                fix="give a run folder, parquet, JSON lines or the Synthetic-Persona-Chat CSV",
            )
        report = session.report(drops)
        if folder:
            folder.report(report, session.worst.shown())
    return report


async def ajudge(
    source: str, scorers: str | Sequence[str] = DEFAULT, **options: Any
) -> dict[str, Any]:
    """Judge the conversations of a file; see `critique_file` for the options and the report."""
    return await critique_file(source, names=scorers, **options)


def judge(source: str, scorers: str | Sequence[str] = DEFAULT, **options: Any) -> dict[str, Any]:
    """Judge the conversations of a file, and wait for it; see `critique_file`.

    Example: dg.judge("chats.jsonl", "persona,toxicity", model="openai:gpt-4.1-mini", out="v")
    """
    return asyncio.run(critique_file(source, names=scorers, **options))


def exit_code(report: dict[str, Any]) -> int:
    """0 judged to the end, 1 stopped early or calls without a reply, 130 interrupted."""
    if report["stopped"]:
        return 130 if report["interrupted"] else 1
    return 1 if report["failed_calls"] else 0


class _Drops:
    def __init__(self) -> None:
        self.count = 0
        self.shown: list[str] = []

    def add(self, drop: Drop) -> None:
        self.count += 1
        if len(self.shown) < _DROPS_SHOWN:
            self.shown.append(drop.reason)


class _Session:
    """One critique from its exam to its report."""

    def __init__(
        self,
        source: str,
        panel: Sequence[Scorer],
        judges: Judges,
        seed: int,
        fact_table: bool,
        show: Show | None,
        gate: Gate,
        in_flight: int,
    ) -> None:
        self._gate, self._in_flight = gate, in_flight
        self.source, self.judges, self.seed, self.show = source, judges, seed, show
        self.tallies = {
            one.name: Tally(one, judges.refs[one.name], prompted=judges.is_prompted(one.name))
            for one in panel
        }
        self.quick = [one for one in panel if not judges.is_prompted(one.name)]
        self.asked = [one for one in panel if judges.is_prompted(one.name)]
        self.facts = cheap_nli(judges.of("faithfulness")) if fact_table and \
            "faithfulness" in judges.refs else None  # fmt: skip
        if fact_table and self.facts is None:
            raise UserError(
                "the fact table is made by the judge of faithfulness",
                fix="add faithfulness to --scorers",
            )
        self.worst = Worst()
        self.exams: list[ExamResult] = []
        self.seen = self.failed_calls = 0
        self.lacks = dict.fromkeys(
            ("personas", "a second speaker", "any words", "some turns' words"), 0
        )
        self.error: DramaturgError | None = None
        self._quick_lock = asyncio.Lock()

    async def examine(self, wanted: bool | None) -> None:
        """Let the judges sit their exams; who fails is judged by, and counts for nothing."""
        for tally in self.tallies.values():
            name = tally.scorer.name
            if name not in SUBJECTS or not (tally.prompted if wanted is None else wanted):
                continue
            result = await sit_exam(tally.scorer, exam_cases(name, starter_pool()))
            self.exams.append(msgspec.structs.replace(result, model=tally.model))
            tally.counts = result.passed

    async def judge(self, rows: Iterator[Conversation]) -> AsyncIterator[Found]:
        """Each conversation with what was found, in the order of the rows."""
        # As many conversations as keep the endpoint busy; more would only make a stop wait.
        window = max(2, 2 * self._in_flight // len(self.asked)) if self.asked else 1
        waiting: deque[asyncio.Task[Found]] = deque()
        try:
            for row in rows:
                await asyncio.sleep(0)  # a signal is heard here, whatever the scorers do
                if self._gate.closed:
                    raise Interrupted("stopped by the user", fix=self._how_to_go_on())
                waiting.append(asyncio.create_task(self._one(row)))
                if len(waiting) >= window:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _one(self, conversation: Conversation) -> Found:
        verdicts: list[Verdict] = []
        lost: list[tuple[str, str]] = []
        table = None
        async with self._quick_lock:  # they compute: one at a time costs nothing, and is timed
            for scorer in self.quick:
                begun = time.perf_counter()
                self._sort(scorer, await self._ask(scorer, conversation), verdicts, lost)
                tally = self.tallies[scorer.name]
                tally.seconds += time.perf_counter() - begun
                tally.tried += 1
            if self.facts is not None:
                with contextlib.suppress(NotJudged):
                    table = await scorers.fact_table(conversation, self.facts, seed=self.seed)
        said = await scorers.together(self._ask(scorer, conversation) for scorer in self.asked)
        for scorer, found in zip(self.asked, said, strict=True):
            self._sort(scorer, found, verdicts, lost)
        return Found(conversation, verdicts, lost, table)

    async def _ask(self, scorer: Scorer, conversation: Conversation) -> Verdict | str:
        """The verdict, or why there is none."""
        try:
            need(scorer.name, conversation)
            return await scorer(conversation, seed=self.seed)
        except (NotJudged, ReplyError) as error:
            return error.kind
        except RecordError as error:
            return f"bad row: {error.what}"
        except BackendError as error:
            if not costs_one_item(error):
                raise
            return lost_call(error)

    def _how_to_go_on(self) -> str:
        if self.asked:
            return "with --out the same command goes on: no finished call is made again"
        return "the same command begins anew; what was judged so far stands in the report"

    def _sort(
        self,
        scorer: Scorer,
        found: Verdict | str,
        verdicts: list[Verdict],
        lost: list[tuple[str, str]],
    ) -> None:
        if isinstance(found, str):
            lost.append((scorer.name, found))
        else:
            verdicts.append(found)

    def count(self, found: Found, folder: VerdictFolder | None) -> None:
        """Add what was found to the figures and the files."""
        self.seen += 1
        talk = found.conversation
        words = [any(ch.isalnum() for ch in turn.text) for turn in talk.turns]
        self.lacks["personas"] += not any(speaker.persona for speaker in talk.speakers)
        self.lacks["a second speaker"] += len({turn.speaker for turn in talk.turns}) < 2
        self.lacks["any words"] += not any(words)
        self.lacks["some turns' words"] += any(words) and not all(words)
        for verdict in found.verdicts:
            self.tallies[verdict.scorer].add(talk, verdict)
            if folder:
                folder.verdict(verdict)
            if self.tallies[verdict.scorer].counts:
                self.worst.add(talk, verdict)
        for name, why in found.lost:
            self.tallies[name].unjudged[why] += 1
            self.failed_calls += why.startswith(scorers.FAILED_CALL)
        if folder and found.table is not None:
            folder.facts(found.table)
        if self.show is not None:
            figures = {n: float(t.failed) for n, t in self.tallies.items() if t.failed}
            self.show.progress("judge", self.seen, None, figures)

    def report(self, drops: _Drops) -> dict[str, Any]:
        """Everything in figures."""
        rows = [tally.row() for tally in self.tallies.values()]
        return {
            "source": self.source,
            "critic": ", ".join(dict.fromkeys(self.judges.refs.values())),
            "conversations": self.seen,
            "stopped": self.error.what if self.error else None,
            "error": str(self.error) if self.error else None,
            "interrupted": isinstance(self.error, Interrupted),
            "scorers": rows,
            "exams": [msgspec.to_builtins(one) for one in self.exams],
            "broken_rows": drops.shown,
            "broken_row_count": drops.count,
            "unjudged": {
                f"{row['scorer']}: {why}": n for row in rows for why, n in row["not_judged"].items()
            },
            "failed_calls": self.failed_calls,
            "calls": dict(self.judges.totals()),
            "notes": self._notes(rows),
            "worst": self.worst.cases(),
        }

    def _notes(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        needs = {
            "personas": ("personas",),
            "a second speaker": ("two speakers",),
            "any words": (),
            "some turns' words": (),
        }
        told = []
        for lack, count in self.lacks.items():
            if not count:
                continue
            hit = [
                row["scorer"]
                for row in rows
                if set(needs[lack]) & set(scorers.ENTRIES[row["scorer"]].needs)
            ]
            effect = f": {', '.join(hit)} cannot be judged there" if hit else ""
            told.append(f"{count} of {self.seen} conversations lack {lack}{effect}")
        for exam in self.exams:
            if not exam.passed:
                told.append(
                    f"{exam.judge} by {exam.model} did not pass its exam ({exam.needed}): its "
                    "verdicts are written and count for nothing"
                )
        return [*told, *self.judges.notes()]


def _kit(source: str, names: Sequence[str], human: str | None, samples: int | None) -> scorers.Kit:
    """What some scorers need: other people's attributes, and a human reference."""
    others: tuple[str, ...] = ()
    if {"persona_precision", "persona_recall"} & set(names):
        some = islice(dataset.load_conversations(source), _POOL)
        facts = {fact for talk in some for who in talk.speakers for fact in who.persona}
        others = tuple(sorted(facts))
    reference = None
    if human is not None:
        reference = scorers.human_reference(dataset.load_conversations(human), human)
    plain = scorers.Kit(others=others, human=reference)
    return (
        plain if samples is None else scorers.Kit(others=others, human=reference, samples=samples)
    )
