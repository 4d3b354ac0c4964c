"""What the embedded model's likelihood of human conversations is: the scale of `likely`."""

import asyncio
import json
from pathlib import Path

import numpy as np

from dramaturg.models.experts.likelihood import mean_likelihood
from dramaturg.train.experts import data

TALKS = 60


def usual_likelihood(folder: Path) -> dict[str, float]:
    """Mean and spread over conversations of Persona-Chat's training sample, no persona given.

    To be made again when the language model changes.
    """

    async def nats() -> list[float]:
        talks = data.personachat(folder, "train-sample")[:TALKS]
        return [await mean_likelihood(turns) for _, _, turns in talks]

    found = np.array(asyncio.run(nats()))
    return {"mean": round(float(found.mean()), 4), "spread": round(float(found.std()), 4)}


def save_usual(usual: dict[str, float], path: Path) -> None:
    """Write the artefact."""
    path.write_text(json.dumps(usual, indent=1) + "\n", encoding="utf-8")
