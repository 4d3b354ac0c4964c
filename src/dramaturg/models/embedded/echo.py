"""Say a word of one's own turn again less often: "so delicious and delicious"."""

from __future__ import annotations

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.overlap import content_words

SHORTEST = 3  # letters of a word that counts; "I" and "it" may come as often as they like


class Echo:
    """Nats that tokens lose because their word was said in the turn already.

    A token counts when it begins a word of three letters or more that is no stop word. The next
    token of a turn that begins such a word once more loses `strength`; 0 switches it off.
    """

    def __init__(self, bpe: Bpe, strength: float) -> None:
        self._bpe, self._strength = bpe, strength
        self._said: dict[int, float] = {}

    def restart(self) -> None:
        """A new turn."""
        self._said = {}

    def add(self, token: int) -> None:
        """The turn goes on by a token."""
        piece = self._bpe.piece(token)
        word = piece.strip()
        if not self._strength or not piece.startswith(" ") or len(word) < SHORTEST:
            return
        if word.isalpha() and content_words(f"{word} xyzzy") != content_words("xyzzy"):
            self._said[token] = -self._strength

    def losses(self) -> dict[int, float]:
        """Nats to add, all below 0, for each token."""
        return self._said
