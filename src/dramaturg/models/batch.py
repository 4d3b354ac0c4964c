"""Half the price for patience: calls gathered into batches that a server makes within a day.

A call waits until no new one has come for some seconds, goes out with all that came, and is
answered when its batch is done. Which calls are in which batch stands in the journal before the
batch is made, so that a run that was killed finds its batches again and pays for none twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from dramaturg.errors import BackendError, DramaturgError, Interrupted
from dramaturg.models import failures
from dramaturg.models.base import Call, ChatModel, Reply
from dramaturg.models.batch_api import Batch, BatchAPI, Line
from dramaturg.models.gate import Gate
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prices import Price
from dramaturg.models.wire import BrokenBody, decode_completion, encode
from dramaturg.records import content_id

_log = logging.getLogger("dramaturg.models")

TASKS = ("conversation.", "judge.")  # what a batch is worth its wait for: drafts and verdicts
_TICK_S = 0.25  # how soon a stop is noticed
_LONGEST_OUTAGE_PAUSE = 10  # times `longest_look_s`, while the server is out of reach

T = TypeVar("T")

Tell = Callable[[str, int, int | None, dict[str, float]], None]


class BatchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are gathered and awaited.

    Attributes:
        quiet_s: A batch goes out when no new call came for so long.
        max_requests, max_bytes: Or when it is so large.
        first_look_s, longest_look_s: Seconds between two looks at a batch, from and to.
        longest_s: The longest wait for one batch; servers promise 24 hours.
        submissions: How often a call is put into a batch before it counts as lost.
    """

    quiet_s: float = 5.0
    max_requests: int = 20_000
    max_bytes: int = 64 * 2**20
    first_look_s: float = 2.0
    longest_look_s: float = 30.0
    longest_s: float = 26 * 3600.0
    submissions: int = 3


class BatchJournal(Protocol):
    """Where batches are remembered; `store.Journal` is one."""

    def meta(self, key: str) -> str | None: ...

    def remember(self, key: str, value: str) -> None: ...

    def flush(self) -> None: ...


class _Sent(msgspec.Struct):
    """A batch as the journal keeps it: `id` is "" between the intent and the server's answer."""

    mark: str
    id: str
    keys: list[str]


class _Waiting(msgspec.Struct):
    call: Call
    future: asyncio.Future[Reply]
    submissions: int = 0


class BatchModel:
    """A chat model whose drafts and verdicts are made by the server's batch API.

    Other tasks, and a reply that is asked for again, go to the model at once and at full price:
    there one step waits for the next, and a day for each would be no bargain.

    Args:
        direct: What answers those; default `model`.
        tell: Shown how far a batch is: its name, requests done, requests in all, figures.

    Attributes:
        price: The full one: a limit on money is kept by the higher estimate.
    """

    def __init__(
        self,
        model: OpenAICompatible,
        journal: BatchJournal,
        gate: Gate,
        *,
        direct: ChatModel | None = None,
        settings: BatchSettings = BatchSettings(),  # noqa: B008  (it is immutable)
        tell: Tell = lambda step, done, total, figures: None,
    ) -> None:
        self.model = model
        self.ref = model.ref
        self._direct: ChatModel = direct or model
        self.price: Price | None = model.price
        self.notes = model.notes
        self.settings = settings
        self._api = BatchAPI(model.endpoint.where, model.endpoint.base_url, model.headers)
        self._journal, self._gate, self._tell = journal, gate, tell
        self._waiting: dict[str, _Waiting] = {}
        self._queued: dict[str, bytes] = {}
        self._queued_bytes = 0
        self._out: dict[str, _Sent] = {}  # by mark
        self._undelivered: dict[str, set[str]] = {}  # keys by mark
        self._early: dict[str, Reply] = {}  # replies that came before they were asked for
        self._last_came = 0.0
        self._jobs: set[asyncio.Task[None]] = set()
        self._gatherer: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._worked: set[str] = set()  # marks of the batches that a job is at work on
        self._broken: dict[str, DramaturgError] = {}  # why a job gave a batch up, by mark
        self._over: DramaturgError | None = None  # set once nothing is waited for any more
        self._index = f"batches {self.ref}"
        self._found = False

    @property
    def places(self) -> Sequence[Any]:
        """The clients behind it."""
        found: Sequence[Any] = getattr(self._direct, "places", (self._direct,))
        return found

    @property
    def slots(self) -> int:
        """Calls that may wait at a time: as many as a batch holds."""
        return self.settings.max_requests

    def native(self, task: str) -> bool:
        """Never: it reads prompts."""
        return self.model.native(task)

    def follows_prompts(self) -> bool:
        """Always."""
        return self.model.follows_prompts()

    async def answer(self, call: Call) -> Reply:
        """The reply, from a batch.

        Raises:
            BackendError: If there is none to be had.
            Interrupted: If the run is stopped meanwhile; the batch goes on at the server.
        """
        if call.attempt or not call.task.startswith(TASKS):
            return await self._direct.answer(call)
        if self._over is not None:
            raise _copy(self._over)
        self._find_sent()
        key = batch_key(self.ref, call)
        waiting = self._waiting.get(key)
        if waiting is None:
            future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            marks = [mark for mark, keys in self._undelivered.items() if key in keys]
            broken = next((m for m in marks if m in self._broken), None)
            if broken is not None and key not in self._early:
                raise _copy(self._broken[broken])
            waiting = self._waiting[key] = _Waiting(call, future)
            if key in self._early:
                future.set_result(self._early.pop(key))
            elif self._worked.isdisjoint(marks):
                self._queue(key, waiting)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            reply = await asyncio.shield(waiting.future)
        finally:
            if waiting.future.done():
                self._waiting.pop(key, None)
        asyncio.get_running_loop().call_soon(self._delivered, key)  # once the journal has it
        return reply

    async def cancel(self) -> None:
        """Ask the server to stop every batch that is out; what it has made is still fetched."""
        for sent in self._out.values():
            if sent.id:
                await self._api.cancel(sent.id)

    def stop_waiting(self, error: DramaturgError | None = None) -> None:
        """Every call that waits ends now, and so does every later one; nothing more is sent.

        What is out at the server stays out, and is found by the next session.

        Args:
            error: What those calls raise; default Interrupted, saying how many batches go on.
        """
        if self._over is None:
            out = sum(1 for sent in self._out.values() if sent.id)
            goes_on = f"{out} batches go on at the server"
            self._over = error or Interrupted(
                "stopped waiting for batches",
                why=goes_on if out else "the run ends",
                fix="type the same command again: it picks up what the batches have made",
            )
        self._queued.clear()
        self._queued_bytes = 0
        self._fail(list(self._waiting), self._over)

    async def aclose(self) -> None:
        """Stops waiting. Batches that are out stay out, and are found by the next session."""
        self.stop_waiting()
        jobs = [*self._jobs, *(job for job in (self._gatherer, self._watcher) if job)]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await self._api.aclose()

    # Gathering

    def _queue(self, key: str, waiting: _Waiting) -> None:
        body = self.model.body(waiting.call)
        body.pop("stream", None)
        body.pop("stream_options", None)
        request = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions"}
        self._queued[key] = encode({**request, "body": body}) + b"\n"
        self._queued_bytes += len(self._queued[key])
        self._last_came = time.monotonic()
        if self._gatherer is None or self._gatherer.done():
            self._gatherer = asyncio.create_task(self._gather())

    async def _gather(self) -> None:
        """Submits what has come, as soon as it is quiet or enough; ends when nothing is queued."""
        try:
            while self._queued:
                full = (
                    len(self._queued) >= self.settings.max_requests
                    or self._queued_bytes >= self.settings.max_bytes
                )
                quiet = time.monotonic() - self._last_came
                if self._gate.closed:
                    self._stop()
                elif full or quiet >= self.settings.quiet_s:
                    self._start(self._submit(self._take()))
                else:
                    await asyncio.sleep(min(_TICK_S, self.settings.quiet_s - quiet))
        except Exception as error:
            self._fail(list(self._queued), _as_ours(error))
            self._queued.clear()
            self._queued_bytes = 0

    async def _watch(self) -> None:
        """A stop ends every call that waits, whatever else is going on."""
        while self._waiting:
            if self._gate.closed:
                self._stop()
                return
            await asyncio.sleep(_TICK_S)

    def _take(self) -> dict[str, bytes]:
        taken: dict[str, bytes] = {}
        size = 0
        for key, line in self._queued.items():
            if taken and (
                len(taken) >= self.settings.max_requests
                or size + len(line) > self.settings.max_bytes
            ):
                break
            taken[key] = line
            size += len(line)
        for key in taken:
            del self._queued[key]
        self._queued_bytes -= size
        return taken

    # One batch

    async def _submit(self, lines: dict[str, bytes]) -> None:
        sent = _Sent(mark=uuid.uuid4().hex, id="", keys=list(lines))
        for key in lines:
            if key in self._waiting:
                self._waiting[key].submissions += 1
        self._out[sent.mark] = sent
        self._undelivered[sent.mark] = set(lines)
        self._worked.add(sent.mark)
        self._tell(f"sending a batch of {len(lines)} calls", 0, None, {})
        try:
            file_id = await self._api.upload(f"{sent.mark}.jsonl", b"".join(lines.values()))
            if self._over is not None:
                raise self._over  # stopped meanwhile: what is not sent yet is not sent
            self._remember()  # the intent; before the server can make what costs money
        except Exception as error:
            self._forget(sent)
            self._fail(sent.keys, _as_ours(error))
            return
        try:
            sent.id = (await self._api.create(file_id, sent.mark)).id
            self._remember()
            _log.info("batch sent", extra={"fields": {"batch": sent.id, "calls": len(lines)}})
            await self._await(sent)
        except Exception as error:  # what the server may have made stays remembered
            self._give_up(sent, _as_ours(error))
        finally:
            self._worked.discard(sent.mark)

    async def _await(self, sent: _Sent) -> None:
        """Looks at the batch until it has ended, and hands out its replies."""
        begun, pause = time.monotonic(), self.settings.first_look_s
        while True:
            batch = await self._patiently(sent, begun, lambda: self._api.look(sent.id))
            counts = batch.request_counts
            done = counts.completed + counts.failed if counts else 0
            figures = {"minutes_waited": _minutes(begun)}
            self._tell(
                f"waiting for batch {sent.id} ({batch.status})", done, len(sent.keys), figures
            )
            if batch.ended:
                break
            if time.monotonic() - begun > self.settings.longest_s:
                raise self._too_long(sent, f"says that it is {batch.status}")
            await self._pause(pause)
            if self._gate.closed or self._over is not None:
                self._stop()
                return
            pause = min(self.settings.longest_look_s, 1.5 * pause)
        ended = {"batch": sent.id, "status": batch.status, "calls": len(sent.keys)}
        _log.info("batch ended", extra={"fields": ended | figures})
        if batch.status == "failed":
            self._forget(sent)
            raise BackendError(
                f"{self.model.endpoint.where.address} refused batch {sent.id}",
                why=self.model.endpoint.where.clean(batch.why),
                fix="see its words; smaller batches: a lower -n, or without --batch",
                kind="batch",
            )
        await self._collect(sent, batch, begun)

    async def _patiently(self, sent: _Sent, begun: float, ask: Callable[[], Awaitable[T]]) -> T:
        """What the server says, however long it is out of reach: its batches go on meanwhile.

        Raises:
            BackendError: If it refuses for good, or `longest_s` after `begun` are over.
        """
        pause = self.settings.first_look_s
        while True:
            try:
                return await ask()
            except BackendError as error:
                if not error.retryable:
                    raise
                if time.monotonic() - begun > self.settings.longest_s:
                    raise self._too_long(sent, f"does not say how it is: {error.what}") from None
                pause = min(_LONGEST_OUTAGE_PAUSE * self.settings.longest_look_s, 2 * pause)
                wait = max(pause, getattr(error, "wait_s", None) or 0.0)
                self._tell(
                    f"waiting for batch {sent.id} (no answer about it: {error.kind}; asked again "
                    f"in {wait:.0f} s)",
                    0,
                    len(sent.keys),
                    {"minutes_waited": _minutes(begun)},
                )
                fields = {"batch": sent.id, "kind": error.kind, "again_in_s": round(wait, 1)}
                _log.warning("no answer about a batch", extra={"fields": fields})
            await self._pause(wait)
            if self._gate.closed or self._over is not None:
                self._stop()
                raise self._over or Interrupted("stopped by the user")

    def _too_long(self, sent: _Sent, says: str) -> BackendError:
        return BackendError(
            f"batch {sent.id} is not done after {self.settings.longest_s / 3600:.0f} h",
            why=f"{self.model.endpoint.where.address} {says}",
            fix="the same command goes on waiting for it",
            retryable=True,
            kind="batch",
        )

    async def _collect(self, sent: _Sent, batch: Batch, begun: float) -> None:
        missing = dict.fromkeys(sent.keys)
        share = self.price.batch if self.price else 1.0
        for file_id in (batch.output_file_id, batch.error_file_id):
            if not file_id:
                continue
            body = await self._patiently(sent, begun, lambda f=file_id: self._api.content(f))  # type: ignore[misc]
            for line in self._api.lines(body):
                if line.custom_id not in missing:
                    continue
                found = self._read(line, share)
                if isinstance(found, BackendError) and found.retryable:
                    continue  # it is among the missing: into the next batch
                del missing[line.custom_id]
                if isinstance(found, BackendError):
                    self._undelivered.get(sent.mark, set()).discard(line.custom_id)
                self._hand_out(line.custom_id, found)
        self._undelivered.get(sent.mark, set()).difference_update(missing)
        self._settle(sent)
        for key in missing:
            waiting = self._waiting.get(key)
            if waiting is None or waiting.future.done():
                continue  # nobody has asked for it yet in this session; who does, sends it anew
            if waiting.submissions >= self.settings.submissions:
                self._fail([key], _lost(batch))
            else:
                self._queue(key, waiting)

    def _read(self, line: Line, share: float) -> Reply | BackendError:
        where = self.model.endpoint.where
        if line.response is None or line.response.status_code == 0:
            problem = failures.read_problem(msgspec.json.encode({"error": line.error}))
            if problem.code == "batch_expired":
                return _lost_line("expired")
            return failures.status_error(where, 500, problem)
        body = bytes(line.response.body)
        if line.response.status_code != 200:
            return failures.status_error(
                where, line.response.status_code, failures.read_problem(body)
            )
        try:
            completion = decode_completion(body)
        except BrokenBody as error:
            return failures.broken_error(where, str(error))
        waiting = self._waiting.get(line.custom_id)
        messages = waiting.call.messages if waiting else ()
        length = sum(len(m.content) for m in messages)
        return self.model.reply(completion, length, 0.0, share=share)

    def _hand_out(self, key: str, found: Reply | BackendError) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            if isinstance(found, Reply):
                self._early[key] = found
            return
        if waiting.future.done():
            return
        if isinstance(found, Reply):
            waiting.future.set_result(found)
        else:
            self._fail([key], found)

    # What the journal knows

    def _find_sent(self) -> None:
        """Batches of an earlier session: waited for again, once."""
        if self._found:
            return
        self._found = True
        text = self._journal.meta(self._index)
        for sent in msgspec.json.decode(text, type=list[_Sent]) if text else []:
            self._out[sent.mark] = sent
            self._undelivered[sent.mark] = set(sent.keys)
            self._worked.add(sent.mark)
            self._start(self._resume(sent))

    async def _resume(self, sent: _Sent) -> None:
        try:
            if not sent.id:  # killed between the intent and the answer: was it made?
                made = await self._api.find(sent.mark)
                if made is None:
                    self._again(sent)
                    return
                sent.id = made.id
                self._remember()
            await self._await(sent)
        except BackendError as error:
            if error.kind == "not found":  # the server has forgotten it
                self._again(sent)
                return
            self._give_up(sent, error)
        except Exception as error:
            self._give_up(sent, _as_ours(error))
        finally:
            self._worked.discard(sent.mark)

    def _again(self, sent: _Sent) -> None:
        """A batch that is not there: whoever waits for it is sent anew."""
        self._forget(sent)
        for key in sent.keys:
            if key in self._waiting and not self._waiting[key].future.done():
                self._queue(key, self._waiting[key])

    def _remember(self) -> None:
        text = msgspec.json.encode(list(self._out.values())).decode()
        self._journal.remember(self._index, text)
        self._journal.flush()

    def _forget(self, sent: _Sent) -> None:
        self._out.pop(sent.mark, None)
        self._undelivered.pop(sent.mark, None)
        with contextlib.suppress(DramaturgError):
            self._remember()

    def _delivered(self, key: str) -> None:
        for mark, keys in list(self._undelivered.items()):
            if key in keys:
                keys.discard(key)
                self._settle(self._out[mark])

    def _settle(self, sent: _Sent) -> None:
        """A batch of which every reply is in the journal is no longer remembered."""
        if sent.mark in self._out and not self._undelivered.get(sent.mark):
            self._forget(sent)

    # Ends

    def _give_up(self, sent: _Sent, error: DramaturgError) -> None:
        """Nobody looks at the batch any more: whoever asks for one of its calls is told why."""
        if sent.mark in self._out:
            self._broken[sent.mark] = error
        self._fail(sent.keys, error)

    def _fail(self, keys: list[str], error: DramaturgError) -> None:
        for key in keys:
            waiting = self._waiting.get(key)
            if waiting is not None and not waiting.future.done():
                waiting.future.set_exception(_copy(error))
                waiting.future.exception()  # seen: its caller may be gone

    def _stop(self) -> None:
        """The gate is closed: as `stop_waiting`, in the words of a stop by the user."""
        out = sum(1 for sent in self._out.values() if sent.id)
        why = f"{out} batches go on at the server" if out else "Ctrl-C or a stop signal came"
        fix = "type the same command again: it picks up what the batches have made"
        self.stop_waiting(Interrupted("stopped by the user", why=why, fix=fix))

    def _start(self, work: Any) -> None:
        job: asyncio.Task[None] = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _pause(self, seconds: float) -> None:
        ticks, rest = divmod(seconds, _TICK_S)
        for tick in (*[_TICK_S] * int(ticks), rest):
            if not self._gate.closed and self._over is None:
                await asyncio.sleep(tick)


def batch_key(ref: str, call: Call) -> str:
    """The name of a call in a batch: by what is asked, so that a restart knows it again."""
    content = [ref, call.task, call.messages, call.sampling, call.seed, call.schema]
    return content_id("b", content)


def _minutes(begun: float) -> float:
    return round((time.monotonic() - begun) / 60, 1)


def _lost(batch: Batch) -> BackendError:
    return BackendError(
        f"batch {batch.id} ended as {batch.status} without a reply to this call",
        why="it was put into several batches in vain",
        fix="the same command asks for these again, and for nothing else",
        retryable=True,
        kind="batch",
    )


def _lost_line(why: str) -> BackendError:
    return BackendError(f"the batch {why} before this call", retryable=True, kind="batch")


def _copy(error: DramaturgError) -> DramaturgError:
    """An error of its own for each that waits: a traceback is not shared."""
    made = type(error).__new__(type(error))
    made.args = error.args
    made.__dict__.update(error.__dict__)
    return made


def _as_ours(error: Exception) -> DramaturgError:
    if isinstance(error, DramaturgError):
        return error
    return BackendError("the batch failed", why=f"{type(error).__name__}: {error}", kind="batch")
