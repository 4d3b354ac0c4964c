"""Grids: files, rules, draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import UserError
from dramaturg.persona import Grid, Rule, from_grid, load_grid


def test_the_package_s_grid_keeps_its_own_rules() -> None:
    grid = load_grid()
    people = [dict(p.views["attributes"]) for p in from_grid(grid, 3_000, seed=1)]
    assert len({tuple(p.values()) for p in people}) == 3_000
    assert not [p for p in people if p["age"] == "child" and p["profession"] != "student"]
    assert not [p for p in people if p["profession"] == "farmer" and p["residence"] == "urban"]
    assert not [p for p in people if p["profession"] == "driver" and p["income"] == "high"]
    healthy = sum(p["health"] == "healthy" for p in people) / 3_000
    assert 0.67 < healthy < 0.73
    assert list(people[0]) == list(grid.attributes)


def test_people_of_a_smaller_draw_come_first_in_a_larger_one() -> None:
    grid = load_grid()
    few, more = from_grid(grid, 5, seed=2), from_grid(grid, 50, seed=2)
    assert [p.id for p in few] == [p.id for p in more[:5]]
    assert from_grid(grid, 5, seed=3) != few


def test_a_value_that_others_have_too_needs_its_attribute_s_name() -> None:
    grid = Grid(
        attributes={"income": ("high", "low"), "trust": ("high", "low"), "home": ("urban",)},
        aloud={"income": {"high": ("rich",)}},
    )
    assert grid.words_for("income", "high") == ("high income", "high in income", "rich")
    assert grid.words_for("home", "urban") == ("urban",)


@pytest.mark.parametrize(
    ("grid", "why"),
    [
        ({}, "missing required field"),
        ({"attributes": {}}, "needs a value"),
        ({"attributes": {"a": ["1", "1"]}}, "a value twice"),
        ({"attributes": {"a": ["1"]}, "rules": [{"when": {"b": ["1"]}}]}, "no attribute 'b'"),
        ({"attributes": {"a": ["1"]}, "rules": [{"when": {"a": ["2"]}}]}, "no value '2'"),
        ({"attributes": {"a": ["1"]}, "weights": {"a": [1, 2]}}, "not weights"),
        ({"attributes": {"a": ["1", "2"]}, "weights": {"a": [0, 0]}}, "one above 0"),
        ({"attributes": {"a": ["1"]}, "wieghts": {}}, "unknown field"),
    ],
)
def test_a_grid_that_means_nothing_is_refused_with_its_reason(
    tmp_path: Path, grid: dict[str, Any], why: str
) -> None:
    file = tmp_path / "grid.json"
    file.write_text(json.dumps(grid), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load_grid(file)
    assert why in refused.value.why


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        load_grid(tmp_path / "none.json")
    (tmp_path / "empty.json").write_bytes(b"")
    with pytest.raises(UserError, match="cannot read"):
        load_grid(tmp_path / "empty.json")
    wide = {f"a{i}": [str(n) for n in range(50)] for i in range(6)}
    rule = {"when": {name: ["1"] for name in wide}}
    (tmp_path / "wide.json").write_text(json.dumps({"attributes": wide, "rules": [rule]}))
    with pytest.raises(UserError, match="span"):
        load_grid(tmp_path / "wide.json")
    (tmp_path / "none.json").write_text(
        json.dumps({"attributes": {"a": ["1"]}, "rules": [{"when": {}, "never": {"a": ["1"]}}]})
    )
    with pytest.raises(UserError, match="no combination"):
        load_grid(tmp_path / "none.json")


def test_counting_multiplies_what_rules_do_not_speak_of() -> None:
    grid = Grid(
        attributes={"a": ("1", "2"), "b": ("1", "2"), "c": ("1", "2", "3")},
        rules=(Rule(when={"a": ("1",)}, never={"b": ("1",)}),),
    )
    assert grid.count() == 9
    assert len(from_grid(grid, 100, seed=1)) == 9
