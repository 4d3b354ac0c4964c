"""Who said it? A line with its speaker hidden, people described by their facts, a probability each.

Source: PersonaEval (2025), "Are LLM evaluators human enough to judge role-play?": an exam for
judges. Over one conversation the same task says how distinct the speakers are: can a reader tell
them apart by what they say?
Differs: items are made from any conversation; a line is judged with the line before it and no
speaker is named, since taking turns would give the answer away.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.errors import NotJudged, RecordError, ReplyError
from dramaturg.models import ChatModel, NLIModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Conversation, Cost, Evidence, Verdict, derive_seed
from dramaturg.scorers.asked import need_two_speakers
from dramaturg.scorers.base import MEASURED, PROMPTED, Scorer, prompted, timeless
from dramaturg.scorers.faithfulness import claims
from dramaturg.scorers.words import shown_words
from dramaturg.scorers.yes_no import needs

LINES = 8  # lines asked about in a conversation
BINS = 20
_SHARPNESS = 6.0  # how fast evidence turns into certainty; measured form
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OBJECT = re.compile(r"\{[^{}]*\}")
_ROUNDING = 0.02  # how far the probabilities may be from summing to 1


class SpeakerItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line and the people who may have said it.

    Attributes:
        turn: Index of the line's turn.
        before: The turn before it, "" at the beginning.
        people: The facts of each candidate.
        answer: Index of the true one.
    """

    turn: int
    before: str
    line: str
    people: tuple[tuple[str, ...], ...]
    answer: int


class SpeakerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well the speakers were told.

    Attributes:
        top_1, top_2: Share of lines whose speaker has the highest probability, or one of the two
            highest; a tie counts as the chance to draw the right one.
        mean_rank: From 1; a tie takes the middle rank.
        brier: Mean squared error over the candidates: 0 certain and right; 0.25 for even odds of
            two, 0.1875 for even odds of four.
        ece: Expected calibration error of the likeliest candidate, 20 bins.
        chance: top_1 of a reader who draws at random.
        items: Lines.
    """

    top_1: float
    top_2: float
    mean_rank: float
    brier: float
    ece: float
    chance: float
    items: int


def speaker_items(
    conversation: Conversation,
    *,
    others: Sequence[tuple[str, ...]] = (),
    options: int | None = None,
    most: int = LINES,
    seed: int = 0,
) -> list[SpeakerItem]:
    """Items from the turns of one conversation.

    Args:
        others: Personas of other people: they fill up to `options` candidates, nearest by shared
            words first, since a random stranger is too easy to tell.
        options: Candidates an item; None = the conversation's own speakers.
        most: At most so many lines, drawn by seed from those that say something of substance.

    Returns:
        Items in the order of the turns; none where fewer than two candidates have a persona.
    """
    own = [tuple(speaker.persona) for speaker in conversation.speakers]
    if sum(bool(facts) for facts in own) < 1:
        return []
    lines = [
        index
        for index, turn in enumerate(conversation.turns)
        if own[turn.speaker] and len(shown_words(turn.text)) >= 2
    ]
    draw = random.Random(derive_seed(seed, "who", conversation.id))
    if len(lines) > most:
        lines = sorted(draw.sample(lines, most))
    found = []
    for index in lines:
        turn = conversation.turns[index]
        true = own[turn.speaker]
        rivals = [f for who, f in enumerate(own) if who != turn.speaker and f and f != true]
        if options is not None:
            words = frozenset().union(*map(shown_words, true))
            near = sorted(
                (facts for facts in others if facts and facts not in own),
                key=lambda facts: -len(words & frozenset().union(*map(shown_words, facts))),
            )
            rivals = [*rivals, *near][: options - 1]
        if not rivals:
            continue
        people = [true, *rivals]
        order = list(range(len(people)))
        draw.shuffle(order)
        found.append(
            SpeakerItem(
                turn=index,
                before=conversation.turns[index - 1].text if index else "",
                line=turn.text,
                people=tuple(people[i] for i in order),
                answer=order.index(0),
            )
        )
    return found


def speaker_figures(
    items: Sequence[SpeakerItem], guesses: Sequence[Sequence[float]]
) -> SpeakerFigures:
    """The figures of a judge's guesses.

    Args:
        guesses: For each item a probability for each of its people, in their order.

    Raises:
        RecordError: If the shapes differ or there is no item.
    """
    if not items or len(items) != len(guesses):
        raise RecordError("there is not one guess for each item, or no item at all")
    top1 = top2 = rank = brier = chance = 0.0
    bins: list[list[tuple[float, float]]] = [[] for _ in range(BINS)]
    for item, guess in zip(items, guesses, strict=True):
        if len(guess) != len(item.people):
            raise RecordError("a guess needs a probability for each person")
        mine = guess[item.answer]
        above = sum(p > mine for p in guess)
        level = sum(p == mine for p in guess)
        first = 1 / level if not above else 0.0
        top1 += first
        top2 += min(1.0, max(0, 2 - above) / level)
        rank += above + (level + 1) / 2
        brier += sum((p - (i == item.answer)) ** 2 for i, p in enumerate(guess)) / len(guess)
        chance += 1 / len(guess)
        best = max(guess)
        bins[min(int(best * BINS), BINS - 1)].append((best, first))
    n = len(items)
    ece = sum(abs(sum(p - right for p, right in one)) for one in bins) / n
    return SpeakerFigures(
        top_1=top1 / n,
        top_2=top2 / n,
        mean_rank=rank / n,
        brier=brier / n,
        ece=ece,
        chance=chance / n,
        items=n,
    )


async def guess_speakers(
    items: Sequence[SpeakerItem], judge: NLIModel | ChatModel, *, seed: int = 0
) -> tuple[list[tuple[float, ...]], Cost]:
    """A probability for each person of each item, and what it took.

    Measured: of each person the strongest evidence in a fact counts: entailed, less contradicted,
    plus shared words. Asked: one prompt a line.

    Raises:
        ReplyError: If a reply gives no probabilities, even when asked twice.
    """
    if isinstance(judge, NLIModel) and not prompted(judge):
        return await _measure(items, judge, seed), Cost()
    assert isinstance(judge, ChatModel)
    needs(judge, _TASK.name)
    found, cost = [], Cost()
    for number, item in enumerate(items):
        answer = await ask(judge, _TASK, item, seed=derive_seed(seed, number), about=str(number))
        found.append(answer.value)
        cost = cost + timeless(answer.cost)
    return found, cost


def who_speaks(judge: NLIModel | ChatModel, *, most: int = LINES) -> Scorer:
    """How well the speakers can be told apart by what they say: the share of lines told right.

    In [0, 1]; with two speakers chance is 0.5. Few lines show a persona, so 0.6 is much.
    """
    return _WhoSpeaks(judge, most)


class _WhoSpeaks:
    name, low, high = "who_speaks", 0.0, 1.0

    def __init__(self, judge: NLIModel | ChatModel, most: int) -> None:
        self.judge, self.most = judge, most
        measured = isinstance(judge, NLIModel) and not prompted(judge)
        self.version = "nli-1" if measured else "prompt-1"
        self.cost_rank = MEASURED if measured else PROMPTED
        if not measured:
            assert isinstance(judge, ChatModel)
            needs(judge, _TASK.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_two_speakers(conversation)
        if sum(bool(speaker.persona) for speaker in conversation.speakers) < 2:
            raise NotJudged("fewer than two speakers have a persona", kind="no persona")
        items = speaker_items(conversation, most=self.most, seed=seed)
        if not items:
            raise NotJudged("no line says enough, or the personas are equal", kind="nothing shows")
        guesses, cost = await guess_speakers(items, self.judge, seed=seed)
        figures = speaker_figures(items, guesses)
        wrong = [
            (item.turn, guess[item.answer])
            for item, guess in zip(items, guesses, strict=True)
            if guess[item.answer] < max(guess)
        ]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(figures.top_1, 6),
            reasons=(
                f"{len(items)} lines, chance {figures.chance:.2f}, Brier {figures.brier:.3f}",
                *(f"turn {turn} sounds like somebody else ({p:.2f})" for turn, p in wrong),
            ),
            evidence=tuple(Evidence(turn=turn) for turn, _ in wrong),
            model=self.judge.ref,
            cost=cost,
        )


async def _measure(
    items: Sequence[SpeakerItem], nli: NLIModel, seed: int
) -> list[tuple[float, ...]]:
    pairs = [
        (claims(item.line) or item.line, fact)
        for item in items
        for facts in item.people
        for fact in facts
    ]
    judged = iter(await nli.judge(pairs, seed=seed))
    found = []
    for item in items:
        said = shown_words(item.line)
        evidence = []
        for facts in item.people:
            best = 0.0
            for fact in facts:
                one = next(judged)
                words = shown_words(fact)
                shared = len(words & said) / len(words) if words else 0.0
                strength = one.p_entail - one.p_contradict
                best = max(best, shared + (strength if one.label != "neutral" else 0.0))
            evidence.append(best)
        highest = max(evidence)
        weights = [math.exp(_SHARPNESS * (value - highest)) for value in evidence]
        found.append(tuple(weight / sum(weights) for weight in weights))
    return found


def parse_guess(reply: str, inputs: SpeakerItem) -> tuple[float, ...]:
    """The probabilities of a JSON object from letter to number, in order, made to sum to 1.

    Raises:
        ReplyError: kind "no probabilities", or "not a distribution" where one is missing or
            negative or they do not sum to 1.
    """
    for text in reversed(_OBJECT.findall(reply)):
        try:
            given: dict[str, Any] = json.loads(text)
            chances = {str(k).strip().upper()[-1:]: float(v) for k, v in given.items()}
        except (ValueError, TypeError):
            continue
        found = [chances.get(letter, -1.0) for letter in _LETTERS[: len(inputs.people)]]
        if len(given) != len(found) or min(found) < 0 or abs(sum(found) - 1) > _ROUNDING:
            raise ReplyError(
                "there is not one probability for each person, summing to 1",
                kind="not a distribution",
            )
        return tuple(value / sum(found) for value in found)
    raise ReplyError("the reply holds no JSON object", kind="no probabilities")


def _fill(item: SpeakerItem) -> Mapping[str, str]:
    people = [
        f"<person_{letter}>\n{quote_list(facts)}\n</person_{letter}>"
        for letter, facts in zip(_LETTERS, item.people, strict=False)
    ]
    return {
        "people": "\n".join(people),
        "before": quote(item.before) or "(this is the first line)",
        "line": quote(item.line),
    }


_TASK: Task[SpeakerItem, tuple[float, ...]] = Task(
    name="judge.who_speaks",
    prompt=load("dramaturg.scorers", "who_speaks"),
    fill=_fill,
    parse=parse_guess,
    sampling=Sampling(temperature=0.0, top_k=None, max_tokens=200),
)
