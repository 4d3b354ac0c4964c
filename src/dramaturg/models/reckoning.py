"""The most that a call can take, known before it is made, and what was sent in vain."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from typing import Any

from dramaturg.models.prices import Price
from dramaturg.records import Cost

_ENOUGH = 5  # replies to a task after which the tokens that its prompts take are learnt
_MARGIN = 1.25  # on the most tokens a byte that were seen
_AROUND = 64  # bytes or tokens that a server puts around a prompt: its template, a schema's frame
_BYTES_A_TOKEN = 4  # for what never was counted by anybody

_seen_unanswered: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


class Reckoning:
    """Bounds the cost of calls to one model.

    A prompt never has more tokens than bytes; once five replies to a task are known, never more a
    byte than 1.25 times the most seen. A reply may always be as long as it is allowed to be, or as
    the longest seen where a server does not keep to that.
    """

    def __init__(self, model: Any) -> None:
        self._price: Price | None = getattr(model, "price", None)
        self._endpoints = list(_endpoints(model))
        for endpoint in self._endpoints:
            _seen_unanswered.setdefault(endpoint, _unanswered(endpoint))
        self._replies: dict[str, int] = {}
        self._a_byte: dict[str, float] = {}
        self._longest: dict[str, int] = {}

    def most(self, task: str, size: int, longest: int) -> Cost:
        """What one call can take.

        Args:
            size: Bytes of the prompt, >= 0.
            longest: Tokens that the reply may have, >= 0.
        """
        known = self._replies.get(task, 0) >= _ENOUGH
        a_byte = _MARGIN * self._a_byte[task] if known else 1.0
        tokens_in = math.ceil(a_byte * (size + _AROUND))
        seen = self._longest.get(task, 0)
        tokens_out = longest if seen <= longest else math.ceil(_MARGIN * seen)
        return Cost(
            calls=1,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            usd=self._usd(tokens_in, tokens_out),
        )

    def saw(self, task: str, size: int, cost: Cost) -> None:
        """A reply came and took this."""
        self._replies[task] = self._replies.get(task, 0) + max(1, cost.calls)
        a_byte = cost.tokens_in / (size + _AROUND)
        self._a_byte[task] = max(self._a_byte.get(task, 0.0), a_byte)
        self._longest[task] = max(self._longest.get(task, 0), cost.tokens_out)

    def with_unanswered(self, real: Cost, size: int) -> Cost:
        """A call's cost, and with it requests that were sent and got no reply since the last look.

        A server may charge for what it read. Each counts as a call with a prompt like this one's;
        a call that failed is among them and not counted beside them.
        """
        lost = 0
        for endpoint in self._endpoints:
            now = _unanswered(endpoint)
            lost += now - _seen_unanswered.get(endpoint, 0)
            _seen_unanswered[endpoint] = now
        if lost <= 0:
            return real
        tokens = real.tokens_in or -(-size // _BYTES_A_TOKEN)
        in_vain = Cost(calls=lost, tokens_in=lost * tokens, usd=lost * self._usd(tokens, 0))
        return in_vain if real == Cost(calls=1) else real + in_vain

    def _usd(self, tokens_in: int, tokens_out: int) -> float:
        return self._price.usd(tokens_in, tokens_out) if self._price else 0.0


def _endpoints(model: Any) -> Iterator[Any]:
    for place in getattr(model, "places", (model,)):
        if hasattr(place, "endpoint"):
            yield place.endpoint


def _unanswered(endpoint: Any) -> int:
    return int(getattr(endpoint, "unanswered", 0))
