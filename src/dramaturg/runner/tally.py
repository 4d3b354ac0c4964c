"""Figures of many verdicts in flat memory: counts, mean, histogram, extremes, cost, seconds."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from typing import Any, TypeAlias

from dramaturg.evaluate import share, shown_talk
from dramaturg.records import Conversation, Cost, Verdict
from dramaturg.scorers import ENTRIES, Scorer

BINS = 20
_SHOWN = 5
_WORST = 20
_LOWEST = 3  # of each scorer that gives a number only
_Item: TypeAlias = tuple[float, int, dict[str, Any], dict[str, Any]]


class Tally:
    """What one scorer said so far.

    Attributes:
        counts: Whether its verdicts count: it passed its exam, or sat none.
    """

    def __init__(self, scorer: Scorer, model: str, *, prompted: bool) -> None:
        self.scorer, self.model, self.prompted = scorer, model, prompted
        self.counts = True
        self.n = self.failed = self.decided = 0
        self.unjudged: Counter[str] = Counter()
        self.seconds, self.tried = 0.0, 0
        self.cost = Cost()
        self._sum = self._squares = 0.0
        self._low, self._high = math.inf, -math.inf
        self._histogram = [0] * BINS
        self._ends: tuple[list[Any], list[Any]] = ([], [])

    def add(self, conversation: Conversation, verdict: Verdict) -> None:
        """Count one verdict."""
        self.n += 1
        self.decided += verdict.passed is not None
        self.failed += verdict.passed is False
        value = verdict.value
        self._sum += value
        self._squares += value * value
        self._low, self._high = min(self._low, value), max(self._high, value)
        low, high = self.scorer.low, self.scorer.high
        if high - low <= 100:
            place = int((value - low) / (high - low) * BINS)
            self._histogram[min(max(place, 0), BINS - 1)] += 1
        self.cost = self.cost + verdict.cost
        for heap, key in zip(self._ends, (-value, value), strict=True):
            item = (key, conversation.id, value, list(verdict.reasons[:2]))
            if len(heap) < _SHOWN:
                heapq.heappush(heap, item)
            elif item > heap[0]:
                heapq.heapreplace(heap, item)

    def lose(self, why: str, cost: Cost) -> None:
        """Count a conversation without a verdict, and what was paid for it."""
        self.unjudged[why] += 1
        self.cost = self.cost + cost

    def row(self) -> dict[str, Any]:
        """The scorer's row of the report. What does not count has counts and no figures."""
        entry = ENTRIES[self.scorer.name]
        unjudged = sum(self.unjudged.values())
        figures = self.counts and self.n > 0
        mean = self._sum / self.n if self.n else 0.0
        spread = math.sqrt(max(self._squares / self.n - mean * mean, 0.0)) if self.n else 0.0
        failed = share(self.failed, self.decided)
        return {
            "scorer": self.scorer.name,
            "version": self.scorer.version,
            "model": self.model,
            "says": entry.says,
            "better": entry.better,
            "range": [self.scorer.low, self.scorer.high if self.scorer.high < 1e9 else None],
            "n": self.n,
            "not_judged": dict(self.unjudged.most_common()),
            "not_judged_count": unjudged,
            "counts": self.counts,
            "mean": mean if figures else None,
            "spread": spread if figures else None,
            "lowest": self._low if figures else None,
            "highest": self._high if figures else None,
            "failed": self.failed if figures and self.decided else None,
            "failed_share": failed.value if figures and self.decided else None,
            "failed_interval": [failed.low, failed.high] if figures and self.decided else None,
            "histogram": self._histogram if figures and any(self._histogram) else None,
            "low_end": self._end(0) if figures else [],
            "high_end": self._end(1) if figures else [],
            "calls": self.cost.calls,
            "tokens": self.cost.tokens_in + self.cost.tokens_out,
            "usd": round(self.cost.usd, 6),
            "seconds_per_1000": None
            if self.prompted or not self.tried
            else round(1000 * self.seconds / self.tried, 4),
        }

    def _end(self, which: int) -> list[dict[str, Any]]:
        return [
            {"conversation": name, "value": value, "reasons": reasons}
            for _, name, value, reasons in sorted(self._ends[which], reverse=True)
        ]


class Worst:
    """The failed conversations with the worst values, each with its evidence.

    Of a scorer that gives a number only, the few that are furthest from its good end.
    """

    def __init__(self) -> None:
        self._heap: list[_Item] = []
        self._low: dict[str, list[_Item]] = {}
        self._seen = 0

    def add(self, conversation: Conversation, verdict: Verdict) -> None:
        """Consider one verdict: a failed one, or a number that is not at the good end."""
        if verdict.passed is False:
            heap, most = self._heap, _WORST
        elif verdict.passed is None and ENTRIES[verdict.scorer].better != "neither":
            heap, most = self._low.setdefault(verdict.scorer, []), _LOWEST
        else:
            return
        bad = _badness(verdict)
        if bad <= 0 and verdict.passed is None:
            return
        self._seen += 1
        place = (bad, -self._seen)
        if len(heap) == most and place <= heap[0][:2]:
            return
        item = (*place, _case(conversation, verdict), _shown(conversation, verdict))
        if len(heap) < most:
            heapq.heappush(heap, item)
        else:
            heapq.heapreplace(heap, item)

    def cases(self) -> list[dict[str, Any]]:
        """The failed, the worst first; then the lowest of the others, the worst first."""
        return [case for _, _, case, _ in self._sorted()]

    def shown(self) -> list[dict[str, Any]]:
        """The same with the conversation, for a page."""
        return [shown for _, _, _, shown in self._sorted()]

    def _sorted(self) -> list[_Item]:
        low = [item for heap in self._low.values() for item in heap]
        return [
            item
            for heap in (self._heap, low)
            for item in sorted(heap, key=lambda i: i[:2], reverse=True)
        ]


def _case(conversation: Conversation, verdict: Verdict) -> dict[str, Any]:
    turns = [e.turn for e in verdict.evidence if e.turn is not None]
    return {
        "conversation": conversation.id,
        "scorer": verdict.scorer,
        "failed": verdict.passed is False,
        "value": verdict.value,
        "badness": _badness(verdict),
        "reasons": list(verdict.reasons[:3]),
        "turns": {t: conversation.turns[t].text for t in turns[:3]},
    }


def _shown(conversation: Conversation, verdict: Verdict) -> dict[str, Any]:
    marked = sorted({e.turn for e in verdict.evidence if e.turn is not None})
    said = {
        "scorer": verdict.scorer,
        "value": verdict.value,
        "passed": verdict.passed,
        "reasons": list(verdict.reasons[:3]),
    }
    return {"marked": marked, "verdicts": [said], **shown_talk(conversation, marked)}


def _badness(verdict: Verdict) -> float:
    """0 good to 1 bad, by which end of the range is good."""
    part = (verdict.value - verdict.low) / (verdict.high - verdict.low)
    return part if ENTRIES[verdict.scorer].better == "low" else 1.0 - part
