"""OpenAI's batch endpoint over HTTP: upload, create, look, fetch, cancel. No state of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import msgspec

from dramaturg.errors import BackendError
from dramaturg.models import failures
from dramaturg.models.failures import Where
from dramaturg.models.headers import retry_after

_LONGEST_REQUEST_S = 600.0  # for one upload or download
_TRIES = 6
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


class Counts(msgspec.Struct):
    total: int = 0
    completed: int = 0
    failed: int = 0


class Batch(msgspec.Struct):
    """What the server says of a batch.

    Attributes:
        status: "validating", "in_progress", "finalizing", "completed", "failed", "expired",
            "cancelling" or "cancelled".
        errors: Why a batch was refused as a whole.
    """

    id: str
    status: str = "validating"
    output_file_id: str | None = None
    error_file_id: str | None = None
    request_counts: Counts | None = None
    errors: Any = None
    metadata: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _ENDED

    @property
    def why(self) -> str:
        """The server's words on a batch that failed."""
        rows = self.errors.get("data") if isinstance(self.errors, dict) else None
        told = [str(row.get("message", "")) for row in rows or [] if isinstance(row, dict)]
        return "; ".join(told[:3]) or "it gives no reason"


class Line(msgspec.Struct):
    """One line of an output or error file."""

    custom_id: str
    response: _Response | None = None
    error: Any = None


class _Response(msgspec.Struct):
    status_code: int = 0
    body: msgspec.Raw = msgspec.Raw(b"")


class _List(msgspec.Struct):
    data: list[Batch]


class _File(msgspec.Struct):
    id: str


class _Refused(BackendError):
    """A refusal, with the seconds that the server asks us to wait."""

    def __init__(self, error: BackendError, wait_s: float | None) -> None:
        super().__init__(
            error.what, why=error.why, fix=error.fix, retryable=error.retryable, kind=error.kind
        )
        self.wait_s = wait_s


class BatchAPI:
    """The batch endpoint of one server."""

    def __init__(self, where: Where, base_url: str, headers: Mapping[str, str]) -> None:
        self.where = where
        self._url = base_url.rstrip("/")
        self._headers = {k: v for k, v in headers.items() if k.lower() != "content-type"}
        self._session: aiohttp.ClientSession | None = None

    async def upload(self, name: str, lines: bytes) -> str:
        """The id of a file that holds these lines. Raises BackendError."""

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("purpose", "batch")
            made.add_field("file", lines, filename=name, content_type="application/jsonl")
            return made

        body = await self._tried("POST", "/files", form)
        return str(self._read(body, _File).id)

    async def create(self, file_id: str, mark: str) -> Batch:
        """A new batch over the file; never a second one of the same mark. Raises BackendError."""
        request = {
            "input_file_id": file_id,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"dramaturg": mark},
        }
        for attempt in range(_TRIES):
            try:
                body = await self._once("POST", "/batches", json=request)
            except BackendError as error:
                if not error.retryable or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(min(30.0, 0.5 * 2**attempt))
                found = await self.find(mark)  # the server may have made it all the same
                if found is not None:
                    return found
            else:
                made: Batch = self._read(body, Batch)
                return made
        raise AssertionError("unreachable")

    async def find(self, mark: str) -> Batch | None:
        """The batch with this mark among the server's last hundred. Raises BackendError."""
        listed = self._read(await self._tried("GET", "/batches?limit=100"), _List)
        return next((b for b in listed.data if (b.metadata or {}).get("dramaturg") == mark), None)

    async def look(self, batch_id: str) -> Batch:
        """How a batch stands, asked once: whoever waits asks again. Raises BackendError."""
        found: Batch = self._read(await self._once("GET", f"/batches/{batch_id}"), Batch)
        return found

    async def cancel(self, batch_id: str) -> None:
        """Ask the server to make no more of it; what it made stays. Raises BackendError."""
        await self._tried("POST", f"/batches/{batch_id}/cancel")

    async def content(self, file_id: str) -> bytes:
        """A file that the server wrote, asked for once. Raises BackendError."""
        return await self._once("GET", f"/files/{file_id}/content")

    def lines(self, body: bytes) -> Iterator[Line]:
        """The lines of such a file. Raises BackendError."""
        for row in body.splitlines():
            if row.strip():
                try:
                    yield msgspec.json.decode(row, type=Line)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise failures.broken_error(
                        self.where, f"a line of a batch's file: {error}"
                    ) from None

    async def aclose(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _tried(self, method: str, path: str, form: Any = None) -> bytes:
        for attempt in range(_TRIES):
            try:
                return await self._once(method, path, data=form() if form else None)
            except BackendError as error:
                if not error.retryable or attempt == _TRIES - 1:
                    raise
                asked = error.wait_s if isinstance(error, _Refused) else None
            await asyncio.sleep(min(60.0, 0.5 * 2**attempt if asked is None else asked))
        raise AssertionError("unreachable")

    async def _once(self, method: str, path: str, **body: Any) -> bytes:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(headers=self._headers)
        limit = aiohttp.ClientTimeout(total=_LONGEST_REQUEST_S, sock_connect=15.0, sock_read=120.0)
        try:
            async with self._session.request(
                method, self._url + path, timeout=limit, allow_redirects=False, **body
            ) as response:
                data = await response.read()
                status, headers = response.status, response.headers
        except TimeoutError:
            raise failures.timeout_error(self.where, 120.0, 120.0) from None
        except (aiohttp.ClientError, OSError) as error:
            raise failures.connection_error(self.where, error) from None
        if status == 200:
            return data
        problem = failures.read_problem(data)
        if status in (404, 405, 501) and path.partition("?")[0] in ("/files", "/batches"):
            raise BackendError(
                f"{self.where.address} has no batch API",
                why=f"HTTP {status} to {path}",
                fix="run the same command without --batch",
                kind="no batch API",
            )
        found = failures.status_error(self.where, status, problem)
        raise _Refused(found, retry_after(headers)) from None

    def _read(self, body: bytes, kind: Any) -> Any:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise failures.broken_error(self.where, str(error)) from None
