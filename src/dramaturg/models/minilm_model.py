"""`minilm`: all-MiniLM-L6-v2 as the embedder of a role, for the extra `minilm`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dramaturg.models.experts.minilm import MiniLM, find_weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_CHUNK = 64  # texts embedded before other work gets its turn


class MiniLMModel:
    """Sentence vectors and nothing else.

    Attributes:
        ref: "minilm".
        version: Of the arithmetic; part of a run's fingerprint.

    Raises:
        UserError: When made, if the weights are not installed.
    """

    ref = "minilm"
    version = MiniLM.version

    def __init__(self) -> None:
        find_weights()
        self._encoder = MiniLM()

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), 384)`."""
        import numpy as np

        found = np.zeros((len(texts), MiniLM.dim), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            found[start : start + _CHUNK] = self._encoder.embed(texts[start : start + _CHUNK])
            await asyncio.sleep(0)
        return found
