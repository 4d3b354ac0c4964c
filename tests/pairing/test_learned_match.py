"""Who suits whom, learned from ratings; and what nothing can be learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dramaturg import evaluate
from dramaturg.errors import UserError
from dramaturg.pairing import best_matches, learn_match, load_match
from dramaturg.pairing.learned_match import divided
from dramaturg.records import Fact, Persona


def unit(n: int, seed: int) -> Any:
    rows = np.random.default_rng(seed).normal(size=(n, 8))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


FIRSTS, SECONDS = np.repeat(unit(30, 1), 6, axis=0), unit(180, 2)
GROUPS = np.repeat(np.arange(30), 6).tolist()
FIT = 4 + 2 * FIRSTS[:, 0] * SECONDS[:, 0] - 2 * FIRSTS[:, 1] * SECONDS[:, 1]


def test_what_can_be_learned_is_and_goes_through_a_file(tmp_path: Path) -> None:
    model = learn_match(FIRSTS, SECONDS, FIT.tolist(), GROUPS)
    fresh, others = unit(5, 3), unit(7, 4)
    wanted = 4 + 2 * np.outer(fresh[:, 0], others[:, 0]) - 2 * np.outer(fresh[:, 1], others[:, 1])
    assert np.abs(model(fresh, others) - wanted).max() < 0.1
    model.save(tmp_path / "m.npz")
    assert np.array_equal(load_match(tmp_path / "m.npz")(fresh, others), model(fresh, others))


def test_from_noise_it_learns_to_say_the_mean() -> None:
    noise = (4 + np.random.default_rng(5).normal(size=180) * 0.3).tolist()
    model = learn_match(FIRSTS, SECONDS, noise, GROUPS)
    assert model.ridge == 1e6
    assert np.abs(model(unit(5, 6), unit(5, 7)) - np.mean(noise)).max() < 0.01


def test_it_is_told_beside_both_baselines_with_n_and_groups() -> None:
    told = evaluate.against_baselines(learn_match, FIRSTS, SECONDS, FIT.tolist(), GROUPS)
    assert set(told.mse) == {"mean rating", "straight line in the cosine", "learned"}
    assert (told.n, told.groups, told.folds) == (180, 30, 5)
    assert told.mse["learned"] < 0.01 < told.mse["straight line in the cosine"]
    assert told.variance == pytest.approx(FIT.var())
    assert told.gain_low is not None
    assert told.gain_low > 0
    assert told.beats


def test_a_line_in_the_cosine_is_found_where_it_is_the_truth() -> None:
    cosine = (FIRSTS * SECONDS).sum(axis=1)
    told = evaluate.against_baselines(learn_match, FIRSTS, SECONDS, (3 + cosine).tolist(), GROUPS)
    assert told.mse["straight line in the cosine"] == pytest.approx(0, abs=1e-12)
    assert not told.beats


def test_one_group_cannot_be_tried_on_others_and_one_rating_not_learned_from() -> None:
    with pytest.raises(UserError, match="one group"):
        evaluate.against_baselines(learn_match, FIRSTS[:6], SECONDS[:6], [1.0] * 6, GROUPS[:6])
    with pytest.raises(UserError, match="cannot be learned from"):
        learn_match(FIRSTS[:1], SECONDS[:1], [4.0], [0])
    with pytest.raises(UserError, match="must agree"):
        learn_match(FIRSTS[:3], SECONDS[:2], [4.0] * 3, [0, 1, 2])


def test_a_file_that_is_no_matcher_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_text("no", encoding="utf-8")
    for name in ("m.npz", "missing.npz"):
        with pytest.raises(UserError, match="is no matcher"):
            load_match(tmp_path / name)


def test_a_group_is_whole_in_one_part() -> None:
    groups = [n % 7 for n in range(40)]
    parts = divided(groups, 3)
    assert sorted(i for part in parts for i in part.tolist()) == list(range(40))
    assert sum(len({groups[i] for i in part.tolist()}) for part in parts) == 7
    assert max(map(len, parts)) - min(map(len, parts)) <= 6


def test_each_person_gets_the_best_other_of_their_group_beside_the_choices_to_beat() -> None:
    people = [
        Persona(name=f"P{i}", facts=(Fact(text=f"I am {i}."),), views={"type": "AB"[i % 2]})
        for i in range(8)
    ]
    within = {p.id: "train" if i < 6 else "test" for i, p in enumerate(people)}
    vectors = unit(8, 9)
    model = learn_match(FIRSTS, SECONDS, FIT.tolist(), GROUPS)
    rows = best_matches(model, people, vectors, within=within, seed=1)
    fit = model(vectors, vectors)
    place = {p.id: i for i, p in enumerate(people)}
    for row in rows:
        i, j = place[row.first], place[row.second]
        assert i != j
        assert within[row.first] == within[row.second]
        assert row.expected == pytest.approx(fit[i, j], abs=1e-4)
        if row.by == "learned":
            assert all(fit[i, j] >= fit[i, k] for k in range(6) if k != i and i < 6)
        if row.by == "same type":
            assert i % 2 == j % 2
    alone = [row.second for row in rows if row.by == "one to one"]
    assert len(alone) == len(set(alone)) == 8
    assert {row.by for row in rows} == {"learned", "random", "one to one", "same type"}


def test_a_large_group_is_matched_in_parties_and_everybody_once() -> None:
    people = [Persona(name=f"P{i}", facts=(Fact(text=f"I am {i}."),)) for i in range(10)]
    vectors = unit(10, 9)
    model = learn_match(FIRSTS, SECONDS, FIT.tolist(), GROUPS)
    rows = best_matches(model, people, vectors, most=4, seed=1)
    party = {p.id: 0 if i < 3 else 1 if i < 6 else 2 for i, p in enumerate(people)}
    assert all(party[row.first] == party[row.second] for row in rows)
    assert [row.first for row in rows if row.by == "learned"] == [p.id for p in people]
    fit = model(vectors[3:6], vectors[3:6])
    np.fill_diagonal(fit, -np.inf)
    best = [row.second for row in rows if row.by == "learned"][3:6]
    assert best == [people[3 + int(j)].id for j in fit.argmax(axis=1)]
