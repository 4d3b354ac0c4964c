"""Two drafts side by side: which turns are the same, and which words differ."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from dramaturg.records import Conversation

_WORD = re.compile(r"\s*\S+|\s+$")
_LONGEST = 400  # words of a turn that are compared one by one


@dataclass(frozen=True)
class Line:
    """One row of a comparison: a turn of either draft, or of both.

    Attributes:
        left, right: Words of a turn in pieces (text, whether only this side has it); None = the
            side has no turn here.
        speaker: Of the left turn, or of the right where there is no left one.
    """

    left: list[tuple[str, bool]] | None
    right: list[tuple[str, bool]] | None
    speaker: int
    same: bool


def difference(left: Conversation, right: Conversation) -> list[Line]:
    """The turns of two conversations, aligned.

    Equal turns are aligned first; what lies between them is set side by side in order, and of
    turns that face each other the words are compared.
    """
    one = [(turn.speaker, turn.text) for turn in left.turns]
    two = [(turn.speaker, turn.text) for turn in right.turns]
    lines: list[Line] = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            lines += [Line([(t, False)], [(t, False)], who, True) for who, t in one[a:b]]
            continue
        for i in range(max(b - a, d - c)):
            mine = one[a + i] if a + i < b else None
            theirs = two[c + i] if c + i < d else None
            lines.append(_facing(mine, theirs))
    return lines


def _facing(mine: tuple[int, str] | None, theirs: tuple[int, str] | None) -> Line:
    if mine is None or theirs is None:
        whole = mine or theirs
        assert whole is not None
        shown = [(whole[1], True)]
        return Line(shown if mine else None, shown if theirs else None, whole[0], False)
    left, right = _words(mine[1], theirs[1])
    return Line(left, right, mine[0], False)


def _words(one: str, two: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    a, b = _WORD.findall(one), _WORD.findall(two)
    if max(len(a), len(b)) > _LONGEST:
        return [(one, True)], [(two, True)]
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    keys = [[w.strip().casefold() for w in side] for side in (a, b)]
    matcher = difflib.SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        own = kind != "equal"
        left += _piece("".join(a[i:j]), own)
        right += _piece("".join(b[k:m]), own)
    return left, right


def _piece(text: str, own: bool) -> list[tuple[str, bool]]:
    """The text; the space before it belongs to both sides."""
    bare = text.lstrip()
    space = text[: len(text) - len(bare)]
    return [piece for piece in ((space, False), (bare, own)) if piece[0]]
