"""Scenes: each combination that can be, equally often, and from files that anybody can write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import UserError
from dramaturg.pairing import Circumstance, balanced, load_scenes, with_scenes
from dramaturg.pairing.balanced import load_circumstances
from dramaturg.records import Fact, Pair, Persona, Scene


def some(*names: str, mark: str = "") -> list[Circumstance]:
    return [Circumstance(name=name, text="x", mark=mark) for name in names]


@given(st.integers(1, 200), st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_no_combination_comes_twice_more_than_another(
    count: int, events: int, grounds: int, seed: int
) -> None:
    drawn = balanced(count, some(*"abcde"[:events]), some(*"vwxyz"[:grounds]), seed=seed)
    cells = Counter((e.name, g.name) for e, g in drawn)
    assert len(drawn) == count
    assert max(cells.values()) - (min(cells.values()) if len(cells) == events * grounds else 0) <= 1


def test_a_mark_keeps_what_cannot_be_apart() -> None:
    events = some("catch up", mark="known") + some("joke")
    grounds = some("twins", mark="known") + some("train", mark="strangers")
    cells = Counter((e.name, g.name) for e, g in balanced(300, events, grounds, seed=1))
    assert cells == {("catch up", "twins"): 100, ("joke", "twins"): 100, ("joke", "train"): 100}
    with pytest.raises(UserError, match="no kind of talk goes with"):
        balanced(3, some("a", mark="x"), some("b", mark="y"), seed=1)


def test_ours_are_fourteen_kinds_of_talk_and_eleven_grounds() -> None:
    events, grounds = load_scenes(None, None)
    assert (len(events), len(grounds)) == (14, 11)
    assert {one.mark for one in [*events, *grounds]} == {"", "strangers", "acquainted"}


def test_each_language_has_all_scenes_and_every_pair_its_language() -> None:
    people = [
        Persona(facts=(Fact(text=f"{tag} {i}"),), language=tag)
        for tag in ("fr", "ko")
        for i in range(24)
    ]
    pairs = [
        Pair(first=a, second=b, scene=Scene(cast=(a.id, b.id)))
        for a, b in zip(people, people[1:] + people[:1], strict=True)
    ]
    made = with_scenes(pairs, some(*"abcd"), some(*"xyz"), seed=1)
    for tag in ("fr", "ko"):
        mine = [pair.scene.fields for pair in made if pair.first.language == tag]
        assert {fields["language"] for fields in mine} == {tag}
        cells = Counter((f["speech_event"], f["common_ground"]) for f in mine)
        assert len(cells) == 12
        assert set(cells.values()) == {2}
    assert len({pair.id for pair in made}) == 48
    bare = with_scenes(pairs, [], [], seed=1)
    assert {tuple(pair.scene.fields) for pair in bare} == {("language",)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no events"),
        ("# nothing\n", "holds no events"),
        ("small talk\n", "line 1 cannot be used"),
        ("a: b\n\n: c\n", "line 3 cannot be used"),
        ("a: b\na: c\n", "its name is there already"),
        ("a: b\nc: " + "x" * 500 + "\n", "line 2 is too long"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "events.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_circumstances(file, "events")
    assert said in str(caught.value)


def test_a_file_may_be_in_any_script_with_marks(tmp_path: Path) -> None:
    file = tmp_path / "events.txt"
    file.write_text("\ufeff잡담 [strangers]: 날씨: 비\nكلام: يتحدثان\n", encoding="utf-8")
    first, second = load_circumstances(file, "events")
    assert (first.name, first.mark, first.text) == ("잡담", "strangers", "날씨: 비")
    assert (second.name, second.mark) == ("كلام", "")
    with pytest.raises(UserError, match="cannot read the grounds"):
        load_circumstances(tmp_path / "none.txt", "grounds")
