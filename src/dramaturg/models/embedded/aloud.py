"""The conversations and turns of `writer`, told turn by turn while they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dramaturg.models.embedded.conversation import LATE, Order, Script, Writing, WrittenTurn
from dramaturg.models.embedded.engine import Program
from dramaturg.models.embedded.formats import CLOSING_TURNS, FACT_TOKENS, Sizes
from dramaturg.models.embedded.writer import MAX_TURNS, fitted, loaded

if TYPE_CHECKING:
    from dramaturg.models.embedded.engine import Step
    from dramaturg.models.embedded.shipped import Array

MOST_HEARD = MAX_TURNS // 2  # turns of a history that `write_turn` reads


def conversation_aloud(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    hear: Callable[[WrittenTurn], bool],
    *,
    turns: int,
    seed: int | str,
    style: str = "made",
    grounding: float = 0.5,
    temperature: float = 0.7,
    top_k: int = 40,
) -> Program[Script]:
    """`writer.write_conversation` as a program; `hear` gets each turn, and true ends it there."""
    writing = _writing(
        facts_1, facts_2, turns=turns, seed=seed, style=style, grounding=grounding,
        temperature=temperature, top_k=top_k,
    )  # fmt: skip
    return _told(writing, writing.run(), 0, hear)


def turn_aloud(
    facts_1: Sequence[str],
    facts_2: Sequence[str],
    said: Sequence[tuple[int, str]],
    hear: Callable[[WrittenTurn], bool],
    *,
    seed: int | str,
    style: str = "made",
    grounding: float = 0.9,
    temperature: float = 0.7,
    top_k: int = 40,
) -> Program[Script]:
    """`writer.write_turn` of speaker 0 as a program."""
    turns = min(MAX_TURNS, len(said) + LATE + CLOSING_TURNS + 1)
    writing = _writing(
        facts_1, facts_2, turns=turns, seed=seed, style=style, grounding=grounding,
        temperature=temperature, top_k=top_k,
    )  # fmt: skip
    return _told(writing, writing.run_next(said, 0), len(said), hear)


def _writing(facts_1: Sequence[str], facts_2: Sequence[str], **settings: Any) -> Writing:
    """A conversation to be written; `settings` are those of `Order`."""
    sides, _ = fitted(facts_1, facts_2)
    order = Order(facts=sides, texts=(tuple(facts_1), tuple(facts_2)), **settings)
    return Writing(order, loaded()[1], Sizes.context)


def history_tokens(facts_1: Sequence[str], facts_2: Sequence[str], said: Sequence[str]) -> int:
    """Tokens of context that a next turn needs, the turn itself included."""
    _, bpe = loaded()
    sides, _ = fitted(facts_1, facts_2)
    head = 6 + sum(len(ids) + 1 for side in sides for ids in side)
    return head + sum(2 + len(bpe.encode(text)) for text in said) + 72 + FACT_TOKENS + 8


def _told(
    writing: Writing, program: Program[Script], known: int, hear: Callable[[WrittenTurn], bool]
) -> Program[Script]:
    """The program; each turn after the first `known` ones is told as soon as it is finished."""
    try:
        step: Step = next(program)
        while True:
            logits: Array = yield step
            step = program.send(logits)
            while len(writing.script.turns) > known:
                known += 1
                if hear(writing.script.turns[known - 1]):
                    program.close()
                    return writing.script
    except StopIteration as end:
        script: Script = end.value
        for turn in script.turns[known:]:
            if hear(turn):
                break
        return script
