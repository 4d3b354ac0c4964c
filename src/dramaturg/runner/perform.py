"""Perform a plan: open the folder, wrap the models, listen, export, report."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from dramaturg import __version__, dataset
from dramaturg.errors import BackendError, DramaturgError, Interrupted, PartEnds, UserError
from dramaturg.models import ChatModel, Embedder, LogProbModel, NLIModel
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.prefix import prefix_share
from dramaturg.models.prompted import PromptedNLI
from dramaturg.models.recorded import Recorded
from dramaturg.models.recorded_embedder import RecordedEmbedder
from dramaturg.models.recorded_scores import RecordedScores
from dramaturg.recipes.recipe import Made
from dramaturg.records import Conversation, Drop
from dramaturg.runner.bad_replies import bad_replies
from dramaturg.runner.batching import batched, check_batchable
from dramaturg.runner.plan import Plan
from dramaturg.runner.watch import Watch, Watching, watching
from dramaturg.scorers import FAILED_CALL
from dramaturg.store import RunFolder, RunListener, notes, parts, write_atomically

if TYPE_CHECKING:
    from dramaturg.models.batch import BatchModel, BatchSettings

DERIVED = ("drop", "verdict", "comparison", "preference", "badreply")  # made anew by a replay


class Show(Protocol):
    """Who shows the progress of a run: the command line does, the library does not."""

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """A step got further."""
        ...


class RunPart(parts.Part, Protocol):
    """A part of a run as the runner knows it: `runner.shards` has them."""

    def opened(self, folder: RunFolder) -> None:
        """Its run folder is open, before anything is made."""
        ...

    @property
    def keeps_records(self) -> bool:
        """Whether records of earlier sessions will not be made anew."""
        ...

    @property
    def whole(self) -> bool:
        """Whether what comes out is the dataset."""
        ...

    def told(self) -> dict[str, Any]:
        """What the report says of it."""
        ...

    def unfinished(self) -> DramaturgError | None:
        """Why the run is not finished although its recipe came to its end."""
        ...


@dataclass(frozen=True)
class Run:
    """A run that ended, for whatever reason.

    Attributes:
        path: The run folder; `datasets.load_dataset(str(path))` reads it.
        state: "finished" or "stopped".
        stopped: Why it ended early, or None.
        report: What is in report.json.
        resumed: Whether earlier work was found and used.
        error: What ended it early, where that was an error.
        makes: What the recipe is run for: "conversations", "people", or the name of a table.
    """

    path: Path
    state: str
    stopped: str | None
    report: dict[str, Any]
    resumed: bool
    error: DramaturgError | None = None
    notes: list[str] = field(default_factory=list)
    makes: str = "conversations"

    def conversations(self) -> Iterator[Conversation]:
        """The kept conversations, read from the folder."""
        return dataset.read_dataset(self.path)

    @property
    def exit_code(self) -> int:
        """0 done, 1 fell short (stopped, or nothing was kept), 130 interrupted."""
        if self.state == "finished":
            made = self.report.get("made", {}).get(self.makes)
            return 0 if made or "shard" in self.report else 1
        return 130 if isinstance(self.error, Interrupted) else 1

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The shards that this one waits for."""
        return self.error.waits_for if isinstance(self.error, PartEnds) else ()


async def perform(
    planned: Plan,
    *,
    budget: Budget | None = None,
    gate: Gate | None = None,
    show: Show | None = None,
    batch: BatchSettings | None = None,
    seen: Watching = Watching(),  # noqa: B008  (it is immutable)
    part: RunPart | None = None,
) -> Run:
    """Perform a plan; on a folder that holds part of it, no finished call is repeated.

    Args:
        batch: Drafts and verdicts go through the endpoints' batch APIs, gathered like this.
        seen: What is seen of the run beside its log file.
        part: Only this part of it is made, or all are put together.

    A model that fails for good, a limit reached and a stop by the user do not raise: what was
    finished is exported, and the result says why it ended.

    Raises:
        RunFolderError: If the folder is held, foreign, or of another run.
    """
    budget, gate = budget or Budget(), gate or Gate()
    if batch is not None:
        check_batchable(planned.models)
    about = {"recipe": planned.recipe.name, "models": planned.refs}
    with (
        RunFolder.open(planned.out, planned.arguments, __version__) as folder,
        watching(folder.path, about, planned.models, seen) as watch,
    ):
        for cost in folder.journal.totals().values():
            budget.carry_over(cost)
        if part is None or not part.keeps_records:
            folder.journal.forget(*DERIVED)
        if part is not None:
            part.opened(folder)
        keeper = _Both(RunListener(folder), show, watch)
        plain = dict(planned.models)
        batches: list[BatchModel] = []
        if batch is not None:
            plain, batches = batched(plain, folder.journal, gate, batch, keeper.show)
        needs = planned.recipe.roles
        models: dict[str, Any] = {
            role: _kept(model, needs[role], role, folder, budget, gate, watch)
            for role, model in plain.items()
        }
        made: Made | None = None
        error: DramaturgError | None = None
        at_once = False
        try:
            with notes.listening(keeper), parts.working_on(part):
                made = await planned.recipe.make(**models, **planned.settings)
            error = made.cut or _failed_calls(keeper) or (part.unfinished() if part else None)
        except PartEnds as end:
            error = _failed_calls(keeper) or (end if end.waits_for else None)
        except (Interrupted, BackendError) as reason:
            error = reason
        except UserError:
            dataset.export(folder, (), ())  # dropped/ says why, where something was dropped
            raise
        except asyncio.CancelledError:
            error = Interrupted("stopped at once by the user")
            at_once = True
        finally:
            for one in batches:
                one.stop_waiting()
            try:
                await _drain(models, at_once)
            except asyncio.CancelledError:  # stopped a second time, while waiting for the rest
                error = Interrupted("stopped at once by the user")
                await _drain(models, True)
            for one in batches:
                await one.aclose()
            await _close(planned.models)
        stopped = error.what if error else None
        if part is not None and not part.whole:
            made = None
        report = _finish(folder, planned, made, stopped, part)
        state = "stopped" if stopped else "finished"
        if not stopped:
            folder.finish()
        watch.ended(state, error, report)
        return Run(
            folder.path,
            state,
            stopped,
            report,
            folder.resumed,
            error,
            report["notes"],
            planned.recipe.makes,
        )


def _finish(
    folder: RunFolder,
    planned: Plan,
    made: Made | None,
    stopped: str | None,
    part: RunPart | None = None,
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "recipe": planned.recipe.name,
        "models": planned.refs,
        "settings": planned.arguments["settings"],
        "personas": _personas_from(planned),
        "stopped": stopped,
        "notes": [*(made.notes if made else []), *_said_by(planned.models)],
        **(part.told() if part is not None else {}),
        **(made.report if made else {}),
        "totals": _totals(folder),
        "prompts": prefix_share(folder.journal.calls()),
        "bad_replies": bad_replies(folder.journal.records("badreply")),
    }
    if made:
        kinds = dict.fromkeys(("conversations", "people", *made.tables, planned.recipe.makes))
        report["made"] = {kind: made.count(kind) for kind in kinds}
    if made:  # where nothing was made, dropped/ says why
        splits = dataset.export(folder, made.conversations, made.people, tables=made.tables)
        if report["made"][planned.recipe.makes]:
            report["splits"] = splits
            dataset.write_card(folder, report)
    dataset.write_report_page(folder, report, made.conversations if made else [])
    text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    write_atomically(folder.path / "report.json", text.encode())
    return report


def _personas_from(planned: Plan) -> str:
    """Where the persona facts came from, in words; the name of a file, never its path."""
    if "personas" not in planned.settings:
        names = [Path(planned.settings[name]).name for name in planned.inputs]
        if not names:
            return "the recipe and what ships with the package; no file of the user was read"
        read = f"the user's {', '.join(names)}, under the terms of whoever wrote it"
        return f"what the recipe made with {read}"
    given = planned.settings.get("personas")
    if given:
        return f"the user's {Path(given).name}, under the terms of whoever wrote it"
    return "the starter list of the package (Apache-2.0), written for this project"


def _failed_calls(told: _Both) -> BackendError | None:
    """Calls that got no reply although one may come later: the run is not finished then."""
    if not told.failed_calls:
        return None
    kinds = ", ".join(f"{kind} {count}" for kind, count in told.failed_calls.most_common())
    return BackendError(
        f"{sum(told.failed_calls.values())} drafts or verdicts got no reply",
        why=f"the endpoint failed: {kinds}",
        fix="the same command asks for these again, and for nothing else",
        retryable=True,
    )


def _said_by(models: Mapping[str, Any]) -> list[str]:
    """What endpoints had to say: a parameter they do not take, tokens that had to be estimated."""
    inner = [getattr(model, "chat", None) or model for model in models.values()]
    told = [note for model in inner for note in getattr(model, "notes", ())]
    return list(dict.fromkeys(told))


def _totals(folder: RunFolder) -> dict[str, dict[str, float]]:
    """What the run has cost so far, by "role/task", over every time it was resumed."""
    folder.journal.flush()
    return {
        f"{role}/{task}": {
            "calls": cost.calls,
            "tokens_in": cost.tokens_in,
            "tokens_out": cost.tokens_out,
            "model_seconds": round(cost.seconds, 3),
            "usd": round(cost.usd, 6),
        }
        for (role, task), cost in sorted(folder.journal.totals().items())
    }


@contextlib.contextmanager
def ctrl_c(gate: Gate, say: Callable[[str], None]) -> Iterator[None]:
    """Ctrl-C or SIGTERM once: finish what is in flight, then stop. Twice: stop now."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def on_signal() -> None:
        if not gate.closed:
            gate.close()
            say("stopping: waiting for the calls in flight (once more stops at once)")
        elif task is not None:
            task.cancel()

    installed: list[signal.Signals] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, on_signal)
            installed.append(number)
    try:
        yield
    finally:
        for number in installed:
            loop.remove_signal_handler(number)


class _Both:
    """Records go to the journal, progress to whoever shows it."""

    def __init__(self, keep: RunListener, show: Show | None, watch: Watch) -> None:
        self._keep, self._show, self._watch = keep, show, watch
        self.failed_calls: Counter[str] = Counter()

    def note(self, record: msgspec.Struct) -> None:
        if isinstance(record, Drop) and record.reason.startswith(FAILED_CALL):
            self.failed_calls[record.reason.split(": ")[1]] += 1
        self._watch.note(record)
        self._keep.note(record)

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        self._watch.step(step, done, total, figures)
        self.show(step, done, total, figures)

    def show(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """Something that is no step of the recipe, such as a batch that is waited for."""
        if self._show is not None:
            self._show.progress(step, done, total, figures)


def _kept(
    model: Any, need: type, role: str, folder: RunFolder, budget: Budget, gate: Gate, watch: Watch
) -> Any:
    """The model with a journal before it, for what its role needs it for."""
    if need is Embedder and not isinstance(model, NLIModel):
        return RecordedEmbedder(model, role, folder.journal, gate, budget)
    if need is LogProbModel:
        return RecordedScores(model, role, folder.journal, gate, budget)
    return _wrap(model, role, folder, budget, gate, watch)


def _wrap(
    model: Any, role: str, folder: RunFolder, budget: Budget, gate: Gate, watch: Watch
) -> Any:
    """The model with a gate, a budget and a journal before it."""
    if isinstance(model, PromptedNLI):
        return PromptedNLI(_wrap(model.chat, role, folder, budget, gate, watch))
    if not isinstance(model, ChatModel):
        return model
    seen = watch.wrap(Gated(Budgeted(model, budget), gate), role)
    if hasattr(model, "with_chat"):  # embedded: only what it writes is worth keeping
        return model.with_chat(Recorded(seen, role, folder.journal))
    return Recorded(seen, role, folder.journal)


async def _drain(models: Mapping[str, Any], at_once: bool) -> None:
    """Wait for calls that are out: they are paid and their replies are kept."""
    for model in models.values():
        inner = model.chat if hasattr(model, "chat") else model
        if isinstance(inner, Recorded):
            await inner.drain(stop=at_once)


async def _close(models: Mapping[str, Any]) -> None:
    for model in {id(m): m for m in models.values()}.values():
        inner = model.chat if isinstance(model, PromptedNLI) else model
        if hasattr(inner, "aclose"):
            await inner.aclose()
