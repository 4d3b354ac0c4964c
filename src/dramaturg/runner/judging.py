"""The critics over conversations that exist already, as many as there are, in flat memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from dramaturg import dataset, scorers
from dramaturg.errors import (
    BackendError,
    DramaturgError,
    Interrupted,
    RecordError,
    UserError,
)
from dramaturg.models import ChatModel, NLIModel, cheap_nli
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.resolve import Limits
from dramaturg.records import Conversation, Cost, Drop, Verdict
from dramaturg.runner.examined import Examined
from dramaturg.runner.judges import Judges, attributes, needs_others, seats
from dramaturg.runner.juries import juries
from dramaturg.runner.perform import Show
from dramaturg.runner.tally import Tally, Worst
from dramaturg.runner.verdict_folder import VerdictFolder
from dramaturg.scorers import DEFAULT, FactTable, Scorer, need, paid, why_lost
from dramaturg.scorers.base import RULE

_DROPS_SHOWN = 50


@dataclass(frozen=True)
class Lost:
    """Why something was not judged, and what was paid for it."""

    why: str
    cost: Cost


@dataclass(frozen=True)
class Found:
    """What was found of one conversation; `lost` is by scorer why there is no verdict.

    A fact table is not wanted (None), made, or lost for a reason.
    """

    conversation: Conversation
    verdicts: list[tuple[Tally, Verdict]]
    lost: list[tuple[Tally, Lost]]
    table: FactTable | Lost | None


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
            Several for all are a jury: each has its row, and "juries" tells how far they agree.
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
    bench = seats(given, chosen, budget=budget, gate=gate, limits=limits)
    if fact_table and out is None:
        raise UserError("the fact table is a file", fix="give --out FOLDER")
    drops = _Drops()
    at_once = False
    with contextlib.ExitStack() as stack:
        kit = _kit(source, chosen, human, samples)
        folder: VerdictFolder | None = None
        for judges in bench:
            # A judge that cannot do it is told before a folder is made.
            judges.build(list(judges.refs), kit)
        if out is not None:
            folder = stack.enter_context(VerdictFolder(out, fact_table=fact_table))
        for judges in bench:
            judges.record(folder.journal if folder else None)
        session = _Session(source, bench, kit, seed, fact_table, show, gate, limits.max_in_flight)
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
            for judges in bench:
                try:
                    await judges.close(at_once=at_once)
                except asyncio.CancelledError:  # a second time, while waiting for the rest
                    session.error = Interrupted("stopped at once by the user")
                    at_once = True
                    await judges.close(at_once=True)
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
        bench: Sequence[Judges],
        kit: scorers.Kit,
        seed: int,
        fact_table: bool,
        show: Show | None,
        gate: Gate,
        in_flight: int,
    ) -> None:
        self._gate, self._in_flight = gate, in_flight
        self.source, self.bench, self.seed, self.show = source, bench, seed, show
        self.tallies: list[Tally] = []
        for number, judges in enumerate(bench):
            panel = judges.build(list(judges.refs), kit)
            refs = judges.names(panel)
            self.tallies += [
                Tally(one, refs[one.name], prompted=judges.is_prompted(one.name))
                for one in panel
                if not number or one.cost_rank != RULE  # a rule says the same from every seat
            ]
        self.quick = [tally for tally in self.tallies if not tally.prompted]
        self.asked = [tally for tally in self.tallies if tally.prompted]
        self.juries = juries(self.tallies)
        self.facts = cheap_nli(bench[0].of("faithfulness")) if fact_table and \
            "faithfulness" in bench[0].refs else None  # fmt: skip
        if fact_table and self.facts is None:
            raise UserError(
                "the fact table is made by the judge of faithfulness",
                fix="add faithfulness to --scorers",
            )
        self.table_asked = self.facts is not None and not isinstance(self.facts, NLIModel)
        self.worst = Worst()
        self.exams = Examined()
        self.tables, self.table_lost, self.table_cost = 0, Counter[str](), Cost()
        self.seen = self.failed_calls = 0
        self.lacks = dict.fromkeys(
            ("personas", "a second speaker", "any words", "some turns' words"), 0
        )
        self.error: DramaturgError | None = None
        self._quick_lock = asyncio.Lock()

    async def examine(self, wanted: bool | None) -> None:
        """Let the judges sit their exams; who fails is judged by, and counts for nothing."""
        for tally in self.tallies:
            tally.counts = await self.exams.scorer(
                tally.scorer, tally.model, asked=tally.prompted, wanted=wanted
            )
        self.failed_calls += sum(
            n
            for one in self.exams.results
            for why, n in one.no_verdict_why.items()
            if why.startswith(scorers.FAILED_CALL)
        )

    async def judge(self, rows: Iterator[Conversation]) -> AsyncIterator[Found]:
        """Each conversation with what was found, in the order of the rows."""
        # As many conversations as keep the endpoint busy; more would only make a stop wait.
        paid_for = len(self.asked) + self.table_asked
        window = max(2, 2 * self._in_flight // paid_for) if paid_for else 1
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
        verdicts: list[tuple[Tally, Verdict]] = []
        lost: list[tuple[Tally, Lost]] = []
        table: FactTable | Lost | None = None
        async with self._quick_lock:  # they compute: one at a time costs nothing, and is timed
            for tally in self.quick:
                begun = time.perf_counter()
                self._sort(tally, await self._ask(tally.scorer, conversation), verdicts, lost)
                tally.seconds += time.perf_counter() - begun
                tally.tried += 1
            if self.facts is not None and not self.table_asked:
                table = await self._table(conversation, self.facts)
        asked: list[Coroutine[Any, Any, Verdict | FactTable | Lost]] = [
            self._ask(tally.scorer, conversation) for tally in self.asked
        ]
        if self.facts is not None and self.table_asked:
            asked.append(self._table(conversation, self.facts))
        said = await scorers.together(asked)
        for tally, found in zip(self.asked, said, strict=False):
            self._sort(tally, found, verdicts, lost)
        if self.table_asked and not isinstance(said[-1], Verdict):
            table = said[-1]
        return Found(conversation, verdicts, lost, table)

    async def _ask(self, scorer: Scorer, conversation: Conversation) -> Verdict | Lost:
        """The verdict, or why there is none."""
        try:
            need(scorer.name, conversation)
            return await scorer(conversation, seed=self.seed)
        except (RecordError, BackendError) as error:
            return Lost(why_lost(error), paid(error))

    async def _table(
        self, conversation: Conversation, judge: NLIModel | ChatModel
    ) -> FactTable | Lost:
        """Every turn against every fact, or why there is no such table."""
        try:
            need("faithfulness", conversation)
            return await scorers.fact_table(conversation, judge, seed=self.seed)
        except (RecordError, BackendError) as error:
            return Lost(why_lost(error), paid(error))

    def _how_to_go_on(self) -> str:
        if self.asked or self.table_asked:
            return "with --out the same command goes on: no finished call is made again"
        return "the same command begins anew; what was judged so far stands in the report"

    def _sort(
        self,
        tally: Tally,
        found: Verdict | FactTable | Lost,
        verdicts: list[tuple[Tally, Verdict]],
        lost: list[tuple[Tally, Lost]],
    ) -> None:
        if isinstance(found, Verdict):
            verdicts.append((tally, found))
        elif isinstance(found, Lost):
            lost.append((tally, found))

    def count(self, found: Found, folder: VerdictFolder | None) -> None:
        """Add what was found to the figures and the files."""
        self.seen += 1
        talk = found.conversation
        words = [any(ch.isalnum() for ch in turn.text) for turn in talk.turns]
        self.lacks["personas"] += not any(speaker.persona for speaker in talk.speakers)
        self.lacks["a second speaker"] += len({turn.speaker for turn in talk.turns}) < 2
        self.lacks["any words"] += not any(words)
        self.lacks["some turns' words"] += any(words) and not all(words)
        for jury in self.juries:
            jury.add(found.verdicts)
        for tally, verdict in found.verdicts:
            tally.add(talk, verdict)
            if folder:
                folder.verdict(verdict)
            if tally.counts:
                self.worst.add(talk, verdict)
        for tally, none in found.lost:
            tally.lose(none.why, none.cost)
            self.failed_calls += none.why.startswith(scorers.FAILED_CALL)
        if found.table is not None:
            self._count_table(found.table, folder)
        if self.show is not None:
            figures = {t.scorer.name: float(t.failed) for t in self.tallies if t.failed}
            self.show.progress("judge", self.seen, None, figures)

    def _count_table(self, table: FactTable | Lost, folder: VerdictFolder | None) -> None:
        self.table_cost = self.table_cost + table.cost
        judge = next(one for one in self.tallies if one.scorer.name == "faithfulness")
        judge.cost = judge.cost + table.cost
        if isinstance(table, Lost):
            self.table_lost[table.why] += 1
            self.failed_calls += table.why.startswith(scorers.FAILED_CALL)
            return
        self.tables += 1
        if folder:
            folder.facts(table)

    def report(self, drops: _Drops) -> dict[str, Any]:
        """Everything in figures."""
        rows = [tally.row() for tally in self.tallies]
        return {
            "source": self.source,
            "critic": ", ".join(dict.fromkeys(tally.model for tally in self.tallies)),
            "conversations": self.seen,
            "stopped": self.error.what if self.error else None,
            "error": str(self.error) if self.error else None,
            "interrupted": isinstance(self.error, Interrupted),
            "scorers": rows,
            "juries": [jury.row(self.seed) for jury in self.juries],
            "exams": [msgspec.to_builtins(one) for one in self.exams.results],
            "fact_table": self._fact_table(),
            "broken_rows": drops.shown,
            "broken_row_count": drops.count,
            "unjudged": dict(self._unjudged(rows)),
            "failed_calls": self.failed_calls,
            "calls": {ref: n for judges in self.bench for ref, n in judges.totals().items()},
            "notes": self._notes(rows),
            "worst": self.worst.cases(),
        }

    def _unjudged(self, rows: Sequence[dict[str, Any]]) -> Counter[str]:
        found = Counter[str]()
        for row in rows:
            for why, n in row["not_judged"].items():
                found[f"{row['scorer']}: {why}"] += n
        return found

    def _fact_table(self) -> dict[str, Any] | None:
        """Of how many conversations there is a table, and what it took; None if not wanted."""
        if self.facts is None:
            return None
        return {
            "judge": getattr(self.facts, "ref", ""),
            "conversations": self.tables,
            "lost": dict(self.table_lost.most_common()),
            "calls": self.table_cost.calls,
            "tokens": self.table_cost.tokens_in + self.table_cost.tokens_out,
            "usd": round(self.table_cost.usd, 6),
        }

    def _notes(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        needs = {
            "personas": ("personas",),
            "a second speaker": ("two speakers",),
            "any words": ("words",),
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
            effect = f": {', '.join(dict.fromkeys(hit))} cannot be judged there" if hit else ""
            told.append(f"{count} of {self.seen} conversations lack {lack}{effect}")
        told += self.exams.notes("its verdicts are written and count for nothing")
        return [*told, *(note for judges in self.bench for note in judges.notes())]


def _kit(source: str, names: Sequence[str], human: str | None, samples: int | None) -> scorers.Kit:
    """What some scorers need: other people's attributes, and a human reference."""
    wanted = needs_others(names)
    others = attributes(dataset.load_conversations(source)) if wanted else ()
    reference = None
    if human is not None:
        reference = scorers.human_reference(dataset.load_conversations(human), human)
    plain = scorers.Kit(others=others, human=reference)
    return (
        plain if samples is None else scorers.Kit(others=others, human=reference, samples=samples)
    )
