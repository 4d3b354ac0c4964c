"""Wrong parts that the proofs of the core recipe must catch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dramaturg import critique, dataset, pairing, persona
from dramaturg.models import NLIModel
from dramaturg.records import Comparison, Conversation, Pair, Persona, Verdict
from dramaturg.scorers import PersonaShown, persona_shown


def single_linkage(vectors: Any, *, threshold: float) -> persona.Categories:
    labels = list(range(len(vectors)))
    for i in range(len(vectors)):
        for j in range(i):
            if float(vectors[i] @ vectors[j]) > threshold:
                labels = [labels[j] if label == labels[i] else label for label in labels]
    return persona.Categories(tuple(labels), vectors)


def two_are_enough(
    people: Sequence[Persona], labels: Mapping[str, str], *, count: int, above: int, seed: int
) -> list[Pair]:
    return pairing.by_categories(people, labels, count=count, above=above - 1, seed=seed)


def most_wins(
    candidates: Sequence[str], by_expert: Mapping[str, Sequence[Comparison]]
) -> critique.Tally:
    wins = Counter(c.winner for each in by_expert.values() for c in each)
    counts = tuple(wins[name] for name in candidates)
    return critique.Tally(
        winner=counts.index(max(counts)), votes=tuple(map(Fraction, counts)), wins=counts
    )


def everybody_s_facts(nli: NLIModel) -> Callable[[Conversation], Awaitable[Verdict]]:
    """Holds each turn against the facts of both, questions included."""

    async def judge(talk: Conversation) -> Verdict:
        facts = [fact for speaker in talk.speakers for fact in speaker.persona]
        said = await nli.judge([(turn.text, fact) for turn in talk.turns for fact in facts])
        worst = max(one.p_contradict for one in said)
        return Verdict(subject=talk.id, scorer="faithfulness", value=1 - worst)

    return judge


def never_finds_anything(nli: NLIModel) -> Callable[[Conversation], Awaitable[Verdict]]:
    async def judge(talk: Conversation) -> Verdict:
        return Verdict(subject=talk.id, scorer="faithfulness", value=1.0)

    return judge


def silence_is_golden(talks: Sequence[Conversation], *, seed: int) -> PersonaShown:
    found = persona_shown(talks, seed=seed)
    precision = 1.0 if found.precision is None else found.precision
    return PersonaShown(precision=precision, recall=found.recall, options=found.options)


def by_row(talks: Sequence[Conversation]) -> dataset.Splits:
    names = ("train", "train", "validation", "test")
    return dataset.Splits({talk.id: names[i % 4] for i, talk in enumerate(talks)})


WRONG: dict[str, list[dict[str, Any]]] = {
    "average_linkage": [{"cluster": single_linkage}],
    "more_than_two_shared": [{"meet": two_are_enough}],
    "one_vote_an_expert": [{"vote": most_wins}],
    "own_facts_only": [{"judge": everybody_s_facts}, {"judge": never_finds_anything}],
    "silence_is_no_faithfulness": [{"shown": silence_is_golden}],
    "no_person_in_two_splits": [{"divide": by_row}, {"divide": dataset.apart_by_pair}],
}
