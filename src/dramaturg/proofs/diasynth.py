"""Proofs of talks by topic: lists, pairs, tags, and scores that say something."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence

from dramaturg import evaluate, generate, pairing, persona, scorers
from dramaturg.errors import NotJudged, ReplyError, UserError
from dramaturg.models import Call, Odds, Scored, ScriptedModel
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Conversation, Fact, Pair, Persona, Speaker, Turn, Verdict
from dramaturg.scorers.by_probability import remarks

NAME = "diasynth"
Filter = Callable[..., list[str]]
Meet = Callable[..., list[Pair]]
Read = Callable[[str], generate.Reasoned]
Health = Callable[..., list[str]]
Judge = Callable[..., Callable[[Conversation], Awaitable[Verdict]]]
Nearest = Callable[[Sequence[str]], Sequence[float]]
Compare = Callable[..., Sequence[evaluate.Learnt]]


@proof(NAME, "an entry with a ROUGE-L of 0.5 to an earlier one goes and costs no place in the list")
def list_without_repeats(keep: Filter = persona.distinct_entries) -> str:
    entries = [
        "night trains to the coast",
        "night buses to the hills",  # 3 of 5 words in order: 0.6
        "dining cars",
        "night trains in films about love",  # 2 * 2 / 11: 0.36
        "coast the to trains night",  # the same words in another order: 0.2
        "old dining rooms",  # 2 * 1 / 5: 0.4
        "dining at home cars",  # 2 * 2 / 6: 0.67
    ]
    found = keep(entries, "subtopic", "trains", 4)
    wanted = [entries[i] for i in (0, 2, 3, 4)]
    hold(found == wanted, f"{found} was kept")
    every = keep(entries, "subtopic", "trains", len(entries))
    wanted.append(entries[5])  # the last one is like the third, with three others in between
    hold(every == wanted, f"of all that there is {every} was kept")
    edge = keep(["tea for two", "tea"], "subtopic", "tea", 4)  # 2 * 1 / 4: 0.5 exactly
    hold(edge == ["tea for two"], f"at exactly 0.5 {edge} was kept")
    return "9 entries, 3 gone, 4 of 4 places filled"


@proof(NAME, "6 people are 15 pairs, nobody meets themselves: 16 x 6 x 15 are 1,440 talks at most")
def pairs_of_a_subtopic(meet: Meet = pairing.every_pair) -> str:
    people = [Persona(facts=(Fact(text=f"A person of trade {n}"),)) for n in range(6)]
    pairs = meet(people, fields={"topic": "t"})
    met = {frozenset(person.id for person in pair.people) for pair in pairs}
    hold(len(pairs) == 15 and len(met) == 15, f"{len(pairs)} pairs, {len(met)} different ones")
    hold(all(len(both) == 2 for both in met), "somebody meets themselves")
    hold(len({pair.id for pair in pairs}) == 15, "two pairs have the same id")
    return f"{len(pairs)} pairs of 6 people; 16 x 6 x {len(pairs)} = {16 * 6 * len(pairs):,}"


@proof(NAME, "a reply without its tags is refused, and a talk inside the reasoning is no talk")
def tags_or_nothing(read: Read = generate.read_reasoned) -> str:
    values = "\n".join(f"{name}: so - because" for name in generate.CHARACTERISTICS)
    talk = "User 1: Is this the night train?\nUser 2: It was, an hour ago."
    good = f"<reasoning>\n{values}\n</reasoning>\n<dialogue>\n{talk}\n</dialogue>"
    made = read(f"Here you are.\n{good}\nEnjoy!")
    said = [text for _, text in made.parsed.turns]
    hold(
        said == ["Is this the night train?", "It was, an hour ago."], f"the talk is read as {said}"
    )
    hold(len(made.setting) == 10, f"{len(made.setting)} of 10 values were read")
    bad = {
        "no tags": f"{values}\n{talk}",
        "talk in the reasoning": f"<reasoning>\n{values}\n{talk}\n</reasoning>",
        "talk in both": good.replace("</reasoning>", f"{talk}\n</reasoning>"),
        "tags crossed": f"<reasoning>\n{values}\n<dialogue>\n{talk}\n</dialogue>\n</reasoning>",
        "no end": f"<reasoning>\n{values}\n</reasoning>\n<dialogue>\n{talk}",
        "no reasoning": f"<dialogue>\n{talk}\n</dialogue>",
        "empty reasoning": f"<reasoning>\nNone.\n</reasoning>\n<dialogue>\n{talk}\n</dialogue>",
    }
    for name, reply in bad.items():
        try:
            kept = read(reply)
        except ReplyError:
            continue
        hold(False, f"{name}: a talk of {len(kept.parsed.turns)} turns was kept")
    return f"1 good reply read, {len(bad)} bad ones refused"


@proof(NAME, "scores that hardly move, never say yes, say the same or follow length are named")
def scores_that_say_nothing(health: Health = evaluate.health) -> str:
    draw = random.Random(11)
    lengths = [draw.uniform(60, 300) for _ in range(400)]
    loss = [1.3 - 0.002 * n + draw.gauss(0, 0.15) for n in lengths]
    losses = {f"loss {i}": [v + draw.gauss(0, 0.003) for v in loss] for i in range(6)}
    scores = {
        "rating": [3 - draw.uniform(0, 0.007) for _ in lengths],
        "yes": [draw.uniform(0, 0.18) for _ in lengths],
        "fair": [draw.uniform(0, 1) for _ in lengths],
        **losses,
    }
    open_ended = dict.fromkeys(losses, (-math.inf, math.inf))
    ranges = {"rating": (1.0, 3.0), "yes": (0.0, 1.0), "fair": (0.0, 1.0), **open_ended}
    found = health(scores, ranges, lengths, chances=["yes", "fair"])
    _told(found, "rating", "saturated", 1)
    _told(found, "yes", "always says no", 1)
    _told(found, "loss 0", "follows length", 1)
    same = [note for note in found if "say the same" in note]
    hold(len(same) == 1 and all(name in same[0] for name in losses), f"said of the six: {same}")
    hold(not any("fair" in note for note in found), "the fair score is blamed")
    return f"9 scores of 400 talks: {len(found)} warnings, the fair one has none"


@proof(NAME, "a remark's score does not fall with the talk's own likelihood or length")
async def remarks_and_not_losses(judge: Judge = scorers.follow_up) -> str:
    flat = _Planted(lambda before, text: -1.0 - len(before) / 500)
    short, long = _talk("Hello.", "Hi."), _talk(*["That is a long way to go, is it not?"] * 30)
    values = {}
    for quality in remarks():
        values[quality] = [(await judge(quality, flat)(talk)).value for talk in (short, long)]
    off = {quality: two for quality, two in values.items() if max(map(abs, two)) > 1e-6}
    hold(not off, f"equally likely remarks give {off}")
    kind = set(remarks()["likeable"][0])
    warm = _Planted(lambda _, text: -0.5 if text.strip() in kind else -2.0)
    likes = (await judge("likeable", warm)(short)).value
    hold(likes > 1, f"a talk after which kind remarks are likely gets {likes}")
    return f"{len(values)} qualities, 2 and 30 turns: 0 where nothing speaks for or against"


@proof(NAME, "a chance of yes is against no, and a rating is weighted by the chances of its steps")
async def chances_against_chances(
    yes: Judge = scorers.yes_probability, rating: Judge = scorers.weighted_rating
) -> str:
    talk = _talk("Hello.", "Hi.")
    said = {"Yes": 0.15, "No": 0.05}  # the other 0.8 go to words that are no answer
    value = (await yes("coherent", _Planted(odds=said))(talk)).value
    hold(abs(value - 0.75) < 1e-6, f"yes {value} instead of 0.75")
    steps = {"1": 0.1, "2": 0.1, "3": 0.2}
    value = (await rating("fluency", _Planted(odds=steps))(talk)).value
    hold(abs(value - 2.25) < 1e-6, f"a rating of {value} instead of 2.25")
    try:
        lost = (await yes("coherent", _Planted(odds={"Maybe": 0.9}))(talk)).value
    except NotJudged:
        return "0.15 against 0.05: 0.75; 0.1, 0.1, 0.2 for 1, 2, 3: 2.25; no answer: no value"
    hold(False, f"no answer at all gave {lost}")
    return ""


@proof(NAME, "the judge is shown the topic and both people, and the talk once")
async def judge_sees_the_topic(judge: Judge = scorers.overall) -> str:
    model = ScriptedModel("10\nWhy: turn 1 answers turn 0.")
    verdict = await judge(model)(_talk("The last train has left.", "Then we walk."))
    prompt = model.prompt(0)
    hold("night trains" in prompt, "the topic is not shown")
    hold(prompt.count("Then we walk.") == 1, f"the talk is shown {prompt.count('walk')} times")
    hold("A conductor" in prompt and "A night nurse" in prompt, "a person is not shown")
    hold(verdict.value == 10, f"a 10 was read as {verdict.value:g}")
    try:
        value = (await judge(ScriptedModel("Fine!", "11"))(_talk("Hello.", "Hi."))).value
    except ReplyError:
        return "topic and 2 people shown, talk once; 10 read as 10, 11 refused"
    hold(False, f"11 of 10 was read as {value}")
    return ""


@proof(NAME, "a talk's nearest other one is not itself, and one copy does not hide the others")
def nearest_is_another(nearest: Nearest = evaluate.nearest_in_words) -> str:
    texts = ["a b c d", "a b c x", "p q r s", "a b c d", "t"]
    found = [round(value, 6) for value in nearest(texts)]
    hold(found == [1.0, 0.75, 0.0, 1.0, 0.0], f"{found} instead of [1, 0.75, 0, 1, 0]")
    hold(list(nearest(["alone"])) == [0.0], "a text without another is near to itself")
    return "5 texts, 1 copy: 1, 0.75, 0, 1, 0"


@proof(NAME, "made data is compared at equal size, and what it is tested on is never learnt from")
def equal_size_and_no_leak(compare: Compare = evaluate.in_domain) -> str:
    def item(n: int) -> evaluate.Item:
        return evaluate.Item((f"Turn {n} goes first.", "Then another."), f"t{n}")

    sizes: list[int] = []

    def fit(items: Sequence[evaluate.Item], seed: int) -> Callable[[evaluate.Item], str]:
        sizes.append(len(items))
        known = {one.target for one in items}
        return lambda one: one.target if len(known) >= 8 else ""

    real, made, test = ([item(n) for n in r] for r in (range(10), range(20, 60), range(90, 95)))
    rows = compare({"real": real, "made": made}, "real", test, fit=fit, score=_exact, size=8)
    trained = {size for size in sizes if size}
    hold(trained == {8}, f"sides were trained on {sorted(trained)} items")
    hold([row.of_real for row in rows] == [0.0, 1.0, 1.0], f"{[row.of_real for row in rows]}")
    try:
        compare({"real": real, "made": [*made, test[0]]}, "real", test, fit=fit, score=_exact)
    except UserError:
        return "10 real and 40 made items: trained on 8 each; a test item among them is refused"
    hold(False, "a test item was learnt from")
    return ""


def _exact(one: str, other: str) -> float:
    return float(one == other)


def _told(found: Iterable[str], name: str, what: str, times: int) -> None:
    said = sum(note.startswith(f"{name} ") and what in note for note in found)
    hold(said == times, f"{name}: {what!r} is said {said} times instead of {times}")


def _talk(*turns: str) -> Conversation:
    people = [("User 1", "A conductor"), ("User 2", "A night nurse")]
    return Conversation(
        scene_id="s",
        scene={"topic": "night trains"},
        speakers=tuple(Speaker(name=name, persona=(who,)) for name, who in people),
        turns=tuple(Turn(speaker=n % 2, text=text) for n, text in enumerate(turns)),
    )


class _Planted:
    """Gives each token of a text a planted log-probability, or each word a planted chance."""

    ref = "planted:chances"

    def __init__(
        self,
        token: Callable[[str, str], float] = lambda *_: -1.0,
        odds: dict[str, float] | None = None,
    ) -> None:
        self._token, self._odds = token, odds or {}

    async def score(self, before: str, text: str) -> Scored:
        tokens = tuple(f" {word}" for word in text.split())
        return Scored(tokens=tokens, logprobs=(self._token(before, text),) * len(tokens))

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        seen = {word: math.log(self._odds[word]) for word in words if word in self._odds}
        unseen = tuple(word for word in words if word not in seen)
        return Odds(logprobs=seen, unseen=unseen, ceiling=-5.0)
