"""Two public corpora of the same users: what is known of them must come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.evaluation_corpora import (
    CLAIMS,
    conversation,
    read,
    rows_attribute_lengths,
    rows_personas_shown,
    same_users,
)
from dramaturg.evaluate import Equal, Side, collect, difference, figures
from dramaturg.evaluate.measures import bleu, counted, utterances_all, words_varied


@pytest.fixture(scope="module")
def sides() -> list[Side]:
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    human, made = same_users(folder)
    return [Side(collect(made)), Side(collect(human))]


def test_the_known_table_comes_out_to_the_last_digit(sides: list[Side]) -> None:
    equal = Equal.of(sides)
    found = []
    for side in sides:
        measures = [
            *counted(side, equal, 13), *words_varied(side, equal, 13),
            *utterances_all(side, equal, 13),
        ]  # fmt: skip
        found.append({m.name: m.statistic.value() for m in measures if m.statistic})
    known = {
        "turns": (27.7, 15.6, 1), "spaced_words": (8.9, 11.7, 1),
        "different_utterances": (0.727, 0.977, 3), "distinct_1": (0.030, 0.049, 3),
        "distinct_2": (0.176, 0.370, 3), "distinct_3": (0.359, 0.705, 3),
        "questions": (0.214, 0.303, 3), "opens_with_i_like_to": (0.046, 0.006, 3),
    }  # fmt: skip
    for name, (made, human, places) in known.items():
        assert round(found[0][name] or 0, places) == made, name
        assert round(found[1][name] or 0, places) == human, name


def test_the_made_corpus_is_longer_plainer_more_repetitive_and_says_less_of_its_personas(
    sides: list[Side],
) -> None:
    equal = Equal.of(sides)
    both = [
        {
            m.name: m
            for make in (counted, words_varied, utterances_all, bleu)
            for m in make(side, equal, 13)
        }
        for side in sides
    ]
    looked_at = 0
    for claim, names in CLAIMS.items():
        for name, sign in names:
            if name in both[0]:
                one = difference(both[0][name], both[1][name], resamples=200)
                assert one.clear, (claim, name)
                assert (one.value or 0) * sign > 0, (claim, name)
                looked_at += 1
    assert looked_at >= 14
    (shown,) = figures([both[1]["persona_words_said"]], resamples=100)
    assert shown.value == pytest.approx(0.468, abs=0.01)


def test_how_much_of_a_persona_shows_comes_out_within_a_point(shared_data: Path) -> None:
    """The known figures do not state which words are content words: within 0.8 points.

    Of the new users the first 3,000 conversations are read.
    """
    human, made = same_users(shared_data)
    new = [conversation(r) for r in read(shared_data / "synthetic-persona-chat" / "new.jsonl.gz")]
    assert len(new) == 10_001
    parts = {"Persona-Chat": human, "SPC, same users": made, "SPC, new users": new[:3_000]}
    found = rows_personas_shown(parts)[1:]
    assert [row[0] for row in found] == list(parts)
    for name, ours, known, _, _ in found:
        for mine, page in zip(ours.split("/"), known.split("/"), strict=True):
            assert float(mine) == pytest.approx(float(page), abs=0.8), name
    owners = [float(row[1].split("/")[0]) for row in found]
    assert owners[0] > owners[1] + 5 > owners[2] + 10  # made talks show less, new ones least


def test_the_lengths_of_attributes_come_out_to_the_last_digit(shared_data: Path) -> None:
    train, _, new = rows_attribute_lengths(shared_data)[1:]
    assert train[1:] == ["4,723", "6.70", "6.70", "7.70", "7.70"]
    assert new[1:5] == ["5,281", "14.1", "14.1", "15.5"]
