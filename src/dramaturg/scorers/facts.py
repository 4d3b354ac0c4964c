"""Every turn against every fact: entail, contradict or silent, the speaker's own or the partner's.

The table behind the faithfulness figures: one row a turn and fact, ready for a query.
Source: sentence-level fidelity after "Spotting Out-of-Character Behavior" (2025, atomic persona
fidelity), with an inference model in place of a trait judge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import ChatModel, NLIModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation, Cost
from dramaturg.scorers.base import timeless
from dramaturg.scorers.faithfulness import against_facts, fact_id
from dramaturg.scorers.yes_no import needs

Relation: TypeAlias = Literal["entail", "contradict", "silent"]

_LINE = re.compile(
    r"(?im)^[\W_]*T(?:urn)?\s*(\d+)\s*[|,;:]\s*F(?:act)?\s*(\d+)\s*[|,;:]\s*"
    r"(entail|contradict|show|den)\w*\W*(.*)$"
)
_NONE = re.compile(r"(?i)^\W*(none|nothing|no (?:turn|fact|line|finding)s?)\b")


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn says of one fact.

    Attributes:
        conversation: Its id.
        turn: Index of the turn, from 0.
        speaker: Who says it.
        owner: Whose fact it is.
        whose: "own" when the speaker owns the fact, else "partner".
        fact, fact_id: The sentence; its id where the conversation knows one.
        label: "entail", "contradict" or "silent".
        p_entail, p_contradict: The judge's probabilities; 1 and 0 from a judge who gives words
            only.
        why: The cue, in the judge's words.
    """

    conversation: str
    turn: int
    speaker: int
    owner: int
    whose: Literal["own", "partner"]
    fact: str
    fact_id: str | None
    label: Relation
    p_entail: float
    p_contradict: float
    why: str = ""


class FactsInput(msgspec.Struct, frozen=True, kw_only=True):
    """Turns and facts, both numbered from 0 in this order."""

    turns: tuple[tuple[int, str], ...]
    facts: tuple[tuple[int, str], ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One turn that shows or denies one fact."""

    turn: int
    fact: int
    label: Relation
    why: str


class FactTable(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one conversation, by turn, then owner, then fact; and what they took."""

    rows: tuple[FactRow, ...]
    cost: Cost
    model: str

    def where(
        self, *, label: Relation | None = None, whose: str | None = None
    ) -> tuple[FactRow, ...]:
        """The rows with this label and owner, None = any."""
        return tuple(
            row for row in self.rows if label in (None, row.label) and whose in (None, row.whose)
        )


async def fact_table(
    conversation: Conversation,
    judge: NLIModel | ChatModel,
    *,
    threshold: float = 0.5,
    seed: int = 0,
) -> FactTable:
    """Every turn against every fact of every speaker.

    Args:
        judge: An inference model judges each pair; a chat model is asked once for all pairs that
            are not silent.
        threshold: The probability from which a label other than silent counts; measured form.

    Raises:
        NotJudged: If no speaker has a persona.
        UserError, ReplyError, BackendError: As `ask`.
    """
    if not any(speaker.persona for speaker in conversation.speakers):
        raise NotJudged("no speaker has a persona", kind="no persona")
    found: dict[tuple[int, int, int], tuple[Relation, float, float, str]] = {}
    cost, places = Cost(), _places(conversation)
    if isinstance(judge, NLIModel):
        for of_partner in (False, True):
            for at, owner, number, one in await against_facts(
                conversation, judge, of_partner=of_partner, seed=seed
            ):
                sure = max(one.p_entail, one.p_contradict) >= threshold
                label: Relation = one.label if sure and one.label != "neutral" else "silent"
                found[at, owner, number] = (label, one.p_entail, one.p_contradict, one.why)
    else:
        needs(judge, _TASK.name)
        inputs = FactsInput(
            turns=tuple((turn.speaker, turn.text) for turn in conversation.turns),
            facts=tuple((who, conversation.speakers[who].persona[n]) for who, n in places),
        )
        answer = await ask(judge, _TASK, inputs, seed=seed, about=conversation.id)
        cost = timeless(answer.cost)
        for finding in answer.value:
            entails = float(finding.label == "entail")
            place = (finding.turn, *places[finding.fact])
            found[place] = (finding.label, entails, 1 - entails, finding.why)
    rows = []
    for index, turn in enumerate(conversation.turns):
        for owner, number in places:
            label, entails, contradicts, why = found.get(
                (index, owner, number), ("silent", 0.0, 0.0, "")
            )
            rows.append(
                FactRow(
                    conversation=conversation.id,
                    turn=index,
                    speaker=turn.speaker,
                    owner=owner,
                    whose="own" if owner == turn.speaker else "partner",
                    fact=conversation.speakers[owner].persona[number],
                    fact_id=fact_id(conversation, owner, number),
                    label=label,
                    p_entail=round(entails, 6),
                    p_contradict=round(contradicts, 6),
                    why=why if label != "silent" else "",
                )
            )
    return FactTable(rows=tuple(rows), cost=cost, model=judge.ref)


def parse_findings(reply: str, inputs: FactsInput) -> tuple[Finding, ...]:
    """The lines "T3 | F1 | contradicts | why" of a reply; "none" is an empty answer.

    Raises:
        ReplyError: kind "no findings" if there is neither such a line nor a "none", "unknown
            turn or fact" if a number is not there.
    """
    found: dict[tuple[int, int], Finding] = {}
    for hit in _LINE.finditer(reply):
        turn, fact = int(hit[1]), int(hit[2])
        if turn >= len(inputs.turns) or fact >= len(inputs.facts):
            raise ReplyError(
                f"there is no turn {turn} or no fact {fact}", kind="unknown turn or fact"
            )
        label: Relation = "contradict" if hit[3].lower() in ("contradict", "den") else "entail"
        found.setdefault(
            (turn, fact),
            Finding(turn=turn, fact=fact, label=label, why=" ".join(hit[4].split())[:300]),
        )
    if not found and not _NONE.match(reply):
        raise ReplyError(
            "the reply has no line of the form 'T0 | F0 | entails'", kind="no findings"
        )
    return tuple(found.values())


def _fill(inputs: FactsInput) -> Mapping[str, str]:
    return {
        "facts": "\n".join(
            f"F{n} (User {who + 1}): {quote(text)}" for n, (who, text) in enumerate(inputs.facts)
        ),
        "turns": "\n".join(
            f"T{n} (User {who + 1}): {quote(text)}" for n, (who, text) in enumerate(inputs.turns)
        ),
    }


_TASK: Task[FactsInput, tuple[Finding, ...]] = Task(
    name="judge.facts",
    prompt=load("dramaturg.scorers", "facts"),
    fill=_fill,
    parse=parse_findings,
    sampling=Sampling(temperature=0.0, top_k=None, max_tokens=1_500),
)


def _places(conversation: Conversation) -> list[tuple[int, int]]:
    return [
        (who, number)
        for who, speaker in enumerate(conversation.speakers)
        for number in range(len(speaker.persona))
    ]
