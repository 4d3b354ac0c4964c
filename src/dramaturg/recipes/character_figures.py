"""Figures and estimate of the recipe `character-chat`."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg import evaluate, pairing
from dramaturg.models import Embedder
from dramaturg.persona import load_kinds
from dramaturg.recipes.finish import figure
from dramaturg.recipes.recipe import Step
from dramaturg.records import Conversation, Persona
from dramaturg.scorers.support import SUPPORT

RANGES = {
    **dict.fromkeys(["conversations", "per_type", "partners", "rest_at", "window"], (1, 10**9)),
    "max_turns": (6, 1_000),
    "glad": (0, 5),
}
_RATED = tuple(f"support_{name}" for name in SUPPORT)
_FEWEST = 4  # rated seekers from which a matcher is learned
_USUAL_TURNS = 15  # the published talks have 13 to 21, half of them 13


def people_needed(kinds: int, conversations: int, partners: int) -> int:
    """So many that everybody's `partners` make the conversations, also in splits kept apart."""
    return max(kinds, partners + 1, math.ceil(1.3 * conversations / partners) + 3)


def match_score(talk: Conversation) -> float | None:
    """How well two people got on: the mean of the three ratings, None where one is missing."""
    given = [talk.scores[name] for name in _RATED if name in talk.scores]
    return sum(given) / len(given) if len(given) == len(_RATED) else None


def figures_of_talks(talks: Sequence[Conversation], judge: str) -> list[dict[str, Any]]:
    """Length, how talks ended, how often a memory was taken, and the ratings."""
    if not len(talks):
        return []
    sums: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for talk in talks:  # once: they are read from disk
        extra = talk.provenance.extra
        chosen = [bool(choice["chosen"]) for choice in extra["memories"]]
        values: dict[str, list[float]] = {
            "turns": [len(talk.turns)],
            "ended by mood": [extra["ended"] == "the ratings say so"],
            "memory used": list(chosen),
            "mood": list(extra["ratings"].values()),
            **{name: [talk.scores[name]] for name in _RATED if name in talk.scores},
        }
        for name, given in values.items():
            sums[name] += sum(given)
            counts[name] += len(given)
    told = {
        "turns": ("mean a talk", "count"),
        "ended by mood": ("share of talks", f"mood, {judge}"),
        "memory used": ("share of turns that could", "count"),
        "mood": ("mean of 0 to 5", f"mood, {judge}"),
        **dict.fromkeys(_RATED, ("mean of 1 to 5", f"support, {judge}")),
    }
    return [
        figure(name, sums[name] / counts[name], n=counts[name], unit=unit, scorer=scorer)
        for name, (unit, scorer) in told.items()
        if counts[name]
    ]


async def figures_of_matching(
    talks: Sequence[Conversation],
    cast: Sequence[Persona],
    sides: Mapping[str, str] | None,
    embedder: Embedder,
    *,
    seed: int,
) -> tuple[list[pairing.Match], list[dict[str, Any]]]:
    """What can be learned from the ratings about who suits whom, beside two baselines.

    Nothing from fewer than 4 seekers with rated talks: there is nobody to leave out.
    """
    rows = [
        (str(t.speakers[0].persona_id), str(t.speakers[1].persona_id), score)
        for t in talks
        if (score := match_score(t)) is not None
    ]
    seekers = [seeker for seeker, _, _ in rows]
    if len(set(seekers)) < _FEWEST:
        return [], []
    vectors = await embedder.embed([str(person.views["statement"]) for person in cast])
    at = {person.id: i for i, person in enumerate(cast)}
    firsts = vectors[[at[seeker] for seeker in seekers]]
    seconds = vectors[[at[supporter] for _, supporter, _ in rows]]
    ratings = [score for _, _, score in rows]
    found = evaluate.against_baselines(
        pairing.learn_match, firsts, seconds, ratings, seekers, seed=seed
    )
    learned = pairing.learn_match(firsts, seconds, ratings, seekers)
    scorer = f"{found.folds} parts of {found.groups} seekers, each left out; {embedder.ref}"
    table = [
        figure(f"error of the expected rating: {name}", value, n=found.n,
               unit="mean squared error, ratings of 1 to 5", scorer=scorer)
        for name, value in found.mse.items()
    ]  # fmt: skip
    table += [
        figure("variance of the ratings", found.variance, n=found.n, unit="squared points",
               scorer="the best that one number for all can do"),
        figure("gain of the matcher over the mean rating", found.gain, n=found.n,
               unit="squared error less", scorer=scorer),
    ]  # fmt: skip
    matches = pairing.best_matches(learned, cast, vectors, within=sides, seed=seed)
    return matches, table


def character_chat_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Talks of some fifteen turns; a turn costs a choice and a reply, a seeker's a rating too."""
    n, kinds = s["conversations"], len(load_kinds(s["types"]))
    needed = people_needed(kinds, n, s["partners"])
    people = kinds * (s["per_type"] or -(-needed // kinds))
    turns = min(s["max_turns"], _USUAL_TURNS)
    told = turns - 3  # without greeting and farewells
    shown = 420 + 30 * turns // 2
    seekers = told // 2
    return [
        Step("characters", "writer", people, 520, 620, "character.create"),
        Step("fill in", "writer", people, 900, 1_100, "character.enrich"),
        Step("tell as you", "writer", people, 1_400, 1_200, "profile.second_person"),
        Step("choose memories", "writer", n * (told - 1), 190, 4, "memory.choose"),
        Step("turns", "writer", n * told, shown, 35, "turn.reply"),
        Step("farewells", "writer", n * 2, shown, 30, "turn.farewell"),
        Step("moods", "judge", n * seekers, 300, 20, "judge.mood"),
        Step("ratings", "judge", n, 330 + 35 * turns, 60, "judge.support"),
    ]
