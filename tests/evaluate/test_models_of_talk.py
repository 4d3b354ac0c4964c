"""The small learnt and ranked measures: they find what is there, and chance where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from dramaturg.evaluate import (
    Equal,
    Side,
    Talk,
    beside,
    categories,
    collect,
    effective_number,
    exchanges,
    figures,
    flat_map,
    health,
    next_utterance,
    next_utterance_hits,
    profile_extraction,
    ranker_hits,
    tell_apart,
    topic_spread,
)
from dramaturg.evaluate.measures import attributes, meanings
from dramaturg.evaluate.vectors import Vectors
from tests.evaluate.talks import NOUNS, a_talk, many_talks


def test_one_pass_gives_the_hits_of_four_passes() -> None:
    talks = many_talks(12)
    found = next_utterance(talks, candidates=6)
    for whose, ratio in found.items():
        assert ratio.value() == next_utterance_hits(talks, whose=whose, candidates=6)


def test_the_ranker_learns_which_answer_follows_and_what_the_persona_adds() -> None:
    draw = np.random.default_rng(1)
    dim, n = 12, 400
    turn = draw.normal(size=(dim, dim)) / np.sqrt(dim)  # an answer is a turned question
    talks = [a_talk("q", "a", scene=str(i)) for i in range(n)]
    said = draw.normal(size=(n, dim))
    facts = draw.normal(size=(n, dim))

    def part(rows: range, answers: np.ndarray[tuple[int, int], np.dtype[np.float64]]):  # type: ignore[no-untyped-def]
        unit = answers / np.sqrt((answers**2).sum(axis=1, keepdims=True))
        return exchanges(
            [talks[i] for i in rows],
            [np.stack([said[i], unit[i]]) for i in rows],
            [[np.zeros((1, dim)), facts[i : i + 1]] for i in rows],
        )

    learn, ask = range(300), range(300, n)
    follows = said @ turn
    hits = ranker_hits(part(learn, follows), part(ask, follows), 100, whose=("none",))
    assert (hits["none"].value() or 0) > 0.6
    noise = draw.normal(size=(n, dim))
    chance = ranker_hits(part(learn, noise), part(ask, noise), 100, whose=("none",))
    assert chance["none"].value() == pytest.approx(0.05, abs=0.06)
    about = facts @ turn
    by = ranker_hits(part(learn, about), part(ask, about), 100)
    assert (by["self"].value() or 0) > (by["none"].value() or 0) + 0.4
    assert by["their"].value() == pytest.approx(0.05, abs=0.08)


def test_a_profile_is_read_from_who_speaks_of_it() -> None:
    talks = [
        a_talk(f"My {a} and {b}.", f"I own {c} and {d}.", scene=a,
               personas=((f"I have {a}.", f"I sell {b}."), (f"I have {c}.", f"I sell {d}.")))
        for a, b, c, d in zip(NOUNS[::4], NOUNS[1::4], NOUNS[2::4], NOUNS[3::4], strict=True)
    ]  # fmt: skip
    found = {cell: ratio.value() for cell, ratio in profile_extraction(talks).items()}
    assert found[0, 0] == found[1, 1] == 1.0
    assert found[0, 1] == found[1, 0] == 0.0
    assert profile_extraction([a_talk("Hi.", "Ho.", personas=((), ()))]) == {}


def test_the_detector_finds_a_habit_and_nothing_in_two_halves_of_one_source() -> None:
    ours, theirs = many_talks(60, seed=1), many_talks(60, seed=2)
    same = tell_apart([Talk(t) for t in ours], [Talk(t) for t in theirs])
    assert same.accuracy == pytest.approx(0.5, abs=0.12)
    habit = [
        a_talk(*(f"Well, {turn.text}" for turn in talk.turns), scene=talk.scene_id) for talk in ours
    ]
    told = tell_apart([Talk(t) for t in habit], [Talk(t) for t in theirs])
    assert told.accuracy > 0.97


def test_the_same_people_are_never_on_both_sides_of_a_fold() -> None:
    """Personas that only one side has must not give it away: the pair is judged together."""
    pairs = many_talks(50, seed=5)
    ours = [Talk(talk) for talk in pairs]
    theirs = [
        Talk(
            a_talk(
                *(turn.text for turn in reversed(talk.turns)),
                personas=[speaker.persona for speaker in talk.speakers],
            )
        )
        for talk in pairs
    ]
    told = tell_apart(ours, theirs)
    assert told.accuracy == pytest.approx(0.5, abs=0.2)


def side(talks: list, vectors: bool = True) -> Side:  # type: ignore[type-arg]
    made = Side(collect(talks))
    if vectors:
        draw = np.random.default_rng(len(talks))
        turns = [draw.normal(size=(len(t.turns), 4)) for t in talks]
        made.vectors = Vectors("test", talks, turns, [[np.zeros((0, 4))] * 2 for _ in talks])
    return made


def test_what_stands_in_the_reference_word_for_word_is_counted() -> None:
    ours = side([a_talk("We meet in a small town.", "Never said before by me.", scene="a")])
    theirs = side([a_talk("we  meet in a SMALL town.", "Something else.", scene="b")])
    found = {m.name: m for m in beside(ours, theirs, Equal.of([ours, theirs]), 1)[0]}
    assert found["utterances_in_reference"].statistic is not None
    assert found["utterances_in_reference"].statistic.value() == 0.5
    assert found["four_words_in_reference"].statistic is not None
    assert found["four_words_in_reference"].statistic.value() == pytest.approx(3 / 5)
    assert found["told_apart"].statistic is None
    assert "20 conversations" in found["told_apart"].why


def test_topics_are_counted_in_the_same_topics_on_both_sides() -> None:
    wide, narrow = side(many_talks(40)), side(many_talks(40, seed=9))
    assert wide.vectors is not None
    assert narrow.vectors is not None
    directions = np.eye(4)
    wide.vectors.turns[:] = [directions[[i % 4]] for i in range(40)]  # type: ignore[index]
    narrow.vectors.turns[:] = [directions[[0]] for _ in range(40)]  # type: ignore[index]
    found = [m.statistic.value() for m in topic_spread([wide, narrow], 1) if m.statistic]
    assert found == [pytest.approx(4), pytest.approx(1)]


def test_the_effective_number_counts_shares() -> None:
    assert effective_number([1, 1, 1]) == 1
    assert effective_number([0, 0, 0, 1]) == pytest.approx(1.7547, abs=1e-4)


def test_the_map_keeps_the_widest_direction_first_and_is_the_same_every_time() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    spots = flat_map(rows)
    assert spots.std(axis=0)[0] > spots.std(axis=0)[1] > 1.5
    assert np.array_equal(spots, flat_map(rows))
    assert flat_map(rows[:1]).shape == (1, 2)
    assert flat_map(np.ones((3, 1))).shape == (3, 2)


def test_a_saturated_a_doubled_and_a_length_bound_score_are_named() -> None:
    draw = np.random.default_rng(0)
    length = draw.uniform(10, 300, 60)
    fine = draw.uniform(0, 1, 60)
    found = health(
        {
            "rating": 2.996 + 0.001 * draw.normal(size=60),
            "fine": fine,
            "copy": fine * 0.5 + 0.2,
            "long": length / 300 + 0.1 * draw.normal(size=60),
        },
        {"rating": (1.0, 3.0), "fine": (0.0, 1.0), "copy": (0.0, 1.0), "long": (0.0, 1.0)},
        list(length),
    )
    assert [note.split(" ")[0] for note in found] == ["rating", "long", "fine"]
    assert "saturated" in found[0]
    assert "on a scale from 1 to 3" in found[0]
    assert "follows length" in found[1]
    assert "fine and copy say the same: correlation 1.000" in found[2]
    assert health({"few": [0.5] * 5}, {}, [1.0] * 5) == []


def of_turns(turns: list[int], seed: int, dim: int = 8) -> Side:
    """A side whose turns have random vectors of one cloud, so many turns a conversation."""
    talks = [a_talk(*["Hello."] * n, scene=f"{seed}-{i}") for i, n in enumerate(turns)]
    made = Side(collect(talks))
    draw = np.random.default_rng(seed)
    rows = [draw.normal(size=(n, dim)) for n in turns]
    unit = [part / np.sqrt((part**2).sum(axis=1, keepdims=True)) for part in rows]
    made.vectors = Vectors("test", talks, unit, [[np.zeros((0, dim))] * 2 for _ in talks])
    return made


def test_what_grows_with_size_is_read_over_equally_much_of_both_sides() -> None:
    small, large = of_turns([2] * 20, 1, dim=64), of_turns([5] * 80, 2, dim=64)
    equal = Equal.of([small, large])
    assert (equal.vectors, equal.vector_turns) == (20, 40)
    both = [{m.name: m for m in meanings(side, equal, 1)} for side in (small, large)]
    for name, count in (
        ("vendi_utterances", 40),
        ("vendi_conversations", 20),
        ("distance_of_conversations", 20),
    ):
        one, other = (found[name] for found in both)
        assert one.count == other.count == count, name
        assert one.statistic is not None
        assert other.statistic is not None
        assert one.statistic.value() == pytest.approx(other.statistic.value(), rel=0.1), name


def test_the_frechet_distance_of_one_cloud_stands_at_its_floor_and_both_have_intervals() -> None:
    small, large = of_turns([4] * 40, 1), of_turns([9] * 60, 2)
    measures = beside(small, large, Equal.of([small, large]), 1)[0]
    found = {one.name: one for one in figures(measures, resamples=60)}
    apart, floor = found["frechet"], found["frechet_of_reference_halves"]
    assert apart.n == floor.n == 160
    assert apart.value == pytest.approx(floor.value, rel=0.4)
    for one in (apart, floor, found["told_apart_by_length"]):
        assert one.low is not None, one.name
        assert one.high is not None, one.name
        assert one.low <= (one.value or 0) <= one.high, one.name


def test_what_has_no_interval_says_why() -> None:
    made = side(many_talks(30))
    found = figures(
        [*attributes(made, Equal.of([made]), 1), *categories(made, [0, 1, 1], 0.4, "x")]
    )
    bare = {one.name: one.why for one in found if one.low is None}
    assert set(bare) == {"facts", "persona_categories", "persona_category_distance"}
    assert all("no interval" in why for why in bare.values())
