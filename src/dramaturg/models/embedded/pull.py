"""A pull towards the fact in the slot: what a stronger model would do by attention alone.

Training teaches the network to say the fact that stands before a turn; a network of this size does
so half of the time. While such a turn is sampled, the tokens that begin a content word of the fact
not said yet get a bonus, and after a token of the fact so does the token that follows it there. The
rest of a word that was begun gets a large one: seldom words are spelled in pieces, and a small
network loses its way in them ("beeasper" for "beekeeper").

Nothing is forced: the bonus is added to the model's own log-probabilities, in nats, and is measured
in docs/embedded-decoding.md.
"""

from __future__ import annotations

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.formats import Ids
from dramaturg.models.embedded.overlap import content_words, stem


class Pull:
    """Bonuses for the tokens of one fact while its turn is written.

    Args:
        fact: Token ids of the fact.
        strength: Bonus in nats for beginning an unsaid content word; going on along the fact gets
            `follow` times as much, going on inside one of its words `inside` times. 0 switches
            the pull off.
    """

    follow = 1.5
    inside = 5.0  # of a word that was begun

    def __init__(self, fact: Ids, bpe: Bpe, strength: float) -> None:
        self._bpe, self._fact, self._strength = bpe, fact, strength
        self._wanted = content_words(bpe.decode(fact))
        self._starts: dict[str, set[int]] = {}
        for token, word in zip(fact, _words(fact, bpe), strict=True):
            if word and stem(word.lower()) in self._wanted:
                self._starts.setdefault(stem(word.lower()), set()).add(token)

    def bonuses(self, said: Ids) -> dict[int, float]:
        """Nats to add to each token's score, given the tokens of the turn so far."""
        if not self._strength:
            return {}
        left = self._wanted - content_words(self._bpe.decode(said)) if said else self._wanted
        out: dict[int, float] = {}
        if not left:
            return out
        for word in left:
            for token in self._starts.get(word, ()):
                out[token] = self._strength
        if said:
            pairs = zip(self._fact, self._fact[1:], strict=False)
            for token in (after for before, after in pairs if before == said[-1]):
                inside = not self._bpe.piece(token).startswith(" ")
                times = self.inside if inside and self._bpe.piece(token).isalpha() else self.follow
                out[token] = max(out.get(token, 0.0), self._strength * times)
        return out


def _words(ids: Ids, bpe: Bpe) -> list[str]:
    """For each token the whole word that it begins, "" for tokens inside a word."""
    out: list[str] = []
    pieces = [bpe.piece(token) for token in ids]
    for place, piece in enumerate(pieces):
        if place and not piece.startswith(" "):
            out.append("")
            continue
        word = piece
        for later in pieces[place + 1 :]:
            if not later[:1].isalnum():
                break
            word += later
        out.append(word.strip())
    return out
