"""People in categories: what their sentences are about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.crowd.made import Made, people, target
from dramaturg.crowd.rows import Row, read
from dramaturg.crowd.tokens import tokens
from dramaturg.errors import UserError
from dramaturg.models.experts.words import STOP_WORDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from dramaturg.crowd.vectors import Embed

    Floats: TypeAlias = npt.NDArray[Any]
    Ints: TypeAlias = npt.NDArray[Any]

_MOST = 300  # categories, by default
_LEARNT_FROM = 200  # sentences a category
_NAMED_BY = 200  # sentences a category
_WORDS = 3  # of a category's name


def cluster(
    source: str | Path,
    out: str | Path,
    *,
    count: int | None = None,
    like: str | Path | None = None,
    embed: str | Embed = "embedded",
    seed: int = 13,
    force: bool = False,
) -> Made:
    """Write the people of a source with the category of each sentence.

    A person of one sentence gets `category`, one of several `categories`, in the order of the
    sentences. The centres are learnt from a sample (spherical k-means), and each sentence joins
    the nearest; categories are named by the words that set them apart. The source is read three
    times; vectors lie in a temporary file.

    Args:
        count: Categories; None = the square root of the number of sentences, at most 300.
        like: Instead, people whose `category` is known: each sentence joins the category whose
            mean is nearest.
        embed: Who turns texts into unit vectors: a reference, or a function.

    Raises:
        UserError: If nothing can be read, `like` knows no category, or the target exists.
    """
    from dramaturg.crowd.embedder import embedding
    from dramaturg.crowd.vectors import embedded

    if count is not None and (count < 1 or like is not None):
        raise UserError("categories have a number or examples", fix="give --count N or --like FILE")
    with (
        target(source, out, "cluster", force, adds="a category") as to,
        embedding(embed) as made_of,
    ):
        with closing(embedded(sentences(source), made_of)) as vectors:
            if not len(vectors):
                raise UserError(f"{source} holds no person", fix="give one sentence a line")
            if like is not None:
                names, middle = _known(like, made_of)
                label, likeness = _nearest(vectors, middle)
            else:
                count = count or default_count(len(vectors))
                middle = learnt(vectors, count, seed)
                label, likeness = _nearest(vectors, middle)
                some = firsts(label)
                texts = (text for text, one in zip(sentences(source), some, strict=True) if one)
                names = named(texts, label[some], len(middle))
        at = 0
        for row in read(source):
            if not isinstance(row, Row):
                to.bad(row)
                continue
            end = at + len(row.facts)
            own = [names[n] for n in label[at:end].tolist()]
            at = end
            to.keep(row, **({"category": own[0]} if len(own) == 1 else {"categories": own}))
        if at != len(label):
            raise UserError(f"{source} was changed while it was read", fix="try again")
        sizes = Counter(label.tolist())
        to.made.figures = {
            "sentences": len(label),
            "categories": len(sizes),
            "largest": {"category": names[sizes.most_common(1)[0][0]], "n": max(sizes.values())},
            "smallest": min(sizes.values()),
            "cosine_to_the_centre": round(float(likeness.mean()), 4),
        }
        to.made.read = to.made.kept + to.made.dropped.total()
    return to.made


def sentences(source: str | Path) -> Iterator[str]:
    """Every sentence of every person of a source."""
    return (fact for row in people(source) for fact in row.facts)


def default_count(sentences: int) -> int:
    """Categories for so many sentences."""
    return max(1, min(_MOST, round(math.sqrt(sentences))))


def learnt(vectors: Any, count: int, seed: int) -> Floats:
    """Centres learnt from a sample of vectors."""
    import numpy as np

    from dramaturg.crowd.vectors import centres

    n = len(vectors)
    some = min(n, max(20_000, _LEARNT_FROM * count))
    draw = np.random.default_rng(seed)
    places = np.sort(draw.choice(n, size=some, replace=False))
    return centres(vectors.take(places), count, seed)


def labels_of(vectors: Any, count: int, seed: int) -> Ints:
    """The category of each vector, by number."""
    return _nearest(vectors, learnt(vectors, count, seed))[0]


def _nearest(vectors: Any, middle: Floats) -> tuple[Ints, Floats]:
    import numpy as np

    from dramaturg.crowd.vectors import nearest

    step = 1 << 16
    parts = [
        nearest(vectors.take(slice(at, at + step)), middle) for at in range(0, len(vectors), step)
    ]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _known(like: str | Path, embed: Embed) -> tuple[list[str], Floats]:
    """Names and centres of the categories of people who have one."""
    import numpy as np

    from dramaturg.crowd.vectors import batches, unit

    sums: dict[str, Any] = {}
    for batch in batches(row for row in people(like) if row.fields.get("category")):
        rows = unit(embed([row.text for row in batch]), len(batch))
        for row, vector in zip(batch, rows, strict=True):
            name = str(row.fields["category"])
            sums[name] = sums.get(name, 0) + vector.astype(np.float64)
    if not sums:
        raise UserError(f"{like} knows no category", fix='give rows with a field "category"')
    middle = np.stack(list(sums.values()))
    length = np.sqrt((middle**2).sum(axis=1, keepdims=True))
    return list(sums), (middle / np.maximum(length, 1e-9)).astype(np.float32)


def firsts(label: Ints) -> Ints:
    """Which texts are among the first of their category, by which it is named; booleans."""
    import numpy as np

    order = np.argsort(label, kind="stable")
    ordered = label[order]
    begin = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    rank = np.arange(len(label)) - np.repeat(begin, np.diff([*begin, len(label)]))
    found = np.zeros(len(label), dtype=bool)
    found[order[rank < _NAMED_BY]] = True
    return found


def named(texts: Iterable[str], label: Ints, count: int) -> list[str]:
    """A name for each category: the words that are frequent in it and in few others.

    Args:
        texts: Sentences of each, some hundred are enough, in the order of `label`.

    Source: class-based TF-IDF, after Grootendorst 2022, "BERTopic: neural topic modeling with a
        class-based TF-IDF procedure".
    """
    words: list[Counter[str]] = [Counter() for _ in range(count)]
    seen = [0] * count
    for text, n in zip(texts, label.tolist(), strict=True):
        seen[n] += 1
        words[n].update(set(tokens(text)) - STOP_WORDS)
    every: Counter[str] = Counter()
    for own in words:
        every.update(own)
    mean = max(1.0, sum(seen) / count)
    names: list[str] = []
    used: Counter[str] = Counter()
    for n, own in enumerate(words):
        best = sorted(own, key=lambda word: (-_weight(own[word], every[word], seen[n], mean), word))
        name = " ".join(_plain(best)) or f"category {n + 1}"
        used[name] += 1
        names.append(name if used[name] == 1 else f"{name} {used[name]}")
    return names


def _weight(here: int, everywhere: int, size: int, mean: float) -> float:
    return here / max(1, size) * math.log(1 + mean / everywhere)


def _plain(best: Sequence[str]) -> list[str]:
    return [word for word in best if len(word) > 2 or not word.isascii()][:_WORDS]
