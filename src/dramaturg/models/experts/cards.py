"""The card of an expert: its measured errors, read from the package when first looked at."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_CARDS = Path(__file__).parent / "data" / "cards.json"


class _Card(Mapping[str, Any]):
    """A read-only dict of figures that opens its file at the first look."""

    def __init__(self, expert: str) -> None:
        self._expert = expert

    def __getitem__(self, figure: str) -> Any:
        return _read()[self._expert][figure]

    def __iter__(self) -> Iterator[str]:
        return iter(_read()[self._expert])

    def __len__(self) -> int:
        return len(_read()[self._expert])

    def __repr__(self) -> str:
        return repr(dict(self))


def card(expert: str) -> Mapping[str, Any]:
    """The figures of one expert: `{figure: {"value": ..., "n": ..., "unit": ..., "split": ...}}`.

    Args:
        expert: "embed", "nli", "toxicity", "quality" or "ranker".
    """
    return _Card(expert)


@lru_cache(maxsize=1)
def _read() -> dict[str, dict[str, Any]]:
    cards: dict[str, dict[str, Any]] = json.loads(_CARDS.read_text(encoding="utf-8"))
    return cards
