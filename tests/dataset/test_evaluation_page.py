"""Pieces of the evaluation's page that need no dataset to be looked at."""

from __future__ import annotations

import json

import pytest

from dramaturg.dataset import evaluation_page
from dramaturg.dataset.page import data, number

REPORT = {
    "source": "a/<b>.jsonl", "against": None, "conversations": [3], "split": "all", "seed": 1,
    "models": {"toxicity": "embedded"}, "reference": [], "differences": [], "worst": [], "best": [],
    "notes": ["<i>odd</i>"],
    "figures": [
        {"name": "turns", "group": "size", "value": 4.0, "unit": "turns", "n": 3, "of": "talks",
         "low": None, "high": None, "interval": "", "scorer": "turns 1", "sample": "",
         "why": "no interval: 3 conversations are too few"},
    ],
}  # fmt: skip


def page(**more: object) -> str:
    return evaluation_page(
        REPORT,
        titles={"turns": ("turns <x>", "")},
        groups={"size": "Size"},
        distributions={"turns": [[1.0, 2.0, 2.0]], "none": [[]]},
        points={"talks": [], "people": []},
        **more,  # type: ignore[arg-type]
    )


def test_rounds_are_drawn_where_a_run_has_them() -> None:
    rounds = [{"round": 1, "distinct_2_equal": 0.5, "recall": None}, {"round": 2, "recall": 0.25}]
    found = page(rounds=rounds)
    assert "Round by round" in found
    assert "distinct-2 at equal length" in found
    assert "0.250" in found
    assert "Round by round" not in page()


def test_names_notes_and_titles_are_escaped_and_missing_pictures_say_so() -> None:
    found = page()
    for text in ("<i>odd</i>", "turns <x>", "<b>.jsonl"):
        assert text not in found
    assert "nothing to show" in found
    assert found.count("<figure>") == 1
    assert "<td>no interval: 3 conversations are too few</td>" in found


@pytest.mark.parametrize("text", ["</script>", "<!--", "a\u2028b", "&amp;", "日本"])
def test_data_in_a_script_ends_nothing_and_reads_back(text: str) -> None:
    kept = data([text])
    assert not {"<", ">", "&", "\u2028"} & set(kept)
    assert json.loads(kept) == [text]


def test_numbers_have_as_many_places_as_they_need() -> None:
    assert [number(x) for x in (None, 0.1234, 12.345, 1234.5, 964.0, 1.0, -0.0004)] == [
        "–", "0.123", "12.35", "1,234.5", "964", "1.000", "-0.000",
    ]  # fmt: skip
