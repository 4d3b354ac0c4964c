"""docs/experts.md shows the very figures that the experts carry."""

import json
from pathlib import Path

import dramaturg.models.experts as experts
from dramaturg.train.experts.__main__ import tables

ROOT = Path(__file__).parents[3]


def test_the_tables_in_the_docs_are_the_cards() -> None:
    path = Path(experts.__file__).parent / "data" / "cards.json"
    cards = json.loads(path.read_text(encoding="utf-8"))

    assert tables(cards) in (ROOT / "docs" / "experts.md").read_text(encoding="utf-8")


def test_the_artefacts_stay_small() -> None:
    folder = Path(experts.__file__).parent / "data"

    assert sum(path.stat().st_size for path in folder.iterdir()) < 4_000_000
