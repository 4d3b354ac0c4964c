"""`crowd.stats`: figures that can be counted by hand, each with its n."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg import crowd
from dramaturg.errors import UserError

LONG = "A retired nurse who restores old wooden boats and teaches chess to children"


def test_every_figure_of_a_small_crowd(tmp_path: Path) -> None:
    rows = [
        {"text": LONG, "category": "work", "sex": "f"},
        {"text": LONG.replace("nurse", "miller"), "category": "work", "sex": "f"},
        {"text": "I ski.", "category": "sport", "sex": "m"},
        {"text": "i SKI", "sex": "x"},
        {"text": "I bake bread."},
        {"n": 1},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = crowd.stats(tmp_path / "a.jsonl", to={"sex": {"f": 0.5, "m": 0.5}})
    assert found["rows"] == {"people": 5, "no person": {"not a persona": 1}, "n": 6}
    assert found["distinct"] == {"value": 4, "share": 0.8, "n": 5}
    assert found["near_duplicates"] == {"value": 2, "share": 0.4, "at": 0.9, "n": 5}
    assert found["words"] == {"least": 2, "median": 3, "mean": 6.6, "p95": 13, "most": 13, "n": 5}
    assert found["categories"]["value"] == 2
    assert found["categories"]["largest"] == {"work": 2, "sport": 1}
    assert found["categories"]["people_with_one"] == 3
    assert found["categories"]["effective"] == pytest.approx(1.9)
    sex = found["target"]["sex"]
    assert sex["shares"]["f"] == {"target": 0.5, "here": 0.6667, "n": 2}
    assert sex["distance"] == pytest.approx(0.1667)
    assert (sex["not_known"], sex["not_in_the_target"], sex["n"]) == (1, 1, 3)


def test_a_file_without_a_person_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n')
    with pytest.raises(UserError, match="holds no person"):
        crowd.stats(tmp_path / "a.jsonl")
