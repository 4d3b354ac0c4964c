"""The reference figures of the public sets, counted again by the benchmarks' own functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.corpora import personachat
from benchmarks.evaluation_fed import annotator, in_order, read
from benchmarks.evaluation_toxicity import listed
from dramaturg.scorers import tokens
from dramaturg.train.experts.inference import nli_rows
from dramaturg.train.experts.measure import BASELINES, naive_bayes


@pytest.mark.parametrize(
    ("rating", "every", "gap", "apart", "person", "person_apart", "short", "human"),
    [
        ("Coherent", 6_286, 1.0, 1_079, 0.66, 0.78, 0.82, None),
        ("Consistent", 3_291, 0.5, 481, 0.61, 0.62, 0.67, None),
        ("Diverse", 6_550, 1.0, 652, 0.60, 0.71, 0.73, None),
        ("Depth", 6_863, 1.0, 1_501, 0.66, 0.76, None, 0.85),
        ("Likeable", 6_539, 1.0, 1_358, 0.65, 0.78, 0.79, None),
    ],
)
def test_fed_pairs_annotators_and_trivial_features_are_those_of_its_page(
    shared_data: Path,
    rating: str,
    every: int,
    gap: float,
    apart: int,
    person: float,
    person_apart: float,
    short: float | None,
    human: float | None,
) -> None:
    talks, rows = read(shared_data)
    means = [row["mean"].get(rating) for row in rows]
    gold = np.array([np.nan if mean is None else mean for mean in means], dtype=float)
    few = np.array([-float(sum(len(tokens(t.text)) < 3 for t in c.said_by(1))) for c in talks])
    said = np.array([float(sum(len(tokens(t.text)) for t in c.said_by(0))) for c in talks])
    assert in_order(few, gold, 0, 2)[3] == every
    share, _, _, pairs = in_order(few, gold, gap, 2)
    assert pairs == apart
    if short is not None:
        assert share == pytest.approx(short, abs=0.005)
    if human is not None:
        assert in_order(said, gold, gap, 2)[0] == pytest.approx(human, abs=0.005)
    assert annotator(rows, rating, 0) == pytest.approx(person, abs=0.006)
    assert annotator(rows, rating, gap) == pytest.approx(person_apart, abs=0.011)


def test_pairs_in_order_by_hand() -> None:
    gold = np.array([0.0, 1.0, 2.0, np.nan])
    value, low, high, pairs = in_order(np.array([1.0, 1.0, 3.0, 9.0]), gold, 0, 50)
    assert pairs == 3
    assert value == pytest.approx(2.5 / 3)  # one tie, two right
    assert low <= value <= high
    assert in_order(np.array([3.0, 2.0, 1.0, 0.0]), gold, 2.0, 50)[::3] == (0.0, 1)


def test_a_bare_word_list_flags_25_of_1000_human_conversations(shared_data: Path) -> None:
    talks = personachat(shared_data, "valid")
    assert len(talks) == 1_000
    assert sum(any(listed(turn.text) for turn in talk.turns) for talk in talks) == 25


def test_the_persona_nli_baselines_stand_where_they_stood(shared_data: Path) -> None:
    train, valid = nli_rows(shared_data, "train"), nli_rows(shared_data, "valid")
    assert (len(train), len(valid)) == (8_307, 1_579)
    majority, fact = (
        naive_bayes(train, valid, BASELINES[name]) for name in ("majority", "fact only")
    )
    assert majority == pytest.approx(0.342, abs=0.001)
    assert fact == pytest.approx(0.496, abs=0.001)
