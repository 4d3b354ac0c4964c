"""Presidio's pattern recognisers find what our rules find, and join them."""

from __future__ import annotations

import pytest

from dramaturg.dataset.redaction import KINDS, Redactor, find_patterns

pytest.importorskip(
    "presidio_analyzer", reason="presidio-analyzer is in the extra 'peers', not installed here"
)


def test_presidio_s_patterns_join_ours() -> None:
    from dramaturg.dataset.redaction.presidio import PresidioFinder

    finder = PresidioFinder()
    text = "Mail a@mail.org or pay by 4111 1111 1111 1111 from 8.8.8.8, call +1 650 253 0000"
    found = {span.kind: text[span.start : span.end] for span in finder(text)}
    ours = {span.kind: text[span.start : span.end] for span in find_patterns(text)}
    for kind in ("email", "card", "ip", "phone"):
        assert found[kind] == ours[kind]
    assert set(found) <= set(KINDS)
    assert Redactor(more=finder).together([text])[0][0].count("[") == 4
