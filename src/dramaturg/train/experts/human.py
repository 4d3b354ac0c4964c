"""The human reference of the naturalness scorer: figures of Persona-Chat's training sample."""

from collections.abc import Iterator
from pathlib import Path

from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers.naturalness import HumanReference, human_reference
from dramaturg.train.experts import data

NAME = "Persona-Chat, training part (Zhang et al. 2018, Dinan et al. 2019), CC BY 4.0"


def talks(folder: Path, part: str) -> Iterator[Conversation]:
    """The conversations of a part of Persona-Chat, those with one known profile too."""
    for number, (one, other, turns) in enumerate(data.personachat(folder, part)):
        yield Conversation(
            scene_id=f"{part}-{number}",
            speakers=(
                Speaker(name="User 1", persona=tuple(one)),
                Speaker(name="User 2", persona=tuple(other)),
            ),
            turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
        )


def train_human(folder: Path) -> HumanReference:
    """Nothing but means, spreads, correlations and quantiles: no text is kept."""
    return human_reference(talks(folder, "train-sample"), NAME)
