"""The models behind a critique: resolved once, recorded where there is a folder, then closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from dramaturg import scorers
from dramaturg.errors import UserError
from dramaturg.models import ChatModel
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.recorded import CallJournal, Recorded
from dramaturg.models.resolve import Limits, parse_roles, resolve
from dramaturg.records import Conversation
from dramaturg.scorers.base import RULE, prompted
from dramaturg.scorers.registry import RULE_JUDGE

_POOL = 1_000  # conversations whose attributes serve as other people's


def needs_others(names: Sequence[str]) -> bool:
    """Whether one of these scorers draws distractors from other people's attributes."""
    return bool({"persona_precision", "persona_recall"} & set(names))


def attributes(conversations: Iterable[Conversation]) -> tuple[str, ...]:
    """The attributes of the people of the first 1,000 conversations, in order of their letters."""
    some = islice(conversations, _POOL)
    return tuple(sorted({fact for talk in some for who in talk.speakers for fact in who.persona}))


def _underscored(item: str) -> str:
    """`persona-recall=MODEL` means `persona_recall=MODEL`."""
    name, sep, ref = item.partition("=")
    return f"{name.replace('-', '_')}={ref}" if sep and ":" not in name else item


class Judges:
    """The judge of each scorer.

    Args:
        given: Items such as "openai:gpt-4.1-mini" (judges everything) or
            "toxicity=embedded", "persona_recall=rule"; nothing = the embedded experts.
        names: The scorers that are to be judged.

    Raises:
        UserError: For an unknown model or scorer.
    """

    def __init__(
        self,
        given: Sequence[str],
        names: Sequence[str],
        *,
        budget: Budget,
        gate: Gate,
        limits: Limits,
    ) -> None:
        chosen = parse_roles([_underscored(item) for item in given], list(names))
        self._budget, self._gate = budget, gate
        self._inner: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        self.refs = {name: chosen.get(name) or chosen.get("*") or "embedded" for name in names}
        for ref in dict.fromkeys(self.refs.values()):
            self._inner[ref] = ref if ref == RULE_JUDGE else resolve(ref, limits)
        self._used = dict(self._inner)

    def record(self, journal: CallJournal | None) -> None:
        """From now on what chat models answer is kept, and found again, in this journal."""
        for ref, model in self._inner.items():
            if prompted(model):
                guarded: ChatModel = Gated(Budgeted(model, self._budget), self._gate)
                self._used[ref] = Recorded(guarded, "judge", journal) if journal else guarded

    def build(self, names: Sequence[str], kit: scorers.Kit) -> list[scorers.Scorer]:
        """The scorers. Raises UserError where a judge cannot do what is asked of it."""
        return scorers.build(names, judges={n: self._used[self.refs[n]] for n in names}, kit=kit)

    def names(self, panel: Sequence[scorers.Scorer]) -> dict[str, str]:
        """Who judges, by scorer; "rule" where no model does, whatever model was named."""
        return {
            one.name: RULE_JUDGE if one.cost_rank == RULE else self.refs[one.name] for one in panel
        }

    def of(self, name: str) -> Any:
        """The judge of a scorer."""
        return self._used[self.refs[name]]

    def is_prompted(self, name: str) -> bool:
        """Whether a scorer asks a chat model."""
        forms = scorers.ENTRIES[name].forms
        return prompted(self._inner[self.refs[name]]) and "prompt" in forms

    def any_prompted(self) -> bool:
        """Whether any judge is a chat model."""
        return any(prompted(model) for model in self._inner.values())

    def totals(self) -> Mapping[str, Any]:
        """By reference: calls made, replayed, shared and failed in this session."""
        return {
            ref: {
                "made": m.totals.made,
                "replayed": m.totals.replayed,
                "shared": m.totals.shared,
                "failed": m.totals.failed,
            }
            for ref, m in self._used.items()
            if isinstance(m, Recorded)
        }

    def notes(self) -> list[str]:
        """What endpoints had to say."""
        told = [note for model in self._inner.values() for note in getattr(model, "notes", ())]
        return list(dict.fromkeys(told))

    async def close(self, *, at_once: bool = False) -> None:
        """Wait for paid calls that are out, then close connections."""
        for model in self._used.values():
            if isinstance(model, Recorded):
                await model.drain(stop=at_once)
        closing = [m.aclose() for m in self._inner.values() if hasattr(m, "aclose")]
        await asyncio.gather(*closing, return_exceptions=True)


def seats(
    given: Sequence[str],
    names: Sequence[str],
    *,
    budget: Budget,
    gate: Gate,
    limits: Limits,
) -> list[Judges]:
    """The judges, and for each further model without a scorer's name one more seat of a jury.

    A further seat judges what is not given to a model by name and what is no rule.

    Raises:
        UserError: For a model given twice, an unknown one, or a jury with nothing to judge.
    """
    bare = [item for item in given if _is_bare(item)]
    named = [_underscored(item) for item in given if not _is_bare(item)]
    for ref in bare:
        if bare.count(ref) > 1:
            raise UserError(
                f"the model {ref} is given twice", fix="a jury is made of different models"
            )
    taken = {item.partition("=")[0] for item in named}
    left = [n for n in names if n not in taken and scorers.ENTRIES[n].forms != ("rule",)]
    if len(bare) > 1 and not left:
        raise UserError(
            "several judges are given, and no scorer that they could judge together",
            fix="name a scorer that a model judges, or give one --model",
        )
    first = Judges([*bare[:1], *named], names, budget=budget, gate=gate, limits=limits)
    return [first, *(Judges([r], left, budget=budget, gate=gate, limits=limits) for r in bare[1:])]


def _is_bare(item: str) -> bool:
    role, sep, _ = item.partition("=")
    return not sep or ":" in role
