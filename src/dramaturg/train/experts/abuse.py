"""Make the toxicity expert: abusive posts against everyday talk and words for who people are."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dramaturg.models.experts.toxicity import BUCKETS, columns, plain_words
from dramaturg.train.experts.data import bucket, personachat, rows, spc

ABUSE = Path(__file__).parent / "data" / "abuse.txt"
GROUPS = (
    *("gay", "black", "white", "Muslim", "Jewish", "Mexican", "Asian", "trans", "disabled"),
    *("old", "fat", "poor", "Arab", "Indian", "Chinese", "lesbian", "immigrant", "Christian"),
)
INSULTS = (
    *("an idiot", "a moron", "a loser", "a fool", "a pig", "a clown", "a coward", "a liar"),
    *("a creep", "a freak", "a parasite", "a rat", "a dimwit", "an imbecile", "a nobody"),
    *("a failure", "a waste of space", "a brat", "a snake", "a leech", "a pervert", "a psycho"),
    *("a pathetic little man", "an ugly cow", "a piece of trash", "a worthless nobody"),
)
BAD = (
    *("stupid", "ugly", "dumb", "pathetic", "worthless", "disgusting", "useless", "ignorant"),
    *("repulsive", "annoying", "brainless", "hideous", "vile", "sickening", "revolting"),
    *("gross", "clueless", "filthy", "fat and lazy", "dumb as a rock", "stupid and ugly"),
)
PRAISE = (
    *("kind", "funny", "smart", "sweet", "talented", "lovely", "generous", "brave", "creative"),
    *("beautiful", "patient", "helpful", "interesting", "amazing", "good", "lucky", "cheerful"),
)
A_PRAISE = (
    *("a great cook", "a good friend", "a kind soul", "a hero", "a genius", "a good mother"),
    *("a smart woman", "a hard worker", "a true artist", "a busy man", "an angel", "a pro"),
    *("an animal lover", "a teacher", "a big fan", "a funny guy", "a night owl", "a talent"),
)
SLOTS = {
    "<group>": GROUPS,
    "<insult>": INSULTS,
    "<bad>": BAD,
    "<praise>": PRAISE,
    "<a_praise>": A_PRAISE,
}
IDENTITY = Path(__file__).parent / "data" / "identity.txt"
UNTRAINED = "# Not trained on"  # the lines after it are for measuring only
HELD = 5  # one in so many davidson texts and identity sentences is held out, by hash
PENALTY = 2.0
THRESHOLD = 0.6


@dataclass(frozen=True)
class Texts:
    """Texts of one source with their labels: 1 abusive, 0 clean."""

    texts: list[str]
    label: int
    weight: float


def davidson(data: Path, held_out: bool) -> tuple[list[str], list[str]]:
    """`(abusive, clean)` posts; the held-out part is chosen by a hash of the text."""
    abusive: list[str] = []
    clean: list[str] = []
    for row in rows(data / "toxicity" / "davidson.jsonl.gz"):
        if (bucket(row["text"], HELD) == 0) == held_out:
            (clean if row["label"] == "neither" else abusive).append(row["text"])
    return abusive, clean


def identity(held_out: bool) -> list[str]:
    """The identity sentences written by hand, those of one side of the split."""
    return _sentences(IDENTITY, held_out)


def plain_abuse(held_out: bool) -> list[str]:
    """Threats and contempt without swear words; one template in five is held out, by hash."""
    return _sentences(ABUSE, held_out)


def _sentences(path: Path, held_out: bool) -> list[str]:
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(UNTRAINED) and not held_out:
            break
        if line and not line.startswith("#") and (bucket(line, HELD) == 0) == held_out:
            found += [text[0].upper() + text[1:] for text in _filled(line)]
    return found


def _filled(line: str) -> list[str]:
    for slot, fillings in SLOTS.items():
        if slot in line:
            return [line.replace(slot, one) for one in fillings]
    return [line]


def everyday(data: Path) -> list[str]:
    """Clean talk: a sixth of SPC train, Persona-Chat train-sample, a quarter of topical-chat.

    EmpatheticDialogues is left out: one of its two sources is non-commercial.
    """
    talk = [text for _, _, turns in spc(data, "train")[::6] for _, text in turns]
    for one, other, turns in personachat(data, "train-sample"):
        talk += [*one, *other, *(text for _, text in turns)]
    for number, row in enumerate(rows(data / "training-text" / "topical-chat.jsonl.gz")):
        if number % 4 == 0:
            talk += [t if isinstance(t, str) else t[1] for t in row["turns"]]
    return talk


def train_toxicity(data: Path) -> dict[str, NDArray[Any]]:
    """The artefact: int8 weights by column, their scale, bias, threshold."""
    abusive, clean = davidson(data, held_out=False)
    sources = [
        Texts(abusive, 1, 1.0),
        Texts(clean, 0, 3.0),
        Texts(identity(held_out=False), 0, 10.0),
        Texts(plain_abuse(held_out=False), 1, 5.0),
        Texts(everyday(data), 0, 0.6),
    ]
    matrix = _Rows([columns(plain_words(t)) for s in sources for t in s.texts])
    y = np.concatenate([np.full(len(s.texts), float(s.label)) for s in sources])
    weight = np.concatenate([np.full(len(s.texts), s.weight) for s in sources])
    weights, bias = _fit(matrix, y, weight)
    scale = float(np.abs(weights).max()) / 127
    return {
        "weights": np.rint(weights / scale).astype(np.int8),
        "scale": np.array(scale),
        "bias": np.array(bias),
        "threshold": np.array(THRESHOLD),
    }


class _Rows:
    """Binary rows, each divided by the square root of its number of entries."""

    def __init__(self, chosen: Iterable[list[int]]) -> None:
        rows_ = [row or [BUCKETS + 1] for row in chosen]
        lengths = np.array([len(row) for row in rows_])
        self.columns = np.concatenate([np.array(row, dtype=np.int64) for row in rows_])
        self.starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.owner = np.repeat(np.arange(len(rows_)), lengths)
        self.scale = 1.0 / np.sqrt(lengths)
        self.n = len(rows_)

    def times(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.add.reduceat(weights[self.columns], self.starts) * self.scale)

    def transposed_times(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        spread = (values * self.scale)[self.owner]
        counts: NDArray[np.float64] = np.bincount(
            self.columns, weights=spread, minlength=BUCKETS + 2
        ).astype(np.float64)
        return counts


def _fit(
    matrix: _Rows, y: NDArray[np.float64], weight: NDArray[np.float64], steps: int = 200
) -> tuple[NDArray[np.float64], float]:
    """Logistic regression by accelerated gradient steps (Nesterov), the bias as a free column."""
    weights = np.zeros(BUCKETS + 2)
    bias = 0.0
    ahead, ahead_bias = weights, bias
    rate = 4.0 / float(weight.sum() / matrix.n) / matrix.n * 8.0
    for step in range(steps):
        p = 1.0 / (1.0 + np.exp(-(matrix.times(ahead) + ahead_bias)))
        error = weight * (p - y)
        new = ahead - rate * (matrix.transposed_times(error) + PENALTY * ahead)
        new_bias = ahead_bias - rate * float(error.sum())
        momentum = step / (step + 3.0)
        ahead, ahead_bias = (
            new + momentum * (new - weights),
            new_bias + momentum * (new_bias - bias),
        )
        weights, bias = new, new_bias
    weights = weights[: BUCKETS + 1]
    return weights, bias


def save_toxicity(model: dict[str, NDArray[Any]], path: Path) -> None:
    """Write the artefact."""
    np.savez_compressed(path, allow_pickle=False, **model)
