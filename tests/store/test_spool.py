"""A list on disk: reads like a list, weighs almost nothing."""

from __future__ import annotations

import tracemalloc

import pytest

from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.store import Chain, Spool


def a_talk(text: str) -> Conversation:
    return Conversation(
        scene_id="s", speakers=(Speaker(name="User 1"),), turns=(Turn(speaker=0, text=text),)
    )


def test_it_reads_like_the_list_it_was_made_of() -> None:
    texts = ["plain", "half a character \ud800", "日本語\n", ""]
    spool = Spool(map(a_talk, texts))
    assert [talk.turns[0].text for talk in spool] == texts
    assert spool[-1] == a_talk("")
    assert spool[1:3] == [a_talk(t) for t in texts[1:3]]
    assert spool == [a_talk(t) for t in texts]
    assert spool != [a_talk("plain")]
    with pytest.raises(IndexError):
        spool[4]


def test_a_view_has_an_order_of_its_own_and_a_chain_joins() -> None:
    spool = Spool("abcd")
    view = spool.view([3, 1])
    assert list(view) == ["d", "b"]
    assert view[1] == "b"
    assert view[:1] == ["d"]
    both = Chain(["x"], view, [])
    assert (len(both), list(both), both[2], both[-3]) == (3, ["x", "d", "b"], "b", "x")
    with pytest.raises(IndexError):
        both[3]


def test_what_was_read_long_ago_is_read_from_disk_again() -> None:
    spool: Spool[str] = Spool()
    for i in range(2_000):
        spool.append(f"item {i}")
    assert spool[0] == "item 0"
    assert spool[1_999] == "item 1999"
    spool.append("one more")
    assert (spool[0], spool[2_000]) == ("item 0", "one more")


def test_ten_thousand_long_items_weigh_less_than_a_tenth_of_themselves() -> None:
    tracemalloc.start()
    spool: Spool[bytes] = Spool()
    for _ in range(10_000):
        spool.append(bytes(4_000))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(spool) == 10_000
    assert held < 4_000_000
