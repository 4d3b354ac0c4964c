"""People without those who say what an earlier one says."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sized
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dramaturg.crowd.alike import NEAR, alike, bags_for, repeats
from dramaturg.crowd.bags import Bags
from dramaturg.crowd.embedder import embedding
from dramaturg.crowd.made import Made, Target, people, target
from dramaturg.crowd.meaning import close
from dramaturg.crowd.rows import Row, read
from dramaturg.crowd.vectors import Embed, embedded
from dramaturg.errors import UserError

COSINE = 0.9  # from which two texts mean the same
Say = Callable[[str], None]


def dedupe(
    source: str | Path,
    out: str | Path,
    *,
    near: float = NEAR,
    by: Literal["words", "meaning"] = "words",
    cosine: float = COSINE,
    embed: str | Embed = "embedded",
    seed: int = 13,
    force: bool = False,
    say: Say | None = None,
) -> Made:
    """Write the people of a source, of those alike only the first.

    Each row left out stands in OUT.dropped.jsonl with the line that it repeats, and how alike the
    two are. The source is read twice and held never: memory takes some 40 bytes a row, the rest
    lies in temporary files (8 bytes a word, by meaning 2 bytes a number of each vector).

    Args:
        near: Share of words, in any order, that need not be changed from one text to the other;
            1 = the same words, and [0.8, 1] all in all. A text that differs by a negation or a
            word with a digit says something else.
        by: "meaning" leaves out, of what words leave, also what has nearly the same vector.
        cosine: For that, the cosine from which two vectors are nearly the same, in (0, 1].
        embed: Who turns texts into unit vectors: a reference, or a function.
        say: Is told now and then how far it is.

    Raises:
        UserError: If the source cannot be read or changes meanwhile, or the target exists.

    Source: the two passes are those of Ge et al. 2024, "Scaling synthetic data creation with
        1,000,000,000 personas", whose word pass compares by Jaccard; here see `alike`.
    """
    if not 0 < cosine <= 1:
        raise UserError(f"{cosine:g} is no cosine to ask for", fix="give one above 0, at most 1")
    with target(source, out, "dedupe", force) as to, closing(bags_for(near)) as bags:
        lines = array("Q")
        for row in people(source):
            lines.append(row.line)
            bags.add(row.text)
            told(say, "read", bags)
        bags.ready()
        again = _by_words(bags, near, to.made)
        if by == "meaning":
            with embedding(embed) as made_of:
                again |= _by_meaning(source, bags, again, cosine, made_of, seed)
        _write(source, to, lines, again)
        to.made.read = to.made.kept + to.made.dropped.total()
    return to.made


def told(say: Say | None, what: str, done: Sized, every: int = 50_000) -> None:
    """Say now and then how far it is."""
    if say is not None and len(done) % every == 0:
        say(f"{what}: {len(done):,} rows")


class _Again(NamedTuple):
    """That a row repeats another one."""

    kept: int
    share: float
    how: str


def _by_words(bags: Bags, near: float, made: Made) -> dict[int, _Again]:
    pairs = alike(bags, near)
    made.notes += pairs.notes
    found = {}
    for n, (kept, share) in repeats(pairs).items():
        same = share == 1 and bags.ordered[n] == bags.ordered[kept]
        found[n] = _Again(kept, share, "duplicate" if same else "near-duplicate")
    return found


def _by_meaning(
    source: str | Path, bags: Bags, again: dict[int, _Again], cosine: float, embed: Embed, seed: int
) -> dict[int, _Again]:
    """What of the rows that words leave means what an earlier one means."""
    left = np.array([n for n in range(len(bags)) if n not in again], dtype=np.int64)
    texts = (row.text for n, row in enumerate(people(source)) if n not in again)
    with closing(embedded(texts, embed)) as vectors:
        if len(vectors) != len(left):
            raise _changed(source)
        found = repeats(close(vectors, cosine, flagged=bags.flagged[left], seed=seed))
    place = left.tolist()
    return {
        place[n]: _Again(place[kept], share, "same meaning") for n, (kept, share) in found.items()
    }


def _write(source: str | Path, to: Target, lines: array[int], again: dict[int, _Again]) -> None:
    texts: dict[int, str] = {}  # of rows that others repeat
    repeated = {found.kept for found in again.values()}
    n = -1
    for row in read(source):
        if not isinstance(row, Row):
            to.bad(row)
            continue
        n += 1
        if n >= len(lines) or lines[n] != row.line:
            raise _changed(source)
        if n in repeated:
            texts[n] = row.text
        found = again.get(n)
        if found is None:
            to.keep(row)
            continue
        where = lines[found.kept]
        share = round(found.share, 4)
        to.drop(
            row.line,
            f"{found.how}: of line {where}, {_how_much(found)}",
            row.text,
            repeats_line=where,
            repeats=texts[found.kept],
            alike=share,
        )
    if n + 1 != len(lines):
        raise _changed(source)


def _how_much(found: _Again) -> str:
    if found.how == "same meaning":
        return f"cosine {found.share:.2f}"
    if found.how == "duplicate":
        return "the same words"
    same = "all words" if found.share == 1 else f"{100 * found.share:.0f} % of the words"
    return f"{same} in common"


def _changed(source: str | Path) -> UserError:
    return UserError(f"{source} was changed while it was read", fix="try again when it is whole")
