"""Wrong parts that the proofs of the cast of characters must catch."""

from __future__ import annotations

import difflib
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dramaturg import evaluate, generate, pairing
from dramaturg.errors import ReplyError
from dramaturg.pairing.learned_match import LearnedMatch
from dramaturg.records import Pair, Persona, Scene


def two_good_moods_anywhere(moods: Sequence[float]) -> bool:
    return sum(mood >= 4 for mood in moods) >= 2


def two_good_moods_at_once(moods: Sequence[float]) -> bool:
    return len(moods) >= 2 and moods[-1] >= 4 and moods[-2] >= 4


def good_on_average(moods: Sequence[float]) -> bool:
    return len(moods) >= 5 and sum(moods[-2:]) / 2 >= 4


def above_four(moods: Sequence[float]) -> bool:
    return len(moods) >= 5 and moods[-1] > 4 and moods[-2] > 4


class UndefinedUnlessFull(generate.MemoryBank):
    """As released: the list of blocked memories exists only once one is used often enough."""

    def use(self, name: str) -> None:
        super().use(name)
        for one, times in Counter(self._recent).items():
            if times >= self._most:
                blocked = [one]
        assert blocked


class BlocksForGood(generate.MemoryBank):
    """Counts over the whole talk."""

    def __init__(self, memories: Mapping[str, str], *, window: int = 5, most: int = 3) -> None:
        super().__init__(memories, window=1_000, most=most)


class BlocksTooLate(generate.MemoryBank):
    """More than three instead of three."""

    def __init__(self, memories: Mapping[str, str], *, window: int = 5, most: int = 3) -> None:
        super().__init__(memories, window=window, most=most + 1)


def letters_without_order(reply: str, before: str) -> tuple[str, bool]:
    """As released: cut at commas too, first part against first part, by letters alone."""

    def parts(text: str) -> list[str]:
        for mark in (",", ".", "!", "?"):
            text = text.replace(mark, mark + "#")
        return text.split("#")

    mine, theirs = parts(reply), parts(before)
    if difflib.SequenceMatcher(None, theirs[0], mine[0]).quick_ratio() > 0.9:
        mine = mine[1:]
    return "".join(mine).strip(), False


def unordered_letters(reply: str, before: str) -> tuple[str, bool]:
    first, rest = re.split(r"(?<=[.!?])\s+", reply + " ", maxsplit=1)
    for theirs in re.split(r"(?<=[.!?])\s+", before):
        if difflib.SequenceMatcher(None, theirs.lower(), first.lower()).quick_ratio() > 0.9:
            return rest.strip(), True
    return reply, False


def strips_nothing(reply: str, before: str) -> tuple[str, bool]:
    return reply, False


def name_inside_words(text: str, name: str) -> bool:
    """As released: a part of the name anywhere in the text."""
    return len(text.split(" ")) >= 20 or any(part in text for part in name.split(" "))


def more_than_twenty(text: str, name: str) -> bool:
    parts = set(re.findall(r"\w+", name))
    return len(text.split()) > 20 or not parts.isdisjoint(re.findall(r"\w+", text))


def first_that_occurs(reply: str, names: tuple[str, ...]) -> str:
    """As released: the first name of the list inside the reply; none where nothing is."""
    return next((name for name in names if name in reply.lower().replace(" ", "_")), "")


def whole_reply_only(reply: str, names: tuple[str, ...]) -> str:
    if reply in names:
        return reply
    if reply == "NONE":
        return ""
    raise ReplyError("not a name", kind="no choice")


def with_anybody(
    people: Sequence[Persona], *, each: int, count: int, within: Mapping[str, str], seed: int
) -> list[Pair]:
    draw = random.Random(seed)
    return [
        Pair(first=p, second=o, scene=Scene(cast=(p.id, o.id)))
        for p in people
        for o in draw.sample(list(people), each)
    ]


def with_repeats(
    people: Sequence[Persona], *, each: int, count: int, within: Mapping[str, str], seed: int
) -> list[Pair]:
    draw = random.Random(seed)
    pairs = []
    for p in people:
        others = [o for o in people if o.id != p.id and within[o.id] == within[p.id]]
        chosen = draw.choices(others, k=min(each, len(others)))
        pairs += [Pair(first=p, second=o, scene=Scene(cast=(p.id, o.id))) for o in chosen]
    return pairs


class OneBankForBoth(generate.TwoAgents):
    """What one speaker brings up blocks the other's, where two windows were asked for."""

    async def talk(self, pair: Pair, agents: Any, *, seed: int) -> Any:
        object.__setattr__(self, "one_window", True)
        return await super().talk(pair, agents, seed=seed)


class WindowsApart(generate.TwoAgents):
    """Each speaker's own choices alone, whatever was asked for."""

    async def talk(self, pair: Pair, agents: Any, *, seed: int) -> Any:
        object.__setattr__(self, "one_window", False)
        return await super().talk(pair, agents, seed=seed)


class NeverStops(generate.TwoAgents):
    """Goes on to the last turn, whatever the mood."""

    async def talk(self, pair: Pair, agents: Any, *, seed: int) -> Any:
        kept = self.stop
        object.__setattr__(self, "stop", lambda moods: False)
        object.__setattr__(self, "most", 20)
        try:
            return await super().talk(pair, agents, seed=seed)
        except RuntimeError as error:  # the script of moods is at its end
            raise AssertionError(str(error)) from error
        finally:
            object.__setattr__(self, "stop", kept)


class WorryAtOnce(generate.TwoAgents):
    """The worry in the third turn of the seeker's instead of the second."""

    async def talk(self, pair: Pair, agents: Any, *, seed: int) -> Any:
        seeker = generate.Agent(
            agents[0].role, agents[0].person, agents[0].statement, agents[0].memories,
            must={2: "recent_worry"},
        )  # fmt: skip
        return await super().talk(pair, (seeker, agents[1]), seed=seed)


def greedy(fit: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    cells = sorted(
        ((value, r, c) for r, row in enumerate(fit) for c, value in enumerate(row)), reverse=True
    )
    rows: set[int] = set()
    columns: set[int] = set()
    pairs = []
    for _, r, c in cells:
        if r not in rows and c not in columns:
            rows.add(r)
            columns.add(c)
            pairs.append((r, c))
    return pairs


def best_of_each(fit: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    return [(r, int(np.argmax(row))) for r, row in enumerate(fit)]


def least_cost(fit: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    return pairing.one_to_one(-np.asarray(fit))


def rows_divided_at_random(
    learn: Any, firsts: Any, seconds: Any, ratings: Any, groups: Any
) -> evaluate.Beaten:
    """A seeker is in both parts."""
    order = np.random.default_rng(0).permutation(len(ratings)).tolist()
    found = evaluate.against_baselines(learn, firsts, seconds, ratings, order)
    return evaluate.Beaten(
        mse=found.mse, gain=found.gain, gain_low=found.gain_low, gain_high=found.gain_high,
        variance=found.variance, n=found.n, groups=len(set(groups)), folds=found.folds,
    )  # fmt: skip


def told_where_it_was_learned(
    learn: Any, firsts: Any, seconds: Any, ratings: Any, groups: Any
) -> evaluate.Beaten:
    """Every error on the rows that it was learned from."""
    y = np.asarray(ratings)
    model = learn(firsts, seconds, ratings, groups)
    learned = float(((model.of_pairs(firsts, seconds) - y) ** 2).mean())
    mse = {"mean rating": float(y.var()), "straight line in the cosine": float(y.var()),
           "learned": learned}  # fmt: skip
    return evaluate.Beaten(
        mse=mse, gain=float(y.var()) - learned, gain_low=1e-6, gain_high=1.0,
        variance=float(y.var()), n=len(y), groups=len(set(groups)), folds=1,
    )  # fmt: skip


def no_baselines(
    learn: Any, firsts: Any, seconds: Any, ratings: Any, groups: Any
) -> evaluate.Beaten:
    found = evaluate.against_baselines(learn, firsts, seconds, ratings, groups)
    return evaluate.Beaten(
        mse={"learned": found.mse["learned"]}, gain=found.gain, gain_low=found.gain_low,
        gain_high=found.gain_high, variance=found.variance, n=found.n, groups=found.groups,
        folds=found.folds,
    )  # fmt: skip


def a_line_in_one_cosine(firsts: Any, seconds: Any, ratings: Any, groups: Any) -> Any:
    """As released: a cosine through two linear layers, which is a straight line."""
    cosine = (np.asarray(firsts) * np.asarray(seconds)).sum(axis=1)
    slope, level = np.polyfit(cosine, np.asarray(ratings), 1)

    class Line:
        def of_pairs(self, a: Any, b: Any) -> Any:
            return level + slope * (np.asarray(a) * np.asarray(b)).sum(axis=1)

        def __call__(self, a: Any, b: Any) -> Any:
            return level + slope * (np.asarray(a) @ np.asarray(b).T)

    return Line()


def the_mean(firsts: Any, seconds: Any, ratings: Any, groups: Any) -> LearnedMatch:
    width = 4 * np.shape(firsts)[1] + 1
    return LearnedMatch(np.zeros(width), np.zeros(width), float(np.mean(ratings)), 1.0, 1)


WRONG: dict[str, list[dict[str, Any]]] = {
    "two_good_moods_of_five": [
        {"stop": two_good_moods_anywhere}, {"stop": two_good_moods_at_once},
        {"stop": good_on_average}, {"stop": above_four},
    ],
    "three_of_five_rest": [
        {"bank": UndefinedUnlessFull}, {"bank": BlocksForGood}, {"bank": BlocksTooLate},
    ],
    "echoes_go": [
        {"strip": letters_without_order}, {"strip": unordered_letters}, {"strip": strips_nothing},
    ],
    "names_are_whole_words": [{"need": name_inside_words}, {"need": more_than_twenty}],
    "one_name_or_none": [{"choose": first_that_occurs}, {"choose": whole_reply_only}],
    "ten_others": [{"meet": with_anybody}, {"meet": with_repeats}],
    "a_talk_by_the_rules": [
        {"play": OneBankForBoth}, {"play": NeverStops}, {"play": WorryAtOnce},
    ],
    "one_window_for_both": [{"play": WindowsApart}],
    "best_together": [{"assign": greedy}, {"assign": best_of_each}, {"assign": least_cost}],
    "baselines_stand_beside": [
        {"compare": rows_divided_at_random}, {"compare": told_where_it_was_learned},
        {"compare": no_baselines},
    ],
    "more_than_a_line": [{"learn": a_line_in_one_cosine}, {"learn": the_mean}],
}  # fmt: skip
