"""Wrong parts that the proofs of journal-dialogues must catch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from dramaturg.evaluate.authorship import Attributed, attributed
from dramaturg.profile import representative
from dramaturg.profile.representative import silhouette
from dramaturg.recipes.authors import Author, over_entries
from dramaturg.records import Conversation, Pair, Verdict
from dramaturg.scorers import TurnFormat, tokens


def cluster_of_the_first(vectors: Any) -> list[int]:
    """Keeps the cluster in which the first entry is, whatever comes first."""
    return [i for i in range(len(vectors)) if vectors[i] @ vectors[0] > 0.5]


def everything(vectors: Any) -> list[int]:
    return list(range(len(vectors)))


def the_smallest(vectors: Any) -> list[int]:
    return sorted(set(range(len(vectors))) - set(representative(vectors)))


def best_of_no_numbers(vectors: Any) -> Sequence[int]:
    """Takes the best of an empty list of scores where there are fewer than three entries."""
    rows = np.asarray(vectors, dtype=float)
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    scores = {
        k: silhouette(distances, np.arange(len(rows)) % k)
        for k in range(2, min(10, len(rows) - 1) + 1)
    }
    best = max(scores, key=lambda k: scores[k])
    return representative(rows) if best else ()


def few_are_dropped(vectors: Any) -> Sequence[int]:
    """Authors who cannot be clustered are left out."""
    return representative(vectors) if len(vectors) > 2 else ()


def by_the_mean(
    ratings: Sequence[Mapping[str, float]], *, alpha: float, beta: float
) -> tuple[str, ...]:
    names = dict.fromkeys(name for rating in ratings for name in rating)
    return tuple(n for n in names if sum(r.get(n, 0.0) for r in ratings) / len(ratings) >= alpha)


def once_is_enough(
    ratings: Sequence[Mapping[str, float]], *, alpha: float, beta: float
) -> tuple[str, ...]:
    names = dict.fromkeys(name for rating in ratings for name in rating)
    return tuple(n for n in names if any(r.get(n, 0.0) >= alpha for r in ratings))


Judge = Callable[[Conversation], Awaitable[Verdict]]


def on_average(*, words: int, turns: tuple[int, int], copied: int) -> Judge:
    """Counts the words of all turns together."""

    async def judge(talk: Conversation) -> Verdict:
        loose = await TurnFormat(words=10_000, turns=turns, copied=copied)(talk)
        mean = sum(len(tokens(t.text)) for t in talk.turns) / len(talk.turns)
        passed = bool(loose.passed) and mean <= words
        return Verdict(subject=talk.id, scorer="x", value=float(passed), passed=passed)

    return judge


def whole_sentences_only(*, words: int, turns: tuple[int, int], copied: int) -> Judge:
    """Sees a copy only where a turn is a whole sentence of the entry."""

    async def judge(talk: Conversation) -> Verdict:
        loose = await TurnFormat(words=words, turns=turns, copied=10_000)(talk)
        said = {turn.text for turn in talk.turns}
        passed = bool(loose.passed) and not said & set(talk.speakers[0].persona)
        return Verdict(subject=talk.id, scorer="x", value=float(passed), passed=passed)

    return judge


def any_share(*, words: int, turns: tuple[int, int], copied: int) -> Judge:
    """Does not look at who speaks."""

    async def judge(talk: Conversation) -> Verdict:
        dealt = tuple(
            msgspec.structs.replace(turn, speaker=n % 2) for n, turn in enumerate(talk.turns)
        )
        rule = TurnFormat(words=words, turns=turns, copied=copied)
        return await rule(msgspec.structs.replace(talk, turns=dealt))

    return judge


def everything_known(pair: Pair, authors: Mapping[str, Author], *, seed: int) -> Pair:
    """The scene names an entry, the speakers know all of theirs."""
    made = over_entries(pair, authors, seed=seed)
    return Pair(first=pair.first, second=pair.second, scene=made.scene)


def always_the_first(pair: Pair, authors: Mapping[str, Author], *, seed: int) -> Pair:
    return over_entries(pair, authors, seed=1)


def the_partner_s(pair: Pair, authors: Mapping[str, Author], *, seed: int) -> Pair:
    made = over_entries(pair, authors, seed=seed)
    fields = {"grounding": list(reversed(made.scene.fields["grounding"]))}
    scene = msgspec.structs.replace(made.scene, fields=fields)
    return msgspec.structs.replace(made, scene=scene)


def with_the_given_entry(
    talks: Sequence[Conversation], entries: Mapping[str, Mapping[str, str]], **settings: Any
) -> Attributed | None:
    """Leaves no entry out, so that copying is told from knowing by nobody."""
    named = [msgspec.structs.replace(talk, scene={"grounding": ["", ""]}) for talk in talks]
    return attributed(named, entries, **settings)


def no_control(
    talks: Sequence[Conversation], entries: Mapping[str, Mapping[str, str]], **settings: Any
) -> Attributed | None:
    found = attributed(talks, entries, **settings)
    return found and msgspec.structs.replace(found, shuffled=found.found)


WRONG: dict[str, list[dict[str, Any]]] = {
    "the_twelve": [
        {"representative": cluster_of_the_first}, {"representative": everything},
        {"representative": the_smallest},
    ],
    "few_entries": [{"representative": best_of_no_numbers}, {"representative": few_are_dropped}],
    "often_enough": [{"shown": by_the_mean}, {"shown": once_is_enough}],
    "form_is_kept": [{"form": on_average}, {"form": whole_sentences_only}, {"form": any_share}],
    "grounded_in_the_entry": [
        {"over": everything_known}, {"over": always_the_first}, {"over": the_partner_s},
    ],
    "copies_tell_nothing": [{"told": with_the_given_entry}, {"told": no_control}],
}  # fmt: skip
