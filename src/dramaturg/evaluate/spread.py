"""How far apart the meanings are: Vendi score, mean distance, topics; and how far from a reference.

All take sentence vectors, rows of unit length; which embedder made them belongs to the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]


def vendi(vectors: Floats) -> float:
    """The effective number of different items: 1 if all are equal, n if all are orthogonal.

    The exponential of the entropy of the eigenvalues of K / n, K the cosines of all pairs. The
    smaller of the two Gram matrices has the same eigenvalues, so n may be large.

    Source: Friedman and Dieng 2023, "The Vendi Score".
    """
    import numpy as np

    n, dim = vectors.shape
    if not n:
        return 0.0
    rows = vectors.astype(np.float64)
    gram = rows.T @ rows if dim < n else rows @ rows.T
    return vendi_of(gram / n)


def vendi_of(gram: Floats) -> float:
    """The same from `X.T @ X / n`, shape `(dim, dim)`."""
    import numpy as np

    values = np.linalg.eigvalsh(gram)
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def mean_distance(vectors: Floats) -> float:
    """Mean cosine distance over all pairs, 0 to 2; 0 where there are fewer than two."""
    import numpy as np

    n = len(vectors)
    if n < 2:
        return 0.0
    rows = vectors.astype(np.float64)
    total = rows.sum(axis=0)
    return float(1 - (total @ total - (rows * rows).sum()) / (n * (n - 1)))


def frechet(ours: Floats, theirs: Floats) -> float:
    """The Fréchet distance of two clouds as Gaussians: 0 if mean and covariance agree.

    It is biased upwards where the rows are not many more than the dimensions: compare at equal
    n, and beside the distance of two halves of the reference.

    Source: Heusel et al. 2017 (FID), on sentence vectors as in Semeniuta et al. 2018.
    """
    return frechet_of(moments(ours), moments(theirs))


def moments(rows: Floats) -> tuple[Floats, Floats]:
    """Mean, shape `(dim,)`, and covariance, shape `(dim, dim)`, of two rows or more."""
    import numpy as np

    exact = rows.astype(np.float64)
    return exact.mean(axis=0), np.atleast_2d(np.cov(exact, rowvar=False))


def frechet_of(ours: tuple[Floats, Floats], theirs: tuple[Floats, Floats]) -> float:
    """The same from mean, shape `(dim,)`, and covariance, shape `(dim, dim)`, of each."""
    import numpy as np

    (mean_a, cov_a), (mean_b, cov_b) = ours, theirs
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ cov_b @ root)
    shared = np.sqrt(np.maximum(cross, 0)).sum()
    apart = float(((mean_a - mean_b) ** 2).sum())
    return max(0.0, apart + float(np.trace(cov_a) + np.trace(cov_b) - 2 * shared))


def topics(vectors: Floats, count: int, *, seed: int = 13, steps: int = 30) -> Floats:
    """A topic for each vector, shape `(n,)`: k-means by cosine, begun with k-means++.

    Fit it on both datasets together, so that both are counted in the same topics.

    Args:
        count: Topics at most; fewer where there are fewer vectors.
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    n = len(vectors)
    rows = vectors.astype(np.float64)
    centres = [rows[int(draw.integers(n))]]
    far = 1 - rows @ centres[0]
    while len(centres) < min(count, n):
        weight = np.maximum(far, 0)
        if weight.sum() <= 1e-12:
            break
        centres.append(rows[int(draw.choice(n, p=weight / weight.sum()))])
        far = np.minimum(far, 1 - rows @ centres[-1])
    middle = np.stack(centres)
    labels = np.full(n, -1)
    for _ in range(steps):
        new = (rows @ middle.T).argmax(axis=1)
        if (new == labels).all():
            break
        labels = new
        for k in range(len(middle)):
            total = rows[labels == k].sum(axis=0)
            length = float(np.sqrt((total**2).sum()))
            if length > 1e-9:
                middle[k] = total / length
    return labels


def effective_number(labels: Sequence[int] | Floats) -> float:
    """The exponential of the entropy of the labels' shares: how many labels, if all were alike.

    >>> effective_number([0, 0, 1, 1])
    2.0
    """
    import numpy as np

    counts = np.unique(np.asarray(labels), return_counts=True)[1]
    shares = counts / counts.sum()
    return float(np.round(np.exp(-(shares * np.log(shares)).sum()), 12))


def flat_map(vectors: Floats) -> Floats:
    """Two coordinates a vector for a picture, shape `(n, 2)`: the first two principal axes.

    The sign of an axis is chosen so that the same vectors always give the same picture.
    """
    import numpy as np

    if len(vectors) < 2:
        return np.zeros((len(vectors), 2))
    rows = vectors.astype(np.float64)
    rows = rows - rows.mean(axis=0)
    values, axes = np.linalg.eigh(rows.T @ rows)
    best = axes[:, np.argsort(values)[::-1][:2]]
    best = best * np.sign(best[np.abs(best).argmax(axis=0), range(best.shape[1])])
    found = rows @ best
    if found.shape[1] < 2:
        found = np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    return np.asarray(found)
