"""Guidance: two sequences of one conversation, one that knows the people and one that does not.

Classifier-free guidance for language models (Sanchez et al. 2023, "Stay on topic with
Classifier-Free Guidance"): what the profiles add to a token's log-probability is added once more,
`strength` times. The second sequence has the same turns under a header without facts, and without
the facts in the slots, so that the difference is what the facts say. A difference counts for at
most `CAP` nats, and control tokens keep their own odds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dramaturg.models.embedded.engine import Program, Step, T
from dramaturg.models.embedded.formats import FIRST_BYTE, Control, Ids
from dramaturg.models.embedded.shipped import Array

CAP = 3.0  # nats; keeps a token that only the facts allow from taking all


def guided(program: Program[T], empty: Ids, strength: float) -> Program[T]:
    """The same program with two sequences, sent guided log-probabilities.

    Args:
        program: Its first step is the whole header.
        empty: The header without facts.
        strength: 0 changes nothing.
    """
    step = replace(next(program), beside=Step(list(empty)))
    lengths = [len(step.ids), len(empty)]
    in_slot = False
    try:
        while True:
            both = yield step
            step = program.send(mixed(both[0], both[1], 0.0 if in_slot else strength))
            kept = lengths[0] if step.keep is None else step.keep
            short = lengths[1] - (lengths[0] - kept)
            seen, in_slot = _without_slot(step.ids, in_slot)
            lengths = [kept + len(step.ids), short + len(seen)]
            step = replace(step, beside=Step(seen, keep=short) if seen else None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        program.close()


def mixed(told: Array, untold: Array, strength: float) -> Array:
    """Log-probabilities of the first, with what it has over the second once more.

    Args:
        told: Logits with the facts, shape `(vocabulary,)`.
        untold: Logits without.
        strength: Factor on the difference.
    """
    out = _log_softmax(told)
    if strength:
        gain = np.clip(out - _log_softmax(untold), -CAP, CAP)[FIRST_BYTE:]
        out[FIRST_BYTE:] += np.float32(strength) * gain
    return out


def _without_slot(ids: Ids, in_slot: bool) -> tuple[Ids, bool]:
    """The tokens outside `fact ... say`, and whether the slot is still open after them."""
    out: Ids = []
    for token in ids:
        in_slot = token == Control.FACT or (in_slot and token != Control.SAY)
        if not in_slot:
            out.append(token)
    return out, in_slot


def _log_softmax(logits: Array) -> Array:
    lower = logits - logits.max()
    found: Array = lower - np.log(np.add.reduce(np.exp(lower)))
    return found
