"""Raking and sampling: the target's marginals, or a refusal that says why."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg import crowd
from dramaturg.crowd.rake import rake, read_target, value_of
from dramaturg.errors import UserError

TARGET = {"sex": {"f": 0.5, "m": 0.5}, "age": {"18-39": 0.3, "40-64": 0.45, "65+": 0.25}}


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def people(path: Path, n: int = 2_000) -> list[dict[str, Any]]:
    draw = random.Random(1)
    rows = []
    for i in range(n):
        age = draw.randint(18, 90)
        sex = "f" if draw.random() < (0.8 if age >= 65 else 0.55) else "m"
        rows.append({"text": f"I am person {i}", "sex": sex, "age": age})
    path.write_text("\n".join(map(json.dumps, rows)))
    return rows


def test_raking_meets_both_marginals_and_keeps_the_odds_ratio() -> None:
    counts: dict[tuple[str, ...], int] = {
        ("f", "y"): 40,
        ("f", "o"): 10,
        ("m", "y"): 20,
        ("m", "o"): 30,
    }
    raked = rake(counts, {"sex": {"f": 0.3, "m": 0.7}, "age": {"y": 0.5, "o": 0.5}})
    mass = {cell: raked.weights[cell] * n / 100 for cell, n in counts.items()}
    assert mass["f", "y"] + mass["f", "o"] == pytest.approx(0.3, abs=1e-8)
    assert mass["f", "y"] + mass["m", "y"] == pytest.approx(0.5, abs=1e-8)
    odds = mass["f", "y"] * mass["m", "o"] / (mass["f", "o"] * mass["m", "y"])
    assert odds == pytest.approx(40 * 30 / (10 * 20), rel=1e-6)


def test_design_effect_is_kish_s() -> None:
    raked = rake({("a",): 90, ("b",): 10}, {"x": {"a": 0.5, "b": 0.5}})
    weights = [50 / 90] * 90 + [5.0] * 10
    expected = 100 * sum(w * w for w in weights) / sum(weights) ** 2
    assert raked.design_effect == pytest.approx(expected)
    assert raked.effective == pytest.approx(100 / expected)
    assert rake({("a",): 5, ("b",): 5}, {"x": {"a": 1, "b": 1}}).design_effect == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=12, max_size=12),
       st.lists(st.floats(0.05, 1), min_size=7, max_size=7))  # fmt: skip
def test_a_full_table_meets_any_marginals(counts: list[int], shares: list[float]) -> None:
    cells = [(a, b) for a in "xyz" for b in "pqrs"]
    one, two = shares[:3], shares[3:]
    target = {
        "one": {name: s / sum(one) for name, s in zip("xyz", one, strict=True)},
        "two": {name: s / sum(two) for name, s in zip("pqrs", two, strict=True)},
    }
    table: dict[tuple[str, ...], int] = dict(zip(cells, counts, strict=True))
    raked = rake(table, target)
    for n, wanted in enumerate(target.values()):
        for category, share in wanted.items():
            mass = sum(raked.weights[c] * k for c, k in table.items() if c[n] == category)
            assert mass / sum(counts) == pytest.approx(share, abs=1e-6)


def test_a_category_with_nobody_is_refused() -> None:
    with pytest.raises(UserError, match=r"nobody is 'x' in sex, and the target asks for 10.0 %"):
        rake({("f",): 3, ("m",): 4}, {"sex": {"f": 0.5, "m": 0.4, "x": 0.1}})
    assert rake({("f",): 3, ("m",): 4}, {"sex": {"f": 0.5, "m": 0.5, "x": 0.0}}).rounds >= 1


def test_marginals_that_contradict_the_people_are_refused_with_the_worst_one() -> None:
    counts: dict[tuple[str, ...], int] = {("f", "y"): 10, ("m", "o"): 10}
    with pytest.raises(UserError, match="cannot all be met together") as refused:
        rake(counts, {"sex": {"f": 0.9, "m": 0.1}, "age": {"y": 0.1, "o": 0.9}})
    assert "stays at" in refused.value.why


def test_a_sample_has_the_target_s_marginals(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl")
    (tmp_path / "t.json").write_text(json.dumps(TARGET))
    told = crowd.sample(tmp_path / "a.jsonl", tmp_path / "b.jsonl", 400, to=tmp_path / "t.json")
    rows = rows_of(tmp_path / "b.jsonl")
    assert len({row["text"] for row in rows}) == 400
    sexes = Counter(row["sex"] for row in rows)
    assert abs(sexes["f"] - 200) <= 2
    ages = Counter("18-39" if r["age"] < 40 else "40-64" if r["age"] < 65 else "65+" for r in rows)
    assert all(abs(ages[name] - 400 * share) <= 2 for name, share in TARGET["age"].items())
    assert told.dropped == {"not drawn": 1_600}
    assert told.left_out is None
    assert told.figures["marginals"]["sex"]["f"]["n"] > 1_000


def test_weights_without_a_size_sum_to_the_people_and_meet_the_target(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl")
    told = crowd.sample(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to=TARGET)
    rows = rows_of(tmp_path / "b.jsonl")
    total = sum(row["weight"] for row in rows)
    assert total == pytest.approx(2_000, abs=0.1)
    women = sum(row["weight"] for row in rows if row["sex"] == "f")
    assert women / total == pytest.approx(0.5, abs=1e-4)
    assert told.figures["design_effect"] > 1
    assert told.figures["effective_sample_size"] < 2_000


def test_who_is_drawn_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = people(tmp_path / "a.jsonl", 500)
    random.Random(2).shuffle(rows)
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    drawn = []
    for source, seed in (("a", 13), ("b", 13), ("a", 14)):
        out = tmp_path / f"{source}{seed}.jsonl"
        crowd.sample(tmp_path / f"{source}.jsonl", out, 50, to=TARGET, seed=seed)
        drawn.append({row["text"] for row in rows_of(out)})
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_sample_without_a_target_is_uniform(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl")
    hits = Counter(
        int(row["text"].split()[-1]) // 500 for seed in range(8) for row in _drawn(tmp_path, seed)
    )
    assert all(abs(hits[n] - 400) < 80 for n in range(4))


def _drawn(place: Path, seed: int) -> list[dict[str, Any]]:
    crowd.sample(place / "a.jsonl", place / "u.jsonl", 200, seed=seed, force=True)
    return rows_of(place / "u.jsonl")


def test_more_than_there_are_is_refused_with_how_many_there_are(tmp_path: Path) -> None:
    people(tmp_path / "a.jsonl", 300)
    with pytest.raises(
        UserError, match=r"only \d+ people can be drawn for this, not 300"
    ) as refused:
        crowd.sample(tmp_path / "a.jsonl", tmp_path / "b.jsonl", 300, to=TARGET)
    assert "of the target" in refused.value.why
    most = int(refused.value.what.split()[1])
    assert crowd.sample(tmp_path / "a.jsonl", tmp_path / "b.jsonl", most, to=TARGET).kept == most
    with pytest.raises(UserError, match="size or a target"):
        crowd.sample(tmp_path / "a.jsonl", tmp_path / "c.jsonl")


def test_people_whom_the_target_does_not_speak_of_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "sex": "f"},
        {"text": "b", "sex": "m"},
        {"text": "c"},
        {"text": "d", "sex": "x"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = crowd.sample(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to={"sex": {"f": 1, "m": 1}})
    assert told.dropped == {"no value": 1, "not in the target": 1}
    assert rows_of(tmp_path / "b.dropped.jsonl")[1]["reason"] == "not in the target: sex is 'x'"


def test_a_target_is_read_from_json_and_from_csv_as_shares_or_counts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("variable,category,share\nsex,f,30\nsex,m,10\n")
    (tmp_path / "t.json").write_text('{"sex": {"f": 0.75, "m": 0.25}}')
    assert read_target(tmp_path / "t.csv") == read_target(tmp_path / "t.json")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"sex": 3}',
        '{"sex": {"f": "many"}}',
        '{"sex": {"f": -1}}',
        '{"sex": {"f": 0}}',
        "nonsense",
    ],
)
def test_a_target_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(UserError):
        read_target(tmp_path / "t.json")


def test_values_are_found_in_nested_records_and_in_ranges() -> None:
    age = {"18-39": 0.5, "40+": 0.5}
    assert value_of({"age": 39}, "age", age) == "18-39"
    assert value_of({"age": "39.5"}, "age", age) == "18-39"
    assert value_of({"age": 40}, "age", age) == "40+"
    assert value_of({"age": 17}, "age", age) == "17"
    assert value_of({"views": {"demographics": {"age": 80}}}, "age", age) == "40+"
    assert value_of({"views": '{"demographics": {"sex": "f"}}'}, "sex", {"f": 1.0}) == "f"
    assert value_of({"a": {"b": "x"}}, "a.b", {"x": 1.0}) == "x"
    assert value_of({"sex": " "}, "sex", {"f": 1.0}) is None


def test_a_text_that_only_begins_like_an_object_has_no_value() -> None:
    assert value_of({"views": "{oops"}, "sex", {"f": 1.0}) is None
    assert value_of({"a": "{not json}"}, "a.b", {"x": 1.0}) is None
