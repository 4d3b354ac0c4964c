"""Finding the next utterance among twenty, by likelihood and by words.

The candidates are drawn as in `evaluate.next_utterance`: the true one and 19 random others of the
set, never the utterance before. A tie counts as its mean place.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import FACT_TOKENS, Control, Ids
from dramaturg.models.experts.bm25 import Bm25
from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers import tokens, utterances
from dramaturg.train.embedded.measure import Meter

CANDIDATES = 20


@dataclass(frozen=True)
class Trial:
    """One prediction: which of the candidates is turn `at` of the conversation?

    Attributes:
        options: Candidate texts, the true one first.
    """

    talk: Conversation
    at: int
    options: list[str]


@dataclass
class Ranks:
    """Places of the true candidate, 1 the best."""

    places: list[float] = field(default_factory=list)

    def add(self, scores: Sequence[float]) -> None:
        """One more prediction; the true candidate's score first. Higher is better."""
        above = sum(score > scores[0] for score in scores)
        same = sum(score == scores[0] for score in scores) - 1
        self.places.append(1 + above + same / 2)

    @property
    def hits(self) -> float:
        """Share in which the true one is first, a shared first place counting as nothing."""
        return sum(place == 1 for place in self.places) / max(1, len(self.places))

    @property
    def mrr(self) -> float:
        """Mean of one over the place."""
        return sum(1 / place for place in self.places) / max(1, len(self.places))


def trials(talks: Sequence[Conversation], each: int, *, seed: int = 13) -> list[Trial]:
    """Some turns of every conversation, drawn without looking at them, never the first.

    A turn from which every other utterance of the set is the same is left out.
    """
    pool = utterances(talks)
    found = []
    before = 0
    for talk in talks:
        draw = random.Random(derive_seed(seed, talk.scene_id))
        possible = range(1, len(talk.turns))
        for at in sorted(draw.sample(possible, min(each, len(possible)))):
            true = before + at
            wrong = [n for n, text in enumerate(pool) if n != true - 1 and text != pool[true]]
            if not wrong:
                continue
            others = [draw.choice(wrong) for _ in range(CANDIDATES - 1)]
            found.append(Trial(talk, at, [pool[true], *(pool[other] for other in others)]))
        before += len(talk.turns)
    return found


def by_words(talks: Sequence[Conversation], some: Sequence[Trial], *, persona: bool) -> Ranks:
    """The IR baseline: idf-weighted overlap with the last turn (and the speaker's persona)."""
    pool = [frozenset(tokens(text)) for text in utterances(talks)]
    counts = Counter(word for words in pool for word in words)
    idf = {word: math.log(len(pool) / n) for word, n in counts.items()}
    ranks = Ranks()
    for one in some:
        query = set(tokens(_query(one, persona=persona)))
        scores = []
        for option in one.options:
            words = frozenset(tokens(option))
            length = math.sqrt(sum(idf[w] ** 2 for w in words)) or 1.0
            scores.append(sum(idf[w] for w in words & query) / length)
        ranks.add(scores)
    return ranks


def by_bm25(some: Sequence[Trial], *, persona: bool) -> Ranks:
    """BM25 over the twenty candidates."""
    ranks = Ranks()
    for one in some:
        ranks.add(list(Bm25(one.options).scores(_query(one, persona=persona))))
    return ranks


def _query(one: Trial, *, persona: bool) -> str:
    turns, speakers = one.talk.turns, one.talk.speakers
    own = speakers[turns[one.at].speaker].persona if persona else ()
    return " ".join([turns[one.at - 1].text, *own])


def by_likelihood(
    meter: Meter, some: Sequence[Trial], *, style: str, persona: bool
) -> dict[str, Ranks]:
    """The model's log-likelihood of each candidate after the conversation so far.

    Returns:
        Ranks by "sum" and by "a token" (the mean), and by "gain": the sum less that of the same
        words after an empty header and no history, which takes out how common a candidate is.
    """
    found = {"sum": Ranks(), "a token": Ranks(), "gain": Ranks()}
    for one in some:
        turns = [(turn.speaker, turn.text) for turn in one.talk.turns[: one.at]]
        who = one.talk.turns[one.at].speaker
        facts = [list(s.persona) if persona else [] for s in one.talk.speakers]
        coded = [[meter.bpe.encode(fact)[:FACT_TOKENS] for fact in side] for side in facts]
        length = len(one.talk.turns)
        options = [meter.bpe.encode(text)[:200] for text in one.options]
        prompt = formats.header(coded[0], coded[1], style=style, turns=length)
        history = _history(turns, formats.Sizes.context - len(prompt) - 210, meter.bpe.encode)
        opening = [int(formats.speaker(who)), int(Control.SAY)]
        end = int(formats.speaker(1 - who))
        with_talk = after(meter, [*prompt, *history, *opening], options, end)
        bare = formats.header([], [], style=style, turns=length)
        alone = after(meter, [*bare, *opening], options, end)
        found["sum"].add(with_talk)
        found["a token"].add(
            [score / (len(o) + 1) for score, o in zip(with_talk, options, strict=True)]
        )
        found["gain"].add([a - b for a, b in zip(with_talk, alone, strict=True)])
    return found


def _history(turns: Sequence[tuple[int, str]], room: int, encode: Callable[[str], Ids]) -> Ids:
    """The last turns that fit."""
    body: Ids = []
    for who, text in reversed(turns):
        turn = [int(formats.speaker(who)), int(Control.SAY), *encode(text)]
        if len(turn) + len(body) > room:
            break
        body = [*turn, *body]
    return body


def after(meter: Meter, prompt: Ids, options: Sequence[Ids], end: int) -> list[float]:
    """Log-likelihood in nats of each option and of the turn's end, the prompt computed once."""
    network = meter.network
    first = network.prefill(0, prompt, 0)[0].astype(np.float64)
    found = []
    for option in options:
        rest = [*option, end]
        total = _log_chance(first, rest[0])
        logits = network.prefill(0, rest[:-1], len(prompt), every=True).astype(np.float64)
        for row, token in zip(logits, rest[1:], strict=True):
            total += _log_chance(row, token)
        found.append(float(total))
    return found


def _log_chance(logits: np.ndarray, token: int) -> float:
    top = logits.max()
    return float(logits[token] - top - np.log(np.exp(logits - top).sum()))
