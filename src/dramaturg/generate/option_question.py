"""Write a question with four options about what a user has told, and say what is wrong with it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import (
    TEXT,
    Sampling,
    Task,
    list_schema,
    load,
    object_schema,
    quote,
    quote_list,
)
from dramaturg.records import Event, Persona
from dramaturg.scorers import shown_words, tokens

_LONGER = 1.25  # times the mean length of the options: beyond it, or below its inverse, it shows
_TELLS = 0.5  # share of the right option's own words that the question must stay below


class QuestionInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is written from.

    Attributes:
        told: All that the user has told of the thing, oldest first.
        complaints: What was wrong with the try before.
    """

    person: tuple[str, ...]
    told: tuple[Event, ...]
    kind: str
    complaints: tuple[str, ...] = ()


class DraftQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it was written: the right option, and (text, why it is wrong) of the others."""

    text: str
    right: str
    wrong: tuple[tuple[str, str], ...]


@functools.cache
def option_question_task() -> Task[QuestionInput, DraftQuestion]:
    """ "question.options": a message of the user, the right reply and three wrong ones."""
    return Task(
        name="question.options",
        prompt=load("dramaturg.generate", "option_question"),
        fill=_fill,
        parse=lambda reply, _: _read(reply),
        sampling=Sampling(temperature=0.7, top_k=None, max_tokens=900),
        schema=object_schema(
            question=TEXT, right=TEXT, wrong=list_schema(object_schema(text=TEXT, why=TEXT))
        ),
    )


async def write_question(
    writer: ChatModel,
    person: Persona,
    told: Sequence[Event],
    kind: str,
    *,
    complaints: Sequence[str] = (),
    seed: int,
) -> Answer[DraftQuestion]:
    """A draft of a question; `question_faults` says what is wrong with it.

    Args:
        told: All that was told of the thing before the question, oldest first, at least one.

    Raises:
        ReplyError: If the second reply cannot be used either.
        BackendError: If the writer could not be reached.

    Source: Jiang et al. 2025, PersonaMem, arXiv:2504.14225.
    """
    given = QuestionInput(
        person=person.undated, told=tuple(told), kind=kind, complaints=tuple(complaints)
    )
    return await ask(writer, option_question_task(), given, seed=seed, about=person.id)


def question_faults(draft: DraftQuestion) -> str:
    """How the options give the right one away, in words for the writer; "" where they do not.

    Lengths are in words: each option between 4/5 and 5/4 of the mean, and the right one neither
    the longest nor the shortest by itself where lengths differ by more than two words. The
    question must not hold half of the words that only the right option has.
    """
    texts = [draft.right, *(text for text, _ in draft.wrong)]
    lengths = [len(tokens(text)) for text in texts]
    mean = sum(lengths) / len(lengths)
    for length in lengths:
        if not mean / _LONGER - 1 <= length <= mean * _LONGER + 1:
            return f"lengths: the options have {lengths} words; make all equally long"
    others = lengths[1:]
    if lengths[0] > max(others) + 2 or lengths[0] < min(others) - 2:
        side = "longest" if lengths[0] > max(others) else "shortest"
        return f"lengths: the right option is the {side}; make all equally long"
    asked = shown_words(draft.text)
    own = shown_words(draft.right) - frozenset().union(*(shown_words(t) for t in texts[1:]))
    if own and len(own & asked) / len(own) >= _TELLS:
        return "given away: the question holds the words that only the right option has"
    return ""


def _fill(given: QuestionInput) -> dict[str, str]:
    rows = [
        f"{event.date}: {event.text} The user {event.stance} {event.about} from then on."
        + (f" Reason: {event.reason}" if event.reason else "")
        for event in given.told
    ]
    faults = quote_list(given.complaints)
    return {
        "person": quote_list(given.person),
        "about": quote(given.told[-1].about),
        "told": quote_list(rows),
        "kind": quote(given.kind),
        "complaints": f"<faults_of_earlier_tries>\n{faults}\n</faults_of_earlier_tries>\n"
        if faults
        else "",
    }


def _read(reply: str) -> DraftQuestion:
    found, _ = read_json(reply)
    if not isinstance(found, dict):
        raise ReplyError("it is no JSON object", kind="malformed JSON")
    text, right = (" ".join(str(found.get(key) or "").split()) for key in ("question", "right"))
    wrong: list[tuple[str, str]] = []
    rows = found.get("wrong")
    for row in rows if isinstance(rows, list) else []:
        value, why = (row.get("text"), row.get("why")) if isinstance(row, dict) else (row, "")
        if said := " ".join(str(value or "").split()):
            wrong.append((said, " ".join(str(why or "").split())))
    if not text or not right or len(wrong) < 3:
        raise ReplyError("'question', 'right' and three 'wrong' were wanted", kind="incomplete")
    plain = {" ".join(tokens(one)) for one in (right, *(said for said, _ in wrong[:3]))}
    if len(plain) < 4:
        raise ReplyError("two of the options are the same", kind="equal options")
    return DraftQuestion(text=text, right=right, wrong=tuple(wrong[:3]))
