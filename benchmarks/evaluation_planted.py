"""Planted contradictions in 500 conversations: who catches them, and who cries wolf.

Kinds: a fact of the speaker negated in one turn, something loved cooled down, a partner's fact
claimed, and a contradiction that people labelled as one (an utterance and a fact of persona-nli
put into a conversation). Each has a clean twin. False alarms count a twin, or an untouched
conversation, that is flagged although nothing was planted; nobody has labelled the untouched ones,
so some of these alarms are right.

Denials are made by `negate`, which made the expert's training pairs too. Weakening is counted apart
in wordings that the expert's rules hold and in others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.corpora import personachat, shown, spc
from benchmarks.tables import publish
from dramaturg.errors import NotJudged
from dramaturg.evaluate import Planted, Share, plant_all, share
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers import Scorer, build
from dramaturg.scorers.words import shown_words
from dramaturg.train.experts.inference import nli_rows

CONVERSATIONS = 500
_NOT = re.compile(
    r"(?i)\b(not|no|never|hardly|don't|doesn't|can't|won't|isn't|hate|nothing)\b|n't\b"
)

# Wordings of `plant.weaken_fact` that the expert's rules hold; the others stand in no rule.
KNOWN_WEAK = ("I'm not that into ", "I don't really care for ", "I used to, but I don't enjoy ")

Flag = Callable[[Conversation], Awaitable[bool]]


def by_words(conversation: Conversation) -> bool:
    """The lexical baseline: a sentence with a negation and half of a fact's words denies it."""
    for turn in conversation.turns:
        for sentence in re.split(r"(?<=[.!?])\s+", turn.text):
            if sentence.endswith("?"):
                continue
            said = shown_words(sentence)
            for fact in conversation.speakers[turn.speaker].persona:
                words = shown_words(fact)
                denied = bool(_NOT.search(sentence)) != bool(_NOT.search(fact))
                if words and denied and len(words & said) / len(words) >= 0.5:
                    return True
    return False


def flags() -> dict[str, Flag]:
    """Every faithfulness implementation that runs without an endpoint."""
    model = EmbeddedModel()
    faithful, atomic, partner = build("faithfulness,atomic_fidelity,partner_fact", model)

    async def lexical(conversation: Conversation) -> bool:
        return by_words(conversation)

    def decides(scorer: Scorer) -> Flag:
        async def flag(conversation: Conversation) -> bool:
            return (await scorer(conversation)).passed is False

        return flag

    async def by_sentence(conversation: Conversation) -> bool:
        try:
            return (await atomic(conversation)).value < 1
        except NotJudged:
            return False

    return {
        "faithfulness nli-1 (whole turns)": decides(faithful),
        "atomic_fidelity nli-1 (sentences)": by_sentence,
        "partner_fact nli-2": decides(partner),
        "baseline: negation and shared words": lexical,
    }


def labelled(data: Path, talks: Sequence[Conversation]) -> list[Planted]:
    """Contradictions of persona-nli valid that people labelled, put into conversations.

    The clean twin says an utterance that people labelled neutral towards the same kind of fact.
    """
    rows = nli_rows(data, "valid")
    wrong = [(r.premise, r.hypothesis) for r in rows if r.label == "contradict"]
    calm = [(r.premise, r.hypothesis) for r in rows if r.label == "neutral"]
    found = []
    for number, talk in enumerate(talks):
        faulty = _put(talk, *wrong[derive_seed("wrong", number) % len(wrong)])
        clean = _put(talk, *calm[derive_seed("calm", number) % len(calm)])
        found.append(Planted(kind="labelled by people", faulty=faulty, clean=clean))
    return found


def _put(talk: Conversation, said: str, fact: str) -> Conversation:
    at = derive_seed("place", talk.id) % len(talk.turns)
    turn = talk.turns[at]
    turns = list(talk.turns)
    turns[at] = msgspec.structs.replace(turn, text=f"{turn.text} {said}")
    speakers = list(talk.speakers)
    speakers[turn.speaker] = msgspec.structs.replace(
        speakers[turn.speaker], persona=(fact,), fact_ids=()
    )
    return msgspec.structs.replace(talk, turns=tuple(turns), speakers=tuple(speakers), id="")


def known_weak(case: Planted) -> bool:
    """Whether the wording of a weakening is one that the expert's rules hold."""
    return any(wording in case.words for wording in KNOWN_WEAK)


async def rate(flag: Flag, talks: Sequence[Conversation]) -> Share:
    """The share of conversations flagged."""
    return share(sum([await flag(talk) for talk in talks]), len(talks))


async def main_async(data: Path, write: bool) -> None:
    talks = spc(data, "valid", CONVERSATIONS)
    judges = flags()
    kinds = {
        kind: plant_all(talks, kind, seed=13)
        for kind in ("own fact denied", "own fact weakened", "partner's fact claimed")
    }
    weak = kinds.pop("own fact weakened")
    kinds["own fact weakened, wordings the rules know"] = [c for c in weak if known_weak(c)]
    kinds["own fact weakened, other wordings"] = [c for c in weak if not known_weak(c)]
    kinds["labelled by people (persona-nli)"] = labelled(data, talks)
    table = [["planted", "judge", "cases", "flagged with the plant (95 %)",
              "clean twin flagged (95 %)"]]  # fmt: skip
    for kind, cases in kinds.items():
        for name, flag in judges.items():
            # The paper's faithfulness expert lets a partner's fact pass: shown all the same.
            if kind == "partner's fact claimed":
                if "baseline" in name:
                    continue
            elif "partner" in name:
                continue
            table.append(
                [
                    kind,
                    name,
                    f"{len(cases)}",
                    shown(await rate(flag, [case.faulty for case in cases])),
                    shown(await rate(flag, [case.clean for case in cases])),
                ]
            )
    untouched = [["conversations as they are", "judge", "n", "flagged (95 %)"]]
    for where, some in (
        ("SPC valid, first 500", talks),
        ("Persona-Chat valid, first 500", personachat(data, "valid", CONVERSATIONS)),
    ):
        for name, flag in judges.items():
            untouched.append([where, name, f"{len(some)}", shown(await rate(flag, some))])
    publish(
        "planted",
        [
            (f"Planted in the first {CONVERSATIONS} conversations of SPC valid, seed 13", table),
            ("Flags where nothing was planted (an upper bound of false alarms)", untouched),
        ],
        write=write,
    )


def main(data: Path, write: bool) -> None:
    """Print the tables; with `write`, renew them on the page."""
    asyncio.run(main_async(data, write))
