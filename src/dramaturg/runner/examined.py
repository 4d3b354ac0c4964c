"""Judges sit their exam before their verdicts count, whichever command they judge for."""

from __future__ import annotations

import msgspec

from dramaturg.evaluate import (
    PAIR_SUBJECTS,
    SUBJECTS,
    ExamResult,
    exam_cases,
    pair_exam_cases,
    sit_exam,
    sit_pairwise_exam,
)
from dramaturg.generate import starter_pool
from dramaturg.scorers import Comparer, Scorer


class Examined(msgspec.Struct, kw_only=True):
    """Who sat an exam, and who counts without one because there is none.

    Attributes:
        results: One for each judge who sat it.
        without: Names of judges who would have been examined.
    """

    results: list[ExamResult] = msgspec.field(default_factory=list)
    without: list[str] = msgspec.field(default_factory=list)

    async def scorer(self, scorer: Scorer, model: str, *, asked: bool, wanted: bool | None) -> bool:
        """Whether the verdicts of this scorer count: it passed, or sat no exam.

        Args:
            asked: Whether it asks a chat model; only these are examined where `wanted` is None.

        Raises:
            BackendError: If a call fails that would fail for every case.
        """
        if not (asked if wanted is None else wanted):
            return True
        if scorer.name not in SUBJECTS:
            self.without += [scorer.name] if asked else []
            return True
        result = await sit_exam(scorer, exam_cases(scorer.name, starter_pool()))
        return self._add(result, model)

    async def comparer(
        self, comparer: Comparer, model: str, *, asked: bool, wanted: bool | None
    ) -> bool:
        """The same for a judge of two."""
        if not (asked if wanted is None else wanted):
            return True
        if comparer.policy not in PAIR_SUBJECTS:
            self.without += [comparer.policy] if asked else []
            return True
        cases = pair_exam_cases(comparer.policy, starter_pool())
        return self._add(await sit_pairwise_exam(comparer, cases), model)

    def _add(self, result: ExamResult, model: str) -> bool:
        self.results.append(msgspec.structs.replace(result, model=model))
        return result.passed

    def notes(self, effect: str) -> list[str]:
        """Who failed, with what follows from it, and who was not examined."""
        told = []
        for one in self.results:
            if one.no_verdict:
                why = "; ".join(one.no_verdict_why)
                told.append(
                    f"exam of {one.judge} by {one.model}: {one.no_verdict} of {one.ranked.n} cases "
                    f"got no verdict ({why})"
                )
            if not one.passed:
                told.append(
                    f"{one.judge} by {one.model} did not pass its exam ({one.needed}): {effect}"
                )
        if self.without:
            told.append(
                f"not examined, since there is no exam: {', '.join(dict.fromkeys(self.without))}; "
                "how often they err is not known here"
            )
        return told
