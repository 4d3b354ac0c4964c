"""Guidance: what the facts add counts once more."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.models.embedded.engine import Program, Step
from dramaturg.models.embedded.formats import FIRST_BYTE, Control
from dramaturg.models.embedded.guidance import CAP, guided, mixed

HEAD, EMPTY = [1, 8, 40, 41, 9, 11], [1, 8, 9, 11]
SIZE = 64


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return np.asarray(logits - np.log(np.exp(logits).sum()))


def logits(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, SIZE).astype(np.float32)


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_a_word_gains_what_the_facts_add_to_it_and_a_control_token_keeps_its_odds(
    strength: float,
) -> None:
    told, untold = logits(1), logits(2)
    found = mixed(told, untold, strength)
    plain, without = log_softmax(told), log_softmax(untold)
    gain = np.clip(plain - without, -CAP, CAP)
    assert np.allclose(found[FIRST_BYTE:], (plain + strength * gain)[FIRST_BYTE:], atol=1e-5)
    assert np.allclose(found[:FIRST_BYTE], plain[:FIRST_BYTE], atol=1e-5)


def test_no_word_gains_more_than_the_cap() -> None:
    told, untold = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    untold[50] = -30.0
    found = mixed(told, untold, 1.0) - log_softmax(told)
    assert found[50] == pytest.approx(CAP, abs=1e-5)


def test_strength_0_changes_nothing() -> None:
    assert np.allclose(mixed(logits(1), logits(2), 0.0), log_softmax(logits(1)), atol=1e-6)


def replay(program: Program[str]) -> tuple[list[Step], list[int], list[int], str]:
    """What a program asks for, and its two sequences when it has ended."""
    steps: list[Step] = []
    rows: tuple[list[int], list[int]] = ([], [])
    step = next(program)
    while True:
        steps.append(step)
        for row, part in zip(rows, (step, step.beside), strict=True):
            if part is not None:
                del row[len(row) if part.keep is None else part.keep :]
                row += part.ids
        try:
            step = program.send(np.stack([logits(len(steps)), logits(-len(steps) % 1000)]))
        except StopIteration as done:
            return steps, rows[0], rows[1], done.value


def test_the_second_sequence_has_the_turns_without_facts_and_slots() -> None:
    def program() -> Program[str]:
        yield Step(list(HEAD))
        yield Step([Control.U1])
        yield Step([Control.FACT])
        yield Step([40, 41])
        yield Step([Control.SAY])
        yield Step([50])
        yield Step([51])
        yield Step([52], keep=len(HEAD) + 5)  # another draft of the turn
        yield Step([53])
        yield Step([Control.U2, Control.SAY])
        yield Step([60])
        return "done"

    _, told, untold, result = replay(guided(program(), EMPTY, 1.0))
    u1, u2, fact, say = Control.U1, Control.U2, Control.FACT, Control.SAY
    assert told == [*HEAD, u1, fact, 40, 41, say, 52, 53, u2, say, 60]
    assert untold == [*EMPTY, u1, say, 52, 53, u2, say, 60]
    assert result == "done"


def test_the_spelling_of_a_slot_is_not_guided() -> None:
    sent: list[np.ndarray] = []

    def program() -> Program[str]:
        for ids in (HEAD, [Control.U1], [Control.FACT], [40], [Control.SAY]):
            sent.append((yield Step(list(ids))))
        return ""

    replay(guided(program(), EMPTY, 1.0))
    for number, guides in enumerate((True, True, False, False, True), start=1):
        plain = np.allclose(sent[number - 1], log_softmax(logits(number)), atol=1e-5)
        assert plain is not guides


def test_a_program_that_is_closed_closes_the_one_inside() -> None:
    closed = []

    def program() -> Program[str]:
        try:
            while True:
                yield Step([1])
        finally:
            closed.append(True)

    outer = guided(program(), EMPTY, 1.0)
    next(outer)
    outer.close()
    assert closed == [True]
