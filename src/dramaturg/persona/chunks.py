"""A book in pieces that a model can read at once, and its sentences found again by their words."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Sequence

TOKENS = 8_192  # a piece, as in CoSER
_PER_TOKEN = 4  # characters
_HEADING = re.compile(
    r"(?im)^(?:[^\S\n]|[#*_])*(?:(?:chapter|act|scene|part|book|canto|letter|prologue|epilogue)\b"
    r"(?:[^\S\n]|[.:,\w]){0,40}|[IVXLC]{1,7}\.?|\d{1,3}\.)(?:[^\S\n]|[*_])*$"
)
_SENTENCES = (  # as lines hold them, and over lines that only wrap
    re.compile(r"[^.!?…\n]+(?:[.!?…]+[\"'”’)]*|\n|$)"),
    re.compile(r"(?:[^.!?…\n]|\n(?!\s*\n))+(?:[.!?…]+[\"'”’)]*|\n|$)"),
)


def cut_book(text: str, tokens: int = TOKENS) -> list[str]:
    """Pieces of about so many tokens, cut where chapters begin if that fits, else at paragraphs.

    Chapters are joined while a piece is below half of the size, and cut where they are above
    twice of it; only a last piece that nothing can be joined to may be shorter.

    Args:
        tokens: Counted as four characters each, >= 1.

    Returns:
        The pieces in order; joined they are the text.
    """
    size = tokens * _PER_TOKEN
    starts = sorted({0, *(hit.start() for hit in _HEADING.finditer(text)), len(text)})
    chapters = [text[a:b] for a, b in itertools.pairwise(starts)]
    pieces: list[str] = []
    for chapter in chapters:
        if pieces and len(pieces[-1]) < size / 2:
            pieces[-1] += chapter
        else:
            pieces.append(chapter)
    if len(pieces) > 1 and len(pieces[-1]) < size / 2:
        last = pieces.pop()
        pieces[-1] += last
    return [part for piece in pieces for part in _parts(piece, size)]


def find_sentence(text: str, sentence: str, *, at_least: float = 0.6) -> tuple[int, int] | None:
    """Where a sentence stands in a text, in these or nearly these words.

    Args:
        at_least: Similarity by `difflib`, in [0, 1], that a sentence of the text must reach.

    Returns:
        Start and end, of the most similar sentence or of the very words; None where none is.
    """
    wanted = " ".join(sentence.split())
    if not wanted:
        return None
    exact = re.search(r"\s+".join(map(re.escape, wanted.split())), text)
    if exact:
        return exact.span()
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best: tuple[float, tuple[int, int] | None] = (0.0, None)
    for hit in itertools.chain(*(form.finditer(text) for form in _SENTENCES)):
        matcher.set_seq1(" ".join(hit[0].split()))
        floor = max(best[0], at_least)
        if matcher.real_quick_ratio() < floor or matcher.quick_ratio() < floor:
            continue
        ratio = matcher.ratio()
        if ratio >= at_least and ratio > best[0]:
            best = (ratio, hit.span())
    return best[1]


def from_text(line: str, text_words: Sequence[str], *, run: int = 3) -> float:
    """The share of a line's runs of three words that stand in a text, in [0, 1].

    Args:
        text_words: The text by `plain_words`.
    """
    words = plain_words(line)
    size = min(run, len(words))
    theirs, known = _runs(words, size), set(_runs(text_words, size))
    return sum(one in known for one in theirs) / len(theirs) if theirs else 0.0


def plain_words(text: str) -> list[str]:
    """Words in small letters, without marks."""
    return re.findall(r"\w+", text.lower())


def _runs(words: Sequence[str], run: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + run]) for i in range(len(words) - run + 1)] if run else []


def _parts(piece: str, size: int) -> list[str]:
    """A piece above twice the size in equal parts, each cut at the paragraph nearest to there."""
    if len(piece) <= 2 * size:
        return [piece]
    count = round(len(piece) / size)
    breaks = [hit.end() for hit in re.finditer(r"\n\s*\n|\n", piece)] or [
        hit.end() for hit in re.finditer(r"\s+", piece)
    ]
    cuts = [0]
    for number in range(1, count):
        near = number * len(piece) / count
        able = [at for at in breaks if cuts[-1] < at < len(piece)]
        cuts.append(min(able, key=lambda at: abs(at - near)) if able else int(near))
    cuts = sorted({*cuts, len(piece)})
    return [piece[a:b] for a, b in itertools.pairwise(cuts)]
