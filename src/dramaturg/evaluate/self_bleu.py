"""Self-BLEU: how well each utterance can be pieced together from the others.

Source: Zhu et al. 2018, "Texygen"; BLEU-4 of a sentence with effective order and exponential
smoothing, as sacreBLEU has it (Post 2018; Chen and Cherry 2014, smoothing 3).
Differs: nothing in value; the best count of an n-gram in the others is looked up instead of
searched, so the cost grows with the text and not with its square.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

ORDER = 4


def self_bleu(utterances: Sequence[Sequence[str]]) -> list[float]:
    """The BLEU-4 of each utterance with all others as references, in [0, 1].

    Args:
        utterances: Each as its tokens. The score rises with their number: compare equal numbers.

    Returns:
        One value an utterance; 0 for one without tokens, and for all where there is only one.

    >>> [round(score, 3) for score in self_bleu(["a b c d".split(), "a b c d".split(), ["e"]])]
    [1.0, 1.0, 0.0]
    """
    if len(utterances) < 2:
        return [0.0] * len(utterances)
    counts = [_counts(words) for words in utterances]
    best: dict[tuple[str, ...], tuple[int, int, int]] = {}  # most, whose, most of the others
    for who, mine in enumerate(counts):
        for gram, count in mine.items():
            most, whose, second = best.get(gram, (0, -1, 0))
            if count > most:
                best[gram] = (count, who, most)
            elif count > second:
                best[gram] = (most, whose, count)
    lengths = Counter(map(len, utterances))
    known = sorted(lengths)
    found = []
    for who, words in enumerate(utterances):
        hits = [0] * ORDER
        for gram, count in counts[who].items():
            most, whose, second = best[gram]
            hits[len(gram) - 1] += min(count, second if whose == who else most)
        lone = lengths[len(words)] == 1
        found.append(_bleu(len(words), hits, _closest(known, len(words), skip=lone)))
    return found


def _counts(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(words[i : i + n]) for n in range(1, ORDER + 1) for i in range(len(words) - n + 1)
    )


def _bleu(length: int, hits: Sequence[int], reference: int) -> float:
    """One sentence's BLEU from its clipped hits and the nearest reference length."""
    logs = []
    smooth = 1.0
    for n, hit in enumerate(hits, 1):
        total = length - n + 1
        if total <= 0:
            break
        if hit == 0:
            smooth *= 2
            logs.append(math.log(1 / (smooth * total)))
        else:
            logs.append(math.log(hit / total))
    if not logs or not any(hits):
        return 0.0
    brevity = 1.0 if length >= reference else math.exp(1 - reference / length)
    return brevity * math.exp(sum(logs) / len(logs))


def _closest(known: Sequence[int], length: int, *, skip: bool) -> int:
    """The length nearest to this one, the shorter of two; its own only if another has it too."""
    if not skip:
        return length
    at = bisect_left(known, length)
    near = [known[i] for i in (at - 1, at + 1) if 0 <= i < len(known)]
    return min(near, key=lambda other: (abs(other - length), other))
