"""A checkpoint as the files that ship: int8 weights, merges, and the card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dramaturg.models.embedded.shipped import quantise

SOURCES = [
    {
        "name": "Synthetic-Persona-Chat, train and new parts",
        "by": "Jandaghi, Sheng, Bai, Pujara, Sidahmed 2023, arXiv:2312.10007",
        "licence": "CC BY 4.0",
    },
    {
        "name": "Persona-Chat (ConvAI2 form), 1,000 training conversations",
        "by": "Zhang, Dinan, Urbanek, Szlam, Kiela, Weston 2018; Dinan et al. 2019",
        "licence": "CC BY 4.0",
    },
    {
        "name": "Topical-Chat",
        "by": "Gopalakrishnan et al. 2019",
        "licence": "CDLA-Sharing 1.0",
    },
]


def export(run_dir: Path, out_dir: Path) -> dict[str, Any]:
    """Write `model.npz`, `merges.txt` and `model.json`; returns the card.

    Args:
        run_dir: Folder of a training run, with `checkpoint.pt`, `merges.txt` and `log.jsonl`.
        out_dir: Folder to write to; files there are replaced.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    parts = torch.load(run_dir / "checkpoint.pt", weights_only=True, map_location="cpu")
    arrays: dict[str, Any] = {}
    for key, value in parts["network"].items():
        name = key.replace("blocks.", "").replace("._orig_mod", "").removesuffix(".weight")
        array = value.float().numpy()
        if array.ndim == 2:
            arrays[name], arrays[f"{name}.scale"] = quantise(array)
        else:
            arrays[name] = array
    np.savez(out_dir / "model.npz", **arrays)
    shutil.copy(run_dir / "merges.txt", out_dir / "merges.txt")
    card = {
        "name": "dramaturg-embedded",
        "sizes": parts["sizes"],
        "parameters": sum(value.numel() for value in parts["network"].values()),
        "quantisation": "int8, one scale for each output row",
        "training": {**parts["settings"], **parts["state"], "held_out": _last_measure(run_dir)},
        **_began_with(run_dir),
        "sources": SOURCES,
    }
    (out_dir / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _began_with(run_dir: Path) -> dict[str, Any]:
    """How the weights were trained that the run began with, if it did."""
    path = run_dir / "start.json"
    if not path.exists():
        return {}
    card = json.loads(path.read_text(encoding="utf-8"))
    return {"began_with": {name: card[name] for name in ("training", "began_with") if name in card}}


def _last_measure(run_dir: Path) -> dict[str, float]:
    """The last held-out losses in the log, nats for each token of the turns."""
    found: dict[str, float] = {}
    for line in (run_dir / "log.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "spc-valid" in row:
            found = {name: row[name] for name in row if "valid" in name} | {"step": row["step"]}
    return found
