"""Learn from rated meetings who suits whom.

Source: Tu et al. 2023, "CharacterChat": a regressor over both statements, squared error.
Differs: ridge regression in closed form on both vectors, their product and their distance. (The
released matcher freezes its encoders and sends one cosine through two linear layers: a straight
line in one number. That line is a baseline here, see `evaluate.against_baselines`.)
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from dramaturg.errors import UserError
from dramaturg.pairing.one_to_one import one_to_one
from dramaturg.records import Persona, derive_seed

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]

_RIDGES = tuple(10.0**power for power in range(-2, 7))
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class LearnedMatch:
    """How well two people will get on, as learned from ratings.

    Attributes:
        weights: One for each feature, shape `(4 * dim + 1,)`.
        means: Mean of each feature where it was learned.
        rating: Mean rating where it was learned.
        ridge: The penalty that was chosen; the greater, the nearer to the mean rating.
        n: Rated meetings that it was learned from.
    """

    weights: Floats
    means: Floats
    rating: float
    ridge: float
    n: int

    def __call__(self, firsts: npt.ArrayLike, seconds: npt.ArrayLike) -> Floats:
        """The rating expected of each first with each second.

        Args:
            firsts: Unit vectors of those who look for somebody, shape `(n_firsts, dim)`.
            seconds: Unit vectors of those they may meet, shape `(n_seconds, dim)`.

        Returns:
            Shape `(n_firsts, n_seconds)`.
        """
        a, b = np.asarray(firsts, np.float64), np.asarray(seconds, np.float64)
        return np.stack([self.of_pairs(np.repeat(one[None], len(b), axis=0), b) for one in a])

    def of_pairs(self, firsts: npt.ArrayLike, seconds: npt.ArrayLike) -> Floats:
        """The rating expected of each first with the second in the same row, shape `(n,)`."""
        found: Floats = self.rating + (_features(firsts, seconds) - self.means) @ self.weights
        return found

    def save(self, path: Path) -> None:
        """Write it to a file that `load_match` reads."""
        np.savez(
            path, weights=self.weights, means=self.means,
            numbers=np.array([self.rating, self.ridge, self.n]),
        )  # fmt: skip


def load_match(path: Path) -> LearnedMatch:
    """The matcher in a file. Raises UserError if it is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            rating, ridge, n = file["numbers"].tolist()
            return LearnedMatch(file["weights"], file["means"], rating, ridge, int(n))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is no matcher", why=str(error)) from error


def learn_match(
    firsts: npt.ArrayLike,
    seconds: npt.ArrayLike,
    ratings: Sequence[float],
    groups: Sequence[Any],
) -> LearnedMatch:
    """The matcher that these rated meetings teach.

    The penalty is chosen by the squared error on groups left out, among nine from 0.01 to 10^6:
    the greatest that is as good as the best within its standard error. Where nothing can be
    learned, it makes the matcher say the mean rating of all.

    Args:
        firsts, seconds: Unit vectors of both people of each meeting, shape `(n, dim)` each.
        ratings: One a meeting.
        groups: Who is never in both parts of a division, e.g. the first person's id; one a
            meeting.

    Raises:
        UserError: If there are fewer than two meetings, or the lengths differ.
    """
    x, y = _features(firsts, seconds), np.asarray(ratings, np.float64)
    if len(y) < 2 or not len(x) == len(y) == len(groups):
        raise UserError(
            f"{len(x)} meetings, {len(y)} ratings and {len(groups)} groups cannot be learned from",
            why="two meetings or more are needed, each with a rating and a group",
        )
    folds = divided(groups, _FOLDS)
    errors = np.zeros((len(folds), len(_RIDGES)))
    for row, test in enumerate(folds if len(folds) > 1 else []):
        train = np.setdiff1d(np.arange(len(y)), test)
        weights, means, rating = _ridges(x[train], y[train])
        told = rating + (x[test] - means) @ weights
        errors[row] = ((told - y[test][:, None]) ** 2).mean(axis=0)
    best = _careful(errors)
    weights, means, rating = _ridges(x, y)
    return LearnedMatch(weights[:, best], means, rating, _RIDGES[best], len(y))


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody should meet, by one way of choosing.

    Attributes:
        by: "learned" (the highest expected rating), "one to one" (all together, nobody twice),
            "same type" or "random".
        expected: Rating that the matcher expects.
    """

    id: str
    first: str
    second: str
    by: str
    expected: float


def best_matches(
    learned: LearnedMatch,
    people: Sequence[Persona],
    vectors: npt.ArrayLike,
    *,
    within: Mapping[str, str] | None = None,
    type_of: Callable[[Persona], str] = lambda person: str(person.views.get("type", "")),
    most: int = 1_000,
    seed: int,
) -> list[Match]:
    """For each person the best other one, beside the choices that it must beat.

    What is expected of a choice was learned from ratings and is no rating: whether the learned
    choice is better shows when they have met.

    Args:
        vectors: Of the people, in order, shape `(n, dim)`.
        within: Group by persona id; only people of one group are matched.
        type_of: What "same type" means; "" for a person without one.
        most: People who are matched with one another; a larger group is parted into as few
            parties of this size as hold it, in the order of the people, each matched by itself.
    """
    at = np.asarray(vectors)
    draw = random.Random(derive_seed(seed, "matches"))
    rows: list[Match] = []
    for party in _parties([within[p.id] if within else "" for p in people], most):
        some = [people[i] for i in party]
        rows += _matched(learned(at[party], at[party]), some, type_of, draw)
    place = {person.id: i for i, person in enumerate(people)}
    return sorted(rows, key=lambda row: place[row.first])


def _parties(groups: Sequence[str], most: int) -> list[list[int]]:
    """Places by group, a group of more than `most` in parts of about one size."""
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    parties: list[list[int]] = []
    for places in members.values():
        parts = -(-len(places) // most)
        cuts = [len(places) * n // parts for n in range(parts + 1)]
        parties += [places[low:high] for low, high in itertools.pairwise(cuts)]
    return parties


def _matched(
    fit: Floats, people: Sequence[Persona], type_of: Callable[[Persona], str], draw: random.Random
) -> list[Match]:
    """The choices for each of these people, who may all be matched with one another."""
    np.fill_diagonal(fit, -np.inf)
    alone = dict(one_to_one(fit))
    kinds = [type_of(person) for person in people]
    rows = []
    for i, person in enumerate(people):
        others = [j for j in range(len(people)) if j != i]
        kin = [j for j in others if kinds[i] and kinds[j] == kinds[i]]
        if not others:
            continue
        chosen = {"learned": int(fit[i].argmax()), "random": draw.choice(others)}
        chosen |= {"one to one": alone[i]} if i in alone else {}
        chosen |= {"same type": draw.choice(kin)} if kin else {}
        rows += [
            Match(
                id=f"{person.id}-{by.replace(' ', '-')}",
                first=person.id,
                second=people[j].id,
                by=by,
                expected=round(float(fit[i, j]), 4),
            )
            for by, j in chosen.items()
        ]
    return rows


def divided(groups: Sequence[Any], folds: int) -> list[npt.NDArray[np.intp]]:
    """Places in at most `folds` parts of about one size, each group whole in one of them.

    Large groups are placed first, each where the fewest places are; so nothing is drawn.
    """
    members: dict[Any, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    parts: list[list[int]] = [[] for _ in range(min(folds, len(members)))]
    for places in sorted(members.values(), key=lambda places: (-len(places), places)):
        min(parts, key=len).extend(places)
    return [np.sort(np.asarray(part, np.intp)) for part in parts]


def _careful(errors: Floats) -> int:
    """The greatest penalty that is no worse than the best one beyond its standard error.

    Source: Breiman et al. 1984, "Classification and Regression Trees", the 1-SE rule.
    """
    means = errors.mean(axis=0)
    least = int(means.argmin())
    spread = errors[:, least].std(ddof=1) / np.sqrt(len(errors)) if len(errors) > 1 else 0.0
    return int(np.flatnonzero(means <= means[least] + spread).max())


def _features(firsts: npt.ArrayLike, seconds: npt.ArrayLike) -> Floats:
    """Both vectors, product, distance and cosine, shape `(n, 4 * dim + 1)`."""
    a, b = np.asarray(firsts, np.float64), np.asarray(seconds, np.float64)
    if a.shape != b.shape or a.ndim != 2:
        raise UserError(f"the vectors of both people must agree, not {a.shape} and {b.shape}")
    cosine = (a * b).sum(axis=1, keepdims=True)
    return np.concatenate([a, b, a * b, np.abs(a - b), cosine], axis=1)


def _ridges(x: Floats, y: Floats) -> tuple[Floats, Floats, float]:
    """Weights for each penalty, shape `(n_features, n_penalties)`, means of the features and of y.

    One decomposition serves all penalties: of rows or of features, whichever are fewer.
    """
    means, rating = x.mean(axis=0), float(y.mean())
    centred = x - means
    wide = centred.shape[0] < centred.shape[1]
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    target = y - rating if wide else centred.T @ (y - rating)
    shrunk = (vectors.T @ target)[:, None] / (np.maximum(values, 0)[:, None] + np.array(_RIDGES))
    found: Floats = vectors @ shrunk
    return (centred.T @ found if wide else found), means, rating
