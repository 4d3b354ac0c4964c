"""The short tasks and scoring, as programs for the engine."""

from __future__ import annotations

import numpy as np

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.engine import Program, Step
from dramaturg.models.embedded.formats import Control, Ids
from dramaturg.models.embedded.sampling import Sampler
from dramaturg.models.embedded.shipped import Array

REPLY_TOKENS = 48


def reply(prompt: Ids, bpe: Bpe, sampler: Sampler, starts: tuple[int, ...] = ()) -> Program[str]:
    """Sample the text that follows a prompt, up to the end of the text.

    Args:
        prompt: A layout of `formats`.
        starts: Token ids, one of which must come first; empty for no such rule.
    """
    logits = yield Step(prompt)
    ids: Ids = []
    while len(ids) < REPLY_TOKENS:
        if not ids and starts:
            token = sampler.among(logits, starts, sampler.temperature)
        else:
            token = sampler.text(logits, (Control.EOS,) if ids else ())
        if token == Control.EOS:
            break
        ids.append(token)
        logits = yield Step([token])
    return bpe.decode(ids).strip()


def listed(prompt: Ids, bpe: Bpe, sampler: Sampler, most: int) -> Program[tuple[str, ...]]:
    """Sample the facts that follow a prompt; none when the model says that there is none."""
    logits = yield Step(prompt)
    found: list[str] = []
    ids: Ids = []
    while True:
        token = sampler.text(logits, _ends(ids, found))
        if token in (Control.EOS, Control.F, Control.NONE) or len(ids) == REPLY_TOKENS:
            text = bpe.decode(ids).strip()
            if text and text not in found:
                found.append(text)
            if token != Control.F or len(found) >= most:
                return tuple(found)
            ids = []
        else:
            ids.append(token)
        logits = yield Step([token])


def _ends(ids: Ids, found: list[str]) -> tuple[Control, ...]:
    if ids:
        return Control.EOS, Control.F
    return () if found else (Control.NONE,)


def log_likelihoods(prompt: Ids, rest: Ids) -> Program[Array]:
    """Log-likelihood in nats of each token of `rest` after `prompt` (one token or more)."""
    logits = yield Step([*prompt, *rest][:-1], every=True)
    chosen = logits[len(prompt) - 1 :].astype(np.float64)
    top = chosen.max(axis=-1, keepdims=True)
    norm = np.log(np.exp(chosen - top).sum(axis=-1)) + top[:, 0]
    found: Array = chosen[np.arange(len(rest)), rest] - norm
    return found
