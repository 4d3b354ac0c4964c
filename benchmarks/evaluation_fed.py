"""The quality experts against FED's human ratings: pairs in the right order, by gap.

Every figure stands beside one annotator against the mean of the others and two trivial features:
on pairs that people rate nearly alike nobody does well, and on pairs far apart short turns suffice.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.tables import publish
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers import build, tokens
from dramaturg.train.experts.fed import RATING

GAPS = (0.0, 0.5, 1.0)
Numbers = npt.NDArray[np.float64]


def read(data: Path) -> tuple[list[Conversation], list[dict[str, Any]]]:
    """The 125 conversations and their rows."""
    with gzip.open(data / "fed" / "dialogs.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    made = [
        Conversation(
            scene_id=str(row["id"]),
            speakers=(Speaker(name="User"), Speaker(name="System")),
            turns=tuple(Turn(speaker=int(w == "System"), text=t) for w, t in row["turns"]),
        )
        for row in rows
    ]
    return made, rows


def in_order(
    scores: Numbers, gold: Numbers, gap: float, resamples: int = 300
) -> tuple[float, float, float, int]:
    """Share of pairs in order, the middle 95 % of it over resampled conversations, and pairs.

    Pairs whose means are equal are left out, and ties of the scores count half. The gap is
    compared as floating point numbers are, which is how the reference figures were counted.
    """
    apart = gold[:, None] - gold[None, :]
    valid = (apart != 0) & (np.abs(apart) >= gap) & ~np.isnan(apart)
    better = np.sign(scores[:, None] - scores[None, :]) * np.sign(np.nan_to_num(apart))
    right = np.where(valid, np.where(better > 0, 1.0, np.where(better == 0, 0.5, 0.0)), 0.0)
    pairs = int(valid.sum()) // 2
    if not pairs:
        return float("nan"), float("nan"), float("nan"), 0
    rng = np.random.default_rng(13)
    drawn = []
    for _ in range(resamples):
        weight = np.bincount(rng.integers(0, len(gold), len(gold)), minlength=len(gold))
        total = weight @ valid @ weight
        if total:
            drawn.append(float(weight @ right @ weight) / float(total))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(right.sum()) / (2 * pairs), float(low), float(high), pairs


def annotator(rows: Sequence[dict[str, Any]], rating: str, gap: float) -> float:
    """One annotator against the mean of the rest, over pairs where the rest are `gap` apart.

    A rating that is equal for both counts half; an annotator who did not rate both is left out.
    """
    right = n = 0.0
    for i, one in enumerate(rows):
        for j in range(i):
            mine, yours = one["ratings"][rating], rows[j]["ratings"][rating]
            for a in range(min(len(mine), len(yours))):
                if mine[a] is None or yours[a] is None:
                    continue
                rest = _rest(mine, a) - _rest(yours, a)
                if rest == 0 or np.isnan(rest) or abs(rest) < gap:
                    continue
                n += 1
                own = (mine[a] - yours[a]) * rest
                right += 1.0 if own > 0 else 0.5 if own == 0 else 0.0
    return right / n if n else float("nan")


def _rest(ratings: Sequence[float | None], without: int) -> float:
    kept = [r for i, r in enumerate(ratings) if i != without and r is not None]
    return sum(kept) / len(kept) if kept else float("nan")


async def main_async(data: Path, write: bool) -> None:
    talks, rows = read(data)
    scorers = build("quality,coherence", EmbeddedModel())
    ours = {s.name: np.array([(await s(talk)).value for talk in talks]) for s in scorers}
    short = np.array([-float(sum(len(tokens(t.text)) < 3 for t in c.said_by(1))) for c in talks])
    human = np.array([float(sum(len(tokens(t.text)) for t in c.said_by(0))) for c in talks])
    table = [
        ["quality", "gap of at least", "pairs", "embedded expert (95 %)",
         "few system turns under 3 words",
         "words of the human", "one annotator"],
    ]  # fmt: skip
    for policy, rating in (*RATING.items(), ("coherence", "Coherent")):
        means = [row["mean"].get(rating) for row in rows]
        gold = np.array([np.nan if mean is None else mean for mean in means], dtype=float)
        for gap in GAPS:
            value, low, high, pairs = in_order(ours[policy], gold, gap)
            if not pairs:
                continue
            table.append(
                [
                    policy if policy != "coherence" else "coherence (order of turns)",
                    f"{gap:g}" if gap else "any",
                    f"{pairs:,}",
                    f"{value:.3f} ({low:.3f} to {high:.3f})",
                    f"{in_order(short, gold, gap, 2)[0]:.3f}",
                    f"{in_order(human, gold, gap, 2)[0]:.3f}",
                    f"{annotator(rows, rating, gap):.3f}",
                ]
            )
    publish("fed", [("FED: share of conversation pairs in the right order", table)], write=write)


def main(data: Path, write: bool) -> None:
    """Print the table; with `write`, renew it on the page."""
    asyncio.run(main_async(data, write))
