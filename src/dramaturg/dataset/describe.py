"""Write the card of a dataset again: after an evaluation, or to state a licence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dramaturg.dataset.card import write_card
from dramaturg.dataset.made_tables import made_tables
from dramaturg.dataset.publish import check_licence
from dramaturg.errors import UserError
from dramaturg.store import RunFolder, is_run_folder

_TOLD = (
    "models",
    "settings",
    "seed",
    "stopped",
    "critics",
    "notes",
    "limits",
    "totals",
    "personas",
)


def describe(
    folder: str | Path, license: str | None = None, title: str | None = None, carbon: str = ""
) -> Path:
    """Write README.md and croissant.json of a run folder again, from what is in it now.

    Args:
        license: The hub's identifier; None keeps the one that the card states.
        title: None = made of the recipe's name.
        carbon: What the run emitted, in words, where somebody measured it.

    Returns:
        The card's path.

    Raises:
        UserError: If it is no run folder, has no data, or the licence is unknown to the hub.
    """
    path = Path(folder)
    if not is_run_folder(path):
        raise UserError(
            f"{path} is not a run folder",
            why="a card is written from run.json and the journal beside the data",
            fix="make one of a file with `dramaturg convert FILE FOLDER`",
        )
    if not any((path / "data").glob("*.parquet")) and not made_tables(path):
        raise UserError(f"{path} holds no data to describe", fix="finish the run first")
    if license is not None:
        check_licence(license)
    try:
        report: Any = json.loads((path / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = {}
    told = {key: report[key] for key in _TOLD if isinstance(report, dict) and report.get(key)}
    for key, value in (("license", license), ("title", title), ("carbon", carbon)):
        if value:
            told[key] = value
    with RunFolder.read(path) as run:
        return write_card(run, told)
