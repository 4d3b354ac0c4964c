"""Log-probabilities as servers give them: of a text that we give, and of a reply's first token.

Two forms for a given text: OpenAI's completions with `echo`, and vLLM's `prompt_logprobs`. A
server that gives neither is refused; nothing is estimated in its stead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import BackendError, RecordError
from dramaturg.models.failures import Where
from dramaturg.models.wire import BrokenBody, Usage, strictly

MOST_TOP = 20  # the likeliest tokens that OpenAI and vLLM show at most


class _Echo(msgspec.Struct):
    tokens: list[str] = []
    token_logprobs: list[float | None] = []


class _Text(msgspec.Struct):
    text: str = ""
    logprobs: _Echo | None = None
    prompt_logprobs: list[dict[str, dict[str, Any]] | None] | None = None


class Echoed(msgspec.Struct):
    """A reply of /completions: the given text's tokens with their log-probabilities."""

    choices: list[_Text]
    usage: Usage | None = None
    prompt_logprobs: list[dict[str, dict[str, Any]] | None] | None = None


class _Top(msgspec.Struct):
    token: str
    logprob: float


class _First(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Top] = []


class _Content(msgspec.Struct):
    content: list[_First] | None = None


class _Choice(msgspec.Struct):
    logprobs: _Content | None = None


class Begun(msgspec.Struct):
    """A chat reply with the likeliest tokens at each place."""

    choices: list[_Choice]
    usage: Usage | None = None


_echoed = msgspec.json.Decoder(Echoed)
_begun = msgspec.json.Decoder(Begun)


def decode_echoed(data: bytes) -> Echoed:
    """A reply of /completions. Raises BrokenBody."""
    found: Echoed = strictly(_echoed, data)
    if not found.choices:
        raise BrokenBody("no choices in it")
    return found


def decode_begun(data: bytes) -> Begun:
    """A chat reply that was asked for log-probabilities. Raises BrokenBody."""
    found: Begun = strictly(_begun, data)
    if not found.choices:
        raise BrokenBody("no choices in it")
    return found


def of_given_text(
    found: Echoed, before: str, text: str, where: Where
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The tokens of `text` and their log-probabilities.

    Raises:
        BackendError: If the server gave them only for tokens of its own.
        RecordError: If no token begins where `text` does.
    """
    choice = found.choices[0]
    listed = choice.prompt_logprobs or found.prompt_logprobs
    echo = choice.logprobs or _Echo()
    tokens, values = _of_prompt(listed) if listed else (echo.tokens, echo.token_logprobs)
    if len(tokens) != len(values) or not _holds(tokens, before + text):
        raise cannot_score(where)
    place = _place(tokens, before, text)
    if place is None:
        raise RecordError(
            "the text to score does not begin where a token does",
            why=f"{where.ref} joins its first characters to the end of what stands before it",
            fix="begin it at a word, with the space before the word belonging to the text",
        )
    first, end = place
    chosen = [value for value in values[first:end] if value is not None and math.isfinite(value)]
    if len(chosen) != end - first:
        raise RecordError(
            "a token of the text has no log-probability",
            why="the first token of all has nothing before it",
            fix="give a text that stands before it",
        )
    return tuple(tokens[first:end]), tuple(chosen)


def of_first_token(
    found: Begun, words: Sequence[str], where: Where
) -> tuple[dict[str, float], tuple[str, ...], float]:
    """Log-probability by word, the words not among the likeliest tokens, and their ceiling.

    Tokens that differ only in space around the word and in case are one word's.

    Raises:
        BackendError: If the server gave no alternatives.
    """
    content = found.choices[0].logprobs and found.choices[0].logprobs.content
    if not content or not content[0].top_logprobs:
        raise BackendError(
            f"{where.ref} does not say how likely its words are",
            why="its reply holds no top_logprobs",
            fix="give the role a model behind a server that returns them (vLLM, OpenAI)",
            kind="no log-probabilities",
        )
    top = content[0].top_logprobs
    shares: dict[str, float] = {}
    for one in top:
        word = one.token.strip(" \n\t▁Ġ").casefold()
        shares[word] = shares.get(word, 0.0) + math.exp(one.logprob)
    seen = {word: share for word in words if (share := shares.get(word.strip().casefold(), 0.0))}
    unseen = tuple(word for word in words if word not in seen)
    logs = {word: min(0.0, math.log(share)) for word, share in seen.items()}
    return logs, unseen, min(one.logprob for one in top)


def cannot_score(where: Where) -> BackendError:
    """The error for a server that does not score what it is given."""
    return BackendError(
        f"{where.ref} cannot score a given text",
        why="it returns log-probabilities only for tokens it generates itself",
        fix="give the role a model behind a server that does (vLLM: openai:MODEL@http://...)",
        kind="no log-probabilities",
    )


def _of_prompt(
    listed: Sequence[Mapping[str, Mapping[str, Any]] | None],
) -> tuple[list[str], list[float | None]]:
    """vLLM names the token at each place; the first has no entry, having nothing before it."""
    tokens: list[str] = []
    values: list[float | None] = []
    for place in listed:
        entry = next(iter(place.values())) if place else {}
        tokens.append(str(entry.get("decoded_token") or ""))
        values.append(entry.get("logprob"))
    return tokens, values


def _holds(tokens: Sequence[str], whole: str) -> bool:
    """Whether the tokens are the given text's, and not those of a reply alone."""
    for told in (tokens, tokens[:-1]):  # the last may be one of the server's own
        joined, rest = "".join(told), "".join(told[1:])  # the first may be a mark, or untold
        if whole in (joined, rest) or "\ufffd" in joined:
            return True
        if len(told) > 1 and not told[0] and whole.endswith(rest):
            return True
    return False


def _place(tokens: Sequence[str], before: str, text: str) -> tuple[int, int] | None:
    """First and end index of the tokens that are `text`, or None if one crosses its start.

    They are the last ones, or the last but one where the server wrote a token of its own.
    """
    for end in (len(tokens), len(tokens) - 1):
        joined, first = "", end
        while first > 0 and len(joined) < len(text):
            first -= 1
            joined = tokens[first] + joined
        head = tokens[:first]
        rest = "".join(head[1:])  # without a mark of the beginning
        untold = bool(head) and not head[0] and before.endswith(rest)
        if joined == text and (untold or before in ("".join(head), rest)):
            return first, end
    return None
