"""Conversations as training examples: who is trained, where the persona stands, what is shown.

Pure functions; the chat formats write what they return. The speaker that is trained becomes the
assistant, everybody else the user, and only what that speaker says carries loss.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from dramaturg.dataset.facts import words
from dramaturg.errors import UserError
from dramaturg.prompts import load
from dramaturg.records import Conversation, Turn, derive_seed

PERSONA = ("system", "text", "none")
POOL_FACTS = 2_000  # facts of other people kept for each split

Pool = Mapping[str, Sequence[str]]
"""Split -> facts said of anybody in it: where distractors come from."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a conversation becomes examples.

    Attributes:
        train_on: Number of the speaker who is trained, from 1, or "both": every speaker in turn,
            each in examples of their own.
        persona: Where the trained speaker's facts stand: "system" (a system message), "text" (at
            the head of the first user message) or "none".
        distractors: How many facts of other people are mixed among them. Without any, every fact
            given is true of the speaker, and a model learns that all it is told must be used;
            the repair is that of PPDS ("Dialogue Language Model with Large-Scale Persona Data
            Engineering"). 0 = none.
        window: At most so many turns an example, >= 2; None = the whole conversation.
        seed: Of the choice and the order of facts.
    """

    train_on: str = "2"
    persona: str = "system"
    distractors: int = 0
    window: int | None = None
    seed: int = 13

    def __post_init__(self) -> None:
        if self.train_on != "both" and not (self.train_on.isdigit() and int(self.train_on) > 0):
            raise UserError(
                f"speaker {self.train_on!r} cannot be trained on",
                fix="give the speaker's number, 1 or 2, or both",
            )
        if self.persona not in PERSONA:
            raise UserError(
                f"a persona cannot stand in {self.persona!r}", fix=f"give {', '.join(PERSONA)}"
            )
        if self.distractors < 0 or (self.window is not None and self.window < 2):
            raise UserError(
                f"{self.distractors} distractors and a window of {self.window} turns do not go",
                why="a window holds at least a turn and its answer, and distractors are counted",
                fix="give --distractors 0 or more, and --window 2 or more",
            )


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        role: "system", "user" or "assistant".
        train: Whether its content carries loss.
        turns: Indices of the turns in it, from 0; none for a system message.
    """

    role: str
    content: str
    train: bool = False
    turns: tuple[int, ...] = ()


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """What one step of training sees.

    Attributes:
        conversation: The conversation's id.
        speaker: Index of the trained speaker, from 0.
        facts: The facts given, in the order given.
        own: Whether each of them is the speaker's own; the rest are distractors.
    """

    conversation: str
    speaker: int
    messages: tuple[ChatMessage, ...]
    facts: tuple[str, ...] = ()
    own: tuple[bool, ...] = ()
    split: str = ""

    @property
    def prompt(self) -> tuple[ChatMessage, ...]:
        """All but the last message."""
        return self.messages[:-1]

    @property
    def completion(self) -> ChatMessage:
        """The last message."""
        return self.messages[-1]


def fact_pool(
    conversations: Iterable[Conversation], size: int = POOL_FACTS, seed: int = 13
) -> dict[str, list[str]]:
    """Facts to take distractors from, at most `size` a split, drawn evenly (reservoir).

    The facts of one split are never shown in another.
    """
    rng = random.Random(derive_seed(seed, "distractors"))
    kept: dict[str, list[str]] = {}
    known: dict[str, set[str]] = {}
    for conversation in conversations:
        facts = kept.setdefault(conversation.split, [])
        seen = known.setdefault(conversation.split, set())
        for speaker in conversation.speakers:
            for fact in speaker.persona:
                if fact in seen:
                    continue
                seen.add(fact)
                if len(facts) < size:
                    facts.append(fact)
                elif (place := rng.randrange(len(seen))) < size:
                    facts[place] = fact
    return kept


def chats(
    conversation: Conversation,
    shape: Shape | None = None,
    pool: Pool | None = None,
    given: Example | None = None,
) -> Iterator[Example]:
    """One example for each trained speaker and window; every trained turn carries loss once.

    Windows follow one another without overlap, since a chat format cannot say that one answer of
    the assistant is trained and another is not. Turns of the same role in a row become one
    message, a line each, because most chat templates want roles to alternate. A window in which
    the trained speaker says nothing gives no example.

    Args:
        pool: Where distractors come from; see `fact_pool`.
        given: Show the facts of this example, in its order, and not those of the conversation.
    """
    shape = shape or Shape()
    length = shape.window or len(conversation.turns)
    for speaker in _trained(conversation, shape):
        facts = (
            list(zip(given.facts, given.own, strict=True))
            if given is not None
            else _given(conversation, speaker, shape, pool)
        )
        for start in range(0, len(conversation.turns), length or 1):
            numbers = range(start, min(start + length, len(conversation.turns)))
            messages = _messages(conversation, speaker, numbers, facts, shape)
            if any(message.train for message in messages):
                yield _example(conversation, speaker, messages, facts)


def replies(
    conversation: Conversation, shape: Shape | None = None, pool: Pool | None = None
) -> Iterator[Example]:
    """One example for each answer of the trained speaker: what came before, and the answer.

    The last message alone carries loss. An answer is one turn, or several in a row. With a window
    of T, the example holds the answer and the turns before it, T in all. Where nothing was said
    before it, an empty user message stands there.
    """
    shape = shape or Shape()
    for speaker in _trained(conversation, shape):
        facts = _given(conversation, speaker, shape, pool)
        for first, last in _answers(conversation, speaker):
            start = min(first, max(0, last + 1 - shape.window)) if shape.window else 0
            messages = _messages(conversation, speaker, range(start, last + 1), facts, shape)
            shown = [msgspec.structs.replace(message, train=False) for message in messages[:-1]]
            if not any(message.role == "user" for message in shown):
                shown.append(ChatMessage(role="user", content=""))
            yield _example(conversation, speaker, [*shown, messages[-1]], facts)


def as_messages(example: Example) -> dict[str, list[dict[str, str]]]:
    """The row of a conversational SFT file: `messages`, each with `role` and `content`.

    Train it with a loss on the assistant's messages only, e.g. TRL's `assistant_only_loss=True`.
    """
    return {"messages": [_plain(message) for message in example.messages]}


def as_prompt_completion(example: Example) -> dict[str, list[dict[str, str]]]:
    """The row of a conversational prompt-completion file: `prompt` and `completion`."""
    return {
        "prompt": [_plain(message) for message in example.prompt],
        "completion": [_plain(example.completion)],
    }


def as_chatml(example: Example) -> tuple[str, list[tuple[int, int]]]:
    """The example in ChatML, and the character spans (start, end) that carry loss.

    A span is what a trained message says and the mark that ends it, as TRL's assistant mask has
    it. A mark inside a message's text is broken by a space, so that it cannot pass for one.
    """
    text, spans = "", []
    for message in example.messages:
        text += f"<|im_start|>{message.role}\n"
        start = len(text)
        text += message.content.replace("<|", "< |").replace("|>", "| >") + "<|im_end|>"
        if message.train:
            spans.append((start, len(text)))
        text += "\n"
    return text, spans


def token_mask(offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[int]:
    """1 for each token that carries loss, 0 for the others.

    Args:
        offsets: Characters of each token, (start, end), as a tokenizer's offset mapping has them.
        spans: From `as_chatml`.
    """
    return [
        int(any(start >= low and end <= high and end > start for low, high in spans))
        for start, end in offsets
    ]


def _plain(message: ChatMessage) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def _trained(conversation: Conversation, shape: Shape) -> list[int]:
    """Indices of the speakers to train; none if there is no such speaker."""
    if shape.train_on == "both":
        return list(range(len(conversation.speakers)))
    speaker = int(shape.train_on) - 1
    return [speaker] if speaker < len(conversation.speakers) else []


def _answers(conversation: Conversation, speaker: int) -> list[tuple[int, int]]:
    """First and last turn of each run of turns by the speaker."""
    found: list[tuple[int, int]] = []
    for n, turn in enumerate(conversation.turns):
        if turn.speaker == speaker:
            if found and found[-1][1] == n - 1:
                found[-1] = (found[-1][0], n)
            else:
                found.append((n, n))
    return found


def _given(
    conversation: Conversation, speaker: int, shape: Shape, pool: Pool | None
) -> list[tuple[str, bool]]:
    """The facts to show, each with whether it is the speaker's own."""
    if shape.persona == "none":
        return []
    own = [(fact, True) for fact in conversation.speakers[speaker].persona]
    if not shape.distractors:
        return own
    rng = random.Random(derive_seed(shape.seed, "facts", conversation.id, speaker))
    strange = _strange(conversation, speaker, (pool or {}).get(conversation.split, ()), shape, rng)
    mixed = own + [(fact, False) for fact in strange]
    rng.shuffle(mixed)
    return mixed


def _strange(
    conversation: Conversation,
    speaker: int,
    pool: Sequence[str],
    shape: Shape,
    rng: random.Random,
) -> list[str]:
    """Facts that share no word of weight with what the speaker is or says."""
    said = " ".join(turn.text for turn in conversation.said_by(speaker))
    theirs = " ".join(fact for other in conversation.speakers for fact in other.persona)
    taken = _weighty(f"{said} {theirs}")
    found: list[str] = []
    for fact in rng.sample(pool, len(pool)):
        if len(found) == shape.distractors:
            break
        if not _weighty(fact) & taken:
            found.append(fact)
    return found


def _weighty(text: str) -> set[str]:
    return {word for word in words(text) if len(word) > 4}


def _messages(
    conversation: Conversation,
    speaker: int,
    numbers: range,
    facts: Sequence[tuple[str, bool]],
    shape: Shape,
) -> list[ChatMessage]:
    made: list[ChatMessage] = []
    for n in numbers:
        turn = conversation.turns[n]
        role = "assistant" if turn.speaker == speaker else "user"
        said = turn.text if role == "assistant" else _said(conversation, turn)
        if made and made[-1].role == role:
            said, turns = f"{made[-1].content}\n{said}", (*made.pop().turns, n)
        else:
            turns = (n,)
        made.append(ChatMessage(role=role, content=said, train=role == "assistant", turns=turns))
    if not facts:
        return made
    sentences = [" ".join(fact.split()) for fact, _ in facts]
    if shape.persona == "system":
        listed = "\n".join(f"- {sentence}" for sentence in sentences)
        (asked,) = load("dramaturg.dataset", "persona").render({"facts": listed})
        return [ChatMessage(role="system", content=asked.content), *made]
    told = "\n".join(f"your persona: {sentence}" for sentence in sentences)
    if made and made[0].role == "user":
        return [msgspec.structs.replace(made[0], content=f"{told}\n{made[0].content}"), *made[1:]]
    return [ChatMessage(role="user", content=told), *made]


def _said(conversation: Conversation, turn: Turn) -> str:
    """A turn of somebody else: with their name before it where there are several others."""
    if len(conversation.speakers) < 3:
        return turn.text
    name = conversation.speakers[turn.speaker].name or f"User {turn.speaker + 1}"
    return f"{name}: {turn.text}"


def _example(
    conversation: Conversation,
    speaker: int,
    messages: Sequence[ChatMessage],
    facts: Sequence[tuple[str, bool]],
) -> Example:
    return Example(
        conversation=conversation.id,
        speaker=speaker,
        messages=tuple(messages),
        facts=tuple(fact for fact, _ in facts),
        own=tuple(own for _, own in facts),
        split=conversation.split,
    )
