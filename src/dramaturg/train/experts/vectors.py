"""Make the word vectors: counts of words near each other, PPMI, truncated SVD, weights."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.words import words

VOCABULARY = 12_000
DIM = 160
WINDOW = 6
SMOOTHING = 0.75  # of the context counts, Levy et al. 2015
SHIFT = 0.0
SIF = 3e-4  # a / (a + p): a word as frequent as `a` counts half
POWER = 0.25  # of the singular values: less than 1 spreads the weight over more topics
COMPONENTS = 2  # common directions removed


def train_vectors(texts: Iterable[str], seed: int = 0) -> tuple[list[str], NDArray[np.float32]]:
    """Weighted, centred word vectors of the most frequent words.

    Args:
        texts: Utterances and facts, lower or mixed case.
        seed: Of the random start of the SVD.

    Returns:
        The vocabulary, most frequent first, and float32 vectors `(len(vocabulary), 160)` that
        already hold their sentence weight: a sentence vector is their sum.
    """
    sentences = [words(text) for text in texts]
    seen = Counter(word for sentence in sentences for word in sentence)
    vocabulary = [word for word, n in seen.most_common(VOCABULARY) if n >= 4]
    counts = _counts(sentences, {word: i for i, word in enumerate(vocabulary)})
    vectors = _svd(_ppmi(counts), seed)
    share = np.array([seen[word] for word in vocabulary]) / sum(seen.values())
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    weighted = vectors * (SIF / (SIF + share))[:, None]
    return vocabulary, _without_common(weighted.astype(np.float32), sentences, vocabulary).astype(
        np.float32
    )


def save_vectors(vocabulary: list[str], vectors: NDArray[np.float32], path: Path) -> None:
    """Write the artefact: int8 rows, a half-precision scale each, the words."""
    scale = np.abs(vectors).max(axis=1) / 127
    scale = scale.astype(np.float16)
    safe = np.maximum(scale.astype(np.float32), 1e-7)
    table = np.clip(np.rint(vectors / safe[:, None]), -127, 127).astype(np.int8)
    text = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
    np.savez_compressed(path, words=text, table=table, scale=scale)


def _counts(sentences: list[list[str]], index: dict[str, int]) -> NDArray[np.float32]:
    size = len(index)
    counts = np.zeros(size * size, dtype=np.float32)
    flat = np.array(
        [index.get(w, -1) for s in sentences for w in [*s, *[""] * WINDOW]], dtype=np.int64
    )
    for step in range(1, WINDOW + 1):
        left, right = flat[:-step], flat[step:]
        both = (left >= 0) & (right >= 0)
        codes = left[both] * size + right[both]
        for first in range(0, len(codes), 4_000_000):
            code, n = np.unique(codes[first : first + 4_000_000], return_counts=True)
            counts[code] += n * (1.0 - (step - 1) / (WINDOW + 1))
    square = counts.reshape(size, size)
    return square + square.T


def _ppmi(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    row = counts.sum(axis=1)
    context = row**SMOOTHING
    context *= row.sum() / context.sum()
    with np.errstate(divide="ignore"):
        np.log(counts, out=counts)
    counts -= np.log(np.maximum(row, 1e-9))[:, None]
    counts -= np.log(np.maximum(context, 1e-9))[None, :]
    counts += np.log(row.sum()) - SHIFT
    return np.maximum(counts, 0.0, out=counts)


def _svd(matrix: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    start = np.random.default_rng(seed).standard_normal((matrix.shape[1], DIM + 30))
    basis = start.astype(np.float32)
    for _ in range(4):
        left, _upper = np.linalg.qr(matrix @ basis)
        basis, _upper = np.linalg.qr(matrix.T @ left)
    u, s, _v = np.linalg.svd(matrix @ basis, full_matrices=False)
    return np.asarray(u[:, :DIM] * s[:DIM] ** POWER)


def _without_common(
    vectors: NDArray[np.float32], sentences: list[list[str]], vocabulary: list[str]
) -> NDArray[np.float32]:
    index = {word: i for i, word in enumerate(vocabulary)}
    sums = []
    for sentence in sentences[:: max(1, len(sentences) // 40_000)]:
        rows = [index[word] for word in sentence if word in index]
        if len(rows) > 2:
            total = vectors[rows].sum(axis=0)
            sums.append(total / max(float(np.linalg.norm(total)), 1e-6))
    _u, _s, directions = np.linalg.svd(np.array(sums), full_matrices=False)
    common = directions[:COMPONENTS]
    return np.asarray(vectors - (vectors @ common.T) @ common)
