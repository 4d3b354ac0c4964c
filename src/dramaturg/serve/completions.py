"""/v1/completions: plain text goes on, or (`echo`) is told with how likely each token of it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.continuation import Draw, Token, continued
from dramaturg.models.embedded.engine import Engine, Program
from dramaturg.models.embedded.formats import FIRST_BYTE, Ids
from dramaturg.serve.fields import Fields
from dramaturg.serve.outlet import Ended, Hear, Outlet, listen
from dramaturg.serve.refused import Refused
from dramaturg.serve.reply import MOST_CHOICES, Work, seeds

DEFAULT_TOKENS = 16  # as OpenAI
MOST_LOGPROBS = 20


def completion(fields: Fields, engine: Engine, bpe: Bpe) -> Work:
    """What a request asks for. Raises Refused."""
    prompts = _prompts(fields.take("prompt"), engine, bpe)
    most = fields.whole("max_tokens", 0, engine.context)
    most = DEFAULT_TOKENS if most is None else most
    echo, logprobs = fields.flag("echo"), fields.whole("logprobs", 0, MOST_LOGPROBS)
    stops, seed = fields.stops(), fields.whole("seed", -(2**63), 2**63 - 1)
    draws = {
        "temperature": fields.number("temperature", 0, 2, 1.0),
        "top_p": fields.number("top_p", 1e-6, 1, 1.0),
        "top_k": fields.whole("top_k", 1, 1 << 20),
        "frequency": fields.number("frequency_penalty", -2, 2, 0.0),
        "presence": fields.number("presence_penalty", -2, 2, 0.0),
    }
    choices = fields.whole("n", 1, MOST_CHOICES) or 1
    fields.only("best_of", (1, choices), "no choice is thrown away")
    fields.only("suffix", (), "it writes forwards only")
    fields.only("logit_bias", ({},), "no token is favoured")
    stream = fields.flag("stream")
    usage = fields.usage_in_stream(stream)
    fields.end()
    if len(prompts) * choices > MOST_CHOICES:
        raise Refused(f"prompts x n may be {MOST_CHOICES} at most", param="n")
    if not most and not echo:
        raise Refused("max_tokens = 0 goes with echo = true alone", param="max_tokens")
    for ids in prompts:
        if len(ids) + max(0, most - 1) > engine.context:
            raise Refused(
                f"the prompt has {len(ids)} tokens (two marks of the beginning included) and "
                f"max_tokens is {most}: together more than the context of {engine.context}",
                param="prompt",
                code="context_length_exceeded",
            )

    def maker(ids: Ids, one_seed: str) -> Callable[[Hear], Program[Ended]]:
        def program(hear: Hear) -> Program[Ended]:
            outlet = Outlet(stops, hear)
            reason, count = yield from continued(
                ids, bpe, Draw(one_seed, **draws), most, outlet.say,  # type: ignore[arg-type]
                echo=hear if echo else None, logprobs=logprobs,
            )  # fmt: skip
            outlet.end()
            return Ended(reason, len(ids), count)

        return program

    makers = [maker(ids, one) for ids in prompts for one in seeds(seed, choices)]
    tokens_in = sum(len(ids) for ids in prompts)
    return Work(
        "text_completion", len(makers), lambda: listen(engine, makers), tokens_in, stream, usage,
        _Shape(logprobs is not None),
    )  # fmt: skip


class _Shape:
    """Choices as /v1/completions shows them."""

    def __init__(self, logprobs: bool) -> None:
        self._logprobs = logprobs
        self._offsets: dict[int, int] = {}

    def first(self, index: int) -> dict[str, Any] | None:
        """Nothing opens a stream."""
        return None

    def piece(self, index: int, tokens: Sequence[Token], reason: str | None) -> dict[str, Any]:
        """A choice, or the next part of it."""
        text = "".join(token.text for token in tokens)
        told = self._told(index, tokens) if self._logprobs else None
        return {"index": index, "text": text, "logprobs": told, "finish_reason": reason}

    whole = piece

    def _told(self, index: int, tokens: Sequence[Token]) -> dict[str, Any]:
        place, offsets = self._offsets.get(index, 0), []
        for token in tokens:
            offsets.append(place)
            place += len(token.text)
        self._offsets[index] = place
        return {
            "tokens": [token.text for token in tokens],
            "token_logprobs": [token.logprob for token in tokens],
            "top_logprobs": [_top(token) for token in tokens],
            "text_offset": offsets,
        }


def _top(token: Token) -> dict[str, float]:
    """The likeliest tokens, and the one that stands there, which may be one more."""
    found = dict(reversed(token.top))
    if token.top and token.logprob is not None and token.text:
        found.setdefault(token.text, token.logprob)
    return found


def _prompts(given: Any, engine: Engine, bpe: Bpe) -> list[Ids]:
    """Each prompt as ids: of a string, strings, ids, or lists of ids."""
    ids = isinstance(given, list) and given and all(type(i) is int for i in given)
    if isinstance(given, str) or ids:
        given = [given]
    if not isinstance(given, list) or not given:
        raise Refused(
            "prompt must be a string, strings, token ids, or lists of token ids", param="prompt"
        )
    return [_prompt(one, engine, bpe) for one in given]


def _prompt(one: Any, engine: Engine, bpe: Bpe) -> Ids:
    if isinstance(one, str):
        return formats.text(bpe.encode(one) if one else [])
    if isinstance(one, list) and all(type(i) is int for i in one):
        vocabulary = engine.vocabulary
        bad = [i for i in one if not FIRST_BYTE <= i < vocabulary]
        if bad:
            raise Refused(
                f"{bad[0]} is no token of text: those are {FIRST_BYTE} to {vocabulary - 1}",
                param="prompt",
            )
        return formats.text(one)
    raise Refused("each prompt must be a string or a list of token ids", param="prompt")
