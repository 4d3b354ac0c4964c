"""How each task is laid out as token ids: the one page that training and runtime share.

A control token is a single id below `FIRST_BYTE`. Text is encoded elsewhere and can never produce
one, so a fact that contains "<say>" stays plain text.

    conversation   bos style length [grounded] p1 fact f fact p2 fact f fact dialogue, then for each
                   turn [close] u1|u2 [fact FACT] say TEXT, at the end eos
    induce         bos induce answer f answer q QUESTION eos
    answer         bos answer fact f fact q question a SENTENCE eos
    ask            bos ask question q question a QUESTION eos
    more           bos more fact f fact a FACT eos
    behind         bos behind TEXT a FACT eos, or none in the place of FACT
    facts          bos facts u1|u2 say TEXT for each turn, answer u1|u2 a FACT f FACT eos, or none
    text           bos text TEXT eos

`grounded` is one of three tokens, chosen while training by the share of the turns that say a fact
of the profiles; some conversations have none, so that it may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

Ids = list[int]


class Control(IntEnum):
    """The control tokens; their values are part of the shipped weights."""

    PAD = 0
    BOS = 1
    EOS = 2
    MADE = 3
    HUMAN = 4
    SHORT = 5
    MEDIUM = 6
    LONG = 7
    P1 = 8
    P2 = 9
    F = 10
    DIALOGUE = 11
    U1 = 12
    U2 = 13
    SAY = 14
    FACT = 15
    CLOSE = 16
    INDUCE = 17
    Q = 18
    ANSWER = 19
    A = 20
    ASK = 21
    MORE = 22
    TEXT = 23
    FEW = 24  # of the turns say a fact of the profiles
    SOME = 25
    MANY = 26
    BEHIND = 27
    NONE = 28
    FACTS = 29


FIRST_BYTE = 32  # ids 32..287 are the 256 bytes, merges follow
FACT_TOKENS = 48  # a longer fact is cut to this many tokens
CLOSING_TURNS = 4  # `close` stands before each of the last turns
LISTENED_TOKENS = 640  # of a conversation whose facts are asked for


@dataclass(frozen=True)
class Sizes:
    """Shape of the network."""

    vocabulary: int = 8192
    width: int = 384
    layers: int = 6
    heads: int = 6
    kv_heads: int = 2
    head: int = 64
    feed: int = 1024
    context: int = 1024
    rope_base: float = 10_000.0
    norm_eps: float = 1e-5


def length_token(turns: int) -> Control:
    """The length class of a conversation of this many turns."""
    if turns <= 12:
        return Control.SHORT
    return Control.MEDIUM if turns <= 20 else Control.LONG


def grounding_token(share: float) -> Control:
    """The class of a conversation by the share of its turns that say a fact of the profiles.

    About a third of the training conversations falls into each.
    """
    if share < 0.17:
        return Control.FEW
    return Control.SOME if share < 0.28 else Control.MANY


def joined(items: Sequence[Ids], between: Control) -> Ids:
    """The items one after the other with a control token between two."""
    out: Ids = []
    for index, item in enumerate(items):
        if index:
            out.append(between)
        out.extend(item)
    return out


def header(
    facts_1: Sequence[Ids],
    facts_2: Sequence[Ids],
    *,
    style: str,
    turns: int,
    grounding: float | None = None,
) -> Ids:
    """Everything before the first turn.

    Args:
        style: "made" or "human".
        grounding: Share of the turns that say a fact, 0 to 1; None leaves it open.
    """
    styles = {"made": Control.MADE, "human": Control.HUMAN}
    out: Ids = [Control.BOS, styles[style], length_token(turns)]
    if grounding is not None:
        out.append(grounding_token(grounding))
    out += [Control.P1, *joined(facts_1, Control.F)]
    out.append(Control.P2)
    out += joined(facts_2, Control.F)
    out.append(Control.DIALOGUE)
    return out


def speaker(index: int) -> Control:
    """The control token that opens a turn of speaker 0 or 1."""
    return Control.U2 if index else Control.U1


def induce(answers: Sequence[Ids]) -> Ids:
    """Prompt for the question that these answers answer."""
    return [Control.BOS, Control.INDUCE, *joined(answers, Control.F), Control.Q]


def answer(facts: Sequence[Ids], question: Ids) -> Ids:
    """Prompt for a first-person answer of the person with these facts."""
    return [
        Control.BOS, Control.ANSWER, *joined(facts, Control.F), Control.Q, *question, Control.A,
    ]  # fmt: skip


def ask(questions: Sequence[Ids]) -> Ids:
    """Prompt for one more question of the same kind."""
    return [Control.BOS, Control.ASK, *joined(questions, Control.Q), Control.A]


def more(facts: Sequence[Ids]) -> Ids:
    """Prompt for one more fact of the same person."""
    return [Control.BOS, Control.MORE, *joined(facts, Control.F), Control.A]


def behind(utterance: Ids) -> Ids:
    """Prompt for the fact that an utterance tells about its speaker."""
    return [Control.BOS, Control.BEHIND, *utterance, Control.A]


def facts_told(turns: Sequence[tuple[int, Ids]], who: int) -> Ids:
    """Prompt for the facts that one speaker tells; the last turns when not all fit."""
    body: Ids = []
    for index, said in reversed(turns):
        turn = [speaker(index), Control.SAY, *said]
        if body and len(turn) + len(body) > LISTENED_TOKENS:
            break
        body = [*turn, *body]
    return [Control.BOS, Control.FACTS, *body[:LISTENED_TOKENS], Control.ANSWER, speaker(who),
            Control.A]  # fmt: skip


def text(ids: Ids) -> Ids:
    """Plain text for scoring."""
    return [Control.BOS, Control.TEXT, *ids]
