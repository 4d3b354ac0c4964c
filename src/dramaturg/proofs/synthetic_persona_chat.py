"""Proofs of the core recipe: clusters, meetings, votes, faithfulness, splits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from dramaturg import critique, dataset, pairing, persona, scorers
from dramaturg.errors import UserError
from dramaturg.models import NLIModel, ScriptedNLI
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import (
    Comparison,
    Conversation,
    Fact,
    Pair,
    Persona,
    Provenance,
    Speaker,
    Turn,
    Verdict,
)

NAME = "synthetic-persona-chat"
Cluster = Callable[..., persona.Categories]
Meet = Callable[..., list[Pair]]
Vote = Callable[[Sequence[str], Mapping[str, Sequence[Comparison]]], critique.Tally]
Judge = Callable[[NLIModel], Callable[[Conversation], Awaitable[Verdict]]]
Shown = Callable[..., scorers.PersonaShown]
Divide = Callable[[Sequence[Conversation]], dataset.Splits]


@proof(NAME, "clusters join while their mean cosine is above the threshold, not their nearest pair")
def average_linkage(cluster: Cluster = persona.cluster) -> str:
    import numpy as np

    angles = np.deg2rad([0, 35, 80, 115])  # a chain: each is near its neighbour only
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = cluster(rows, threshold=0.5).labels
    hold(labels == (0, 0, 1, 1), f"the chain of four gave {labels} instead of (0, 0, 1, 1)")
    return "a chain of 4 sentences, neighbours at cosine 0.7 to 0.8: 2 categories"


@proof(NAME, "partners share more than two pairs of facts: two are not enough")
def more_than_two_shared(meet: Meet = pairing.by_categories) -> str:
    def person(name: str, *themes: str) -> tuple[Persona, dict[str, str]]:
        facts = tuple(Fact(text=f"{name} and {theme}.") for theme in themes)
        labels = {fact.id: theme for fact, theme in zip(facts, themes, strict=True)}
        return Persona(name=name, facts=facts), labels

    made = [
        person("Ada", "food", "pets", "work"),
        person("Ben", "food", "pets", "work"),
        person("Cleo", "food", "pets", "music"),
    ]
    labels = {key: label for _, each in made for key, label in each.items()}
    people = [who for who, _ in made]
    pairs = meet(people, labels, count=1, above=2, seed=1)
    met = sorted(p.name for p in pairs[0].people)
    hold(len(pairs) == 1 and met == ["Ada", "Ben"], f"{met} met, who share two")
    try:
        more = meet(people, labels, count=2, above=2, seed=1)
    except UserError as error:
        return f"of 3 possible pairs 1 qualifies; a second is refused ({type(error).__name__})"
    hold(False, f"{len(more)} pairs were made of people who share two")
    return ""


@proof(NAME, "each expert has one vote: a landslide under one policy does not beat a majority")
def one_vote_an_expert(vote: Vote = critique.tally) -> str:
    def prefers(best: str, others: str, policy: str) -> list[Comparison]:
        return [Comparison(first=best, second=o, scorer=policy, winner=best) for o in others]

    by_expert = {
        "depth": prefers("a", "bcd", "depth") + prefers("b", "cd", "depth"),
        "diversity": prefers("a", "bcd", "diversity"),
        "coherency": [Comparison(first="b", second="a", scorer="coherency", winner="b")],
        "consistency": [Comparison(first="b", second="a", scorer="consistency", winner="b")],
        "likable": [Comparison(first="b", second="a", scorer="likable", winner="b")],
    }
    found = vote(list("abcd"), by_expert)
    winner = "abcd"[found.winner]
    hold(winner == "b", f"{winner} won with {found.wins} pairwise wins; three experts chose b")
    return "a has 6 pairwise wins and 2 votes, b 5 and 3: b is kept"


@proof(NAME, "a turn is held against its own speaker's facts, and a question claims nothing")
async def own_facts_only(judge: Judge = scorers.faithfulness) -> str:
    table = {
        ("I never touch meat.", "I grill steaks."): "contradict",
        ("Do you never touch meat?", "I grill steaks."): "contradict",
        ("I never touch meat.", "I am vegan."): "entail",
    }
    talk = _talk(("I am vegan.",), ("I grill steaks.",))
    nli = ScriptedNLI(table)  # type: ignore[arg-type]
    values = []
    for turns in (
        [(0, "I never touch meat."), (1, "Good for you.")],  # the partner's fact is not denied
        [(0, "Hello."), (1, "Do you never touch meat?")],  # a question
        [(0, "Hello."), (1, "I never touch meat.")],  # the speaker's own fact, denied
    ):
        values.append((await judge(nli)(talk(turns))).value)
    hold(values == [1.0, 1.0, 0.0], f"faithfulness {values} instead of [1.0, 1.0, 0.0]")
    return "3 planted talks: partner's fact 1.0, question 1.0, own fact denied 0.0"


@proof(NAME, "silence is not rewarded: who says nothing has a recall of 0 and no precision")
def silence_is_no_faithfulness(shown: Shown = scorers.persona_shown) -> str:
    silent = _talk(("I have two dogs.", "I sing in a choir."), ())([(0, "Hello."), (1, "Hi.")])
    other = _talk(("I collect stamps.", "I fly small planes."), ())([(0, "Hello."), (1, "Hi.")])
    found = shown([silent, other], seed=1)
    hold(found.recall == 0, f"recall of two silent talks is {found.recall}")
    hold(found.precision is None, f"precision of two silent talks is {found.precision}")
    return f"{found.options} facts and distractors, nothing said: recall 0, precision not defined"


@proof(NAME, "splits share no person, not over a chain of meetings either")
def no_person_in_two_splits(divide: Divide = dataset.apart_by_persona) -> str:
    talks = [_met(f"chain {i}", f"chain {i + 1}") for i in range(20)]
    talks += [_met(f"left {i}", f"right {i}") for i in range(40)]
    split_of: dict[str, str] = {}
    sides = divide(talks).by_id
    for talk in talks:
        for speaker in talk.speakers:
            first = split_of.setdefault(str(speaker.persona_id), sides[talk.id])
            here = sides[talk.id]
            hold(first == here, f"{speaker.persona_id} is in {first} and in {here}")
    filled = sorted(set(sides.values()))
    hold(len(filled) == 3, f"only the splits {filled} are filled")
    return "101 people in 60 talks, 20 of them a chain: 3 splits, 0 people in two"


def _talk(
    first: tuple[str, ...], second: tuple[str, ...]
) -> Callable[[Sequence[tuple[int, str]]], Conversation]:
    def speaker(name: str, facts: tuple[str, ...]) -> Speaker:
        ids = tuple(Fact(text=text).id for text in facts)
        return Speaker(name=name, persona_id=name, persona=facts, fact_ids=ids)

    speakers = (speaker("User 1", first), speaker("User 2", second))

    def of(turns: Sequence[tuple[int, str]]) -> Conversation:
        said = tuple(Turn(speaker=who, text=text) for who, text in turns)
        return Conversation(scene_id="s", speakers=speakers, turns=said)

    return of


def _met(one: str, other: str) -> Conversation:
    speakers = tuple(
        Speaker(name=n, persona_id=n, persona=(f"I am {n} and nobody else.",)) for n in (one, other)
    )
    return Conversation(
        scene_id=f"{one} meets {other}",
        speakers=speakers,
        turns=(Turn(speaker=0, text="Hello."),),
        provenance=Provenance(recipe=NAME),
    )
