"""An embedder behind an endpoint whose every vector is kept: paid for once, within the budget."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from dramaturg.errors import BackendError, Interrupted
from dramaturg.models.base import Embedder
from dramaturg.models.budget import Budget
from dramaturg.models.gate import Gate
from dramaturg.models.held import release_all, until_kept
from dramaturg.models.metered import metered
from dramaturg.models.reckoning import Reckoning
from dramaturg.models.recorded import CallJournal
from dramaturg.records import Cost, content_id, to_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_TEXTS, _CHARS = 128, 200_000  # in one request; as the client sends them

Asked = list[tuple[str, str]]  # (key, text)


class VectorJournal(CallJournal, Protocol):
    """Where requests are kept, and a list of them; `store.Journal` is one."""

    def meta(self, key: str) -> str | None: ...

    def remember(self, key: str, value: str) -> None: ...


class RecordedEmbedder:
    """Looks each text up in the journal and asks for the others, request by request.

    A request is one call, with what it really took. Vectors are kept as base64 of their float32
    bytes, so a resumed run gets the very same; the journal has the list of the requests, each of
    which has its texts.
    """

    def __init__(
        self,
        model: Embedder,
        role: str,
        journal: VectorJournal,
        gate: Gate,
        budget: Budget | None = None,
    ) -> None:
        self.ref = model.ref
        self._model, self._role, self._journal, self._gate = model, role, journal, gate
        self._budget = budget or Budget()
        self._reckoning = Reckoning(model)
        self._index = f"vectors {role} {model.ref}"
        self._made: list[str] | None = None  # the keys of the requests; None = not read yet
        self._places: dict[str, tuple[str, int]] = {}  # request and place in it, by a text's key

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`. Raises what the model raises, OutOfBudget
        where the limit leaves no room for a request."""
        import numpy as np

        self._read_index()
        keys = [self._key(text) for text in texts]
        found = self._kept(keys)
        missing = list({k: t for k, t in zip(keys, texts, strict=True) if k not in found}.items())
        for request in _requests(missing):
            if self._gate.closed:
                raise Interrupted("stopped by the user", fix="the same command goes on")
            rows = await self._ask(request)
            found |= {key: row for (key, _), row in zip(request, rows, strict=True)}
        rows = [found[key] for key in keys]
        return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)

    def _kept(self, keys: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        places: dict[str, list[tuple[str, int]]] = {}
        for key in dict.fromkeys(keys):
            if key in self._places:
                request, index = self._places[key]
                places.setdefault(request, []).append((key, index))
        found: dict[str, npt.NDArray[np.float32]] = {}
        for request, wanted in places.items():
            row = self._journal.find(request)
            if row is not None and row["state"] == "done":
                packed = msgspec.json.decode(row["reply"], type=list[str])
                found |= {key: _unpacked(packed[index]) for key, index in wanted}
        return found

    async def _ask(self, request: Asked) -> Sequence[npt.NDArray[np.float32]]:
        key = content_id("k", ["embed", *(key for key, _ in request)])
        texts = [text for _, text in request]
        row = self._journal.find(key)
        if row is not None and row["state"] == "done":  # killed before it was noted
            self._note(key, texts)
            return [_unpacked(one) for one in msgspec.json.decode(row["reply"], type=list[str])]
        size = sum(len(text.encode(errors="replace")) + 1 for text in texts)
        reserved = await self._budget.reserve(lambda: self._reckoning.most("embed", size, 0))
        self._journal.intend(
            key,
            role=self._role,
            model=self.ref,
            task="embed",
            prompt_hash="",
            request=to_json(texts),
        )
        real = Cost()
        with until_kept() as releases, metered() as taken:
            try:
                rows = await self._model.embed(texts)
                real = sum(taken, Cost()) if taken else Cost(calls=1)
                self._reckoning.saw("embed", size, real)
            except BackendError as error:
                real = sum(taken, Cost()) + Cost(calls=1)
                self._journal.fail(key, str(error))
                raise
            finally:
                self._budget.book(reserved, self._reckoning.with_unanswered(real, size))
            self._journal.finish(
                key,
                to_json(
                    [base64.b64encode(row.astype("float32").tobytes()).decode() for row in rows]
                ),
                tokens_in=real.tokens_in,
                tokens_out=real.tokens_out,
                usd=real.usd,
                seconds=real.seconds,
                then=functools.partial(release_all, releases) if releases else None,
            )
        self._note(key, texts)
        return list(rows)

    def _key(self, text: str) -> str:
        return content_id("k", [self._role, self.ref, "embed", text])

    def _read_index(self) -> None:
        """Where the texts of earlier sessions are, once."""
        if self._made is not None:
            return
        told = self._journal.meta(self._index)
        self._made = msgspec.json.decode(told, type=list[str]) if told else []
        for key in self._made:
            row = self._journal.find(key)
            if row is not None and row["state"] == "done":
                self._place(key, msgspec.json.decode(row["request"], type=list[str]))

    def _note(self, key: str, texts: Sequence[str]) -> None:
        self._place(key, texts)
        made = self._made or []
        if key not in made:
            self._made = [*made, key]
            self._journal.remember(self._index, to_json(self._made))

    def _place(self, key: str, texts: Sequence[str]) -> None:
        for index, text in enumerate(texts):
            self._places[self._key(text)] = key, index


def _requests(asked: Asked) -> Iterator[Asked]:
    request: Asked = []
    size = 0
    for key, text in asked:
        if request and (len(request) >= _TEXTS or size + len(text) > _CHARS):
            yield request
            request, size = [], 0
        request.append((key, text))
        size += len(text)
    if request:
        yield request


def _unpacked(text: str) -> npt.NDArray[np.float32]:
    import numpy as np

    return np.frombuffer(base64.b64decode(text), dtype=np.float32)
