"""Which of a person's documents speak of what the person mostly writes about.

The number of clusters is the one whose k-means has the best silhouette; the documents are then
joined bottom-up into that many clusters, and the largest stays.

Source: the cluster step follows Pal et al. 2024, arXiv:2412.11250.
Differs: one or two documents, which leave no number to choose, are all kept; the order of the
documents changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

_MOST_CLUSTERS = 10
_EXACT = 2_000  # documents clustered exactly; of more, an even sample, and the others join it
_STARTS = 4  # runs of k-means, the best counts
_STEPS = 50


def representative(vectors: Floats, *, most: int = _MOST_CLUSTERS) -> tuple[int, ...]:
    """Positions of the documents in the largest cluster, ascending.

    Args:
        vectors: One row a document, shape `(n, dim)`; compared by direction.
        most: The most clusters that are tried; never more than n - 1.

    Returns:
        All positions where there are fewer than three documents or all say the same. Of two
        clusters of one size the tighter one.
    """
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float64)
    if len(rows) < 3:
        return tuple(range(len(rows)))
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    rows = np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-12)
    rows = np.round(rows, 9)
    order = np.lexsort(rows.T[::-1])
    rows = rows[order]
    sample = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _EXACT)).round().astype(int))
    core = rows[sample]
    distances = np.sqrt(np.maximum(_squares(core, core), 0.0))
    count = best_count(core, distances, most=most)
    if count < 2:
        return tuple(range(len(rows)))
    labels = _joined(core, count)
    means = np.stack([core[labels == label].mean(axis=0) for label in range(count)])
    tight = [-float(distances[np.ix_(labels == n, labels == n)].mean()) for n in range(count)]
    if len(core) < len(rows):
        labels = _squares(rows, means).argmin(axis=1)
    groups = [np.flatnonzero(labels == label) for label in range(count)]
    largest = max(range(count), key=lambda n: (len(groups[n]), tight[n], -n))
    return tuple(sorted(int(position) for position in order[groups[largest]]))


def best_count(rows: Floats, distances: Floats, *, most: int = _MOST_CLUSTERS) -> int:
    """The number of clusters, 2 to min(most, n - 1), with the best silhouette; 1 if none has any.

    The smaller one of two that are equally good.
    """
    import numpy as np

    best, found = -1.0, 1
    for count in range(2, min(most, len(rows) - 1) + 1):
        labels = _k_means(rows, count)
        if len(np.unique(labels)) < 2:
            continue
        value = silhouette(distances, labels)
        if value > best + 1e-9:
            best, found = value, count
    return found


def silhouette(distances: Floats, labels: Floats) -> float:
    """Mean silhouette of all rows, -1 to 1; a row alone in its cluster counts 0.

    Source: Rousseeuw 1987.
    """
    import numpy as np

    names = np.unique(labels)
    sums = np.stack([distances[:, labels == name].sum(axis=1) for name in names], axis=1)
    sizes = np.array([(labels == name).sum() for name in names])
    mine = np.searchsorted(names, labels)
    at = np.arange(len(labels))
    own = sizes[mine]
    inside = sums[at, mine] / np.maximum(own - 1, 1)
    outside = sums / sizes
    outside[at, mine] = np.inf
    nearest = outside.min(axis=1)
    wider = np.maximum(inside, nearest)
    scores = np.divide(nearest - inside, wider, out=np.zeros(len(labels)), where=wider > 0)
    return float(np.where(own > 1, scores, 0.0).mean())


def _k_means(rows: Floats, count: int) -> Floats:
    """Labels of the best of some runs, each begun far apart from another row."""
    import numpy as np

    best, kept = np.inf, np.zeros(len(rows), dtype=np.int64)
    for start in range(min(_STARTS, len(rows))):
        centres = _far_apart(rows, count, start * len(rows) // _STARTS)
        labels = np.full(len(rows), -1)
        for _ in range(_STEPS):
            now = _squares(rows, centres).argmin(axis=1)
            if np.array_equal(now, labels):
                break
            labels = now
            for name in range(count):
                if (labels == name).any():
                    centres[name] = rows[labels == name].mean(axis=0)
        loss = float(((rows - centres[labels]) ** 2).sum())
        if loss < best - 1e-12:
            best, kept = loss, labels
    return kept


def _far_apart(rows: Floats, count: int, first: int) -> Floats:
    """Centres to begin with: each is the row that is farthest from those before it."""
    import numpy as np

    chosen = [first]
    nearest = _squares(rows, rows[[first]])[:, 0]
    for _ in range(count - 1):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, _squares(rows, rows[[chosen[-1]]])[:, 0])
    return rows[chosen].copy()


def _joined(rows: Floats, count: int) -> Floats:
    """Labels of `count` clusters joined bottom-up by Ward's criterion."""
    import fastcluster
    import numpy as np

    parent = list(range(2 * len(rows) - 1))
    merges = fastcluster.linkage_vector(rows, method="ward")
    for step, (left, right, _, _) in enumerate(merges[: len(rows) - count].tolist()):
        parent[int(left)] = parent[int(right)] = len(rows) + step
    names: dict[int, int] = {}
    labels = []
    for node in range(len(rows)):
        while parent[node] != node:
            node = parent[node]
        labels.append(names.setdefault(node, len(names)))
    return np.array(labels)


def _squares(left: Floats, right: Floats) -> Floats:
    """Squared distances of every row to every row."""
    found: Floats = (
        (left * left).sum(axis=1)[:, None] + (right * right).sum(axis=1) - 2 * (left @ right.T)
    )
    return found
