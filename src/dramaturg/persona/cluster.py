"""Categories by clustering: sentences that are near each other on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dramaturg.errors import UserError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

_BLOCK = 512  # rows of the distance matrix computed at a time


@dataclass(frozen=True, eq=False)
class Categories:
    """Which category each sentence is in.

    Attributes:
        labels: One number a sentence, from 0, numbered by first appearance.
        means: Mean of each category's unit vectors, shape `(n_categories, dim)`.
    """

    labels: tuple[int, ...]
    means: Floats

    def __len__(self) -> int:
        return len(self.means)

    def members(self) -> tuple[tuple[int, ...], ...]:
        """For each category the positions of its sentences, in order."""
        found: list[list[int]] = [[] for _ in range(len(self))]
        for position, label in enumerate(self.labels):
            found[label].append(position)
        return tuple(tuple(group) for group in found)

    def distance_between(self, by: Literal["average", "centre"] = "centre") -> float:
        """Mean cosine distance over all pairs of categories; 0.0 if there are fewer than two.

        Args:
            by: "centre" compares the directions of the means; "average" is the mean distance
                over all pairs of sentences, which clustering at a threshold t keeps at 1 - t or
                more. The paper's 0.836 at t = 0.1 can therefore not be an average.
        """
        import numpy as np

        if len(self) < 2:
            return 0.0
        means = np.asarray(self.means, dtype=np.float64)
        if by == "centre":
            means = _unit(means)
        total = means.sum(axis=0)
        pairs = len(self) * (len(self) - 1)
        return float(1.0 - (total @ total - (means * means).sum()) / pairs)

    def nearest(self, vectors: Floats) -> tuple[tuple[int, float], ...]:
        """For each vector its nearest category and the mean cosine to the sentences in it."""
        likeness = _unit(vectors) @ self.means.T
        best = likeness.argmax(axis=1)
        return tuple((int(c), float(row[c])) for row, c in zip(likeness, best, strict=True))


def cluster(
    vectors: Floats, *, threshold: float = 0.1, count: int | None = None, most: int = 20_000
) -> Categories:
    """Join sentences bottom-up while the mean pairwise cosine of two clusters is above threshold.

    Args:
        vectors: One row a sentence, shape `(n, dim)`, any length; a row of zeros is near nothing.
        threshold: In [-1, 1]. It belongs to the encoder: 0.1 suits vectors in which unrelated
            sentences have a cosine near 0 (sentence encoders, LSA).
        count: Instead of the threshold, this many categories (fewer if there are fewer rows).
        most: Rows clustered exactly, at `4 * most**2` bytes. Of more rows the first `most` are
            clustered and each other one joins the category it is nearest to on average, or, at
            or below the threshold, becomes one of its own; with `count` it always joins.

    Raises:
        UserError: If there is no row, or a setting is out of range.

    Source: Jandaghi et al. 2023, section on persona expansion (323 clusters of 4,723 sentences).
    """
    import numpy as np

    _check(len(vectors), threshold, count)
    unit = _unit(np.asarray(vectors, dtype=np.float32))
    core, rest = unit[:most], unit[most:]
    labels = _agglomerate(core, threshold, count)
    if len(rest):
        near = Categories(tuple(labels), _means(core, labels)).nearest(rest)
        for label, cosine in near:
            labels.append(label if count is not None or cosine > threshold else max(labels) + 1)
    return Categories(tuple(labels), _means(unit, labels))


def lsa(texts: Sequence[str], dims: int = 300, seed: int = 0) -> Floats:
    """Vectors of the texts' own topics: TF-IDF without English stop words, then an SVD.

    Args:
        texts: The sentences, all that are to be compared: vectors of two calls do not compare.
        dims: Most columns; fewer where there are fewer texts or words.

    Returns:
        float32, shape `(n, <= dims)`, rows of unit length or zero (nothing but stop words).
    """
    from dramaturg.models.experts import embed

    return embed.lsa(texts, dims=dims, seed=seed)


def _check(rows: int, threshold: float, count: int | None) -> None:
    if rows == 0:
        raise UserError("there is nothing to cluster", fix="give at least one persona sentence")
    if not -1.0 <= threshold <= 1.0:
        raise UserError(f"a cosine threshold lies between -1 and 1, not at {threshold}")
    if count is not None and count < 1:
        raise UserError(f"{count} categories cannot be made", fix="ask for 1 or more")


def _agglomerate(unit: Floats, threshold: float, count: int | None) -> list[int]:
    """Cluster labels, numbered by first appearance."""
    rows = len(unit)
    parent = list(range(2 * rows - 1))
    if rows > 1:
        import fastcluster

        merges = fastcluster.linkage(_distances(unit), method="average", preserve_input=False)
        for step, (left, right, height, _) in enumerate(merges.tolist()):
            wanted = height < 1.0 - threshold if count is None else step < rows - count
            if not wanted:
                break
            parent[int(left)] = parent[int(right)] = rows + step
    names: dict[int, int] = {}
    return [names.setdefault(_root(parent, i), len(names)) for i in range(rows)]


def _root(parent: list[int], node: int) -> int:
    path = []
    while parent[node] != node:
        path.append(node)
        node = parent[node]
    for passed in path:
        parent[passed] = node
    return node


def _distances(unit: Floats) -> Floats:
    """The upper triangle of cosine distances, row by row, as linkage wants it."""
    import numpy as np

    rows = len(unit)
    out = np.empty(rows * (rows - 1) // 2, dtype=np.float64)
    at = 0
    for start in range(0, rows, _BLOCK):
        block = 1.0 - unit[start : start + _BLOCK] @ unit[start:].T
        for i, row in enumerate(block):
            tail = row[i + 1 :]
            out[at : at + len(tail)] = tail
            at += len(tail)
    return np.maximum(out, 0.0, out=out)


def _means(unit: Floats, labels: Sequence[int]) -> Floats:
    import numpy as np

    sums = np.zeros((max(labels) + 1, unit.shape[1]), dtype=np.float64)
    index = np.asarray(labels)
    np.add.at(sums, index, unit)
    means: Floats = sums / np.bincount(index, minlength=len(sums))[:, None]
    return means.astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    import numpy as np

    length = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9)
    return unit
