"""Go on with plain text, token by token, with how likely each is: a program of the engine.

Unlike the tasks of `writer`, nothing is added to the network's own probabilities: no pull, no
drafts, no repetition rule. Only what is asked for: temperature, top-k, top-p, penalties.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.engine import Program, Step
from dramaturg.models.embedded.formats import FIRST_BYTE, Control, Ids
from dramaturg.models.embedded.shipped import Array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Token:
    """One token of a text.

    Attributes:
        text: Its characters; of one in several tokens, all is with the last of them.
        logprob: Natural logarithm of its probability, <= 0; None where it was not asked for.
        top: The likeliest tokens at its place with theirs, likeliest first.
    """

    text: str
    logprob: float | None = None
    top: tuple[tuple[str, float], ...] = ()


class Spelling:
    """From ids to the text of each token, so that the texts joined are the whole.

    Args:
        drop_space: Take away the space that `Bpe.encode` puts before a text.
    """

    def __init__(self, bpe: Bpe, *, drop_space: bool) -> None:
        self._bpe, self._drop = bpe, drop_space
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """The characters that this token finishes; "" inside a character."""
        text = self._decoder.decode(self._bpe.raw(token))
        if self._drop and text:
            self._drop = False
            text = text.removeprefix(" ")
        return text

    def end(self) -> str:
        """What a character that was never finished reads as; mostly ""."""
        return self._decoder.decode(b"", final=True)


class Draw:
    """Choose the next token; the same seed and logits give the same tokens.

    Args:
        temperature: 0 takes the likeliest.
        top_p: Share of probability, above 0 to 1, that the likeliest tokens drawn from make up.
        top_k: So many of the likeliest at most; None = all.
        frequency, presence: Taken off a token's logit for each time, and once, that it was drawn.
    """

    def __init__(
        self,
        seed: int | str,
        *,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int | None = None,
        frequency: float = 0.0,
        presence: float = 0.0,
    ) -> None:
        digest = hashlib.sha256(str(seed).encode()).digest()
        self._rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
        self._temperature, self._top_p, self._top_k = temperature, top_p, top_k
        self._frequency, self._presence = frequency, presence
        self._counts: dict[int, int] = {}

    def next(self, logits: Array) -> int:
        """A text token or `Control.EOS`."""
        scores = logits.astype(np.float64)
        end = scores[Control.EOS]
        scores[:FIRST_BYTE] = -np.inf
        scores[Control.EOS] = end
        if self._frequency or self._presence:
            for token, count in self._counts.items():
                scores[token] -= self._frequency * count + self._presence
        order = np.argsort(-scores, kind="stable")
        if self._temperature <= 0:
            token = int(order[0])
        else:
            order = order[: self._top_k]
            chances = np.exp((scores[order] - scores[order[0]]) / self._temperature)
            chances /= chances.sum()
            edges = np.cumsum(chances)
            kept = min(int(np.searchsorted(edges, self._top_p)) + 1, len(edges))
            place = self._rng.random() * edges[kept - 1]
            token = int(order[min(int(np.searchsorted(edges, place, "right")), kept - 1)])
        self._counts[token] = self._counts.get(token, 0) + 1
        return token


def log_shares(logits: Array) -> Floats:
    """Natural logarithms of the probabilities of all tokens, `(..., vocabulary)`."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=-1, keepdims=True)
    found: Floats = wide - (np.log(np.exp(wide - top).sum(axis=-1, keepdims=True)) + top)
    return found


def likeliest(shares: Floats, count: int, bpe: Bpe) -> tuple[tuple[str, float], ...]:
    """The likeliest tokens of one place as text; control tokens read "<eos>" and the like."""
    best = np.argsort(-shares, kind="stable")[:count]
    return tuple((_name(int(i), bpe), min(0.0, float(shares[i]))) for i in best)


def continued(
    prompt: Ids,
    bpe: Bpe,
    draw: Draw,
    most: int,
    say: Callable[[Token], bool],
    *,
    echo: Callable[[list[Token]], None] | None = None,
    logprobs: int | None = None,
) -> Program[tuple[str, int]]:
    """Go on after a prompt.

    Args:
        prompt: `formats.text` of the ids of the text before.
        most: So many new tokens at most; 0 only reads the prompt.
        say: Is given each token; true ends the text there.
        echo: Is given the tokens of the prompt first, which do not count.
        logprobs: How many of the likeliest tokens to tell at each place; None = no logarithms.

    Returns:
        Why it ended ("stop", "length"), and the count of new tokens.
    """
    head = len(prompt) - _text_length(prompt)
    given = prompt[head:]
    every = echo is not None and logprobs is not None and bool(given)
    logits = yield Step(list(prompt), every=every)
    spelling = Spelling(bpe, drop_space=True)
    texts = [spelling.add(token) for token in given]
    if echo is not None:
        shares = log_shares(logits[head - 1 : -1]) if every else None
        rows = [None] * len(given) if shares is None else list(shares)
        told = zip(texts, given, rows, strict=True)
        echo([_token(text, token, row, logprobs, bpe) for text, token, row in told])
    if every:
        logits = logits[-1]
    for count in range(most):
        token = draw.next(logits)
        if token == Control.EOS:
            return "stop", count
        row = None if logprobs is None else log_shares(logits)
        if say(_token(spelling.add(token), token, row, logprobs, bpe)):
            return "stop", count + 1
        if count + 1 < most:
            logits = yield Step([token])
    rest = spelling.end()
    if rest:
        say(Token(rest))
    return "length", most


def _token(text: str, token: int, shares: Floats | None, top: int | None, bpe: Bpe) -> Token:
    if shares is None:
        return Token(text)
    return Token(text, min(0.0, float(shares[token])), likeliest(shares, top or 0, bpe))


def _text_length(prompt: Ids) -> int:
    controls = sum(1 for token in prompt if token < FIRST_BYTE)
    return len(prompt) - controls


def _name(token: int, bpe: Bpe) -> str:
    names: Mapping[int, str] = {int(c): f"<{c.name.lower()}>" for c in Control}
    return names.get(token) or bpe.piece(token)
