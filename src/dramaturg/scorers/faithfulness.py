"""Does a conversation contradict the profile of a speaker? Silence is faithful, denial is not.

Source: Jandaghi et al. 2023, arXiv:2312.10007: the faithfulness expert, a prompt with four
worked examples. Differs: with an inference model every turn is held against every fact of its
speaker, so that a verdict names the turn and the fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from dramaturg.errors import NotJudged
from dramaturg.models import ChatModel, Judgement, NLIModel, ask
from dramaturg.prompts import Task
from dramaturg.records import Conversation, Evidence, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import MEASURED, PROMPTED, Scorer, timeless
from dramaturg.scorers.yes_no import JudgeInput, YesNo, judge_input, needs, yes_no_task

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*[\"'”’)]*|[.!?…]+")


def faithfulness(judge: NLIModel | ChatModel, *, threshold: float = 0.5) -> Scorer:
    """The faithfulness expert: measured by an inference model, asked of a chat model.

    Args:
        threshold: p(contradict) from which a turn counts as denying a fact; measured form only.

    Returns:
        A scorer of value 1 - (highest p(contradict)), or 1 and 0 in the asked form; higher is
        more faithful.
    """
    if isinstance(judge, NLIModel):
        return _Measured(judge, threshold)
    return _Asked(judge)


def claims(text: str) -> str:
    """A turn without its questions: what is asked is not claimed.

    >>> claims("I love it. Do you have a dog?")
    'I love it.'
    """
    parts = sentences(text)
    return " ".join(part for part in parts if not part.rstrip("\"'”’)").endswith("?"))


def sentences(text: str) -> list[str]:
    """The sentences of a turn, each with its end mark.

    >>> sentences("I love it. Do you have a dog?")
    ['I love it.', 'Do you have a dog?']
    """
    return [part for found in _SENTENCE.findall(text) if (part := found.strip())]


def by_sentence(
    conversation: Conversation, keep: Callable[[str], bool] = lambda sentence: True
) -> tuple[Conversation, list[int]]:
    """One sentence a turn, without questions and what `keep` refuses; and where each came from."""
    turns, source = [], []
    for index, turn in enumerate(conversation.turns):
        for sentence in sentences(claims(turn.text)):
            if any(ch.isalnum() for ch in sentence) and keep(sentence):
                turns.append(msgspec.structs.replace(turn, text=sentence))
                source.append(index)
    return msgspec.structs.replace(conversation, turns=tuple(turns)), source


async def against_facts(
    conversation: Conversation, nli: NLIModel, *, of_partner: bool = False, seed: int = 0
) -> list[tuple[int, int, int, Judgement]]:
    """Every claiming turn against every fact of its speaker, or of the partner.

    Returns:
        (turn index, speaker whose fact it is, fact index, judgement), by turn, then fact.
    """
    places: list[tuple[int, int, int]] = []
    pairs: list[tuple[str, str]] = []
    for index, turn in enumerate(conversation.turns):
        said = claims(turn.text)
        if not said:
            continue
        for owner, speaker in enumerate(conversation.speakers):
            if (owner == turn.speaker) == of_partner:
                continue
            for number, fact in enumerate(speaker.persona):
                places.append((index, owner, number))
                pairs.append((said, fact))
    if not pairs:
        return []
    judged = await nli.judge(pairs, seed=seed)
    return [(*place, one) for place, one in zip(places, judged, strict=True)]


class _Measured:
    name, version, cost_rank, low, high = "faithfulness", "nli-1", MEASURED, 0.0, 1.0

    def __init__(self, nli: NLIModel, threshold: float) -> None:
        self.nli, self.threshold = nli, threshold

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        judged = await against_facts(conversation, self.nli, seed=seed)
        worst = max((one.p_contradict for *_, one in judged), default=0.0)
        denied = [
            row
            for row in judged
            if row[3].label == "contradict" and row[3].p_contradict >= self.threshold
        ]
        denied.sort(key=lambda row: (-row[3].p_contradict, row[0], row[2]))
        people = conversation.speakers
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - worst, 6),
            passed=not denied,
            reasons=tuple(
                f"turn {turn} contradicts {people[owner].persona[fact]!r}"
                for turn, owner, fact, _ in denied
            ),
            evidence=tuple(
                Evidence(
                    turn=turn,
                    fact_id=fact_id(conversation, owner, fact),
                    note=f"p(contradict) {one.p_contradict:.2f}"
                    + (f": {one.why}" if one.why else ""),
                )
                for turn, owner, fact, one in denied
            ),
            model=self.nli.ref,
        )


def fact_id(conversation: Conversation, speaker: int, fact: int) -> str | None:
    """The id of a fact of a speaker, None where the conversation knows only its text."""
    ids = conversation.speakers[speaker].fact_ids
    return ids[fact] if fact < len(ids) else None


class _Asked:
    version, cost_rank, low, high = "prompt-1", PROMPTED, 0.0, 1.0

    def __init__(
        self,
        model: ChatModel,
        *,
        name: str = "faithfulness",
        task: Task[JudgeInput, YesNo] | None = None,
    ) -> None:
        self.name = name
        self.task = task or yes_no_task("judge.faithfulness", "faithfulness")
        self.model = model
        needs(model, self.task.name)

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        if len(conversation.speakers) > 2:
            raise NotJudged("this prompt shows two profiles", kind="more than two speakers")
        inputs = judge_input(conversation)
        answer = await ask(self.model, self.task, inputs, seed=seed, about=conversation.id)
        said = answer.value
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=0.0 if said.yes else 1.0,
            passed=not said.yes,
            reasons=(said.why,) if said.why else (),
            model=self.model.ref,
            cost=timeless(answer.cost),
        )


asked = _Asked  # the same form serves the partner-fact expert
