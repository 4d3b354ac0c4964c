"""What one round came to, in numbers that are gathered while it runs."""

from __future__ import annotations

import hashlib
import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from dramaturg.records import Comparison, Conversation, Cost, Drop, Verdict
from dramaturg.scorers import distinct_n, persona_shown, tokens

VARIETY_TOKENS = 500_000  # distinct-n falls with length anyway; sets of n-grams must stay small
SHOWN_OVER = 5_000  # conversations over which precision and recall are measured


class RoundReport(msgspec.Struct, frozen=True, kw_only=True):
    """One round of the loop, counted over the conversations that it kept.

    Attributes:
        round: From 1.
        pairs, kept, failed: Pairs worked on, with a keeper, and with nothing left.
        drafts: Drafts that could be read.
        dropped: Records dropped, by what they were and class of reason ("draft faithfulness").
        repairs: What the parser mended in kept conversations, by kind.
        votes: Mean expert votes of the kept that had a rival; None if none had.
        pairwise: Mean share of its comparisons that a kept conversation won; None as above.
        precision, recall: Of the attributes that show, against 4 distractors a speaker, over the
            first 5,000 kept.
        distinct_1, distinct_2, distinct_3: Over all tokens of the round, the first 500,000 where
            there are more; `tokens` says how many there are.
        distinct_2_equal: At as many tokens as the smaller of this round and the first.
        different: Share of different utterances.
        turns, words: Mean turns a conversation and words a turn.
        turns_wanted: What was asked for, (more than, fewer than), where the drafts say so.
        cost: Model calls and tokens of drafts and verdicts.
        seconds: Of the clock; the one number here that differs from run to run.
        asked, saved: Verdicts and comparisons that were asked for, and that nobody needed: what
            asking every expert about every draft (every pair of drafts) would have cost more.
        per_kept: Calls and tokens for each kept conversation, and an estimate of the same without
            any saving ("calls", "tokens", "calls_all", "tokens_all"); empty if nothing is kept.
        extra: What the caller's own `measure` found.
    """

    round: int
    pairs: int
    kept: int
    failed: int
    drafts: int
    dropped: dict[str, int]
    repairs: dict[str, int]
    votes: float | None
    pairwise: float | None
    precision: float | None
    recall: float | None
    distinct_1: float
    distinct_2: float
    distinct_3: float
    distinct_2_equal: float
    different: float
    tokens: int
    turns: float
    words: float
    turns_wanted: tuple[int, int] | None
    cost: Cost
    seconds: float
    asked: int = 0
    saved: int = 0
    per_kept: dict[str, float] = msgspec.field(default_factory=dict)
    extra: dict[str, float] = msgspec.field(default_factory=dict)


class RoundTally:
    """Counts a round item by item; holds no conversation.

    Attributes:
        kept: Conversations kept so far.
        tokens: Tokens of these.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.pairs = self.kept = self.drafts = self.asked = self.saved = self.unwritten = 0
        self.tokens = self.turns = self.utterances = 0
        self._wanted: tuple[int, int] | None = None
        self._dropped: Counter[str] = Counter()
        self._repairs: Counter[str] = Counter()
        self._said = array("Q")
        self._votes: list[float] = []
        self._wins: list[float] = []
        self._written, self._judged = Cost(), Cost()

    def add(
        self,
        kept: Conversation | None,
        drafts: Sequence[Conversation],
        records: Sequence[msgspec.Struct],
        *,
        asked: int = 0,
        saved: int = 0,
        unwritten: int = 0,
    ) -> None:
        """One pair is finished.

        Args:
            records: All that was noted for it.
            unwritten: Drafts that were not written because one was good enough.
        """
        self.pairs += 1
        self.drafts += len(drafts)
        self.asked, self.saved = self.asked + asked, self.saved + saved
        self.unwritten += unwritten
        contests: Counter[str] = Counter()
        for record in records:
            if isinstance(record, Drop):
                self._dropped[f"{record.kind} {record.reason_class}"] += 1
                if record.kind == "draft" and record.detail:
                    spent = msgspec.json.decode(record.detail).get("cost")
                    self._written += _spent(spent)
            elif isinstance(record, Verdict | Comparison):
                self._judged += record.cost
            if isinstance(record, Comparison):
                contests.update((record.first, record.second))
        for draft in drafts:
            extra = draft.provenance.extra
            self._written += _spent(extra.get("cost"))
            if self._wanted is None and extra.get("turns_wanted"):
                low, high = extra["turns_wanted"]
                self._wanted = int(low), int(high)
        if kept is None:
            return
        self.kept += 1
        self._repairs.update(kept.provenance.repairs)
        if contests[kept.id]:
            self._votes.append(kept.scores["votes"])
            self._wins.append(kept.scores["wins"] / contests[kept.id])
        self.turns += len(kept.turns)
        for turn in kept.turns:
            self.tokens += len(tokens(turn.text))
            plain = " ".join(turn.text.lower().split()).encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(plain, digest_size=8).digest()
            self._said.append(int.from_bytes(digest, "big"))

    def report(
        self,
        kept: Sequence[Conversation],
        first: Sequence[Conversation],
        *,
        first_tokens: int,
        seconds: float,
        seed: int,
        extra: Mapping[str, float],
    ) -> RoundReport:
        """The report of the round.

        Args:
            kept: In the order of the pairs.
            first: What the first round kept, for numbers at equal length.
            first_tokens: How many tokens that has.
        """
        some = list(texts_of(kept, VARIETY_TOKENS))
        size = min(self.tokens, VARIETY_TOKENS)
        shown = persona_shown(kept[:SHOWN_OVER], seed=seed)
        cost = self._written + self._judged
        return RoundReport(
            round=self.number,
            pairs=self.pairs,
            kept=self.kept,
            failed=self.pairs - self.kept,
            drafts=self.drafts,
            dropped=dict(sorted(self._dropped.items(), key=lambda item: (-item[1], item[0]))),
            repairs=dict(sorted(self._repairs.items())),
            votes=_mean(self._votes),
            pairwise=_mean(self._wins),
            precision=shown.precision,
            recall=shown.recall,
            distinct_1=distinct_n(some, 1, at_tokens=size),
            distinct_2=distinct_n(some, 2, at_tokens=size),
            distinct_3=distinct_n(some, 3, at_tokens=size),
            distinct_2_equal=distinct_n(some, 2, at_tokens=min(size, first_tokens)),
            different=len(set(self._said)) / len(self._said) if self._said else 0.0,
            tokens=self.tokens,
            turns=self.turns / self.kept if self.kept else 0.0,
            words=self.tokens / len(self._said) if self._said else 0.0,
            turns_wanted=self._wanted,
            cost=cost,
            seconds=round(seconds, 3),
            asked=self.asked,
            saved=self.saved,
            per_kept=self._per_kept(cost),
            extra=dict(extra),
        )

    def _per_kept(self, cost: Cost) -> dict[str, float]:
        """What a kept conversation took, and what it would have without any saving: the verdicts
        and drafts that were not asked for are priced like the mean of those that were."""
        if not self.kept:
            return {}
        spent = float(cost.tokens_in + cost.tokens_out)
        more_calls = more_tokens = 0.0
        for one, made, spared in (
            (self._judged, self.asked, self.saved),
            (self._written, self.drafts, self.unwritten),
        ):
            if made:
                more_calls += spared * one.calls / made
                more_tokens += spared * (one.tokens_in + one.tokens_out) / made
        return {
            "calls": cost.calls / self.kept,
            "tokens": spent / self.kept,
            "calls_all": (cost.calls + more_calls) / self.kept,
            "tokens_all": (spent + more_tokens) / self.kept,
        }


def texts_of(conversations: Iterable[Conversation], most_tokens: int) -> Iterator[str]:
    """The texts of turns until so many tokens are reached."""
    left = most_tokens
    for text in itertools.chain.from_iterable((t.text for t in c.turns) for c in conversations):
        yield text
        left -= len(tokens(text))
        if left <= 0:
            return


def _spent(found: object) -> Cost:
    return msgspec.convert(found, Cost) if isinstance(found, dict) else Cost()


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
