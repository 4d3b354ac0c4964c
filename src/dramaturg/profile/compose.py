"""People out of facts: a profile grows fact by fact, and every refusal keeps its reason."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, Embedder, NLIModel
from dramaturg.profile.consistent import Clash, Judge
from dramaturg.profile.pool import Pool
from dramaturg.records import Drop, Fact, Persona, derive_seed
from dramaturg.store import notes, parts

if TYPE_CHECKING:
    import numpy.typing as npt

_BARREN = 50  # attempts in a row without a new person after which the pool counts as exhausted


@dataclass(frozen=True)
class Composed:
    """The people, and what could not be.

    Attributes:
        people: Different from each other, each with `size` facts, in the order of their making.
        rejections: One Drop of kind "profile_candidate" for each fact refused by a profile, and
            of kind "profile" for each profile given up. The class of the reason is one of
            "contradiction", "redundant", "category" and "stuck", "repeated", "exhausted".
        shortfall: In words, why there are fewer people than asked for; "" if there are not.
    """

    people: tuple[Persona, ...]
    rejections: tuple[Drop, ...]
    shortfall: str = ""

    def by_reason(self) -> dict[str, int]:
        """Rejections by class of reason."""
        return dict(Counter(drop.reason_class for drop in self.rejections))


@parts.step(Composed)
async def compose(
    facts: Sequence[Fact],
    *,
    nli: NLIModel,
    embedder: Embedder,
    count: int,
    size: int = 5,
    redundancy: float = 0.9,
    seed: int,
    negator: ChatModel | None = None,
    one_per_category: bool = False,
    uses_per_fact: int | None = None,
    at_least_new: int = 0,
    tries: int = 50,
    source: str = "",
) -> Composed:
    """Grow `count` different profiles of `size` facts, each fact drawn at random.

    A candidate is refused if it contradicts a fact of the profile or a fact of the profile
    contradicts it, if its cosine to one of them is above `redundancy`, or, on request, if its
    category is taken. All profiles grow side by side, so the judge is asked in large batches;
    the same seed gives the same people.

    Args:
        negator: With one, the paper's way: it writes each fact's negation, and the judge is asked
            whether either fact entails the negation of the other. Without, the judge is asked for
            contradiction directly. A fact that cannot be negated is left out, with a note.
        uses_per_fact: In how many profiles a fact may be; None = any number, as in the paper.
        at_least_new: How many facts of each profile must have the status "new".
        tries: Candidates tried for one place before a profile is given up and begun anew.
        source: What the people's `source` says.

    Returns:
        Fewer people than asked for, and a `shortfall`, if the pool gives no more.

    Raises:
        UserError: If there are too few facts for a single profile, no profile could be filled, or
            a setting is out of range.
        BackendError: If a model could not be reached.

    Source: Jandaghi et al. 2023, section on user profiles and its appendix (cosine above 0.9).
    """
    pool = Pool(facts, uses_per_fact)
    _check(pool, count, size, at_least_new, tries)
    maker = _Maker(
        pool=pool,
        judge=Judge(nli, negator, seed),
        vectors=await embedder.embed([fact.text for fact in pool.facts]),
        size=size,
        redundancy=redundancy,
        one_per_category=one_per_category,
        at_least_new=at_least_new,
        tries=tries,
    )
    people, shortfall = await _grow_all(maker, count, seed, source)
    if not people:
        common = Counter(drop.reason_class for drop in maker.rejections).most_common(3)
        why = ", ".join(f"{reason} {n}" for reason, n in common)
        raise UserError(
            f"no profile of {size} facts could be filled out of {len(pool.facts)} facts",
            why=f"facts and profiles were refused: {why}",
            fix="give more facts, or ask for smaller profiles (size, or --profile-size)",
        )
    if shortfall:
        drop = Drop(kind="profile", reason=f"exhausted: {shortfall}")
        maker.rejections.append(drop)
        notes.note(drop)
    return Composed(tuple(people), tuple(maker.rejections), shortfall)


async def _grow_all(maker: _Maker, count: int, seed: int, source: str) -> tuple[list[Persona], str]:
    """People until there are `count`, or until whole generations of attempts bring nothing."""
    people: list[Persona] = []
    known: set[frozenset[str]] = set()
    attempt, barren = 0, 0
    while len(people) < count and barren < _BARREN:
        growing = [
            _Profile(random.Random(derive_seed(seed, "profile", attempt + i)))
            for i in range(count - len(people))
        ]
        attempt += len(growing)
        before = len(people)
        for profile in await maker.grow(growing):
            chosen = tuple(maker.pool.facts[i] for i in profile.chosen)
            key = frozenset(fact.id for fact in chosen)
            if key in known:
                maker.pool.give_back(profile.chosen)
                texts = json.dumps({"facts": [fact.text for fact in chosen]}, ensure_ascii=False)
                reason = "repeated: the same facts as another"
                maker.refuse(Drop(kind="profile", reason=reason, detail=texts))
                continue
            known.add(key)
            people.append(Persona(facts=chosen, source=source))
        barren = barren + len(growing) if len(people) == before else 0
        notes.progress("compose people", len(people), count, refused=len(maker.rejections))
    if len(people) == count:
        return people, ""
    return people, (
        f"{len(people)} of {count} people could be made out of {len(maker.pool.facts)} facts; "
        f"{attempt - len(people)} further attempts found no new combination that holds together"
    )


@dataclass
class _Profile:
    """A profile while it grows: positions of its facts, and of all that it has looked at."""

    draw: random.Random
    chosen: list[int] = field(default_factory=list)
    looked_at: set[int] = field(default_factory=set)
    tried: int = 0  # for the place that is open


@dataclass
class _Maker:
    pool: Pool
    judge: Judge
    vectors: npt.NDArray[Any]
    size: int
    redundancy: float
    one_per_category: bool
    at_least_new: int
    tries: int
    rejections: list[Drop] = field(default_factory=list)

    def refuse(self, drop: Drop) -> None:
        self.rejections.append(drop)
        notes.note(drop)

    async def grow(self, growing: list[_Profile]) -> list[_Profile]:
        """The profiles that were filled, in order; the others are given up with a reason."""
        everyone = growing
        while growing:
            drawn = [(profile, self._draw(profile)) for profile in growing]
            facts = self.pool.facts
            await self.judge.negate(facts[i] for _, i in drawn if i is not None)
            open_, asked = [], []
            for profile, i in drawn:
                if i is None or profile.tried > self.tries:
                    self._give_up(profile)
                elif self.judge.usable(facts[i]) and not self._too_near(profile, i):
                    asked.append((profile, i))
                    open_.append(profile)
                else:
                    open_.append(profile)
            pairs = [(facts[i], facts[j]) for profile, i in asked for j in profile.chosen]
            clashes = iter(await self.judge.clashes(pairs))
            for profile, i in asked:
                found = [clash for _ in profile.chosen if (clash := next(clashes)) is not None]
                if found:
                    self._contradiction(profile, i, found[0])
                elif self.pool.take(i):
                    profile.chosen.append(i)
                    profile.tried = 0
            growing = [profile for profile in open_ if len(profile.chosen) < self.size]
        return [profile for profile in everyone if len(profile.chosen) == self.size]

    def _draw(self, profile: _Profile) -> int | None:
        places = self.size - len(profile.chosen)
        new = sum(self.pool.facts[i].status == "new" for i in profile.chosen)
        only_new = self.at_least_new - new >= places
        i = self.pool.draw(profile.draw, profile.looked_at, only_new=only_new)
        profile.tried += 1
        if i is not None:
            profile.looked_at.add(i)
        return i

    def _give_up(self, profile: _Profile) -> None:
        self.pool.give_back(profile.chosen)
        held = [self.pool.facts[i].text for i in profile.chosen]
        reason = f"stuck: nothing fits beside {len(held)} facts after {profile.tried - 1} tries"
        profile.chosen = []
        detail = json.dumps({"facts": held}, ensure_ascii=False)
        self.refuse(Drop(kind="profile", reason=reason, detail=detail))

    def _too_near(self, profile: _Profile, i: int) -> bool:
        candidate = self.pool.facts[i]
        for j in profile.chosen:
            other = self.pool.facts[j]
            if (
                self.one_per_category
                and candidate.category
                and candidate.category == other.category
            ):
                reason = f"category: {candidate.category!r} is taken"
                self._candidate(profile, i, reason, {"against": other.text})
                return True
        if profile.chosen:
            cosines = self.vectors[profile.chosen] @ self.vectors[i]
            at = int(cosines.argmax())
            if float(cosines[at]) > self.redundancy:
                other = self.pool.facts[profile.chosen[at]]
                score = round(float(cosines[at]), 4)
                reason = f"redundant: {candidate.text[:100]!r} says what {other.text[:100]!r} says"
                self._candidate(
                    profile, i, f"{reason} ({score:.2f})", {"against": other.text, "score": score}
                )
                return True
        return False

    def _contradiction(self, profile: _Profile, i: int, clash: Clash) -> None:
        # A fact of the profile is premise or hypothesis; the candidate is always `first`.
        particulars = {
            "against": clash.second.text,
            "direction": clash.direction,
            "score": round(clash.score, 4),
            "by": clash.by,
            "why": clash.why,
        }
        self._candidate(profile, i, clash.reason(), particulars)

    def _candidate(self, profile: _Profile, i: int, reason: str, detail: dict[str, Any]) -> None:
        held = [self.pool.facts[j].id for j in profile.chosen]
        full = {"fact": self.pool.facts[i].text, **detail, "profile": held}
        self.refuse(
            Drop(
                kind="profile_candidate",
                reason=reason,
                subject=self.pool.facts[i].id,
                detail=json.dumps(full, ensure_ascii=False),
            )
        )


def _check(pool: Pool, count: int, size: int, at_least_new: int, tries: int) -> None:
    if min(count, size, tries) < 1:
        raise UserError(f"count={count}, size={size} and tries={tries} must each be 1 or more")
    if not 0 <= at_least_new <= size:
        raise UserError(f"at_least_new={at_least_new} must lie between 0 and size={size}")
    have = len(pool.facts)
    if have < size:
        noun = "different fact is" if have == 1 else "different facts are"
        raise UserError(
            f"{have} {noun} too few for a person of {size}",
            fix="give more facts, or ask for smaller profiles (size, or --profile-size)",
        )
    new = sum(fact.status == "new" for fact in pool.facts)
    if new < at_least_new:
        raise UserError(
            f"each person is to have {at_least_new} new facts, but the pool has {new}",
            fix="expand the facts first, or lower at_least_new",
        )
