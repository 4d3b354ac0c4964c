"""Static sentence vectors: a weighted sum of word vectors learnt from dialogue, no network.

Word vectors: PPMI of words seen near each other, truncated SVD; weights and common-component
removal after Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings".
Both are already inside the stored vectors, so a sentence costs one gather and one sum.
"""

import zlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.blas import use_one_thread
from dramaturg.models.experts.cards import card
from dramaturg.models.experts.words import STOP_WORDS, normalise, words

Floats = NDArray[np.float32]

DATA = Path(__file__).parent / "data"
_SUBWORD = range(3, 6)  # lengths of the character n-grams that stand in for an unknown word


class StaticEmbedder:
    """Unit-length sentence vectors in which unrelated sentences have a cosine near 0.

    The bytes of a row depend on its text alone, never on what else is in the batch.
    """

    name = "static-embedder"
    version = "1"
    card = card("embed")

    def __init__(self) -> None:
        self._loaded: _Vectors | None = None

    @property
    def dim(self) -> int:
        """Length of a sentence vector."""
        return int(self._vectors.table.shape[1])

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row per text.

        Args:
            texts: Any strings; upper case, other scripts and the empty string are allowed.

        Returns:
            float32, shape `(len(texts), dim)`; every row has length 1. A text without any known
            word gets the sum of the vectors of its character n-grams: deterministic and never
            zero, so different texts in other scripts still differ.
        """
        rows = [self._vectors.sentence(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dim), dtype=np.float32)

    def similarity(self, left: str, right: str) -> float:
        """Cosine of two texts, -1..1."""
        a, b = self.embed([left, right])
        return float(np.sum(a * b))

    @property
    def vocabulary(self) -> Sequence[str]:
        """The known words, the most frequent of the training texts first."""
        return self._vectors.vocabulary

    @property
    def _vectors(self) -> "_Vectors":
        if self._loaded is None:
            self._loaded = _load()
        return self._loaded


class _Vectors:
    """The loaded table, with backing off to parts of words."""

    def __init__(self, vocabulary: list[str], table: Floats) -> None:
        self.table = table
        self.index = {word: row for row, word in enumerate(vocabulary)}
        self.vocabulary = vocabulary
        self._unknown: dict[str, Floats] = {}

    def sentence(self, text: str) -> Floats:
        found = words(text)
        rows = [self.index[word] for word in found if word in self.index]
        total = self.table[rows].sum(axis=0, dtype=np.float32)
        for word in found:
            if word not in self.index:
                total = total + self.unknown(word)
        length = float(np.sqrt(np.sum(total * total)))
        if length < 1e-6:
            total = _hashed(normalise(text), self.table.shape[1])
            length = float(np.sqrt(np.sum(total * total)))
        return np.asarray(total / length, dtype=np.float32)

    def unknown(self, word: str) -> Floats:
        """The mean of the known words that share most character n-grams; else a hash."""
        if word not in self._unknown:
            if len(self._unknown) > 100_000:
                self._unknown.clear()
            self._unknown[word] = self._guess(word)
        return self._unknown[word]

    @cached_property
    def _typical(self) -> float:
        """Length of the vector of a word that is made up: 0.3 of a known one's."""
        return 0.3 * float(np.median(np.sqrt((self.table**2).sum(axis=1))))

    def _guess(self, word: str) -> Floats:
        mine = sorted(_parts(word[:40]))
        shared = [rows for part in mine if (rows := self._rows_by_part.get(part)) is not None]
        hashed = _hashed(word, self.table.shape[1])
        total = hashed * np.float32(self._typical / np.sqrt(np.sum(hashed * hashed)))
        if shared and word.isascii() and not word.isdigit():
            sizes = [len(rows) for rows in shared]
            weights = np.repeat(1.0 / np.array(sizes), sizes)
            score = np.bincount(np.concatenate(shared), weights)
            close = np.flatnonzero(score >= 0.25)
            near = close[np.argsort(-score[close], kind="stable")][:5]
            if len(near):
                total = total + self.table[near].mean(axis=0, dtype=np.float32)
        return np.asarray(total, dtype=np.float32)

    @cached_property
    def _rows_by_part(self) -> dict[str, NDArray[np.int64]]:
        """The known words that have each character n-gram, ascending."""
        found: dict[str, list[int]] = {}
        for row, known in enumerate(self.vocabulary):
            for part in _parts(known):
                found.setdefault(part, []).append(row)
        return {part: np.array(rows) for part, rows in found.items()}


def _parts(word: str) -> set[str]:
    marked = f"<{word}>"
    return {marked[i : i + n] for n in _SUBWORD for i in range(len(marked) - n + 1)}


def _hashed(text: str, dim: int) -> Floats:
    """A deterministic vector out of hashed character n-grams (1 to 3); never zero."""
    marked = f"<{text[:400]}>"
    total = np.zeros(dim, dtype=np.float32)
    for n in (1, 2, 3):
        for i in range(len(marked) - n + 1):
            code = zlib.crc32(marked[i : i + n].encode())
            for shift in (0, 8):
                total[(code >> shift) % dim] += 1.0 if (code >> (shift + 20)) & 1 else -1.0
    total[zlib.crc32(marked.encode()) % dim] += 0.5
    return total


@lru_cache(maxsize=1)
def _load() -> _Vectors:
    with np.load(DATA / "vectors.npz") as stored:
        vocabulary = bytes(stored["words"]).decode().split("\n")
        table = stored["table"].astype(np.float32) * stored["scale"].astype(np.float32)[:, None]
    return _Vectors(vocabulary, table)


def lsa(texts: Sequence[str], dims: int = 300, seed: int = 0) -> Floats:
    """TF-IDF reduced by a truncated SVD, fitted on the given sentences: topics, not style.

    Words of two letters or more without the 318 English stop words; idf smoothed by one; rows
    scaled to length 1 before and after the reduction. Same seed, same machine, same bytes.

    Args:
        texts: The sentences, `n` of them; they are the whole corpus.
        dims: Upper bound on the length of a vector; fewer where the rank is smaller.
        seed: Of the random start of the SVD.

    Returns:
        float32, shape `(n, d)` with `d <= dims`; rows of length 1. A sentence of stop words only
        is a row of zeros: it is near nothing, and the caller decides what becomes of it.

    Source: Deerwester et al. 1990; Halko et al. 2011 for the randomised SVD.
    """
    use_one_thread()  # the bytes must not depend on how many cores are free
    rows, columns, values, width = _tf_idf(texts)
    size = min(dims, len(texts), width)
    if size == 0:
        return np.zeros((len(texts), 0), dtype=np.float32)
    matrix = _Sparse(rows, columns, values, (len(texts), width))
    reduced = _truncated_svd(matrix, size, seed)
    length = np.sqrt((reduced**2).sum(axis=1, keepdims=True))
    reduced = np.divide(reduced, length, out=np.zeros_like(reduced), where=length > 1e-9)
    return np.asarray(reduced, dtype=np.float32)


class _Sparse:
    """A sparse matrix that can be multiplied from both sides; numpy has none."""

    def __init__(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float64],
        shape: tuple[int, int],
    ) -> None:
        self.shape = shape
        self._by_row = (rows, columns, values)
        order = np.argsort(columns, kind="stable")
        self._by_column = (columns[order], rows[order], values[order])

    def times(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        return _sum_groups(self._by_row, right, self.shape[0])

    def transposed_times(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        return _sum_groups(self._by_column, right, self.shape[1])


def _sum_groups(
    entries: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    right: NDArray[np.float64],
    height: int,
) -> NDArray[np.float64]:
    groups, picked, values = entries
    out = np.zeros((height, right.shape[1]))
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    for first in range(0, len(starts), 4096):  # bounded memory
        chunk = starts[first : first + 4096]
        stop = starts[first + 4096] if first + 4096 < len(starts) else len(groups)
        part = slice(int(chunk[0]), int(stop))
        weighted = right[picked[part]] * values[part, None]
        out[groups[chunk]] = np.add.reduceat(weighted, chunk - chunk[0], axis=0)
    return out


def _truncated_svd(matrix: _Sparse, size: int, seed: int) -> NDArray[np.float64]:
    """Left singular vectors times singular values, shape `(rows, size)`."""
    width = min(size + 20, min(matrix.shape))
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], width))
    for _ in range(7):
        left, _upper = np.linalg.qr(matrix.times(basis))
        basis, _upper = np.linalg.qr(matrix.transposed_times(left))
    u, s, _v = np.linalg.svd(matrix.times(basis), full_matrices=False)
    return np.asarray((u * s)[:, :size])


def _tf_idf(
    texts: Sequence[str],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]:
    counts: list[dict[str, int]] = []
    seen: dict[str, int] = {}
    for text in texts:
        count: dict[str, int] = {}
        for word in _lsa_words(text):
            count[word] = count.get(word, 0) + 1
        counts.append(count)
        for word in count:
            seen[word] = seen.get(word, 0) + 1
    vocabulary = {word: column for column, word in enumerate(sorted(seen))}
    rows = np.array([row for row, count in enumerate(counts) for _ in count], dtype=np.int64)
    columns = np.array([vocabulary[word] for count in counts for word in count], dtype=np.int64)
    times = np.array([n for count in counts for n in count.values()], dtype=np.float64)
    known = np.array([seen[word] for count in counts for word in count], dtype=np.float64)
    values = times * (np.log((1 + len(texts)) / (1 + known)) + 1)
    lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=len(texts)))
    return rows, columns, values / lengths[rows] if len(rows) else values, len(vocabulary)


def _lsa_words(text: str) -> list[str]:
    found: list[str] = []
    word = ""
    for mark in text.lower() + " ":
        if mark.isalnum() or mark == "_":
            word += mark
        else:
            if len(word) > 1 and word not in STOP_WORDS:
                found.append(word)
            word = ""
    return found
