"""Do the options of a benchmark give the right one away? Everything that a reader without the
history, or without thought, could use is played as a reader of its own.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from dramaturg.errors import RecordError
from dramaturg.evaluate.shares import Share, share
from dramaturg.records import LETTERS, OptionQuestion
from dramaturg.scorers import shown_words, tokens

Picks: TypeAlias = Callable[[OptionQuestion], Sequence[int]]
"""A reader that does not think: the options between which it cannot decide, at least one."""


class OptionChecks(msgspec.Struct, frozen=True, kw_only=True):
    """What gives the right option away.

    Attributes:
        n: Questions.
        chance: Expected share right of a reader who guesses.
        letters: How often each letter is right.
        chi_square, p: Against every letter being right equally often; small p = a reader could
            learn a letter. None where questions differ in their number of options.
        readers: Share right by reader: "longest option", "shortest option", "words of the
            question", and, where histories are given, "last mention". Ties count in part.
    """

    n: int
    chance: float
    letters: dict[str, int]
    chi_square: float | None
    p: float | None
    readers: dict[str, Share]


def balanced_places(count: int, options: int, *, seed: int) -> list[int]:
    """A place for the right option of each question: every place equally often, in random order.

    Places are dealt in rounds, each a random order of all of them: any stretch of the questions
    is balanced to within one round, and so are the kinds where questions are sorted by kind.

    Args:
        count: Questions, >= 0.
        options: Options of each, >= 2.
    """
    draw = random.Random(seed)
    places: list[int] = []
    while len(places) < count:
        places += draw.sample(range(options), options)
    return places[:count]


def arranged(right: str, wrong: Sequence[str], place: int, *, seed: int) -> tuple[int, ...]:
    """The order in which to show an option set whose first entry is the right one.

    Returns:
        Indexes into `[right, *wrong]`: entry `i` of the result is shown as option `i`. The right
        one stands at `place`; the wrong ones are shuffled.
    """
    others = list(range(1, len(wrong) + 1))
    random.Random(seed).shuffle(others)
    return (*others[:place], 0, *others[place:])


def check_options(
    questions: Sequence[OptionQuestion], histories: Mapping[str, Sequence[str]] | None = None
) -> OptionChecks:
    """The letters and the thoughtless readers over some questions.

    Args:
        histories: Texts of the turns by history id, for the reader that picks what was last
            mentioned before the question.

    Raises:
        RecordError: If there is no question.
    """
    if not questions:
        raise RecordError("there is no question to check")
    sizes = {len(q.options) for q in questions}
    letters = Counter(q.letter for q in questions)
    counts = [letters[LETTERS[i]] for i in range(max(sizes))]
    chi, p = chi_square(counts) if len(sizes) == 1 else (None, None)
    readers: dict[str, Picks] = {
        "longest option": longest,
        "shortest option": shortest,
        "words of the question": question_words,
    }
    if histories is not None:
        known = histories
        readers["last mention"] = lambda q: last_mention(q, known[q.history][: q.ends])
    return OptionChecks(
        n=len(questions),
        chance=sum(1 / len(q.options) for q in questions) / len(questions),
        letters={LETTERS[i]: n for i, n in enumerate(counts)},
        chi_square=chi,
        p=p,
        readers={name: share_right(questions, pick) for name, pick in readers.items()},
    )


def share_right(questions: Sequence[OptionQuestion], picks: Picks) -> Share:
    """How often a thoughtless reader is right; of k options it cannot decide between, 1/k."""
    hits = 0.0
    for question in questions:
        chosen = set(picks(question))
        hits += (question.right in chosen) / len(chosen)
    return share(hits, len(questions))


def longest(question: OptionQuestion) -> list[int]:
    """The options with most words."""
    return _best([len(tokens(option)) for option in question.options])


def shortest(question: OptionQuestion) -> list[int]:
    """The options with fewest words."""
    return _best([-len(tokens(option)) for option in question.options])


def question_words(question: OptionQuestion) -> list[int]:
    """The options that share most content words with the question."""
    asked = shown_words(question.text)
    return _best([len(shown_words(option) & asked) for option in question.options])


def last_mention(question: OptionQuestion, turns: Sequence[str]) -> list[int]:
    """The options that the latest turn speaks of which speaks of any.

    An option is known by its own content words: those that not every option has. All options
    where no turn speaks of any.

    Args:
        turns: What a reader may see, oldest first.
    """
    words = [shown_words(option) for option in question.options]
    common = frozenset.intersection(*words)
    own = [some - common for some in words]
    for text in reversed(turns):
        said = shown_words(text)
        counts = [len(some & said) for some in own]
        if any(counts):
            return _best(counts)
    return list(range(len(question.options)))


def chi_square(counts: Sequence[int]) -> tuple[float, float]:
    """Pearson's statistic against equal counts, and the chance of one as large.

    Source: Pearson 1900; the tail in closed form, since degrees of freedom are whole numbers.

    >>> [round(x, 4) for x in chi_square([30, 20, 25, 25])]
    [2.0, 0.5724]
    """
    total, k = sum(counts), len(counts) - 1
    if total == 0 or k < 1:
        return 0.0, 1.0
    mean = total / (k + 1)
    x = sum((count - mean) ** 2 / mean for count in counts)
    if k % 2 == 0:
        return x, math.exp(-x / 2) * sum((x / 2) ** i / math.factorial(i) for i in range(k // 2))
    rest = sum((x / 2) ** (i + 0.5) / math.gamma(i + 1.5) for i in range((k - 1) // 2))
    return x, math.erfc(math.sqrt(x / 2)) + math.exp(-x / 2) * rest


def _best(values: Sequence[float]) -> list[int]:
    most = max(values)
    return [i for i, value in enumerate(values) if value == most]
