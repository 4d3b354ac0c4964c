"""Wrong parts that the proofs must catch; those of the released program are marked."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg import evaluate, generate, persona, scorers
from dramaturg.errors import NotJudged
from dramaturg.models import Call, LogProbModel, ScriptedModel
from dramaturg.records import Conversation, Pair, Persona, Scene, Verdict
from dramaturg.scorers.by_probability import remarks


def cut_first(entries: Sequence[str], kind: str, topic: str, count: int) -> list[str]:
    """Released: the list is cut before it is filtered."""
    return persona.distinct_entries(entries[:count], kind, topic, count)


def above_and_not_at(entries: Sequence[str], kind: str, topic: str, count: int) -> list[str]:
    return persona.distinct_entries(entries, kind, topic, count, 0.5 + 1e-9)


def order_does_not_count(entries: Sequence[str], kind: str, topic: str, count: int) -> list[str]:
    kept: list[set[str]] = []
    found = []
    for entry in entries:
        bag = set(entry.split())
        if all(2 * len(bag & one) / (len(bag) + len(one)) < 0.5 for one in kept):
            kept.append(bag)
            found.append(entry)
    return found[:count]


def nothing_goes(entries: Sequence[str], kind: str, topic: str, count: int) -> list[str]:
    return list(entries[:count])


def the_last_one_alone(entries: Sequence[str], kind: str, topic: str, count: int) -> list[str]:
    """Compares with the entry kept before, and with none before that."""
    kept: list[str] = []
    for entry in entries:
        if not kept or scorers.rouge_l(kept[-1], entry) < 0.5:
            kept.append(entry)
    return kept[:count]


def both_orders(people: Sequence[Persona], *, fields: Mapping[str, Any]) -> list[Pair]:
    return [_pair(a, b, fields) for a, b in itertools.permutations(people, 2)]


def with_themselves(people: Sequence[Persona], *, fields: Mapping[str, Any]) -> list[Pair]:
    every = itertools.combinations_with_replacement(people, 2)
    return [_pair(a, b, fields) for a, b in every][:15]


def neighbours(people: Sequence[Persona], *, fields: Mapping[str, Any]) -> list[Pair]:
    return [_pair(a, b, fields) for a, b in itertools.pairwise(people)]


def whole_text(reply: str) -> generate.Reasoned:
    """Released: where tags are missing, all of the reply is the talk."""
    dialogue = re.search(r"(?s)<dialogue>(.*?)</dialogue>", reply)
    reasoning = re.search(r"(?s)<reasoning>(.*?)</reasoning>", reply)
    parsed = generate.parse_conversation(dialogue[1] if dialogue else reply)
    return _made(parsed, reasoning[1] if reasoning else reply)


def to_the_end(reply: str) -> generate.Reasoned:
    """Takes what follows an opening tag, closed or not."""
    _, _, rest = reply.partition("<dialogue>")
    return _made(generate.parse_conversation(rest.partition("</dialogue>")[0]), reply)


def any_reasoning(reply: str) -> generate.Reasoned:
    """Two blocks are enough, whatever is in the first."""
    blocks = re.findall(r"(?s)<(reasoning|dialogue)>(.*?)</\1>", reply)
    found = dict(blocks)
    parsed = generate.parse_conversation(found.get("dialogue", ""))
    return _made(parsed, found.get("reasoning", ""))


def never_warns(*_: Any, **__: Any) -> list[str]:
    return []


def blames_all(scores: Mapping[str, Any], *args: Any, **more: Any) -> list[str]:
    found = evaluate.health(scores, *args, **more)
    return [*found, *(f"{name} follows length: correlation 0.50 with words" for name in scores)]


def blind_to_chances(*args: Any, **_: Any) -> list[str]:
    return evaluate.health(*args)


def pair_by_pair(*args: Any, **more: Any) -> list[str]:
    """Fifteen sentences for one finding."""
    found = [n for n in evaluate.health(*args, **more) if "say the same" not in n]
    names = [n for n in args[0] if n.startswith("loss")]
    return found + [f"{a} and {b} say the same" for a, b in itertools.combinations(names, 2)]


class OnlyAgainst:
    """Released: without remarks in favour, what is left is the loss of the talk itself."""

    def __init__(self, quality: str, model: LogProbModel) -> None:
        self.quality, self.model = quality, model

    async def __call__(self, conversation: Conversation) -> Verdict:
        values = []
        for remark in remarks()[self.quality][1]:
            scored = await self.model.score(conversation.as_text(), remark)
            values.append(-scored.total / len(scored.tokens))
        return _verdict(conversation, sum(values) / len(values))


class OfTheSum:
    """Adds up tokens: the longer remark is the less likely one."""

    def __init__(self, quality: str, model: LogProbModel) -> None:
        self.quality, self.model = quality, model

    async def __call__(self, conversation: Conversation) -> Verdict:
        sides = []
        for side in remarks()[self.quality]:
            found = [(await self.model.score(conversation.as_text(), r)).total for r in side]
            sides.append(sum(found) / len(found))
        return _verdict(conversation, sides[0] - sides[1])


class TheOtherWay:
    """Takes what speaks against it for what speaks for it."""

    def __init__(self, quality: str, model: LogProbModel) -> None:
        self.inner = scorers.follow_up(quality, model)

    async def __call__(self, conversation: Conversation) -> Verdict:
        return _verdict(conversation, -(await self.inner(conversation)).value)


class AgainstAllWords:
    """Released: the chance of yes among all words."""

    def __init__(self, criterion: str, model: LogProbModel) -> None:
        self.model = model

    async def __call__(self, conversation: Conversation) -> Verdict:
        odds = await self.model.odds(Call(task="t"), ("Yes", "No"))
        return _verdict(conversation, math.exp(odds.logprobs.get("Yes", -99.0)))


class HalfWhereUnknown:
    """No answer counts as a half."""

    def __init__(self, criterion: str, model: LogProbModel) -> None:
        self.inner = scorers.yes_probability(criterion, model)

    async def __call__(self, conversation: Conversation) -> Verdict:
        try:
            return await self.inner(conversation)
        except NotJudged:
            return _verdict(conversation, 0.5)


class NotNormalised:
    """Weights that do not sum to 1."""

    def __init__(self, criterion: str, model: LogProbModel) -> None:
        self.model = model

    async def __call__(self, conversation: Conversation) -> Verdict:
        odds = await self.model.odds(Call(task="t"), ("1", "2", "3"))
        return _verdict(conversation, sum(int(w) * math.exp(p) for w, p in odds.logprobs.items()))


class LikeliestStep:
    """The likeliest step and not the mean."""

    def __init__(self, criterion: str, model: LogProbModel) -> None:
        self.model = model

    async def __call__(self, conversation: Conversation) -> Verdict:
        odds = await self.model.odds(Call(task="t"), ("1", "2", "3"))
        return _verdict(conversation, float(max(odds.logprobs, key=odds.logprobs.__getitem__)))


class TalkForTopic:
    """Released: the judge is shown the talk in the place of the topic."""

    def __init__(self, model: ScriptedModel) -> None:
        self.inner = scorers.overall(model)

    async def __call__(self, conversation: Conversation) -> Verdict:
        import msgspec

        scene = {"topic": conversation.as_text()}
        return await self.inner(msgspec.structs.replace(conversation, scene=scene))


class LastDigits:
    """Released: the last two characters of the match are the number, whatever the scale is."""

    def __init__(self, model: ScriptedModel) -> None:
        self.model, self.inner = model, scorers.overall(model)

    async def __call__(self, conversation: Conversation) -> Verdict:
        try:
            return await self.inner(conversation)
        except Exception:
            return _verdict(conversation, 1.0)


def itself_too(texts: Sequence[str]) -> list[float]:
    return [max(scorers.rouge_l(a, b) for b in texts) for a in texts]


def equal_texts_skipped(texts: Sequence[str]) -> list[float]:
    return [max((scorers.rouge_l(a, b) for b in texts if b != a), default=0.0) for a in texts]


def mean_of_others(texts: Sequence[str]) -> list[float]:
    found = []
    for i, one in enumerate(texts):
        others = [scorers.rouge_l(one, b) for j, b in enumerate(texts) if j != i]
        found.append(sum(others) / len(others) if others else 0.0)
    return found


def minus_infinity(texts: Sequence[str]) -> list[float]:
    """Released: a text without another keeps the number that the search began with."""
    return [
        max((scorers.rouge_l(a, b) for j, b in enumerate(texts) if j != i), default=-math.inf)
        for i, a in enumerate(texts)
    ]


def all_that_there_is(
    sides: Mapping[str, Any], real: str, test: Any, *, fit: Any, score: Any, size: Any = None
) -> list[evaluate.Learnt]:
    """Each side in full: the larger one wins by its size."""
    rows: list[evaluate.Learnt] = []
    for name, items in sides.items():
        rows += evaluate.in_domain(
            {name: items}, name, test, fit=fit, score=score, size=len(items), seeds=(1,)
        )
    return rows


def leaking(
    sides: Mapping[str, Any], real: str, test: Any, *, fit: Any, score: Any, size: Any = None
) -> list[evaluate.Learnt]:
    """Takes test items out without a word: nobody learns that they were there."""
    known = {item.turns for item in test}
    clean = {n: [i for i in items if i.turns not in known] for n, items in sides.items()}
    return evaluate.in_domain(clean, real, test, fit=fit, score=score, size=size)


def _pair(first: Persona, second: Persona, fields: Mapping[str, Any]) -> Pair:
    scene = Scene(cast=(first.id, second.id), fields=dict(fields))
    return Pair(first=first, second=second, scene=scene)


def _made(parsed: generate.Parsed, reasoning: str) -> generate.Reasoned:
    setting = dict.fromkeys(generate.CHARACTERISTICS, "so")
    return generate.Reasoned(parsed=parsed, setting=setting, reasoning=reasoning)


def _verdict(conversation: Conversation, value: float) -> Verdict:
    return Verdict(subject=conversation.id, scorer="wrong", value=value, low=-1e9, high=1e9)


WRONG: dict[str, list[dict[str, Any]]] = {
    "list_without_repeats": [
        {"keep": cut_first},
        {"keep": above_and_not_at},
        {"keep": order_does_not_count},
        {"keep": nothing_goes},
        {"keep": the_last_one_alone},
    ],
    "pairs_of_a_subtopic": [
        {"meet": both_orders},
        {"meet": with_themselves},
        {"meet": neighbours},
    ],
    "tags_or_nothing": [{"read": whole_text}, {"read": to_the_end}, {"read": any_reasoning}],
    "scores_that_say_nothing": [
        {"health": never_warns},
        {"health": blames_all},
        {"health": blind_to_chances},
        {"health": pair_by_pair},
    ],
    "remarks_and_not_losses": [
        {"judge": OnlyAgainst},
        {"judge": OfTheSum},
        {"judge": TheOtherWay},
    ],
    "chances_against_chances": [
        {"yes": AgainstAllWords},
        {"yes": HalfWhereUnknown},
        {"rating": NotNormalised},
        {"rating": LikeliestStep},
    ],
    "judge_sees_the_topic": [{"judge": TalkForTopic}, {"judge": LastDigits}],
    "nearest_is_another": [
        {"nearest": itself_too},
        {"nearest": equal_texts_skipped},
        {"nearest": mean_of_others},
        {"nearest": minus_infinity},
    ],
    "equal_size_and_no_leak": [{"compare": all_that_there_is}, {"compare": leaking}],
}
