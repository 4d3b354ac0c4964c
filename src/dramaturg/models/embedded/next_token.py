"""The embedded network as a plain next-token model: ids in, logits out, for decoding of one's own.

It continues plain text, as it was trained to after the control token `text`. A folder of weights
made by `dramaturg train embedded` is read as well, so that a network trained on other texts can be
mixed with the shipped one: both have the shipped tokenizer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dramaturg.errors import UserError
from dramaturg.models.embedded.formats import Control, Ids

if TYPE_CHECKING:
    from dramaturg.models.embedded.bpe import Bpe
    from dramaturg.models.embedded.shipped import Array, Weights


class EmbeddedTokens:
    """One sequence at a time; what it has read of a sequence is not read again.

    Attributes:
        ref: "embedded", or the folder of the weights.
        vocabulary: The text of every token, "" for control tokens.
        end: Id of the token that ends a text.
    """

    end = int(Control.EOS)

    def __init__(self, folder: str | Path | None = None) -> None:
        from dramaturg.models.embedded.network import Network

        self.ref = "embedded" if folder is None else str(folder)
        weights, self._bpe = _read(None if folder is None else Path(folder))
        self._network = Network(weights)
        self._read: Ids = []
        self.vocabulary = tuple(self._bpe.piece(i) for i in range(weights.sizes.vocabulary))

    def encode(self, text: str, *, begin: bool = True) -> Ids:
        """Ids of a text, after those that begin one unless `begin` is false."""
        head = [int(Control.BOS), int(Control.TEXT)] if begin else []
        return head + self._bpe.encode(text) if text else head

    def text(self, ids: Iterable[int]) -> str:
        """The text of the ids, control tokens left out."""
        return self._bpe.decode(ids)

    def logits(self, ids: Sequence[int]) -> Array:
        """Of the token after these, shape `(len(vocabulary),)`.

        Raises:
            UserError: If there are no ids, or more than the network's context has room for.
        """
        most = self._network.sizes.context
        if not 0 < len(ids) <= most:
            raise UserError(f"{len(ids)} tokens cannot be read", why=f"it takes 1 to {most}")
        same = 0
        for known, given in zip(self._read, ids, strict=False):
            if known != given:
                break
            same += 1
        same = min(same, len(ids) - 1)
        found: Array = self._network.prefill(0, [int(i) for i in ids[same:]], same)[0]
        self._read = [int(i) for i in ids]
        return found


@functools.cache
def _read(folder: Path | None) -> tuple[Weights, Bpe]:
    from dramaturg.models.embedded.shipped import SHIPPED, read_bpe, read_weights

    place = SHIPPED if folder is None else folder
    try:
        return read_weights(place), read_bpe(place)
    except OSError as error:
        raise UserError(
            f"there are no weights of the embedded network in {place}",
            why=error.strerror or str(error),
            fix="name a folder that `dramaturg train embedded` has written",
        ) from error
