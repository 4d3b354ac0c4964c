"""The quick look for contractions passes over nothing that one of the rules would change."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dramaturg.models.experts import words

_PIECES = (
    "i you we they he it do does did is are was have had would could should must need ca can wo ai "
    "ain cannot n nt t m im re ve ll d s let gonna wanna gotta want student not what who"
)
_PIECE = st.sampled_from(_PIECES.split())
_GAP = st.sampled_from([" ", "", "'", " '", "-"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_PIECE, _GAP), min_size=1, max_size=6))
@example([("can", " "), ("not", "")])
@example([("ai", ""), ("nt", "")])
def test_nothing_is_passed_over(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + gap for piece, gap in pieces)
    every = text.replace(" n't", "n't").replace(" '", "'")
    for pattern, new in words._CONTRACTIONS:
        every = pattern.sub(new, every)
    assert words.normalise(text) == every
