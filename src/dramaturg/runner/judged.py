"""The scorers of one conversation over a dataset's sample, as figures with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from dramaturg.errors import BackendError, RecordError
from dramaturg.evaluate import Measure, Ratio, Side
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers import Scorer, need, together, why_lost

_AT_ONCE = 64


async def judge(
    side: Side,
    panel: Sequence[Scorer],
    most: int,
    refs: dict[str, str],
    seed: int,
    failed: Collection[str] = (),
) -> tuple[list[Measure], list[Verdict]]:
    """The panel's verdicts on the sample's first conversations.

    Args:
        refs: Who judges, by scorer.
        failed: Scorers whose judge did not pass its exam: they are not asked, and have no figure.

    Returns:
        For each scorer its mean, and the share that fails where it decides; and all verdicts.

    Raises:
        BackendError: If a call fails that would fail for every conversation.
    """
    talks = side.conversations[:most]
    measures: list[Measure] = []
    verdicts: list[Verdict] = []
    for expert in panel:
        found: list[tuple[int, Verdict]] = []
        lost: Counter[str] = Counter()
        if expert.name in failed:
            lost["its judge did not pass the exam"] = len(talks)
        for start in range(0, 0 if expert.name in failed else len(talks), _AT_ONCE):
            batch = list(enumerate(talks))[start : start + _AT_ONCE]
            answers = await together(_verdict(expert, talk, seed) for _, talk in batch)
            for (i, _), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Verdict):
                    found.append((i, answer))
                else:
                    lost[answer] += 1
        verdicts += [verdict for _, verdict in found]
        measures += _measures(side, expert, refs.get(expert.name, ""), found, lost, len(talks))
    return measures, verdicts


def _measures(
    side: Side,
    expert: Scorer,
    ref: str,
    found: Sequence[tuple[int, Verdict]],
    lost: Counter[str],
    asked: int,
) -> list[Measure]:
    import numpy as np

    ones = np.ones(len(found))
    columns = {expert.name: np.array([verdict.value for _, verdict in found])}
    if any(verdict.passed is not None for _, verdict in found):
        failed = [float(verdict.passed is False) for _, verdict in found]
        columns[f"{expert.name}_failed"] = np.array(failed)
    why = "; ".join(f"{count:,} not judged: {reason}" for reason, count in lost.most_common(3))
    everything = asked == len(side.own)
    return [
        Measure(
            name=name,
            group="scores",
            unit="share" if name != expert.name else f"{expert.low:g} to {expert.high:g}",
            of="conversations",
            count=len(found),
            scorer=f"{expert.name} {expert.version}" + (f" by {ref}" if ref else ""),
            statistic=Ratio(column, ones) if len(found) else None,
            keys=[side.keys[i] for i, _ in found],
            split=side.split,
            sample=""
            if everything
            else f"{asked:,} of {len(side.own):,} conversations, seed {side.own.seed}",
            why=why,
        )
        for name, column in columns.items()
    ]


async def _verdict(expert: Scorer, talk: Conversation, seed: int) -> Verdict | str:
    try:
        need(expert.name, talk)
        return await expert(talk, seed=seed)
    except (RecordError, BackendError) as error:
        return why_lost(error)
