"""Figures and estimate of the recipe `multilingual-crowd`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg import dataset, evaluate
from dramaturg.loop import Improved
from dramaturg.recipes.finish import figure
from dramaturg.recipes.recipe import Step
from dramaturg.records import Conversation, Persona
from dramaturg.scorers import Language, count_tokens, distinct_n, find_languages, spaced
from dramaturg.scorers.fluency import FLUENCY
from dramaturg.scorers.words import tokens

TASKS = {
    "writer": ("persona.crowd", "conversation.write_in"),
    "critic": ("judge.toxicity", "judge.in_target"),
}
RANGES = {
    **dict.fromkeys(["conversations", "partners", "tries"], (1, 10**9)),
    "people": (2, 10**9),
    "shown": (0, 50),
    "min_turns": (2, 200),
    "max_turns": (2, 200),
}
_TO_DIVIDE = 20  # people of one language from which they are divided into splits
_CONTENT = 4  # letters from which a word counts as content; without spaces each sign counts
_SHOWN = 0.5  # share of a fact's content that must be said
_FIRST = 2_000  # conversations of a language that are measured
_SELF_BLEU = 500  # turns of a language whose self-BLEU is taken


def workers_needed(conversations: int, languages: int, partners: int) -> int:
    """Personas in each language, so that everybody's talks make the conversations."""
    here = math.ceil(conversations / languages)
    return max(partners + 1, math.ceil(1.3 * here / partners) + 3)


def groups_of(cast: Sequence[Persona], seed: int) -> dict[str, str]:
    """Language and split of each person: only people of one group meet."""
    groups: dict[str, str] = {}
    for language in dict.fromkeys(person.language for person in cast):
        people = [person for person in cast if person.language == language]
        sides = dataset.people_apart(people, seed=seed) if len(people) >= _TO_DIVIDE else {}
        groups |= {person.id: f"{language} {sides.get(person.id, '')}" for person in people}
    return groups


def figures_by_language(
    talks: Sequence[Conversation], best: Improved, targets: Sequence[Language], judge: str
) -> list[dict[str, Any]]:
    """What was dropped and why, and for each language variety, shown facts and ratings.

    Of a language the first 2,000 conversations are measured. Variety is taken at equal length: of
    as many words as the language with the fewest has, each sign a word in scripts without spaces.
    So compare languages with one writing system only.
    """
    rows = []
    drafts = sum(report.drafts for report in best.rounds)
    lost = Counter(drop.reason_class for drop in best.dropped if drop.kind == "draft")
    for reason, count in sorted(lost.items()):
        rows.append(figure(f"drafts dropped: {reason}", count / max(drafts + _unread(best), 1),
                           n=drafts + _unread(best), unit="share of drafts",
                           scorer=reason))  # fmt: skip
    kept = Counter(str(talk.scene["language"]) for talk in talks)
    own: dict[str, list[Conversation]] = {one.tag: [] for one in targets}
    for talk in talks:
        mine = own[str(talk.scene["language"])]
        mine += [talk] if len(mine) < _FIRST else []
    texts = {
        tag: [spaced(turn.text) for talk in mine for turn in talk.turns]
        for tag, mine in own.items() if mine
    }  # fmt: skip
    size = min((count_tokens(said) for said in texts.values()), default=0)
    for one in targets:
        mine = own[one.tag]
        rows.append(figure(f"kept, {one.name}", kept[one.tag], n=best.rounds[0].pairs if best.rounds
                           else 0, unit="conversations of all pairs", scorer="count"))  # fmt: skip
        if mine:
            rows += _variety(one.name, texts[one.tag], size)
            rows += _shown(one.name, mine)
            rows += _ratings(one.name, mine, judge)
    return rows


def _unread(best: Improved) -> int:
    """Drafts that could not be read: they are dropped before they count as drafts."""
    read = sum(report.drafts for report in best.rounds)
    kept = sum(report.kept for report in best.rounds)
    dropped = sum(drop.kind == "draft" for drop in best.dropped)
    return max(dropped + kept - read, 0)


def _variety(name: str, texts: Sequence[str], size: int) -> list[dict[str, Any]]:
    rows = [
        figure(f"distinct-{n}, {name}", distinct_n(texts, n, at_tokens=size), n=size,
               unit=f"different {n}-grams of all, at equal words", scorer="count")
        for n in (1, 2)
    ]  # fmt: skip
    some = [tokens(text) for text in texts[:_SELF_BLEU]]
    value = sum(evaluate.self_bleu(some)) / len(some)
    return [*rows, figure(f"self-BLEU, {name}", value, n=len(some),
                          unit="mean of turns, 0 to 1; lower is more varied",
                          scorer="BLEU-4 against the other turns")]  # fmt: skip


def _shown(name: str, talks: Sequence[Conversation]) -> list[dict[str, Any]]:
    """Facts that their own speaker shows, beside facts of somebody who is not there."""
    said = [
        _content(" ".join(turn.text for turn in talk.said_by(who)))
        for talk in talks for who in (0, 1)
    ]  # fmt: skip
    facts = [talk.speakers[who].persona for talk in talks for who in (0, 1)]
    strangers = _of_strangers(talks)
    rows = []
    for what, given in (("facts shown", facts), ("facts of strangers shown", strangers)):
        hits = [_is_shown(fact, words) for words, mine in zip(said, given, strict=True)
                for fact in mine]  # fmt: skip
        rows.append(figure(f"{what}, {name}", sum(hits) / max(len(hits), 1), n=len(hits),
                           unit="share of facts",
                           scorer=f"{_SHOWN:.0%} of their content words said"))  # fmt: skip
    return rows if any(strangers) else rows[:1]


def _of_strangers(talks: Sequence[Conversation]) -> list[Sequence[str]]:
    """For each speaker of each talk the facts of the next person who is not in that talk.

    Who opens several talks stands in all of them, one after the other: the next talk is no
    stranger's. Nothing where there is no such person.
    """
    cast = [speaker for talk in talks for speaker in talk.speakers[:2]]
    found: list[Sequence[str]] = []
    for i in range(len(cast)):
        here = {one.persona_id for one in talks[i // 2].speakers}
        later = (cast[(i + step) % len(cast)] for step in range(2, len(cast)))
        found.append(next((one.persona for one in later if one.persona_id not in here), ()))
    return found


def _is_shown(fact: str, said: frozenset[str]) -> bool:
    words = _content(fact)
    return bool(words) and len(words & said) >= _SHOWN * len(words)


def _content(text: str) -> frozenset[str]:
    wide = spaced(text)
    words = (word.strip(".,!?;:\"'«»“”()¿¡。！？、").casefold() for word in wide.split())
    return frozenset(w for w in words if len(w) >= (1 if wide != text else _CONTENT))


def _ratings(name: str, talks: Sequence[Conversation], judge: str) -> list[dict[str, Any]]:
    rows = []
    for one in FLUENCY:
        values = [t.scores[f"in_target_{one}"] for t in talks if f"in_target_{one}" in t.scores]
        if values:
            rows.append(figure(f"{one}, {name}", sum(values) / len(values), n=len(values),
                               unit="mean of 1 to 5", scorer=f"in_target, {judge}"))  # fmt: skip
    return rows


def multilingual_crowd_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Every pair's first draft passes: a real run writes some more, and asks of fewer."""
    n, languages = s["conversations"], len(find_languages(s["target_lang"]))
    people = languages * (s["people"] or workers_needed(n, languages, s["partners"]))
    talk = 30 * (s["min_turns"] + s["max_turns"]) // 2
    return [
        Step("personas", "writer", people, 430, 90, "persona.crowd"),
        Step("drafts", "writer", n, 620 + s["shown"] * 420, talk, "conversation.write_in"),
        Step("toxicity", "critic", n, talk + 150, 40, "judge.toxicity"),
        Step("ratings", "critic", n, talk + 300, 60, "judge.in_target"),
    ]
