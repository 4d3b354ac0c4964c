"""An embedder behind an endpoint whose every vector is kept: paid for once."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dramaturg.errors import Interrupted
from dramaturg.models.base import Embedder
from dramaturg.models.gate import Gate
from dramaturg.models.recorded import CallJournal
from dramaturg.records import content_id, to_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_BATCH = 256  # texts asked for and kept at a time


class RecordedEmbedder:
    """Looks each text up in the journal and asks for the others, batch by batch.

    A vector is kept as base64 of its float32 bytes, so a resumed run gets the very same.
    """

    def __init__(self, model: Embedder, role: str, journal: CallJournal, gate: Gate) -> None:
        self.ref = model.ref
        self._model, self._role, self._journal, self._gate = model, role, journal, gate

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`. Raises what the model raises."""
        import numpy as np

        keys = [content_id("k", [self._role, self.ref, "embed", text]) for text in texts]
        found = {key: vector for key in keys if (vector := self._kept(key)) is not None}
        missing = list({k: t for k, t in zip(keys, texts, strict=True) if k not in found}.items())
        for start in range(0, len(missing), _BATCH):
            if self._gate.closed:
                raise Interrupted("stopped by the user", fix="the same command goes on")
            batch = missing[start : start + _BATCH]
            for (key, text), row in zip(
                batch, await self._model.embed([text for _, text in batch]), strict=True
            ):
                self._keep(key, text, row)
                found[key] = row
        rows = [found[key] for key in keys]
        return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)

    def _kept(self, key: str) -> npt.NDArray[np.float32] | None:
        import numpy as np

        row = self._journal.find(key)
        if row is None or row["state"] != "done":
            return None
        return np.frombuffer(base64.b64decode(row["reply"].strip('"')), dtype=np.float32)

    def _keep(self, key: str, text: str, row: npt.NDArray[np.float32]) -> None:
        self._journal.intend(
            key,
            role=self._role,
            model=self.ref,
            task="embed",
            prompt_hash="",
            request=to_json(text),
        )
        packed = base64.b64encode(row.astype("float32").tobytes()).decode()
        self._journal.finish(key, to_json(packed), tokens_in=0, tokens_out=0, usd=0.0, seconds=0.0)
