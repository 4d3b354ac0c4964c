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

    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    network = sizes.pop("nli-network.npz")

    assert sum(sizes.values()) < 4_000_000
    assert network < 25_000_000
